/* One set of corners per fold; a point asks each of them for the same budget or lambda. */
#include "eval/staged.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"

enum { STREAM = 0x63617363 }; /* of the folds alone */

/* The corners of one fit. */
struct fitted {
    struct rf_cascade_corner *corner;
    size_t n;
};

struct work {
    struct rf_staged *s;
    const struct rf_staged_options *o;
    struct rf_means_options boot;
    struct rf_cascade c;
    double *verdict;
    bool *right;          /* [n][stages] */
    uint32_t *fold, *row; /* [n] */
    struct fitted *fit;   /* [folds] without that fold */
    struct fitted all;
    double *figure; /* [stages + 3][n] quality, cost, quality less the zero router's, calls of each model */
};

/* ---- data ---- */

static int load(struct work *w, struct rf_ctx *ctx, const char *bench, struct rf_err *err)
{
    struct rf_staged *const s = w->s;
    const struct rf_results_filter f = { .bench = { &bench, 1 }, .model = w->o->order, .source = w->o->source };
    const size_t stages = w->o->order.n;
    bool *keep = NULL;
    int rc;
    if (stages < 2 || stages > RF_CASCADE_STAGES)
        return rf_fail(err, RF_USAGE, "--order: found %zu models, expected 2 to %d, the first asked first", stages,
                       RF_CASCADE_STAGES);
    if (!w->o->verifier)
        return rf_fail(err, RF_USAGE,
                       "found no --verifier, expected a router among many models, scores:NAME, or results:BENCH");
    if ((rc = rf_results_load(&s->r, ctx->db, &f, err)) || (rc = rf_results_complete(&s->r, bench, &s->holes, err)) ||
        (rc = RF_NEW(w->verdict, s->r.n * (stages - 1), err)) || (rc = RF_NEW(keep, s->r.n, err)) ||
        (rc = rf_verifier_load(w->verdict, &s->r, stages - 1, ctx, bench, w->o->verifier, &w->o->router, err)))
        goto out;
    size_t kept = 0;
    for (size_t i = 0; i < s->r.n; i++) {
        keep[i] = true;
        for (size_t k = 0; k + 1 < stages; k++)
            keep[i] &= isfinite(w->verdict[i * (stages - 1) + k]) != 0;
        if (keep[i])
            memmove(w->verdict + kept++ * (stages - 1), w->verdict + i * (stages - 1),
                    (stages - 1) * sizeof *w->verdict);
    }
    s->unjudged = rf_results_keep(&s->r, keep);
    if (s->r.n < (size_t)w->o->folds)
        rc =
            rf_fail(err, RF_BAD_INPUT,
                    "benchmark \"%s\": found %zu questions with all scores, costs and verdicts (%zu have no verdict of "
                    "\"%s\"), expected at least one for each of %lld folds",
                    bench, s->r.n, s->unjudged, w->o->verifier, (long long)w->o->folds);
    w->c = (struct rf_cascade){ s->r.n, stages, s->r.score, s->r.cost, w->verdict, (size_t)w->o->grid };
out:
    rf_free(keep);
    return rc;
}

/* Which answers are right, how well the verifier tells them, and the models alone. */
static int survey(struct work *w, struct rf_err *err)
{
    struct rf_staged *const s = w->s;
    const size_t n = w->c.n, stages = w->c.stages;
    double low = INFINITY, high = -INFINITY, ends[2][2];
    bool *right = NULL;
    int rc;
    for (size_t i = 0; i < n * stages; i++) {
        low = fmin(low, w->c.score[i]);
        high = fmax(high, w->c.score[i]);
    }
    s->right = isnan(w->o->right) ? (low + high) / 2 : w->o->right;
    if ((rc = RF_NEW(w->right, n * stages, err)) || (rc = RF_NEW(right, n, err)) ||
        (rc = RF_NEW(w->figure, (stages + 3) * n, err)))
        goto out;
    for (size_t k = 0; k < stages && !rc; k++) {
        for (size_t i = 0; i < n; i++) {
            const size_t at = i * stages + k;
            right[i] = w->right[at] = w->c.score[at] >= s->right && high > low;
            s->right_share[k] += right[i] / (double)n;
            w->figure[i] = w->c.score[at];
            w->figure[n + i] = w->c.cost[at];
            s->model[k].quality += w->c.score[at] / (double)n;
            s->model[k].cost += w->c.cost[at] / (double)n;
        }
        rc = rf_mean_intervals(w->figure, 2, n, &w->boot, ends[0], ends[1], err);
        s->model_low[k] = (struct rf_point){ ends[0][1], ends[0][0] };
        s->model_high[k] = (struct rf_point){ ends[1][1], ends[1][0] };
        if (!rc && k + 1 < stages)
            rc = rf_verifier_auc(w->verdict + k, stages - 1, right, n, &s->auc[k], err);
    }
out:
    rf_free(right);
    return rc;
}

