/* `routefit ingest`: which files, which reader for each, one transaction around all of them, and the summary. Rows are
 * the business of the readers and the sink. Refuses files that no reader knows when they are named; skips them, saying
 * so, inside folders. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cli.h"
#include "core/input.h"
#include "datasets/benchname.h"
#include "datasets/commands.h"
#include "datasets/field.h"
#include "datasets/files.h"
#include "datasets/foreign.h"
#include "datasets/mapping.h"
#include "datasets/npy_guess.h"
#include "datasets/sink.h"
#include "datasets/sniff.h"
#include "datasets/summary.h"
#include "datasets/vector_file.h"
#include "datasets/vectors.h"

struct options {
    const char *as, *format, *name, *bench, *judge, *date, *source, *embedder, *tensor;
    int64_t max_errors;
    bool responses, prompts_only, dry_run, force, formats;
    struct rf_list map;
    const char *rejects;
};

static const struct rf_opt rows[] = {
    RF_OPT(struct options, as, "as", 0, RF_OPT_TEXT, "FORMAT", NULL, NULL, 0, 0,
           "Read all files as this format (--formats) instead of asking their content."),
    RF_OPT(struct options, format, "format", 0, RF_OPT_TEXT, "F", NULL, NULL, 0, 0,
           "Form of the summary, " RF_FORMAT_CHOICES
           ", as of all tables; the name of a format of files counts as --as."),
    RF_OPT(struct options, name, "name", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
           "Name of the source, for a single file; else the last two parts of its path."),
    RF_OPT(struct options, bench, "bench", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
           "Benchmark of the questions; else the file says it, or its name."),
    RF_OPT(struct options, map, "map", 0, RF_OPT_LIST, "COLUMN=FIELD", NULL, NULL, 0, 0,
           "Column of the file and the field that it holds, as named under Formats; COLUMN= leaves it out. Pairs may "
           "stand behind commas; a name with commas goes in double quotes, '\"a,b\"=prompt', the last = counts."),
    RF_OPT(struct options, judge, "judge", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
           "Judge of votes that name none; else \"human\"."),
    RF_OPT(struct options, date, "date", 0, RF_OPT_TEXT, "DATE", NULL, NULL, 0, 0,
           "From when the prices of a list hold that says no dates, 2024-06-01; the same list from another date stands "
           "beside the first."),
    RF_OPT(struct options, responses, "responses", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Keep the text of responses; else only their length and SHA-256."),
    RF_OPT(struct options, prompts_only, "prompts-only", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Keep nothing of responses, and do not read them: the fastest."),
    RF_OPT(struct options, max_errors, "max-errors", 0, RF_OPT_INT, "N", "-1", NULL, -1, 1e15,
           "Rows that may be dropped from a file; -1: 1% of them (or 10, if that is more), and never all."),
    RF_OPT(struct options, rejects, "rejects", 0, RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "Write every dropped row as a line of JSON: file, source, line, column, reason, found, expected. With - to "
           "stdout, and the table to stderr."),
    RF_OPT(struct options, force, "force", 'f', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Replace an existing file of --rejects."),
    RF_OPT(struct options, dry_run, "dry-run", 'n', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Read everything and say what would be stored; store nothing."),
    RF_OPT(struct options, source, "for", 0, RF_OPT_TEXT, "SOURCE", NULL, NULL, 0, 0,
           "Source of the prompts that a file of vectors gives them to, where its rows go by number."),
    RF_OPT(struct options, embedder, "embedder", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
           "Name of the vectors of a file; else the model that it names, or its own name tells."),
    RF_OPT(struct options, tensor, "tensor", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
           "Tensor of a safetensors file that holds the vectors, where there are several."),
    RF_OPT(struct options, formats, "formats", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "List the formats and end; datasets/README.md says where such files come from."),
    RF_OPT_END,
};

/* One call of the command. */
struct ingest {
    struct rf_ctx *ctx;
    const struct options *o;
    const struct rf_reader *forced; /* --as, NULL: sniff */
    struct rf_mapping mapping;      /* --map */
    struct rf_sink *sink;
    struct rf_rejects *rejects; /* --rejects, NULL: none */
    struct rf_summary summary;
    struct rf_buf name; /* of the source being read */
};

/* ---- one file ---- */

