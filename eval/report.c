/* The page, section by section. Figures are those of `eval` and `compare`; nothing is computed in here but sums. */
#include "eval/report.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "core/blas.h"
#include "core/json.h"
#include "core/shell.h"
#include "core/stats.h"
#include "eval/html.h"
#include "eval/prob.h"
#include "eval/quality_plot.h"
#include "eval/report_style.h"
#include "eval/svg.h"

enum { TASKS_SHOWN = 30 };
#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---------------------------------------------------------------- filling */

static size_t entry_of(const struct rf_evaluation *e, int baseline)
{
    for (size_t i = 0; i < e->n; i++)
        if (e->entry[i].baseline == baseline)
            return i;
    return SIZE_MAX;
}

/* All pairs of routers, then each against length and random. */
static void choose_duels(struct rf_report_bench *b)
{
    const size_t rival[] = { entry_of(b->e, RF_BASELINE_LENGTH), entry_of(b->e, RF_BASELINE_RANDOM) };
    for (size_t i = 0; i < b->e->n; i++)
        for (size_t j = i + 1; j < b->e->n; j++)
            if (b->e->entry[i].baseline < 0 && b->e->entry[j].baseline < 0)
                b->duel[b->duels++] = (struct rf_duel){ .a = i, .b = j, .margin = NAN };
    for (size_t k = 0; k < COUNT(rival); k++)
        for (size_t i = 0; i < b->e->n && rival[k] != SIZE_MAX; i++)
            if (b->e->entry[i].baseline < 0)
                b->duel[b->duels++] = (struct rf_duel){ .a = i, .b = rival[k], .margin = NAN };
}

int rf_report_fill(struct rf_report_bench *b, struct rf_ctx *ctx, const struct rf_evaluate_options *o,
                   struct rf_err *err)
{
    const struct rf_compare_options co = { .resamples = (size_t)o->resamples,
                                           .seed = ctx->seed,
                                           .threads = ctx->threads,
                                           .family = RF_FAMILY_HOLM,
                                           .level = .95,
                                           .delta = .02 };
    struct rf_contestant *who = NULL;
    int rc;
    if ((rc = RF_NEW(b->duel, b->e->n * (b->e->n + 1), err)) || (rc = RF_NEW(who, b->e->n, err)))
        goto out;
    for (size_t i = 0; i < b->e->n; i++)
        who[i] = (struct rf_contestant){ &b->e->entry[i].curve, { .kind = RF_MEASURE_APGR } };
    choose_duels(b);
    if ((b->duels && (rc = rf_compare(who, b->e->n, &co, b->duel, b->duels, err))) ||
        (rc = rf_costs_load(&b->costs, ctx->db, &b->e->bench, NULL, err)))
        goto out;
    rc = rf_tasks_load(&b->tasks, ctx->db, &b->e->bench, err);
out:
    rf_free(who);
    return rc;
}

void rf_report_bench_release(struct rf_report_bench *b)
{
    rf_free(b->duel);
    rf_costs_release(&b->costs);
    rf_tasks_release(&b->tasks);
}

/* ---------------------------------------------------------------- the benchmark's head */

static int put_head(const struct rf_report_bench *b, FILE *f, struct rf_err *err)
{
    const struct rf_bench *const n = &b->e->bench;
    const struct rf_entry *const any = &b->e->entry[0];
    const double scale = rf_bench_scale(n);
    int rc;
    fputs("<h2>", f);
    if ((rc = rf_html_name(f, n->name, err)))
        return rc;
    fprintf(f, "</h2>\n<p>%zu of %zu questions. Strong: ", n->n, n->items);
    if ((rc = rf_html_name(f, n->strong_name, err)))
        return rc;
    fprintf(f, " with %.2f <span class=\"interval\">[%.2f, %.2f]</span>. Weak: ", scale * any->metric[RF_STRONG],
            scale * any->boot.low[RF_STRONG], scale * any->boot.high[RF_STRONG]);
    if ((rc = rf_html_name(f, n->weak_name, err)))
        return rc;
    fprintf(f, " with %.2f <span class=\"interval\">[%.2f, %.2f]</span>.", scale * any->metric[RF_WEAK],
            scale * any->boot.low[RF_WEAK], scale * any->boot.high[RF_WEAK]);
    if (n->contaminated)
        fprintf(f, " %zu are left out as contaminated.", n->contaminated);
    for (int i = 0; i < RF_OVERLAPS; i++)
        if (n->left_out[i])
            fprintf(f, " %zu are left out, since other data holds them (%s).", n->left_out[i], rf_overlap_name[i]);
    if (n->missing)
        fprintf(f, " %zu lack a score of one of the models.", n->missing);
    fputs("</p>\n", f);
    return 0;
}

