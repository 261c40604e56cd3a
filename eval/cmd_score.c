/* routefit score: a pure filter. Prompts or vectors in, one win rate per line out, in constant memory, through the
 * scoring pair. */
#include "eval/commands.h"
#include "eval/router.h"

#include <math.h>
#include <string.h>

#include "core/input.h"
#include "core/json.h"
#include "core/npy.h"
#include "core/par.h"
#include "core/progress.h"
#include "core/table.h"

struct options {
    struct rf_router_options router;
    const char *text_model, *field, *task_field, *npy;
    double threshold; /* NaN: none was given */
};

static const struct rf_opt table[] = {
    RF_OPT(struct options, text_model, "text-model", 't', RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "Text model that the router's vectors come from; routers on texts need none."),
    RF_OPT(struct options, field, "field", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
           "Lines are JSON objects: the prompt is the string under this name."),
    RF_OPT(struct options, task_field, "task-field", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
           "The prompt's task is the string under this name, for routers that were fitted with tasks; needs --field."),
    RF_OPT(struct options, npy, "npy", 0, RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "Score the rows of an .npy file in place of texts."),
    RF_OPT(struct options, threshold, "threshold", 0, RF_OPT_REAL, "P", NULL, NULL, 0, 1,
           "Also print who answers: strong from this win rate on, weak below it."),
    RF_PICK_OPTIONS(struct options, router.pick),
    RF_OPT_END,
};

/* What it takes to score one text. */
struct scorer {
    struct routefit_router *router;
    struct routefit_embedder *embedder; /* NULL for routers on texts */
    struct routefit_features *pad;
    float *vector; /* [dim] of the embedder */
};

static void scorer_release(struct scorer *s)
{
    routefit_free(s->router);
    routefit_embedder_free(s->embedder);
    routefit_features_free(s->pad);
    rf_free(s->vector);
}

/* Loads the text model and makes sure that it is the one of the router. */
static int load_text_model(struct scorer *s, const char *path, const char *router, struct rf_err *err)
{
    const char *want = routefit_meta(s->router, "routefit.embedder_sha256");
    struct rf_buf bytes = { 0 };
    char why[ROUTEFIT_ERR], found[RF_SHA256_HEX];
    int rc;
    if (!path) {
        rc = rf_fail(err, RF_USAGE,
                     "%s reads vectors: expected --text-model FILE to make them, or --npy FILE with them", router);
        goto out;
    }
    if ((rc = rf_file_read(path, 0, &bytes, err)) || (rc = rf_sha256_hex_of(bytes.data, bytes.len, found, err)))
        goto out;
    if (want && *want && strcmp(want, found))
        rc = rf_fail(err, RF_BAD_INPUT,
                     "%s: found the text model %.12s..., expected %.12s..., on whose vectors %s was fitted", path,
                     found, want, router);
    else if (routefit_embedder_load(&s->embedder, bytes.data, bytes.len, why))
        rc = rf_fail(err, RF_CORRUPT, "%s: %s", path, why);
    else if (routefit_embedder_dim(s->embedder) != routefit_dim(s->router))
        rc = rf_fail(err, RF_BAD_INPUT, "%s: found vectors of width %zu, expected %zu for %s", path,
                     routefit_embedder_dim(s->embedder), routefit_dim(s->router), router);
    else
        rc = RF_NEW(s->vector, routefit_dim(s->router), err);
out:
    rf_buf_release(&bytes);
    return rc;
}

static int make_ready(struct scorer *s, const struct options *o, const char *router, struct rf_err *err)
{
    int rc = 0;
    if (routefit_input(s->router) == ROUTEFIT_VECTOR && (rc = load_text_model(s, o->text_model, router, err)))
        return rc;
    s->pad = routefit_features_new(s->embedder ? routefit_embedder_buckets(s->embedder) : routefit_dim(s->router));
    return s->pad ? 0 : rf_fail(err, RF_FAIL, "out of memory: no room for the features of a text");
}

/* task: NULL where none is known. */
static double win_rate(const struct scorer *s, struct rf_str text, const char *task)
{
    if (!s->embedder)
        return routefit_win_rate_task(s->router, s->pad, text.s, text.len, task);
    routefit_embed(s->embedder, s->pad, text.s, text.len, s->vector);
    return routefit_win_rate(s->router, s->vector);
}

/* Where win rates go, one at a time. What stands before, between and behind the two values of a line is the format's;
 * without a threshold there is only the first. */
struct answers {
    FILE *f;
    enum rf_format format;
    double threshold; /* NaN: none */
    uint64_t n;       /* so far */
};

static const struct {
    const char *open, *open_both; /* once, in front */
    const char *first, *next;     /* before a line, the first and the others */
    const char *to_answer, *behind, *answered;
    const char *close, *close_none;
} marks[] = {
    [RF_FORMAT_TABLE] = { "", "", "", "", "\t", "\n", "\n", "", "" },
    [RF_FORMAT_JSON] = { "", "", "[\n  {\"win_rate\": ", ",\n  {\"win_rate\": ", ", \"answer\": \"", "}", "\"}",
                         "\n]\n", "[]\n" },
    [RF_FORMAT_JSONL] = { "", "", "{\"win_rate\": ", "{\"win_rate\": ", ", \"answer\": \"", "}\n", "\"}\n", "", "" },
    [RF_FORMAT_CSV] = { "win_rate\n", "win_rate,answer\n", "", "", ",", "\n", "\n", "", "" },
    [RF_FORMAT_MD] = { "| win rate |\n|---:|\n", "| win rate | answer |\n|---:|---|\n", "| ", "| ", " | ", " |\n",
                       " |\n", "", "" },
};