/* Is there a source of these bytes? 1: yes, its name is in g->name; 0: no; or an rf_code. The same prices from another
 * date (rf_sink_end) are another source, unless it was not --date that said the dates of those that are there. */
static int known_bytes(struct ingest *g, const uint8_t sha256[RF_SHA256_SIZE], struct rf_err *err)
{
    static const char sql[] =
        "SELECT name FROM source AS s WHERE sha256 >= ?1 AND sha256 < ?1 || 'A' AND (?2 IS NULL OR sha256 = ?1 || '@' "
        "|| ?2 OR NOT EXISTS (SELECT 1 FROM price WHERE source = s.id AND valid_from IS nullif(substr(sha256, 66), "
        "''))) ORDER BY id";
    char hex[RF_SHA256_HEX];
    struct rf_stmt *s = NULL;
    rf_sha256_hex(sha256, hex);
    int rc = rf_stmt_new(&s, g->ctx->db, sql, err);
    if (!rc) {
        rf_bind_text(s, 1, hex);
        rf_bind_text(s, 2, g->o->date);
        rc = rf_step(s, err);
    }
    if (rc == 1) {
        const struct rf_str name = rf_col_str(s, 0);
        g->name.len = 0;
        const int no = rf_buf_add(&g->name, name.s, name.len, err);
        rc = no ? no : 1;
    }
    rf_stmt_free(s);
    return rc;
}

/* The same, but reading the file only if some source has its size. What a packed file says of that may be wrong: then
 * it is read like a stream, and known at the end. */
static int known_file(struct ingest *g, const char *path, const struct rf_input *opened, struct rf_err *err)
{
    const uint64_t size = rf_input_packed(opened) ? rf_input_claim(opened) : rf_input_size(opened);
    uint8_t sha256[RF_SHA256_SIZE];
    char text[24];
    const char *const value[] = { text };
    struct rf_input *in = NULL;
    int64_t n = 0;
    if (!strcmp(path, "-") || !size)
        return 0;
    snprintf(text, sizeof text, "%llu", (unsigned long long)size);
    int rc = rf_db_int(g->ctx->db, &n, err, "SELECT count(*) FROM source WHERE bytes = CAST(?1 AS INTEGER)", 1, value);
    if (rc < 0 || n == 0)
        return rc < 0 ? rc : 0;
    if (!(rc = rf_input_open(&in, path, err)) && !(rc = rf_input_digest(in, sha256, err)))
        rc = known_bytes(g, sha256, err);
    rf_input_close(in);
    return rc;
}

/* A name for the source, unique: --name, or the last two parts of the path, "~2" behind it where that is taken. */
static int choose_name(struct ingest *g, const char *path, struct rf_err *err)
{
    const struct rf_str folder = rf_path_folder(path), stem = rf_path_stem(path);
    struct rf_buf plain = { 0 };
    int64_t taken = 0;
    int rc;
    if (g->o->name)
        rc = rf_buf_printf(&plain, err, "%s", g->o->name);
    else if (!strcmp(path, "-"))
        rc = rf_buf_printf(&plain, err, "stdin");
    else if (!(rc = rf_buf_add(&plain, folder.s ? folder.s : "", folder.len, err)) &&
             !(rc = rf_buf_add(&plain, "/", folder.s != NULL, err)))
        rc = rf_buf_add(&plain, stem.s, stem.len, err);
    for (int i = 1; !rc; i++) {
        g->name.len = 0;
        rc = i == 1 ? rf_buf_printf(&g->name, err, "%s", plain.data)
                    : rf_buf_printf(&g->name, err, "%s~%d", plain.data, i);
        if (rc)
            break;
        const char *const value[] = { g->name.data };
        rc = rf_db_int(g->ctx->db, &taken, err, "SELECT count(*) FROM source WHERE name = ?1", 1, value);
        if (rc > 0 && g->o->name && taken)
            rc = rf_fail(err, RF_USAGE,
                         "the name %s is taken by another file: choose another with --name (routefit ls)", g->o->name);
        else if (rc > 0 && taken)
            rc = 0;
        else
            break;
    }
    if (rc >= 0 && strcmp(plain.data, g->name.data) != 0)
        rf_summary_say(
            &g->summary,
            "%s: the source %s is here with other bytes%s; this one is stored beside it as %s, and rows without an id "
            "that both know count twice",
            path, plain.data, g->o->date ? " or another date" : "", g->name.data);
    rf_buf_release(&plain);
    return rc < 0 ? rc : 0;
}