/* ---- fits ---- */

static int fit_folds(struct work *w, uint64_t seed, struct rf_err *err)
{
    const size_t n = w->c.n, folds = (size_t)w->o->folds;
    struct rf_rng rng;
    int rc;
    if ((rc = RF_NEW(w->fold, n, err)) || (rc = RF_NEW(w->row, n, err)) || (rc = RF_NEW(w->fit, folds, err)))
        return rc;
    for (size_t i = 0; i < n; i++)
        w->row[i] = (uint32_t)i;
    if ((rc = rf_cascade_corners(&w->c, w->row, n, &w->all.corner, &w->all.n, err)))
        return rc;
    rf_rng_init(&rng, seed, (uint64_t)STREAM << 32);
    rf_rng_shuffle(&rng, w->row, n);
    for (size_t i = 0; i < n; i++)
        w->fold[w->row[i]] = (uint32_t)(i % folds);
    for (size_t f = 0; f < folds && !rc; f++) {
        size_t rows = 0;
        for (size_t i = 0; i < n; i++)
            if (w->fold[i] != f)
                w->row[rows++] = (uint32_t)i;
        rc = rf_cascade_corners(&w->c, w->row, rows, &w->fit[f].corner, &w->fit[f].n, err);
    }
    return rc;
}

static struct rf_staged_policy policy_of(const struct fitted *f, bool by_lambda, double at)
{
    struct rf_staged_policy p = { .mix = NAN };
    size_t k = 0;
    if (by_lambda) {
        p.low = p.high = f->corner[rf_cascade_at_lambda(f->corner, f->n, at)];
        return p;
    }
    while (k < f->n && rf_affords(at, f->corner[k].mean.cost))
        k++;
    p.low = f->corner[k ? k - 1 : 0];
    p.high = f->corner[k < f->n ? k : f->n - 1];
    if (!k)
        p.low.mean = (struct rf_point){ NAN, NAN };
    else if (k < f->n)
        p.mix = fmax(0, (at - p.low.mean.cost) / (p.high.mean.cost - p.low.mean.cost));
    return p;
}

/* ---- measuring ---- */

/* The two models, and the chance of the second, that the zero router mixes for a mean cost. */
static double zero_mix(const struct rf_point *model, size_t n, double cost, size_t pair[2])
{
    double best = -INFINITY, mix = 0;
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++) {
            const bool brackets = model[a].cost <= cost && model[b].cost > cost;
            if (!brackets && !(a == b && model[a].cost <= cost))
                continue;
            const double m = brackets ? (cost - model[a].cost) / (model[b].cost - model[a].cost) : 0;
            const double q = model[a].quality + m * (model[b].quality - model[a].quality);
            if (q > best) {
                best = q;
                mix = m;
                pair[0] = a;
                pair[1] = b;
            }
        }
    return best > -INFINITY ? mix : (double)NAN;
}

/* Right and wrong answers that stage k was asked about, and how many of them it took and passed on. */
struct tally {
    double right, wrong, taken, passed;
};

/* One prompt under one corner, with the weight that the coin gives it. */
static void run_prompt(struct work *w, size_t i, const struct rf_cascade_corner *corner, double weight,
                       struct rf_staged_point *p, struct tally *tally)
{
    const size_t n = w->c.n, stages = w->c.stages;
    double score, cost;
    const size_t taken = rf_cascade_run(&w->c, i, corner->threshold, &score, &cost);
    w->figure[i] += weight * score;
    w->figure[n + i] += weight * cost;
    p->answers[taken] += weight;
    for (size_t k = 0; k <= taken; k++) {
        w->figure[(3 + k) * n + i] += weight;
        if (k + 1 == stages)
            continue;
        if (w->right[i * stages + k]) {
            tally[k].right += weight;
            tally[k].taken += k == taken ? weight : 0;
        } else {
            tally[k].wrong += weight;
            tally[k].passed += k < taken ? weight : 0;
        }
    }
}