/* ---------------------------------------------------------------- curves */

static int put_curves(const struct rf_report_bench *b, FILE *f, struct rf_err *err)
{
    const struct rf_evaluation *const e = b->e;
    const double scale = rf_bench_scale(&e->bench);
    const size_t n = e->n < RF_PLOT_SERIES ? e->n : RF_PLOT_SERIES;
    struct rf_quality_line *line = NULL;
    struct rf_plot_series series[RF_PLOT_SERIES];
    double x[RF_BAND_POINTS];
    int rc = RF_NEW(line, n, err);
    if (rc)
        return rc;
    rf_quality_grid(x);
    for (size_t k = 0; k < n; k++)
        rf_quality_line(&e->entry[k], scale, e->entry[k].baseline < 0, x, &line[k], &series[k]);
    const struct rf_plot p =
        rf_quality_plot(e, "Quality over the share of prompts that the strong model answers", series, n);
    fputs("<figure>", f);
    rc = rf_svg_plot(&p, false, f, err);
    fputs("<figcaption>Quality over strong calls, with pointwise 95% bootstrap bands.</figcaption></figure>\n", f);
    rf_free(line);
    return rc;
}

/* ---------------------------------------------------------------- tables */

static int put_metrics(const struct rf_report_bench *b, FILE *f, struct rf_err *err)
{
    static const char *const column[] = { "router", "APGR", "AUC", "CPT 20%", "CPT 50%", "CPT 80%", "calls for 95%" };
    static const int digits[RF_METRICS] = {
        [RF_APGR] = 3, [RF_AUC] = 2, [RF_CPT20] = 1, [RF_CPT50] = 1, [RF_CPT80] = 1, [RF_STRONG95] = 1
    };
    const double scale = rf_bench_scale(&b->e->bench);
    int rc = 0;
    fputs("<h3>Metrics</h3>\n", f);
    rf_html_table(f, "metrics", column, COUNT(column));
    for (size_t i = 0; i < b->e->n && !rc; i++) {
        const struct rf_entry *const t = &b->e->entry[i];
        rf_html_row(f);
        rc = rf_html_cell(f, t->name, err);
        for (size_t m = 0; m < RF_WEAK; m++) {
            const double factor = rf_metric_factor((enum rf_metric)m, scale);
            rf_html_real(f, factor * t->metric[m], factor * t->boot.low[m], factor * t->boot.high[m], digits[m]);
        }
    }
    rf_html_table_end(f);
    for (size_t i = 0; i < b->e->n && !rc; i++)
        if (b->e->entry[i].fitted_on > 0) {
            fputs("<p class=\"worse\">", f);
            rc = rf_html_name(f, b->e->entry[i].name, err);
            fprintf(f, " was also fitted or tuned on %lld of the %zu questions: its figures flatter it.</p>\n",
                    (long long)b->e->entry[i].fitted_on, b->e->bench.n);
        }
    fputs(
        "<p class=\"note\">APGR: mean share of the gap between weak and strong that is closed. CPT x%: share of strong "
        "calls, in %, that closes x% of it. 95% intervals over questions. length, random and oracle need no "
        "training.</p>\n",
        f);
    return rc;
}

static int put_duels(const struct rf_report_bench *b, FILE *f, struct rf_err *err)
{
    static const char *const column[] = {
        "router", "against", "difference of APGR", "p", "verdict", "questions needed"
    };
    int rc = 0;
    if (!b->duels)
        return 0;
    fputs("<h3>Verdicts</h3>\n", f);
    rf_html_table(f, "verdicts", column, COUNT(column));
    for (size_t i = 0; i < b->duels && !rc; i++) {
        const struct rf_duel *const d = &b->duel[i];
        rf_html_row(f);
        if ((rc = rf_html_cell(f, b->e->entry[d->a].name, err)) || (rc = rf_html_cell(f, b->e->entry[d->b].name, err)))
            break;
        rf_html_real(f, d->difference, d->low, d->high, 3);
        rf_html_real(f, d->p_family, NAN, NAN, 4);
        fprintf(f, "<td class=\"%s\">%s</td>", rf_verdict_name[d->verdict], rf_verdict_name[d->verdict]);
        rf_html_real(f, d->needed, NAN, NAN, 0);
    }
    rf_html_table_end(f);
    fputs("<p class=\"note\">Paired bootstrap and permutation test, p adjusted by Holm over the table; a verdict needs "
          "both. equivalent: within .02. questions needed: how many of this kind would decide.</p>\n",
          f);
    return rc;
}