/* No reader knows the file: an error where it was named, a line on stderr where it lay in a folder. advice: what is
 * known of it all the same, NULL: nothing. */
static int unknown(struct ingest *g, const struct rf_file *f, struct rf_str head, const char *advice,
                   struct rf_err *err)
{
    char shown[RF_SHOWN];
    struct rf_buf known = { 0 };
    int rc = 0;
    if (!rf_skip_mark(head).len)
        advice = "found an empty file, expected rows";
    if (!f->named && !advice)
        rc = rf_summary_skip(&g->summary, f->path, err);
    else if (!f->named)
        rf_summary_say(&g->summary, "skipped %s: %s", f->path, advice);
    else if (advice)
        rc = rf_fail(err, RF_BAD_INPUT, "%s: %s", f->path, advice);
    else if (!(rc = rf_reader_names(&known, err)))
        rc = rf_fail(err, RF_BAD_INPUT,
                     "%s:1: found a file that starts with %s, which no reader knows%s; expected one of the formats %s: "
                     "say which with --as",
                     f->path, rf_field_show(head, shown), g->mapping.n ? " by the names that --map gives either" : "",
                     known.data);
    rf_buf_release(&known);
    return rc;
}

/* Two readers know the file: the same. */
static int undecided(const struct ingest *g, const struct rf_file *f, const struct rf_err *doubt, struct rf_err *err)
{
    if (f->named)
        return rf_fail(err, doubt->code, "%s", doubt->msg);
    rf_summary_say(&g->summary, "skipped %s", doubt->msg);
    return 0;
}

/* Says how many questions stand in their benchmark under another source's ids too: RouteLLM's tables have none to join
 * by. */
static int remark_doubles(const struct ingest *g, const char *path, struct rf_err *err)
{
    static const char twice[] =
        "SELECT count(*) FROM (SELECT max(source) = this AND min(source) < this AS twice FROM item, (SELECT id AS this "
        "FROM source WHERE name = ?1) WHERE prompt IS NOT NULL AND bench IN (SELECT bench FROM item WHERE source = "
        "this) AND (SELECT source FROM item ORDER BY id LIMIT 1) < this GROUP BY bench, prompt) WHERE twice";
    const char *const value[] = { g->name.data };
    int64_t n = 0;
    const int rc = rf_db_int(g->ctx->db, &n, err, twice, 1, value);
    if (rc > 0 && n)
        rf_summary_say(&g->summary,
                       "%s: %lld of its questions are in their benchmark already, under other ids, and count twice",
                       path, (long long)n);
    return rc < 0 ? rc : 0;
}

/* What the summary has no column for. */
static int remark(const struct ingest *g, const char *path, struct rf_err *err)
{
    const struct rf_sink_count *const c = rf_sink_counts(g->sink);
    const char *const unused = rf_sink_unused_names(g->sink);
    size_t nnote;
    const struct rf_sink_reason *const note = rf_sink_notes(g->sink, &nnote);
    if (*unused)
        rf_summary_say(&g->summary, "%s: columns not used: %s", path, unused);
    if (!c->rows)
        rf_summary_say(&g->summary, "%s: found a header and no row below it", path);
    for (size_t i = 0; i < nnote; i++)
        rf_summary_say(&g->summary, "%s: %llu %s (first on line %llu: %s)", path, (unsigned long long)note[i].n,
                       note[i].reason, (unsigned long long)note[i].line, note[i].detail);
    if (c->unjudged && !g->o->judge)
        rf_summary_say(&g->summary, "%s: judge: human (the file names none; --judge NAME says otherwise)", path);
    return c->items > c->prompts ? remark_doubles(g, path, err) : 0;
}

/* Pipes and the like, which can be read once and whose bytes are known only then. */
static bool is_stream(const struct rf_file *f, const struct rf_input *in)
{
    return !strcmp(f->path, "-") || rf_input_size(in) == 0;
}

