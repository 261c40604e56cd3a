/* export routellm|vector|text: weights in the shape that another program loads. Needs no database. */
#include <math.h>

#include "core/cli.h"
#include "core/pick.h"
#include "core/table.h"
#include "train/commands.h"
#include "train/export.h"

struct options {
    const char *output;
    bool force;
    struct rf_pick_options pick;
    const char *text_model;
    bool int8;
    const char *texts;
};

static const struct rf_opt output_table[] = {
    RF_OPT(struct options, output, "output", 'o', RF_OPT_TEXT, "PATH", NULL, NULL, 0, 0, "What to write."),
    RF_OPT(struct options, force, "force", 'f', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0, "Replace what exists."),
    RF_PICK_OPTIONS(struct options, pick),
    RF_OPT_END,
};

static const struct rf_opt text_table[] = {
    RF_OPT(struct options, text_model, "text-model", 't', RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "Text model whose vectors the router was fitted on."),
    RF_OPT(struct options, int8, "int8", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Weights as whole numbers of 8 bits with one scale; says what that costs."),
    RF_OPT(struct options, texts, "texts", 0, RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "Texts, one a line, on which --int8 is compared with float weights; without it invented ones."),
    RF_OPT_END,
};

static int open_router(struct rf_export *e, const struct options *o, const char *path, struct rf_err *err)
{
    struct routefit_pick pick;
    int rc;
    if (!o->output)
        return rf_fail(err, RF_USAGE, "name what to write: -o PATH");
    if ((rc = rf_pick(&o->pick, &pick, err)))
        return rc;
    return rf_export_open(e, path, &pick, err);
}

static int print_summary(const struct rf_ctx *ctx, const struct options *o, const struct rf_exported *x,
                         struct rf_err *err)
{
    static const struct rf_column columns[] = {
        RF_COLUMN_TEXT("output"),
        RF_COLUMN_INT("weights"),
        RF_COLUMN_INT("bytes"),
        RF_COLUMN_REAL("max_difference", 6, .shown = RF_SHOWN_FILLED),
        RF_COLUMN_INT("texts", .shown = RF_SHOWN_FILLED),
    };
    struct rf_table *t = NULL;
    int rc;
    if ((rc = rf_table_new(&t, columns, sizeof columns / sizeof *columns, err)) ||
        (rc = rf_table_text(t, o->output, err)) || (rc = rf_table_int(t, (int64_t)x->dim, err)) ||
        (rc = rf_table_int(t, (int64_t)x->bytes, err)) || (rc = rf_table_real(t, x->difference, err)) ||
        (rc = isnan(x->difference) ? rf_table_missing(t, err) : rf_table_int(t, (int64_t)x->texts, err)))
        goto out;
    rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rf_table_free(t);
    return rc;
}

static int run_routellm(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *o = opts;
    struct rf_export e = { 0 };
    struct rf_exported x;
    int rc;
    (void)nargs;
    if (!(rc = open_router(&e, o, args[0], err)) && !(rc = rf_export_routellm(&e, o->output, o->force, &x, err)))
        rc = print_summary(ctx, o, &x, err);
    rf_export_release(&e);
    return rc;
}

static int run_vector(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *o = opts;
    struct rf_export e = { 0 };
    struct rf_exported x;
    int rc;
    (void)nargs;
    if (!(rc = open_router(&e, o, args[0], err)) && !(rc = rf_export_vector(&e, o->output, o->force, &x, err)))
        rc = print_summary(ctx, o, &x, err);
    rf_export_release(&e);
    return rc;
}

static int run_text(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *o = opts;
    struct rf_export e = { 0 };
    struct rf_exported x;
    struct rf_input *texts = NULL;
    int rc = 0;
    (void)nargs;
    if (!o->text_model)
        rc = rf_fail(err, RF_USAGE, "name the text model that the router was fitted on: --text-model FILE");
    else if (o->texts && !o->int8)
        rc = rf_fail(err, RF_USAGE, "found --texts without --int8: there is nothing to compare");
    if (rc || (rc = open_router(&e, o, args[0], err)) || (o->texts && (rc = rf_input_open(&texts, o->texts, err))) ||
        (rc = rf_export_text(&e, o->text_model, o->int8, texts, ctx->seed, o->output, o->force, &x, err)))
        goto out;
    rc = print_summary(ctx, o, &x, err);
out:
    rf_input_close(texts);
    rf_export_release(&e);
    return rc;
}

static const struct rf_cmd routellm = {
    .name = "routellm",
    .summary = "write an mf router as the folder that RouteLLM loads",
    .args = "ROUTER",
    .about = "Writes model.safetensors with P.weight, text_proj.0.weight and\n"
             "classifier.0.weight, and config.json beside it. The rows stand in this router's\n"
             "order, which models.json lists: RouteLLM picks rows by its own MODEL_IDS, so set\n"
             "those, or its strong and weak ids, to the numbers of this list (from 0). Its\n"
             "vectors must come from the embedder that the router was fitted on.",
    .examples = "routefit export routellm mf.safetensors -o routellm-mf\n"
                "routefit export routellm mf.safetensors -o routellm-mf --force\n",
    .opts = { output_table },
    .opts_size = sizeof(struct options),
    .min_args = 1,
    .max_args = 1,
    .need = RF_NEED_NOTHING,
    .run = run_routellm,
};

static const struct rf_cmd vector = {
    .name = "vector",
    .summary = "write a router on vectors as one vector of weights",
    .args = "ROUTER",
    .about = "A logistic or mf router, and a pair of models of a linear or svr router, is one\n"
             "linear function of the vector: a dot product and a bias give the log odds.\n"
             "Writes it as a logistic router (float32), also out of RouteLLM's own files: name\n"
             "their two rows.",
    .examples = "routefit export vector mf.safetensors -o vector.safetensors\n"
                "routefit export vector model.safetensors --ids 24,36 -o released.safetensors\n",
    .opts = { output_table },
    .opts_size = sizeof(struct options),
    .min_args = 1,
    .max_args = 1,
    .need = RF_NEED_NOTHING,
    .run = run_vector,
};

static const struct rf_cmd text = {
    .name = "text",
    .summary = "write a router and its text embedder as one weight per n-gram bucket",
    .args = "ROUTER",
    .about = "Between the features of a text and the log odds of a router on the vectors of\n"
             "`embed text` everything is linear, so both files fold into one weight per\n"
             "bucket. The result scores texts by itself: no vectors, no embedder. --int8\n"
             "makes it four times smaller and prints the largest difference of win rates\n"
             "that it causes.",
    .examples = "routefit export text mf.safetensors --text-model text.safetensors -o prompt.safetensors\n"
                "routefit export text mf.safetensors --text-model text.safetensors --int8 -o tiny.safetensors\n",
    .opts = { output_table, text_table },
    .opts_size = sizeof(struct options),
    .min_args = 1,
    .max_args = 1,
    .need = RF_NEED_NOTHING,
    .run = run_text,
};

static const struct rf_cmd *const subs[] = { &routellm, &vector, &text, NULL };

const struct rf_cmd rf_cmd_export = {
    .name = "export",
    .summary = "write a router's weights for another program",
    .args = "SHAPE",
    .about = "Reads a weight file that `fit` wrote (or RouteLLM's) and writes it in another\n"
             "shape. The names of the strong and the weak model and of the embedder stay in\n"
             "the metadata of the new file.",
    .examples = "routefit export vector mf.safetensors -o vector.safetensors\n"
                "routefit export routellm mf.safetensors -o routellm-mf\n",
    .need = RF_NEED_NOTHING,
    .subs = subs,
};