static int scores_of(const struct rf_curve *c, double *score)
{
    bool probabilities = true;
    for (size_t v = 1; v <= c->groups; v++)
        for (size_t i = c->end[v - 1]; i < c->end[v]; i++) {
            score[c->order[i]] = c->threshold[v];
            probabilities = probabilities && c->threshold[v] >= 0 && c->threshold[v] <= 1;
        }
    return probabilities;
}

/* The bins of one router as a curve of the diagram. */
struct bins {
    double x[RF_PROB_BINS], y[RF_PROB_BINS], low[RF_PROB_BINS], high[RF_PROB_BINS];
    size_t n;
};

static int put_reliability(const struct rf_report_bench *b, FILE *f, struct rf_err *err)
{
    static const char *const column[] = { "router",   "n",   "strong won",    "Brier",
                                          "log loss", "ECE", "ECE by chance", "AUROC" };
    struct bins *bins = NULL;
    struct rf_plot_series series[RF_PLOT_SERIES];
    double *score = NULL;
    size_t shown = 0;
    int rc;
    if ((rc = RF_NEW(bins, RF_PLOT_SERIES, err)) || (rc = RF_NEW(score, b->e->bench.n, err)))
        goto out;
    for (size_t i = 0; i < b->e->n && !rc; i++) {
        const struct rf_entry *const t = &b->e->entry[i];
        struct rf_prob p;
        if (t->baseline >= 0 || !scores_of(&t->curve, score))
            continue;
        if ((rc = rf_prob_of(score, b->e->bench.strong, b->e->bench.weak, b->e->bench.n, &p, err)))
            break;
        if (!shown) {
            fputs("<h3>Are the win rates probabilities?</h3>\n", f);
            rf_html_table(f, "reliability", column, COUNT(column));
        }
        rf_html_row(f);
        rc = rf_html_cell(f, t->name, err);
        rf_html_count(f, p.n);
        rf_html_real(f, p.base, NAN, NAN, 3);
        rf_html_real(f, p.brier, NAN, NAN, 4);
        rf_html_real(f, p.log_loss, NAN, NAN, 4);
        rf_html_real(f, p.ece, NAN, NAN, 3);
        rf_html_real(f, p.ece_by_chance, NAN, NAN, 3);
        rf_html_real(f, p.auroc, NAN, NAN, 3);
        if (shown == RF_PLOT_SERIES)
            continue;
        struct bins *const d = &bins[shown];
        for (size_t k = 0; k < RF_PROB_BINS; k++)
            if (p.bin[k].n) {
                d->x[d->n] = p.bin[k].said;
                d->y[d->n] = p.bin[k].was;
                d->low[d->n] = p.bin[k].low;
                d->high[d->n++] = p.bin[k].high;
            }
        series[shown++] = (struct rf_plot_series){ t->name, RF_PLOT_ROUTER, d->x, d->y, d->low, d->high, d->n };
    }
    if (!shown || rc)
        goto out;
    rf_html_table_end(f);
    const struct rf_plot p = { .title = "Reliability: how often strong won where a router said so",
                               .x_name = "Win rate that the router gives",
                               .y_name = "Share of questions that strong won",
                               .weak = NAN,
                               .strong = NAN,
                               .series = series,
                               .n = shown };
    fputs("<figure>", f);
    rc = rf_svg_plot(&p, true, f, err);
    fputs("<figcaption>Ten bins of the win rate, with exact 95% intervals; on the dashed line win rates are right. "
          "Questions on which both models do equally well are not in it.</figcaption></figure>\n",
          f);
out:
    rf_free(bins);
    rf_free(score);
    return rc;
}