/* Readers rename columns as --map says; of those that take none it is said. */
static int read_mapped(struct ingest *g, const char *path, struct rf_input *in, const struct rf_reader *r,
                       struct rf_err *err)
{
    rf_mapping_start(&g->mapping);
    const int rc = r->read(in, g->sink, err);
    return rc ? rc : rf_mapping_end(&g->mapping, path, NULL, err);
}

/* Reads the file through its reader. *again: a stream held the bytes of a known source, and what was stored of it must
 * be undone. */
static int store(struct ingest *g, const struct rf_file *f, struct rf_input *in, const struct rf_reader *r, bool *again,
                 struct rf_err *err)
{
    uint8_t sha256[RF_SHA256_SIZE];
    int rc;
    if ((rc = choose_name(g, f->path, err)) || (rc = rf_sink_begin(g->sink, in, g->name.data, f->path, r->name, err)) ||
        (rc = read_mapped(g, f->path, in, r, err)) || (rc = rf_input_digest(in, sha256, err)))
        return rc;
    if (is_stream(f, in)) {
        struct rf_buf mine = g->name;
        g->name = (struct rf_buf){ 0 };
        if ((rc = known_bytes(g, sha256, err)) == 0) {
            rf_buf_release(&g->name);
            g->name = mine;
        } else {
            rf_buf_release(&mine);
            *again = rc == 1;
            return rc < 0 ? rc : 0;
        }
    }
    if ((rc = rf_sink_end(g->sink, sha256, rf_input_bytes(in), err)))
        return rc;
    if ((rc = remark(g, f->path, err)))
        return rc;
    return rf_summary_stored(&g->summary, g->name.data, r->name, g->sink, err);
}

/* What a stream stored lies in a savepoint of its own. */
static int store_stream(struct ingest *g, const struct rf_file *f, struct rf_input *in, const struct rf_reader *r,
                        struct rf_err *err)
{
    bool again = false;
    int rc = rf_db_exec(g->ctx->db, "SAVEPOINT stream", err);
    if (rc || (rc = store(g, f, in, r, &again, err)))
        return rc;
    if (again && ((rc = rf_db_exec(g->ctx->db, "ROLLBACK TO stream", err)) || (rc = rf_sink_undo(g->sink, err)) ||
                  (rc = rf_summary_status(&g->summary, g->name.data, r->name, "already there", err))))
        return rc;
    return rf_db_exec(g->ctx->db, "RELEASE stream", err);
}

/* What the file seems to be by the names that its columns have for the user. */
static int sniff(struct ingest *g, struct rf_sniffed *what, const char *path, struct rf_str head, struct rf_err *err)
{
    const int rc = rf_sniff_init(what, path, head, err);
    for (size_t i = 0; !rc && i < what->s.n; i++)
        what->name[i] = rf_mapping_name(&g->mapping, what->name[i]);
    return rc;
}

static int ingest_file(struct ingest *g, const struct rf_file *f, struct rf_err *err)
{
    const struct rf_reader *r = g->forced;
    const char *advice = NULL;
    struct rf_err doubt = { 0 };
    struct rf_sniffed what = { 0 };
    struct rf_input *in = NULL;
    struct rf_str head;
    bool again = false;
    int rc;
    if ((rc = rf_input_open(&in, f->path, err)) || (rc = rf_input_head(in, &head, err)))
        goto out;
    if ((rc = known_file(g, f->path, in, err))) {
        rc = rc < 0 ? rc : rf_summary_status(&g->summary, g->name.data, NULL, "already there", err);
        goto out;
    }
    if (!r && !(advice = rf_foreign_bytes(head)) &&
        ((rc = sniff(g, &what, f->path, head, err)) || rf_sniff_pick(&what.s, &r, &doubt))) {
        rc = rc ? rc : undecided(g, f, &doubt, err);
        goto out;
    }
    if (!r)
        rc = unknown(g, f, head, advice ? advice : rf_foreign_names(&what.s), err);
    else if (is_stream(f, in))
        rc = store_stream(g, f, in, r, err);
    else
        rc = store(g, f, in, r, &again, err);
out:
    rf_sniff_release(&what);
    rf_input_close(in);
    return rc;
}

/* ---- vectors ---- */