static void sum_up(struct work *w, struct rf_staged_point *p, const struct tally *tally)
{
    const size_t n = w->c.n, stages = w->c.stages;
    size_t pair[2] = { 0 };
    for (size_t i = 0; i < n; i++) {
        p->mean.quality += w->figure[i];
        p->mean.cost += w->figure[n + i];
        for (size_t k = 0; k < stages; k++)
            p->calls[k] += w->figure[(3 + k) * n + i];
    }
    p->mean.quality /= (double)n;
    p->mean.cost /= (double)n;
    for (size_t k = 0; k < stages; k++) {
        p->calls[k] /= (double)n;
        p->answers[k] /= (double)n;
    }
    for (size_t k = 0; k + 1 < stages; k++)
        p->check[k] = (struct rf_staged_check){ p->calls[k], rf_wilson(tally[k].taken, tally[k].right),
                                                rf_wilson(tally[k].passed, tally[k].wrong) };
    const double mix = zero_mix(w->s->model, stages, p->mean.cost * (1 + 1e-12), pair);
    p->gain = 0;
    for (size_t i = 0; i < n; i++) {
        w->figure[2 * n + i] =
            w->figure[i] - (1 - mix) * w->c.score[i * stages + pair[0]] - mix * w->c.score[i * stages + pair[1]];
        p->gain += w->figure[2 * n + i] / (double)n;
    }
}

/* Fills a point whose `at` and policy stand; fit NULL: measured with that policy, else with each fold's own. */
static int measure(struct work *w, const struct fitted *fit, struct rf_staged_point *p, struct rf_err *err)
{
    const size_t n = w->c.n, stages = w->c.stages;
    struct tally tally[RF_CASCADE_STAGES] = { 0 };
    double low[RF_CASCADE_STAGES + 3], high[RF_CASCADE_STAGES + 3];
    memset(w->figure, 0, (stages + 3) * n * sizeof *w->figure);
    for (size_t i = 0; i < n; i++) {
        const struct rf_staged_policy own = fit ? policy_of(&fit[w->fold[i]], w->o->corners, p->at) : p->policy;
        const double mix = isnan(own.mix) ? 0 : own.mix;
        run_prompt(w, i, &own.low, 1 - mix, p, tally);
        if (mix > 0)
            run_prompt(w, i, &own.high, mix, p, tally);
    }
    sum_up(w, p, tally);
    const int rc = rf_mean_intervals(w->figure, stages + 3, n, &w->boot, low, high, err);
    if (rc)
        return rc;
    p->low = (struct rf_point){ low[1], low[0] };
    p->high = (struct rf_point){ high[1], high[0] };
    p->gain_low = low[2];
    p->gain_high = high[2];
    memcpy(p->calls_low, low + 3, stages * sizeof *low);
    memcpy(p->calls_high, high + 3, stages * sizeof *high);
    return 0;
}

static void nothing(struct rf_staged_point *p)
{
    p->mean = p->low = p->high = (struct rf_point){ NAN, NAN };
    p->gain = p->gain_low = p->gain_high = NAN;
    for (size_t k = 0; k < RF_CASCADE_STAGES; k++)
        p->calls[k] = p->answers[k] = p->calls_low[k] = p->calls_high[k] = NAN;
    for (size_t k = 0; k + 1 < RF_CASCADE_STAGES; k++)
        p->check[k] = (struct rf_staged_check){ NAN, { NAN, NAN, NAN }, { NAN, NAN, NAN } };
}

/* A lambda at which corner k is the best. */
static double lambda_of(const struct fitted *f, size_t k)
{
    const struct rf_cascade_corner *const c = f->corner;
    const double above =
        k ? (c[k].mean.quality - c[k - 1].mean.quality) / (c[k].mean.cost - c[k - 1].mean.cost) : (double)NAN;
    const double below =
        k + 1 < f->n ? (c[k + 1].mean.quality - c[k].mean.quality) / (c[k + 1].mean.cost - c[k].mean.cost) : 0;
    return k ? (above + below) / 2 : 2 * below;
}