static int put_costs(const struct rf_report_bench *b, FILE *f, struct rf_err *err)
{
    static const char *const column[] = { "router",          "gap closed",
                                          "strong calls, %", "calls saved against random",
                                          "$ per 1000",      "saved against strong, %" };
    static const struct {
        enum rf_metric m;
        double closed;
    } point[] = { { RF_CPT50, .5 }, { RF_CPT80, .8 } };
    const double strong = 1000 * rf_costs_at(&b->costs, &b->e->entry[0].curve, 1);
    int rc = 0;
    fputs("<h3>Costs</h3>\n", f);
    rf_html_table(f, "costs", column, COUNT(column));
    for (size_t i = 0; i < b->e->n && !rc; i++) {
        const struct rf_entry *const t = &b->e->entry[i];
        for (size_t k = 0; k < COUNT(point) && t->baseline != RF_BASELINE_ORACLE && !rc; k++) {
            const double share = t->metric[point[k].m];
            const double usd = isnan(share) ? (double)NAN : 1000 * rf_costs_at(&b->costs, &t->curve, share);
            rf_html_row(f);
            rc = rf_html_cell(f, t->name, err);
            fprintf(f, "<td class=\"number\">%.0f%%</td>", 100 * point[k].closed);
            rf_html_real(f, 100 * share, 100 * t->boot.low[point[k].m], 100 * t->boot.high[point[k].m], 1);
            if (share > 0)
                fprintf(f, "<td class=\"number\" data-v=\"%.6g\">%.2f&times;</td>", point[k].closed / share,
                        point[k].closed / share);
            else
                rf_html_real(f, NAN, NAN, NAN, 0);
            rf_html_real(f, usd, NAN, NAN, 4);
            rf_html_real(f, 100 * (1 - usd / strong), NAN, NAN, 1);
        }
    }
    rf_html_table_end(f);
    fputs("<p class=\"note\">At equal quality: random closes half of the gap with half of the calls. ", f);
    if (isnan(strong))
        fprintf(f, "In money it is not known: %zu questions lack the cost of an answer.", b->costs.unknown);
    else
        fprintf(f, "Strong alone costs $%.4f per 1000 questions%s%s.", strong,
                b->costs.priced ? ", by tokens and the price list" : "", *b->costs.date ? " of its day" : "");
    fputs("</p>\n", f);
    return rc;
}

/* ---------------------------------------------------------------- tasks */

static int put_task(const struct rf_report_bench *b, const struct rf_entry *t, const struct rf_task_gain *g, FILE *f,
                    size_t *lost, struct rf_err *err)
{
    const double scale = rf_bench_scale(&b->e->bench);
    int rc = 0;
    for (size_t k = 0, shown = 0; k < b->tasks.name.n && shown < TASKS_SHOWN && !rc; k++) {
        if (!(g[k].q < .1))
            continue;
        const double half = RF_NORMAL_95 * g[k].se;
        shown++;
        *lost += 1;
        rf_html_row(f);
        if ((rc = rf_html_cell(f, t->name, err)) || (rc = rf_html_cell(f, b->tasks.name.v[k], err)))
            break;
        rf_html_count(f, g[k].n);
        rf_html_real(f, 100 * g[k].share, NAN, NAN, 0);
        rf_html_real(f, scale * g[k].gain, scale * (g[k].gain - half), scale * (g[k].gain + half), 2);
        rf_html_real(f, g[k].q, NAN, NAN, 4);
        fprintf(f, "<td class=\"%s\">%s</td>", g[k].gain < 0 ? "worse" : "better", g[k].gain < 0 ? "loses" : "gains");
    }
    return rc;
}

static int put_tasks(const struct rf_report_bench *b, double share, FILE *f, struct rf_err *err)
{
    static const char *const column[] = { "router", "task", "n", "strong calls, %", "gain over a coin", "q", "" };
    struct rf_task_gain *g = NULL;
    size_t found = 0;
    int rc = 0;
    if (b->tasks.name.n < 2)
        return 0;
    fprintf(f,
            "<h3>Where it gains and loses</h3>\n<p>With %.0f%% strong calls over the whole benchmark, task by task "
            "against a coin with the same share: tasks with a rate of false alarms below 10%%.</p>\n",
            100 * share);
    rf_html_table(f, "tasks", column, COUNT(column));
    if ((rc = RF_NEW(g, b->tasks.name.n, err)))
        return rc;
    for (size_t i = 0; i < b->e->n && !rc; i++)
        if (b->e->entry[i].baseline < 0 && !(rc = rf_by_task(&b->tasks, &b->e->entry[i].curve, share, g, err)))
            rc = put_task(b, &b->e->entry[i], g, f, &found, err);
    rf_html_table_end(f);
    if (!found)
        fprintf(f, "<p class=\"note\">None of the %zu tasks stands out.</p>\n", b->tasks.name.n);
    rf_free(g);
    return rc;
}