/* Looks into regular files alone: the first bytes of a pipe would be lost. *layout = NULL: no vectors. */
static int find_layout(const char *path, const struct rf_vector_layout **layout, struct rf_err *err)
{
    struct rf_input *in = NULL;
    struct rf_str head;
    struct stat st;
    *layout = NULL;
    if (!strcmp(path, "-") || (!stat(path, &st) && !S_ISREG(st.st_mode)))
        return 0;
    int rc = rf_input_open(&in, path, err);
    if (!rc && !(rc = rf_input_head(in, &head, err)))
        rc = rf_vector_layout_of(head, layout, err);
    rf_input_close(in);
    return rc;
}

/* What the summary has no column for. */
static void remark_vectors(const struct ingest *g, const char *path, const struct rf_vectors_count *n)
{
    if (n->max_difference > 1e-3)
        rf_summary_say(&g->summary,
                       "%s: found up to %.3g between a vector and the one that its prompt has already, which stays",
                       path, n->max_difference);
    if (n->unknown)
        rf_summary_say(&g->summary, "%s: %zu rows are of prompts that are not here (first on line %llu)", path,
                       n->unknown, (unsigned long long)n->first_line);
    if (n->failed)
        rf_summary_say(&g->summary, "%s: %zu rows have no vector", path, n->failed);
    if (n->missing)
        rf_summary_say(&g->summary, "%s: %zu data rows of the source are not in it", path, n->missing);
    if (n->zero)
        rf_summary_say(&g->summary, "%s: %zu vectors are all zeros", path, n->zero);
}

/* Fills what --for and --embedder left open: from the file, and then from its name. */
static int name_vectors(struct ingest *g, const char *path, struct rf_vectors_from *from, struct rf_vector_survey *said,
                        struct rf_buf *source, struct rf_buf *embedder, struct rf_err *err)
{
    int rc = from->source && from->embedder ? 0 : rf_vector_survey(path, said, err);
    if (!from->embedder && *said->model)
        from->embedder = said->model;
    const bool numbers = !said->any || said->owner == RF_OWNER_PLACE || said->owner == RF_OWNER_ROW;
    const bool guess = !from->embedder || (!from->source && numbers);
    if (rc || !guess || (rc = rf_npy_guess(g->ctx->db, path, source, from->embedder ? NULL : embedder, err)))
        return rc;
    if (!from->source && numbers)
        from->source = source->data;
    if (!from->embedder)
        from->embedder = embedder->data;
    return 0;
}

static int ingest_vectors(struct ingest *g, const char *path, const struct rf_vector_layout *layout, struct rf_err *err)
{
    struct rf_vectors_from from = { g->o->source, g->o->embedder, g->o->tensor };
    struct rf_buf source = { 0 }, embedder = { 0 }, status = { 0 };
    struct rf_vectors_count n = { 0 };
    struct rf_vector_survey said = { 0 };
    int rc = name_vectors(g, path, &from, &said, &source, &embedder, err);
    if (rc || (rc = rf_vectors_read(g->ctx->db, path, &from, &n, err)))
        goto out;
    remark_vectors(g, path, &n);
    if (!(rc = rf_buf_printf(&status, err, "%s%zu vectors of %zu as %s, %zu repeated",
                             g->o->dry_run ? "would store " : "", n.added, n.dim, from.embedder, n.repeated)))
        rc = rf_summary_status(&g->summary, from.source ? from.source : path, layout->name, status.data, err);
out:
    rf_buf_release(&source);
    rf_buf_release(&embedder);
    rf_buf_release(&status);
    return rc;
}

/* ---- the command ---- */

/* All tables in one transaction. */
static int ingest_tables(struct ingest *g, const struct rf_files *files, const struct rf_vector_layout *const *layout,
                         struct rf_err *err)
{
    const struct rf_sink_options so = {
        .bench = g->o->bench,
        .date = g->o->date,
        .judge = g->o->judge,
        .responses = g->o->responses      ? RF_KEEP_TEXT
                     : g->o->prompts_only ? RF_KEEP_NONE
                                          : RF_KEEP_HASH,
        .max_errors = g->o->max_errors,
        .mapping = &g->mapping,
        .rejects = g->rejects,
    };
    int rc = rf_db_begin(g->ctx->db, err);
    if (!rc)
        rc = rf_sink_new(&g->sink, g->ctx->db, &so, err);
    for (size_t i = 0; !rc && i < files->n; i++)
        if (!layout[i])
            rc = ingest_file(g, &files->v[i], err);
    rf_summary_skipped(&g->summary);
    rf_sink_free(g->sink);
    g->sink = NULL;
    if (g->rejects && (!rc || rc == RF_BAD_INPUT)) { /* they help most where nothing is stored */
        const int no = rf_rejects_commit(g->rejects, g->ctx->out, rc ? NULL : err);
        rc = rc ? rc : no;
    }
    if (!rc)
        return rf_db_commit(g->ctx->db, err);
    rf_db_rollback(g->ctx->db);
    return rc;
}

