/* routefit plot: the curves of routers and baselines on one benchmark, as a picture or as text. */
#include "eval/commands.h"
#include "eval/evaluate.h"
#include "eval/plot.h"
#include "eval/plots.h"
#include "eval/quality_plot.h"

#include <string.h>

struct options {
    struct rf_evaluate_options common;
    struct rf_many_options many; /* its model and source */
    int64_t run;
    int show;
    struct rf_plot_to to;
};

enum { CURVE, FRONT, RANKING, TRAINING, THRESHOLD }; /* --show */

static const struct rf_opt table[] = {
    RF_OPT(
        struct options, show, "show", 0, RF_OPT_CHOICE, "WHAT", "curve", "curve|front|ranking|training|threshold", 0, 0,
        "curve: quality over strong calls; front: cost against quality of many models; ranking: what rank stored, with "
        "intervals; training: losses of a fit; threshold: what each threshold of one router costs."),
    RF_OPT(struct options, many.model, "model", 'm', RF_OPT_LIST, "MODEL,...", NULL, NULL, 0, 0,
           "front: models to look at; without it all that have results there."),
    RF_OPT(struct options, many.source, "source", 0, RF_OPT_LIST, "LIST", NULL, NULL, 0, 0,
           "front: only questions that one of these sources was the first to name: such as no router learnt from."),
    RF_OPT(struct options, run, "run", 0, RF_OPT_INT, "ID", "0", NULL, 0, 1e15,
           "ranking and training: the run to draw; 0: the latest that stored some."),
    RF_OPT(struct options, to.output, "output", 'o', RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "Picture to write: the suffix .svg, .png or .pdf chooses the format. Without it the chart is text."),
    RF_OPT(struct options, to.force, "force", 'f', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0, "Write over an existing file."),
    RF_OPT(struct options, to.keep, "keep-script", 0, RF_OPT_TEXT, "DIR", NULL, NULL, 0, 0,
           "Keep the picture's data and gnuplot script in this folder."),
    RF_OPT(struct options, to.width, "width", 0, RF_OPT_INT, "COLUMNS", "76", NULL, 40, 400,
           "Width of the text chart."),
    RF_OPT(struct options, to.height, "height", 0, RF_OPT_INT, "LINES", "20", NULL, 8, 200,
           "Height of the text chart."),
    RF_OPT_END,
};

static int plot(const struct rf_evaluation *e, const struct options *o, struct rf_ctx *ctx, struct rf_err *err)
{
    const double scale = rf_bench_scale(&e->bench);
    double x[RF_BAND_POINTS];
    struct rf_quality_line *line = NULL;
    struct rf_plot_series *series = NULL;
    size_t n = 0;
    int rc;
    rf_quality_grid(x);
    if ((rc = RF_NEW(line, e->n, err)) || (rc = RF_NEW(series, e->n, err)))
        goto out;
    for (size_t i = 0; i < e->n; i++)
        if (e->entry[i].baseline != RF_BASELINE_SHORTER) { /* the mirror image of length */
            rf_quality_line(&e->entry[i], scale, true, x, &line[n], &series[n]);
            n++;
        }
    const struct rf_plot p = rf_quality_plot(e, e->bench.name, series, n);
    rc = o->to.output
             ? rf_plot_write(&p, o->to.output, o->to.force, o->to.keep, err)
             : rf_plot_text(&p, rf_plot_text_style(ctx->out), ctx->out, (int)o->to.width, (int)o->to.height, err);
out:
    rf_free(line);
    rf_free(series);
    return rc;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    static const char *const front_names[] = { "zero router", "oracle" };
    const struct options *o = opts;
    const size_t routers = (size_t)nargs;
    struct rf_evaluation e = { 0 };
    struct rf_router *router = NULL;
    int rc;
    if (o->to.keep && !o->to.output) {
        rc = rf_fail(err, RF_USAGE, "--keep-script: found no picture, expected -o FILE with it");
        goto out;
    }
    if ((o->show == RANKING || o->show == TRAINING) && routers) {
        rc = rf_fail(err, RF_USAGE, "found router %s, expected none: this plot is of a run, --run ID", args[0]);
        goto out;
    }
    if (o->show == RANKING || o->show == TRAINING) {
        rc = o->show == RANKING ? rf_plots_ranking(ctx, o->run, &o->to, err)
                                : rf_plots_training(ctx, o->run, &o->to, err);
        goto out;
    }
    if (o->common.bench.n != 1) {
        rc = rf_fail(err, RF_USAGE, "--bench: found %zu benchmarks, expected one for a plot", o->common.bench.n);
        goto out;
    }
    if (o->show == THRESHOLD && routers != 1) {
        rc = rf_fail(err, RF_USAGE, "found %zu routers, expected one whose thresholds are drawn", routers);
        goto out;
    }
    if (routers + RF_BASELINES > RF_PLOT_SERIES) {
        rc = rf_fail(err, RF_USAGE, "found %zu routers, expected at most %d in one plot", routers,
                     RF_PLOT_SERIES - RF_BASELINES);
        goto out;
    }
    const bool front = o->show == FRONT;
    if ((rc = rf_routers_load(&router, ctx->db, (const char *const *)args, routers, &o->common.router,
                              front ? front_names : rf_baseline_names, front ? 2 : RF_BASELINES, err)))
        goto out;
    if (o->show != CURVE) {
        rc = front ? rf_plots_front(ctx, &o->common, &o->many, router, routers, &o->to, err)
                   : rf_plots_threshold(ctx, &o->common, router, &o->to, err);
        goto out;
    }
    if ((rc = rf_evaluate(&e, ctx, o->common.bench.v[0], &o->common, router, routers, err)))
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
    .summary = "draw curves, fronts, leaderboards, training logs, as a picture or in the terminal",
    .args = "[ROUTER...]",
    .about = "Draws the curve of each router (a weight file, or the name of scores that the\n"
             "database holds, see `ls scores`) on one benchmark, with its pointwise 95%\n"
             "bootstrap band, the baselines and both models alone. Without -o the chart is\n"
             "text on standard output; pictures are made by gnuplot.\n"
             "\n"
             "--show front draws cost against quality of all models of a benchmark with their\n"
             "intervals, the zero router (their hull), the oracle, and the hull of each router\n"
             "among many models with its band; ranking the latest ratings of `routefit rank`;\n"
             "training the losses of the latest fit; threshold the share of strong calls, of the\n"
             "quality gap and of the strong model's cost over the threshold of one router.",
    .examples = "routefit plot --bench gsm8k router.safetensors\n"
                "routefit plot --bench gsm8k router.safetensors -o gsm8k.svg\n"
                "routefit plot --bench mmlu logistic.safetensors mf.safetensors -o mmlu.pdf --keep-script .\n"
                "routefit plot --show front --bench mbpp knn.safetensors -o front.svg\n"
                "routefit plot --show ranking -o leaderboard.png",
    .opts = { rf_evaluate_table, table },
    .opts_size = sizeof(struct options),
    .min_args = 0,
    .max_args = -1,
    .need = RF_NEED_READ,
    .run = run,
};