/* All points of one verifier. fold: the fits out of fold, or NULL. */
static int take_points(struct work *w, const struct fitted *all, const struct fitted *fold,
                       struct rf_staged_point **out, size_t *n, struct rf_err *err)
{
    const bool usual = !w->o->budgets && !w->o->corners;
    const size_t count = w->o->corners ? all->n : usual ? w->c.stages - 1 : w->o->budgets;
    int rc = RF_NEW(*out, count, err);
    if (rc)
        return rc;
    *n = count;
    for (size_t i = 0; i < count && !rc; i++) {
        struct rf_staged_point *const p = &(*out)[i];
        p->at = w->o->corners ? lambda_of(all, i) : usual ? w->s->model[i + 1].cost : w->o->budget[i];
        p->policy = policy_of(all, w->o->corners, p->at);
        if (isnan(p->policy.low.mean.cost))
            nothing(p);
        else
            rc = measure(w, fold, p, err);
    }
    return rc;
}

/* The cascade whose verifier is the score itself. */
static int take_perfect(struct work *w, struct rf_err *err)
{
    const size_t n = w->c.n, stages = w->c.stages;
    struct fitted f = { 0 };
    double *known = NULL;
    struct work own = *w;
    int rc = RF_NEW(known, n * (stages - 1), err);
    if (rc)
        goto out;
    for (size_t i = 0; i < n; i++) {
        memcpy(known + i * (stages - 1), w->c.score + i * stages, (stages - 1) * sizeof *known);
        w->row[i] = (uint32_t)i;
    }
    own.c.verdict = known;
    if (!(rc = rf_cascade_corners(&own.c, w->row, n, &f.corner, &f.n, err)))
        rc = take_points(&own, &f, NULL, &w->s->perfect, &w->s->perfects, err);
out:
    rf_free(known);
    rf_free(f.corner);
    return rc;
}

static int take_baselines(struct work *w, struct rf_err *err)
{
    struct rf_staged *const s = w->s;
    const struct rf_field f = { w->c.n, w->c.stages, w->c.score, w->c.cost, w->c.score, w->c.cost };
    double usual[RF_CASCADE_STAGES];
    const bool none = !w->o->budgets && !w->o->corners;
    for (size_t k = 1; k < w->c.stages; k++)
        usual[k - 1] = s->model[k].cost;
    const struct rf_points_wish wish = { .corners = w->o->corners,
                                         .budget = none ? usual : w->o->budget,
                                         .budgets = none ? w->c.stages - 1 : w->o->budgets,
                                         .boot = w->boot };
    struct rf_lambda_plan *plan = NULL;
    int rc = rf_points_add_zero(&s->base, 0, &f, &wish, err);
    if (!rc && !(rc = rf_lambda_plan_new(&plan, &f, err)))
        rc = rf_points_add(&s->base, 1, &f, NULL, f.models, plan, &wish, err);
    rf_lambda_plan_free(plan);
    return rc;
}

int rf_staged_evaluate(struct rf_staged *s, struct rf_ctx *ctx, const char *bench, const struct rf_staged_options *o,
                       struct rf_err *err)
{
    struct work w = { .s = s, .o = o, .boot = { (size_t)o->resamples, ctx->seed, ctx->threads } };
    int rc;
    if ((rc = load(&w, ctx, bench, err)) || (rc = survey(&w, err)) || (rc = fit_folds(&w, ctx->seed, err)) ||
        (rc = take_points(&w, &w.all, w.fit, &s->point, &s->points, err)) || (rc = take_perfect(&w, err)))
        goto out;
    rc = take_baselines(&w, err);
out:
    for (size_t f = 0; w.fit && f < (size_t)o->folds; f++)
        rf_free(w.fit[f].corner);
    void *const owned[] = { w.verdict, w.right, w.fold, w.row, w.fit, w.all.corner, w.figure };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        rf_free(owned[i]);
    return rc;
}

void rf_staged_release(struct rf_staged *s)
{
    rf_free(s->point);
    rf_free(s->perfect);
    rf_points_release(&s->base);
    rf_results_release(&s->r);
    *s = (struct rf_staged){ 0 };
}