static int check_options(const struct options *o, const struct rf_files *files, struct rf_err *err)
{
    const struct {
        const char *option, *value;
    } names[] = { { "name", o->name },
                  { "bench", o->bench },
                  { "judge", o->judge },
                  { "embedder", o->embedder },
                  { "tensor", o->tensor } };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].value && !*names[i].value)
            return rf_fail(err, RF_USAGE, "--%s: found nothing, expected a name", names[i].option);
    if (o->date && !rf_field_date((struct rf_str){ o->date, strlen(o->date) }))
        return rf_fail(err, RF_USAGE, "--date: found \"%.40s\", expected a day as 2024-06-01", o->date);
    if (o->responses && o->prompts_only)
        return rf_fail(err, RF_USAGE, "found --responses and --prompts-only, expected one of them");
    return o->name && files->n > 1 ? rf_fail(err, RF_USAGE, "found --name with %zu files, expected one file", files->n)
                                   : 0;
}

static int print_formats(const struct rf_ctx *ctx, struct rf_err *err)
{
    static const struct rf_column formats[] = { RF_COLUMN_TEXT("format"), RF_COLUMN_TEXT("what_it_is") };
    struct rf_table *t = NULL;
    int rc = rf_table_new(&t, formats, sizeof formats / sizeof *formats, err);
    for (size_t i = 0; rf_readers[i] && !rc; i++)
        if (!(rc = rf_table_text(t, rf_readers[i]->name, err)))
            rc = rf_table_text(t, rf_readers[i]->summary, err);
    if (!rc)
        rc = rf_table_print(t, ctx->out, ctx->format, err);
    rf_table_free(t);
    return rc;
}

/* --as and --format: *forced gets the reader, NULL: none is named; the context the form of the summary. */
static int choose_formats(struct rf_ctx *ctx, const struct options *o, const struct rf_reader **forced,
                          struct rf_err *err)
{
    const int form = o->format ? rf_choice(RF_FORMAT_CHOICES, o->format) : -1;
    const char *const old = form < 0 ? o->format : NULL, *const as = o->as ? o->as : old;
    if (o->as && old)
        return rf_fail(err, RF_USAGE,
                       "found --as %.40s and --format %.40s, expected one of " RF_FORMAT_CHOICES " behind --format",
                       o->as, old);
    if (form >= 0 && ctx->format != RF_FORMAT_TABLE && (int)ctx->format != form)
        return rf_fail(err, RF_USAGE, "found --json or --format and another --format, expected one of them");
    if (form >= 0)
        ctx->format = (enum rf_format)form;
    return as ? rf_reader_need(as, forced, err) : 0;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    struct ingest g = { .ctx = ctx, .o = opts };
    struct rf_files files = { 0 };
    const struct rf_vector_layout **layout = NULL; /* [files.n], NULL: no vectors */
    bool stored = false;
    int rc = choose_formats(ctx, g.o, &g.forced, err);
    if (rc || g.o->formats)
        return rc ? rc : print_formats(ctx, err);
    rc = nargs ? 0 : rf_fail(err, RF_USAGE, "name at least one file, folder or - to read");
    for (int i = 0; !rc && i < nargs; i++)
        rc = rf_files_add(&files, args[i], err);
    if (rc || (rc = check_options(g.o, &files, err)) || (rc = rf_mapping_init(&g.mapping, &g.o->map, err)) ||
        (rc = RF_NEW(layout, files.n, err)) || (rc = rf_summary_init(&g.summary, ctx->chat, g.o->dry_run, err)) ||
        (g.o->rejects && (rc = rf_rejects_new(&g.rejects, g.o->rejects, g.o->force, err))))
        goto out;
    for (size_t i = 0; !g.forced && i < files.n; i++)
        if ((rc = find_layout(files.v[i].path, &layout[i], err)))
            goto out;
    rc = ingest_tables(&g, &files, layout, err);
    stored = !rc;
    for (size_t i = 0; !rc && i < files.n; i++) /* when the sources are there */
        if (layout[i])
            rc = ingest_vectors(&g, files.v[i].path, layout[i], err);
    if (!rc && !g.summary.done)
        rc = rf_fail(err, RF_BAD_INPUT,
                     "%s: found no file that a reader knows; routefit ingest --formats lists those that it knows",
                     args[0]);
    if (stored && g.summary.done) { /* what stays, even where a later file of vectors failed */
        FILE *const out = g.o->rejects && !strcmp(g.o->rejects, "-") ? ctx->chat : ctx->out;
        const int no = rf_table_print(g.summary.table, out, ctx->format, rc ? NULL : err);
        rc = rc ? rc : no;
    }
out:
    rf_buf_release(&g.name);
    rf_summary_release(&g.summary);
    rf_files_release(&files);
    rf_mapping_release(&g.mapping);
    rf_rejects_free(g.rejects);
    rf_free(layout);
    return rc;
}