/* ---------------------------------------------------------------- provenance */

static int put_routers(const struct rf_report *r, FILE *f, struct rf_err *err)
{
    static const char *const column[] = { "router", "file", "kind", "votes from", "sha256" };
    int rc = 0;
    if (!r->routers)
        return 0;
    rf_html_table(f, "routers", column, COUNT(column));
    for (size_t i = 0; i < r->routers && !rc; i++) {
        const struct routefit_router *const w = r->router[i].r;
        rf_html_row(f);
        if ((rc = rf_html_cell(f, r->router[i].name, err)) || (rc = rf_html_cell(f, r->path[i], err)) ||
            (rc = rf_html_cell(f, w ? routefit_meta(w, "routefit.kind") : "stored scores", err)) ||
            (rc = rf_html_cell(f, w ? routefit_meta(w, "routefit.votes") : NULL, err)))
            break;
        fprintf(f, "<td><code>%s</code></td>", r->sha256[i]);
    }
    rf_html_table_end(f);
    return rc;
}

static int put_provenance(const struct rf_report *r, const struct rf_ctx *ctx, FILE *f, struct rf_err *err)
{
    struct rf_buf line = { 0 };
    int rc;
    fputs("<h2>Where this comes from</h2>\n", f);
    if ((rc = put_routers(r, f, err)))
        goto out;
    fprintf(f, "<dl><dt>run</dt><dd>%lld of the database ", (long long)r->run);
    if ((rc = rf_html_name(f, ctx->db_path, err)))
        goto out;
    fputs("</dd><dt>command</dt><dd><code>", f);
    for (int i = 0; i < ctx->argc && !rc; i++) {
        rc = i ? rf_buf_add(&line, " ", 1, err) : 0;
        rc = rc ? rc : rf_shell_add(&line, i ? ctx->argv[i] : "routefit", err);
    }
    if (rc || (rc = rf_html_text(f, line.data, err)))
        goto out;
    fprintf(f, "</code></dd><dt>seed</dt><dd>%llu</dd><dt>version</dt><dd>routefit %s, ", (unsigned long long)ctx->seed,
            RF_VERSION);
    if ((rc = rf_html_text(f, rf_blas_info(), err)))
        goto out;
    fputs("</dd>", f);
    for (size_t i = 0; i < r->benches && !rc; i++) {
        fputs("<dt>data of ", f);
        rc = rf_html_name(f, r->bench[i].e->bench.name, err);
        fprintf(f, "</dt><dd><code>%s</code></dd>", r->bench[i].e->bench.sha256);
    }
    fputs("</dl>\n<p class=\"note\"><code>routefit runs show</code> prints the run, <code>routefit runs verify</code> "
          "does "
          "it again and compares every figure.</p>\n",
          f);
out:
    rf_buf_release(&line);
    return rc;
}

int rf_report_write(const struct rf_report *r, const struct rf_ctx *ctx, FILE *f, struct rf_err *err)
{
    int rc;
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
          "content=\"width=device-width, initial-scale=1\"><title>",
          f);
    if ((rc = rf_html_text(f, r->title, err)))
        return rc;
    fprintf(f, "</title>\n<style>%s</style></head>\n<body><main>\n<h1>", rf_report_style);
    if ((rc = rf_html_text(f, r->title, err)))
        return rc;
    fprintf(f,
            "</h1>\n<p>%zu router%s on %zu benchmark%s. A figure stands with its 95%% interval; where two routers' "
            "difference is inside its noise, the verdict says undecided.</p>\n",
            r->routers, r->routers == 1 ? "" : "s", r->benches, r->benches == 1 ? "" : "s");
    for (size_t i = 0; i < r->benches && !rc; i++) {
        const struct rf_report_bench *const b = &r->bench[i];
        fputs("<section>\n", f);
        (void)((rc = put_head(b, f, err)) || (rc = put_curves(b, f, err)) || (rc = put_metrics(b, f, err)) ||
               (rc = put_duels(b, f, err)) || (rc = put_reliability(b, f, err)) || (rc = put_costs(b, f, err)) ||
               (rc = put_tasks(b, r->share, f, err)));
        fputs("</section>\n", f);
    }
    if (!rc && !(rc = put_provenance(r, ctx, f, err)))
        fprintf(f, "</main>\n<script>%s</script></body></html>\n", rf_report_script);
    return !rc && ferror(f) ? rf_fail_errno(err, RF_IO, "cannot write the report") : rc;
}