static int put(struct answers *a, double p, struct rf_err *err)
{
    const bool answers = !isnan(a->threshold);
    fputs(a->n++ ? marks[a->format].next : marks[a->format].first, a->f);
    rf_json_put_real(a->f, p);
    if (answers) {
        fputs(marks[a->format].to_answer, a->f);
        fputs(p >= a->threshold ? "strong" : "weak", a->f);
    }
    return fputs(answers ? marks[a->format].answered : marks[a->format].behind, a->f) == EOF
               ? rf_fail_errno(err, RF_IO, "standard output")
               : 0;
}

/* One line: the text itself, or a field of the object in it. */
static int score_line(const struct scorer *s, const struct options *o, struct rf_str line, struct answers *a,
                      struct rf_err *err)
{
    json_t *row = NULL;
    struct rf_str text = line, task = { 0 };
    int rc = 0;
    if (o->field &&
        ((rc = rf_json_parse(line.s, line.len, &row, err)) || (rc = rf_json_get_string(row, o->field, &text, err)) ||
         (o->task_field && (rc = rf_json_get_string(row, o->task_field, &task, err)))))
        goto out;
    if (!o->field && text.len && text.s[text.len - 1] == '\r')
        text.len--;
    rc = put(a, win_rate(s, text, task.s), err);
out:
    json_decref(row);
    return rc;
}

static int score_texts(const struct scorer *s, const struct options *o, const char *path, struct answers *a,
                       struct rf_err *err)
{
    struct rf_input *in = NULL;
    struct rf_str text;
    uint64_t line;
    int rc = rf_input_open(&in, path, err);
    while (!rc && (rc = rf_input_line(in, &text, &line, err)) == 1) {
        rc = rf_interrupted() ? rf_fail(err, RF_INTERRUPTED, "interrupted") : score_line(s, o, text, a, err);
        if (rc)
            rf_fail_in(err, "%s:%llu", rf_input_name(in), (unsigned long long)line);
    }
    rf_input_close(in);
    return rc;
}

static int score_vectors(const struct scorer *s, const struct options *o, struct answers *a, struct rf_err *err)
{
    const size_t dim = routefit_dim(s->router);
    struct rf_matrix m = { 0 };
    double p[RF_BLOCK_ROWS];
    int rc = rf_npy_read(o->npy, &m, err);
    if (!rc && (routefit_input(s->router) != ROUTEFIT_VECTOR || m.dim != dim))
        rc = rf_fail(err, RF_BAD_INPUT, "%s: found vectors of width %zu, expected %zu %s", o->npy, m.dim, dim,
                     routefit_input(s->router) == ROUTEFIT_VECTOR ? "for this router"
                                                                  : "buckets of texts: leave --npy out");
    for (size_t first = 0; !rc && first < m.rows; first += RF_BLOCK_ROWS) {
        const size_t n = m.rows - first < RF_BLOCK_ROWS ? m.rows - first : RF_BLOCK_ROWS;
        routefit_win_rates(s->router, m.x + first * dim, n, p);
        for (size_t i = 0; i < n && !rc; i++)
            rc = put(a, p[i], err);
    }
    rf_matrix_release(&m);
    return rc;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *o = opts;
    struct scorer s = { 0 };
    struct answers a = { ctx->out, ctx->format, o->threshold, 0 };
    int rc;
    if (o->npy && (nargs > 1 || o->field || o->text_model)) {
        rc = rf_fail(err, RF_USAGE, "--npy brings the vectors: expected no text file, --field or --text-model with it");
        goto out;
    }
    if (o->task_field && !o->field) {
        rc = rf_fail(err, RF_USAGE, "--task-field %s: expected --field too, for lines that are JSON objects",
                     o->task_field);
        goto out;
    }
    if ((rc = rf_router_open(&s.router, args[0], &o->router, err)) || (rc = rf_pick_check(s.router, args[0], err)))
        goto out;
    if (o->task_field && !routefit_tasks(s.router)) {
        rc = rf_fail(err, RF_USAGE, "--task-field %s: %s takes no notice of tasks", o->task_field, args[0]);
        goto out;
    }
    if (!o->npy && (rc = make_ready(&s, o, args[0], err)))
        goto out;
    fputs(isnan(o->threshold) ? marks[a.format].open : marks[a.format].open_both, a.f);
    rc = o->npy ? score_vectors(&s, o, &a, err) : score_texts(&s, o, nargs > 1 ? args[1] : "-", &a, err);
    if (!rc)
        fputs(a.n ? marks[a.format].close : marks[a.format].close_none, a.f);
    if (fflush(ctx->out) && !rc)
        rc = rf_fail_errno(err, RF_IO, "standard output");
out:
    scorer_release(&s);
    return rc;
}

const struct rf_cmd rf_cmd_score = {
    .name = "score",
    .summary = "win rates for prompts, one line in, one line out",
    .args = "ROUTER [FILE|-]",
    .about = "Reads one prompt per line and prints the router's win rate, the probability\n"
             "that the strong model wins, one line for each. With --threshold the word strong\n"
             "or weak follows behind a tab. With --json and the like win_rate and answer have\n"
             "their names. No database is read or written.",
    .examples = "routefit score router.safetensors --text-model text.safetensors prompts.txt\n"
                "routefit score router.safetensors --threshold 0.5 --npy vectors.npy\n"
                "routefit score collapsed.safetensors --field prompt prompts.jsonl",
    .opts = { table },
    .opts_size = sizeof(struct options),
    .min_args = 1,
    .max_args = 2,
    .need = RF_NEED_NOTHING,
    .run = run,
};