static enum rf_need needs(const void *opts)
{
    const struct options *const o = opts;
    return o->formats ? RF_NEED_NOTHING : o->dry_run ? RF_NEED_TRIAL : RF_NEED_CREATE;
}

const struct rf_cmd rf_cmd_ingest = {
    .name = "ingest",
    .summary = "read votes, benchmark results and vectors into the database",
    .args = "FILE|DIR|-...",
    .about =
        "Recognises each file by its content, not by its name, and stores what is new. All\n"
        "tables of one call are one transaction: killed at any point, the database is as it\n"
        "was. The same bytes again change nothing. Folders are walked in the order of names;\n"
        "files in them that no reader knows are skipped aloud. A quoted pattern ('data/*.csv')\n"
        "is expanded where no file has that name. What is packed with gzip or zstd is unpacked\n"
        "on the way, standard input and pipes too; its source is the unpacked content.\n"
        "\n"
        "--formats lists the layouts that it knows. The plain ones, as CSV, JSON lines or a\n"
        "JSON array of objects:\n"
        "  votes    model_a, model_b, winner (a, b, tie, bothbad); perhaps prompt, or\n"
        "           prompt_id and prompt_bytes where the text is not shared; id, origin,\n"
        "           judge, weight\n"
        "  results  task (bench or bench/task), model, score; prompt, sample_id or\n"
        "           prompt_id; perhaps prompt_bytes, cost, input_tokens, output_tokens,\n"
        "           turn\n"
        "\n"
        "Rules. A prompt is its text: the same text in two files is one prompt. A blank\n"
        "score (or NaN, null, None, NA) is a missing result, in every layout: counted, never 0\n"
        "and never too many; a score that is no number is dropped. RouterBench's router sees the last element of the\n"
        "prompt list; a sample id on two rows is one item, and a model's score, cost and\n"
        "response all come from the row that has its score. A vote or cell that the\n"
        "database has is known; one that contradicts it is dropped. Every dropped row\n"
        "keeps its line and reason (routefit ls dropped).\n"
        "\n"
        "Vectors come as .npy, as safetensors (one tensor of two dimensions, or --tensor), with\n"
        "one row for each data row of a source; or as JSON with \"embedding\" (numbers or\n"
        "base64): replies of an API of embeddings, output of its batches, or lines of your own\n"
        "with prompt (text, input), row, id or custom_id, index. Without --for and --embedder\n"
        "the file says it, or its name: arena55k_votes_lsa64.npy belongs to the source that\n"
        "shares most words with it, arena55k/votes, and the words behind are the embedder,\n"
        "lsa64. Each file of vectors is a transaction of its own, after the tables.",
    .examples = "routefit ingest votes.csv\n"
                "routefit ingest routellm/mmlu routellm/gsm8k routellm/mt_bench\n"
                "routefit ingest --name arena55k/train train.csv.gz\n"
                "routefit ingest --for arena55k/votes --embedder lsa64 vectors.npy\n"
                "routefit ingest prompts.jsonl embeddings.jsonl",
    .opts = { rows },
    .opts_size = sizeof(struct options),
    .min_args = 0,
    .max_args = -1,
    .needs = needs,
    .run = run,
};
