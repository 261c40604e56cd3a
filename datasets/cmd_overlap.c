/* `routefit overlap A B...`, `overlap --self A...`: prompts that stand in two sets, or twice in one. Options, the
 * tables that are printed, and the rows of overlap and leave_out; the work is in match.c. */
#include <math.h>
#include <string.h>

#include "core/cli.h"
#include "core/mem.h"
#include "core/run.h"
#include "core/table.h"
#include "datasets/commands.h"
#include "datasets/match.h"

struct options {
    bool self, drop, clear, counts;
    int level;
    double jaccard, cosine;
    const char *embedder;
    int64_t limit;
};

#define OPTION(field, letter, type, arg, def, choices, min, max, help)                                                 \
    RF_OPT(struct options, field, #field, letter, type, arg, def, choices, min, max, help)

static const struct rf_opt table[] = {
    OPTION(self, 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0, "Compare each set with itself."),
    OPTION(level, 'l', RF_OPT_CHOICE, "L", "near", RF_LIKENESS_CHOICES, 0, 0, "Last level to look for."),
    OPTION(jaccard, 'j', RF_OPT_REAL, "S", "0.8", NULL, .5, 1, "Similarity from which two texts are near."),
    OPTION(embedder, 'e', RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0, "Compare the vectors of this embedder too."),
    OPTION(cosine, 'c', RF_OPT_REAL, "S", "0.95", NULL, 1e-3, 1, "Cosine from which two vectors are alike."),
    OPTION(limit, 'n', RF_OPT_INT, "N", "20", NULL, 0, 1e15, "Most pairs to print; 0 for all."),
    OPTION(counts, 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0, "Print the counts alone, without pairs."),
    OPTION(
        drop, 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
        "Have `eval` leave out the questions that were found of the second set and of those behind it, which must be "
        "benchmarks."),
    OPTION(clear, 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Forget what --drop recorded, of the benchmarks named or of all, and compare nothing."),
    RF_OPT_END,
};

/* ---- tables ---- */

static const struct rf_column count_column[] = {
    RF_COLUMN_TEXT("set_a"),
    RF_COLUMN_TEXT("set_b", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_TEXT("level"),
    RF_COLUMN_INT("pairs"),
    RF_COLUMN_INT("prompts_a"),
    RF_COLUMN_INT("of_a"),
    RF_COLUMN_INT("prompts_b", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("of_b", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("groups"),
};
static const struct rf_column pair_column[] = {
    RF_COLUMN_TEXT("set_a"),
    RF_COLUMN_TEXT("set_b", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_TEXT("level"),
    RF_COLUMN_REAL("similarity", 3),
    RF_COLUMN_INT("prompt_a"),
    RF_COLUMN_INT("prompt_b"),
    RF_COLUMN_INT("times", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("files", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_TEXT("text_a"),
    RF_COLUMN_TEXT("text_b", .shown = RF_SHOWN_FILLED),
};
#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { EXCERPT = 48 }; /* characters of a text that a table shows */

/* One comparison of the command: a set with another or itself. */
struct comparison {
    const struct rf_prompt_set *a, *b; /* b NULL: a with itself */
    struct rf_matches found;
};

static int count_row(struct rf_table *t, const struct comparison *c, const char *level, const struct rf_match_count *n,
                     struct rf_err *err)
{
    int rc;
    (void)((rc = rf_table_text(t, c->a->name, err)) || (rc = rf_table_text(t, c->b ? c->b->name : NULL, err)) ||
           (rc = rf_table_text(t, level, err)) || (rc = rf_table_int(t, (int64_t)n->pairs, err)) ||
           (rc = rf_table_int(t, (int64_t)n->a, err)) || (rc = rf_table_int(t, (int64_t)c->a->n, err)) ||
           (rc = c->b ? rf_table_int(t, (int64_t)n->b, err) : rf_table_missing(t, err)) ||
           (rc = c->b ? rf_table_int(t, (int64_t)c->b->n, err) : rf_table_missing(t, err)) ||
           (rc = rf_table_int(t, (int64_t)n->groups, err)));
    return rc;
}

static int print_counts(struct rf_ctx *ctx, const struct comparison *c, size_t n, const struct options *o,
                        struct rf_err *err)
{
    struct rf_table *t = NULL;
    int rc = rf_table_new(&t, count_column, COUNT(count_column), err);
    for (size_t i = 0; i < n && !rc; i++) {
        for (int k = 0; k < RF_LIKENESSES && !rc; k++)
            if (k == RF_COSINE ? o->embedder != NULL : k <= o->level)
                rc = count_row(t, &c[i], rf_likeness_name[k], &c[i].found.count[k], err);
        if (!rc)
            rc = count_row(t, &c[i], "any", &c[i].found.count[RF_LIKENESSES], err);
    }
    if (!rc)
        rc = rf_table_print(t, ctx->out, ctx->format, err);
    rf_table_free(t);
    return rc;
}

/* The first characters of what a prompt says beyond its template. */
static int excerpt_cell(struct rf_table *t, const struct rf_corpus *c, int64_t prompt, struct rf_buf *pad,
                        struct rf_err *err)
{
    const struct rf_str s = c->content[c->text_of[rf_corpus_find(c, prompt)]];
    size_t n = 0;
    for (size_t k = 0; n < s.len && k < EXCERPT; k++)
        for (n++; n < s.len && ((unsigned char)s.s[n] & 0xC0) == 0x80; n++)
            ;
    pad->len = 0;
    const int rc = rf_buf_add(pad, s.s, n, err);
    return rc ? rc : rf_table_text(t, pad->data, err);
}

static int pair_row(struct rf_table *t, const struct comparison *c, const struct rf_match *m,
                    const struct rf_corpus *corpus, struct rf_buf *pad, struct rf_err *err)
{
    const bool repeat = !c->b && m->kind == RF_EXACT;
    const struct rf_member *const member = repeat ? rf_prompt_set_find(c->a, m->a) : NULL;
    int rc;
    (void)((rc = rf_table_text(t, c->a->name, err)) || (rc = rf_table_text(t, c->b ? c->b->name : NULL, err)) ||
           (rc = rf_table_text(t, rf_likeness_name[m->kind], err)) || (rc = rf_table_real(t, m->similarity, err)) ||
           (rc = rf_table_int(t, m->a, err)) || (rc = rf_table_int(t, m->b, err)) ||
           (rc = member ? rf_table_int(t, member->times, err) : rf_table_missing(t, err)) ||
           (rc = member ? rf_table_int(t, member->files, err) : rf_table_missing(t, err)) ||
           (rc = excerpt_cell(t, corpus, m->a, pad, err)) ||
           (rc = m->a == m->b ? rf_table_missing(t, err) : excerpt_cell(t, corpus, m->b, pad, err)));
    return rc;
}

static int print_pairs(struct rf_ctx *ctx, const struct comparison *c, size_t n, const struct rf_corpus *corpus,
                       int64_t limit, struct rf_err *err)
{
    struct rf_table *t = NULL;
    struct rf_buf pad = { 0 };
    int64_t all = 0, rows = 0;
    int rc = rf_table_new(&t, pair_column, COUNT(pair_column), err);
    for (size_t i = 0; i < n && !rc; i++) {
        all += (int64_t)c[i].found.n;
        for (size_t k = 0; k < c[i].found.n && (!limit || rows < limit) && !rc; k++, rows++)
            rc = pair_row(t, &c[i], &c[i].found.v[k], corpus, &pad, err);
    }
    if (!rc)
        rc = rf_table_print(t, ctx->out, ctx->format, err);
    if (!rc && rows < all)
        fprintf(ctx->chat, "%lld of %lld pairs; -n 0 prints all\n", (long long)rows, (long long)all);
    rf_buf_release(&pad);
    rf_table_free(t);
    return rc;
}

/* ---- rows ---- */

static int store_pairs(struct rf_db *db, int64_t run, const struct rf_matches *m, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db,
                         "INSERT OR IGNORE INTO overlap (run, prompt_a, prompt_b, kind, similarity) "
                         "VALUES (?1, ?2, ?3, ?4, ?5)",
                         err);
    for (size_t i = 0; i < m->n && !rc; i++) {
        rf_bind_int(s, 1, run);
        rf_bind_int(s, 2, m->v[i].a);
        rf_bind_int(s, 3, m->v[i].b);
        rf_bind_text(s, 4, rf_likeness_name[m->v[i].kind]);
        rf_bind_real(s, 5, m->v[i].similarity);
        rc = rf_run(s, err);
    }
    rf_stmt_free(s);
    return rc;
}

/* Pairs come by falling likeness, so that the first reason of a question is the strongest; one that an earlier run
 * recorded stays. */
static int store_left_out(struct rf_db *db, int64_t run, const struct comparison *c, FILE *chat, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int64_t fresh = 0;
    int rc = rf_stmt_new(&s, db,
                         "INSERT OR IGNORE INTO leave_out (bench, prompt, kind, similarity, against, run) "
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                         err);
    for (size_t i = 0; i < c->found.n && !rc; i++) {
        const struct rf_match *const m = &c->found.v[i];
        rf_bind_text(s, 1, c->b->bench);
        rf_bind_int(s, 2, m->b);
        rf_bind_text(s, 3, rf_likeness_name[m->kind]);
        rf_bind_real(s, 4, m->similarity);
        rf_bind_text(s, 5, c->a->name);
        rf_bind_int(s, 6, run);
        if (!(rc = rf_run(s, err)))
            fresh += rf_db_changes(db);
    }
    if (!rc)
        fprintf(chat, "%s: evaluation leaves out %zu prompts, %lld of them anew\n", c->b->bench,
                c->found.count[RF_LIKENESSES].b, (long long)fresh);
    rf_stmt_free(s);
    return rc;
}

static int store(struct rf_ctx *ctx, int64_t run, const struct comparison *c, size_t n, bool drop, struct rf_err *err)
{
    int rc = rf_db_begin(ctx->db, err);
    for (size_t i = 0; i < n && !rc; i++) {
        rc = store_pairs(ctx->db, run, &c[i].found, err);
        if (!rc && drop)
            rc = store_left_out(ctx->db, run, &c[i], ctx->chat, err);
    }
    if (!rc)
        rc = rf_db_commit(ctx->db, err);
    if (rc)
        rf_db_rollback(ctx->db);
    return rc;
}

/* ---- the command ---- */

static int clear(struct rf_ctx *ctx, int nargs, char **args, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int64_t gone = 0;
    int rc = rf_stmt_new(&s, ctx->db, "DELETE FROM leave_out WHERE ?1 IS NULL OR bench = ?1", err);
    for (int i = 0; i < (nargs ? nargs : 1) && !rc; i++) {
        const char *const name = nargs ? args[i] : NULL;
        rf_bind_text(s, 1, name && !strncmp(name, "bench:", 6) ? name + 6 : name);
        if (!(rc = rf_run(s, err)))
            gone += rf_db_changes(ctx->db);
    }
    if (!rc)
        fprintf(ctx->chat, "%lld prompts are evaluated again\n", (long long)gone);
    rf_stmt_free(s);
    return rc;
}

static int check_options(const struct options *o, int nargs, struct rf_err *err)
{
    if (o->clear && (o->self || o->drop))
        return rf_fail(err, RF_USAGE, "--clear stands alone: it compares nothing");
    if (o->self && o->drop)
        return rf_fail(
            err, RF_USAGE,
            "--drop needs two sets: the data that a router learns from, then a benchmark, like `votes mmlu`");
    if (!o->clear && nargs < (o->self ? 1 : 2))
        return rf_fail(err, RF_USAGE,
                       "found %d set%s, expected %s: a benchmark, a source, votes, all or split:NAME:PART", nargs,
                       nargs == 1 ? "" : "s", o->self ? "one or more" : "two or more, or --self");
    return 0;
}

/* Reads the sets; those behind the first must be benchmarks for --drop. */
static int read_sets(struct rf_prompt_set *set, struct rf_db *db, int nargs, char **args, bool drop, struct rf_err *err)
{
    int rc = 0;
    for (int i = 0; i < nargs && !rc; i++) {
        rc = rf_prompt_set_read(&set[i], db, args[i], err);
        if (!rc && drop && i && !set[i].bench)
            rc = rf_fail(err, RF_USAGE, "--drop: \"%s\" is not a benchmark; `routefit ls benches` lists them", args[i]);
    }
    return rc;
}

/* What the table cannot tell. */
static void tell(const struct comparison *c, const struct options *o, FILE *chat)
{
    const struct rf_prompt_set *const set[] = { c->a, c->b };
    for (int i = 0; i < 2; i++)
        if (c->found.vectorless[i])
            fprintf(chat, "%s: %zu of %zu prompts have no vector of %s\n", set[i]->name, c->found.vectorless[i],
                    set[i]->n, o->embedder);
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *const o = opts;
    const struct rf_match_options mo = { .level = (enum rf_likeness)o->level,
                                         .jaccard = o->jaccard,
                                         .embedder = o->embedder,
                                         .cosine = o->cosine,
                                         .threads = ctx->threads };
    const size_t sets = (size_t)nargs;
    struct rf_prompt_set *set = NULL;
    struct comparison *c = NULL;
    struct rf_corpus corpus = { 0 };
    struct rf_run row = { 0 };
    char sha256[RF_SHA256_HEX];
    int rc;
    if ((rc = check_options(o, nargs, err)))
        return rc;
    if (o->clear)
        return clear(ctx, nargs, args, err);
    const size_t n = o->self ? sets : sets - 1;
    if ((rc = RF_NEW(set, sets, err)) || (rc = RF_NEW(c, n, err)) ||
        (rc = read_sets(set, ctx->db, nargs, args, o->drop, err)) || (rc = rf_corpus_read(&corpus, ctx->db, err)) ||
        (rc = rf_corpus_sha256(&corpus, set, sets, sha256, err)) || (rc = rf_run_begin(&row, ctx, err)))
        goto out;
    for (size_t i = 0; i < n; i++) {
        c[i].a = o->self ? &set[i] : &set[0];
        c[i].b = o->self ? NULL : &set[i + 1];
        if ((rc = rf_matches_find(&c[i].found, ctx->db, &corpus, c[i].a, c[i].b, &mo, err)))
            goto out;
        tell(&c[i], o, ctx->chat);
    }
    const bool people = ctx->format == RF_FORMAT_TABLE || ctx->format == RF_FORMAT_MD;
    if ((rc = store(ctx, row.id, c, n, o->drop, err)) ||
        ((people || o->counts) && (rc = print_counts(ctx, c, n, o, err))) || o->counts)
        goto out;
    if (people)
        fputc('\n', ctx->out);
    rc = print_pairs(ctx, c, n, &corpus, o->limit, err);
out:
    rc = rf_run_close(&row, ctx, rc, sha256, err);
    for (size_t i = 0; c && i < n; i++)
        rf_matches_release(&c[i].found);
    for (size_t i = 0; set && i < sets; i++)
        rf_prompt_set_release(&set[i]);
    rf_corpus_release(&corpus);
    rf_free(c);
    rf_free(set);
    return rc;
}

const struct rf_cmd rf_cmd_overlap = {
    .name = "overlap",
    .summary = "find prompts that two sets of data share, or that one holds twice",
    .args = "SET SET... | --self SET...",
    .about = "A router that has seen the questions is not measured by them. Compares the first\n"
             "set with each of the others. A set is a benchmark, a source, `votes` (all prompts\n"
             "with votes), a part of a split (`split:NAME:PART`), or `all`; where names meet,\n"
             "`bench:NAME` and `source:NAME` tell them apart. Levels, of which a pair is given\n"
             "the first that holds:\n"
             "  exact       the same text\n"
             "  normalised  the same but for case, white space and Unicode form\n"
             "  near        Jaccard similarity of all 5 characters in a row, without templates\n"
             "              that ten or more texts share\n"
             "  cosine      of an embedder's vectors (--embedder)\n"
             "Counts pairs, prompts of both sets, and groups of prompts that stand on both\n"
             "sides. With --self `exact` means prompts that stand in the set several times:\n"
             "under several ids, in several rows of a file, or in several files. The pairs are\n"
             "kept in table overlap under this run.",
    .examples = "routefit overlap votes gsm8k mmlu\n"
                "routefit overlap votes mmlu --embedder text --drop\n"
                "routefit overlap --self mmlu -n 0 --json\n"
                "routefit overlap --clear mmlu",
    .opts = { table },
    .opts_size = sizeof(struct options),
    .min_args = 0,
    .max_args = -1,
    .need = RF_NEED_WRITE,
    .run = run,
};
