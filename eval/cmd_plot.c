/* routefit plot: the curves of routers and baselines on one benchmark, as a picture or as text. */
#include "eval/commands.h"
#include "eval/evaluate.h"
#include "eval/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct rf_evaluate_options common;
    const char *output, *keep;
    bool force;
    int64_t width, height;
};

static const struct rf_opt table[] = {
    RF_OPT(struct options, output, "output", 'o', RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "Picture to write: the suffix .svg, .png or .pdf chooses the format. Without it the chart is text."),
    RF_OPT(struct options, force, "force", 'f', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0, "Write over an existing file."),
    RF_OPT(struct options, keep, "keep-script", 0, RF_OPT_TEXT, "DIR", NULL, NULL, 0, 0,
           "Keep the picture's data and gnuplot script in this folder."),
    RF_OPT(struct options, width, "width", 0, RF_OPT_INT, "COLUMNS", "76", NULL, 40, 400, "Width of the text chart."),
    RF_OPT(struct options, height, "height", 0, RF_OPT_INT, "LINES", "20", NULL, 8, 200, "Height of the text chart."),
    RF_OPT_END,
};

/* One curve on the grid of the band, in the units of the plot. */
struct line {
    double y[RF_BAND_POINTS], low[RF_BAND_POINTS], high[RF_BAND_POINTS];
};

static void draw(const struct rf_entry *e, double scale, const double *x, struct line *l, struct rf_plot_series *s)
{
    const enum rf_plot_role role = e->baseline == RF_BASELINE_RANDOM   ? RF_PLOT_RANDOM
                                   : e->baseline == RF_BASELINE_ORACLE ? RF_PLOT_ORACLE
                                                                       : RF_PLOT_ROUTER;
    bool band = role == RF_PLOT_ROUTER;
    for (size_t i = 0; i < RF_BAND_POINTS; i++) {
        l->y[i] = scale * rf_curve_quality_at(&e->curve, (double)i / (RF_BAND_POINTS - 1));
        l->low[i] = scale * e->boot.band_low[i];
        l->high[i] = scale * e->boot.band_high[i];
        band = band && isfinite(l->low[i]) && isfinite(l->high[i]);
    }
    *s = (struct rf_plot_series){ .name = e->name, .role = role, .x = x, .y = l->y, .n = RF_BAND_POINTS };
    if (band) {
        s->lo = l->low;
        s->hi = l->high;
    }
}

static int plot(const struct rf_evaluation *e, const struct options *o, struct rf_ctx *ctx, struct rf_err *err)
{
    const double scale = rf_bench_scale(&e->bench);
    double x[RF_BAND_POINTS];
    struct line *line = NULL;
    struct rf_plot_series *series = NULL;
    int rc;
    for (size_t i = 0; i < RF_BAND_POINTS; i++)
        x[i] = 100. * (double)i / (RF_BAND_POINTS - 1);
    if ((rc = RF_NEW(line, e->n, err)) || (rc = RF_NEW(series, e->n, err)))
        goto out;
    for (size_t i = 0; i < e->n; i++)
        draw(&e->entry[i], scale, x, &line[i], &series[i]);
    const struct rf_plot p = { .title = e->bench.name,
                               .x_name = "Prompts sent to the strong model (%)",
                               .y_name = e->bench.right_wrong ? "Accuracy (%)" : "Mean score",
                               .weak = scale * e->entry[0].curve.weak,
                               .strong = scale * e->entry[0].curve.strong,
                               .weak_name = e->bench.weak_name,
                               .strong_name = e->bench.strong_name,
                               .series = series,
                               .n = e->n };
    rc = o->output ? rf_plot_write(&p, o->output, o->force, o->keep, err)
                   : rf_plot_text(&p, rf_plot_text_style(ctx->out), ctx->out, (int)o->width, (int)o->height, err);
out:
    rf_free(line);
    rf_free(series);
    return rc;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *o = opts;
    const size_t routers = (size_t)nargs;
    struct rf_evaluation e = { 0 };
    struct rf_router *router = NULL;
    int rc;
    if (o->common.bench.n != 1) {
        rc = rf_fail(err, RF_USAGE, "--bench: found %zu benchmarks, expected one for a plot", o->common.bench.n);
        goto out;
    }
    if (o->keep && !o->output) {
        rc = rf_fail(err, RF_USAGE, "--keep-script: found no picture, expected -o FILE with it");
        goto out;
    }
    if (routers + RF_BASELINES > RF_PLOT_SERIES) {
        rc = rf_fail(err, RF_USAGE, "found %zu routers, expected at most %d in one plot", routers,
                     RF_PLOT_SERIES - RF_BASELINES);
        goto out;
    }
    if ((rc = rf_routers_load(&router, ctx->db, (const char *const *)args, routers, &o->common.router,
                              rf_baseline_names, RF_BASELINES, err)) ||
        (rc = rf_evaluate(&e, ctx, o->common.bench.v[0], &o->common, router, routers, err)))
        goto out;
    rf_evaluation_tell(&e, ctx->chat);
    rc = plot(&e, o, ctx, err);
out:
    rf_evaluation_release(&e);
    rf_routers_free(router, routers);
    return rc;
}

const struct rf_cmd rf_cmd_plot = {
    .name = "plot",
    .summary = "draw quality over strong calls, as a picture or in the terminal",
    .args = "[ROUTER...]",
    .about = "Draws the curve of each router (a weight file, or the name of scores that the\n"
             "database holds, see `ls scores`) on one benchmark, with its pointwise 95%\n"
             "bootstrap band, the baselines and both models alone. Without -o the chart is\n"
             "text on standard output; pictures are made by gnuplot.",
    .examples = "routefit plot --bench gsm8k router.safetensors\n"
                "routefit plot --bench gsm8k router.safetensors -o gsm8k.svg\n"
                "routefit plot --bench mmlu logistic.safetensors mf.safetensors -o mmlu.pdf --keep-script .",
    .opts = { rf_evaluate_table, table },
    .opts_size = sizeof(struct options),
    .min_args = 0,
    .max_args = -1,
    .need = RF_NEED_READ,
    .run = run,
};
