/* RouteLLM's evaluation, step by step. Where its steps are not those of the paper, eval/metric.c has the paper's. */
#include "eval/compat.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/stats.h"

/* numpy/core/src/multiarray/compiled_base.c, binary_search_with_guess, with the guess of a fresh call: it looks at
 * x[1..3] first, then at the next eight, then bisects. The index of the interval, -1 below x[0], n above x[n - 1]. */
static ptrdiff_t numpy_search(double key, const double *x, size_t n)
{
    enum { LINEAR = 4, NEAR = 9 };
    if (key > x[n - 1])
        return (ptrdiff_t)n;
    if (key < x[0])
        return -1;
    const size_t first = n <= LINEAR ? n : LINEAR;
    for (size_t i = 1; i < first; i++)
        if (key < x[i])
            return (ptrdiff_t)i - 1;
    size_t low = n > LINEAR ? LINEAR - 1 : n, high = n > NEAR + 1 && key < x[NEAR] ? NEAR : n;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (key >= x[mid])
            low = mid + 1;
        else
            high = mid;
    }
    return (ptrdiff_t)low - 1;
}

double rf_compat_interp(double key, const double *x, const double *y, size_t n)
{
    const ptrdiff_t at = numpy_search(key, x, n);
    if (at < 0)
        return y[0];
    const size_t j = (size_t)at;
    if (j + 1 >= n)
        return y[n - 1];
    if (x[j] == key)
        return y[j];
    return (y[j + 1] - y[j]) / (x[j + 1] - x[j]) * (key - x[j]) + y[j];
}

/* The eleven quantiles q = i * 0.1 of the scores, as pandas.qcut takes them. */
static int thresholds(const struct rf_compat_data *d, struct rf_compat *out, struct rf_err *err)
{
    double *sorted = NULL;
    int rc = RF_NEW(sorted, d->n, err);
    if (rc)
        return rc;
    memcpy(sorted, d->score, d->n * sizeof *sorted);
    rf_sort_doubles(sorted, d->n);
    for (size_t i = 0; i < RF_COMPAT_POINTS; i++) {
        out->threshold[i] = rf_quantile_sorted(sorted, d->n, i + 1 < RF_COMPAT_POINTS ? (double)i * .1 : 1);
        out->tied += i && out->threshold[i] == out->threshold[i - 1];
    }
    rf_free(sorted);
    return 0;
}

/* One row of RouteLLM's result table. */
static void route(const struct rf_compat_data *d, size_t i, double scale, struct rf_compat *out)
{
    const double t = out->threshold[i];
    const bool last = i + 1 == RF_COMPAT_POINTS;
    double sum = 0;
    size_t strong_calls = 0;
    for (size_t p = 0; p < d->n; p++) {
        const bool strong = last ? d->score[p] > t : d->score[p] >= t;
        sum += strong ? d->strong[p] : d->weak[p];
        strong_calls += strong ? d->turns[p] : 0;
    }
    out->quality[i] = scale * sum / (double)out->outcomes;
    out->strong_pct[i] = 100 * (double)strong_calls / (double)out->outcomes;
}

/* Rows by rising share of strong calls; equal shares stay in the order of their thresholds. */
static void sort_rows(const struct rf_compat *out, double x[RF_COMPAT_POINTS], double y[RF_COMPAT_POINTS])
{
    for (size_t i = 0; i < RF_COMPAT_POINTS; i++) {
        size_t j = i;
        for (; j && x[j - 1] > out->strong_pct[i]; j--) {
            x[j] = x[j - 1];
            y[j] = y[j - 1];
        }
        x[j] = out->strong_pct[i];
        y[j] = out->quality[i];
    }
}

static double trapezoid(const double *x, const double *y, size_t n)
{
    double area = 0;
    for (size_t i = 1; i < n; i++)
        area += (x[i] - x[i - 1]) / 100 * (y[i] + y[i - 1]) / 2;
    return area;
}

static void measure(struct rf_compat *out)
{
    double x[RF_COMPAT_POINTS], y[RF_COMPAT_POINTS];
    const double gap = out->strong - out->weak;
    sort_rows(out, x, y);
    out->cpt20 = rf_compat_interp(.2 * gap + out->weak, y, x, RF_COMPAT_POINTS);
    out->cpt50 = rf_compat_interp(.5 * gap + out->weak, y, x, RF_COMPAT_POINTS);
    out->cpt80 = rf_compat_interp(.8 * gap + out->weak, y, x, RF_COMPAT_POINTS);
    out->auc = trapezoid(x, y, RF_COMPAT_POINTS);
    const double width =
        (x[RF_COMPAT_POINTS - 1] - x[0]) / 100; /* the models' own areas are taken over the same shares */
    out->apgr = (out->auc - out->weak * width) / (gap * width);
}

static void leave_undefined(struct rf_compat *out)
{
    for (size_t i = 0; i < RF_COMPAT_POINTS; i++)
        out->threshold[i] = out->strong_pct[i] = out->quality[i] = NAN;
    out->cpt20 = out->cpt50 = out->cpt80 = out->auc = out->apgr = NAN;
}

/* Right or wrong: each strong call repairs one prompt that only strong gets right, while there are any. The number of
 * calls is not rounded to a whole one. */
static void optimal_right_wrong(const struct rf_compat_data *d, struct rf_compat *out)
{
    double weak = 0, repairable = 0;
    for (size_t p = 0; p < d->n; p++) {
        weak += d->weak[p];
        repairable += d->strong[p] > d->weak[p];
    }
    for (size_t i = 0; i < RF_COMPAT_POINTS; i++)
        out->optimal[i] = (weak + fmin((double)d->n * (double)(10 * i) / 100, repairable)) / (double)d->n * 100;
}

/* Graded: the k largest gains, over all prompts, contaminated ones too, with k counted over the clean ones. */
static int optimal_graded(const struct rf_compat_data *d, struct rf_compat *out, struct rf_err *err)
{
    double *gain = NULL, weak = 0;
    int rc = RF_NEW(gain, d->n_all, err);
    if (rc)
        return rc;
    size_t positive = 0;
    for (size_t p = 0; p < d->n_all; p++) {
        gain[p] = d->weak_all[p] - d->strong_all[p]; /* negated: the largest gains come first */
        weak += d->weak_all[p];
        positive += gain[p] < 0;
    }
    rf_sort_doubles(gain, d->n_all);
    double gained = 0;
    size_t k = 0;
    for (size_t i = 0; i < RF_COMPAT_POINTS; i++) {
        const size_t most = d->n * 10 * i / 100;
        for (; k < most && k < positive; k++)
            gained -= gain[k];
        out->optimal[i] = (weak + gained) / (double)d->n_all;
    }
    rf_free(gain);
    return 0;
}

int rf_compat_of(const struct rf_compat_data *d, struct rf_compat *out, struct rf_err *err)
{
    const double scale = d->right_wrong ? 100 : 1;
    double weak = 0, strong = 0;
    int rc;
    *out = (struct rf_compat){ 0 };
    if (!d->n)
        return rf_fail(err, RF_BAD_INPUT, "there are no prompts to evaluate on");
    for (size_t p = 0; p < d->n; p++) {
        weak += d->weak[p];
        strong += d->strong[p];
        out->outcomes += d->turns[p];
    }
    out->weak = scale * weak / (double)out->outcomes;
    out->strong = scale * strong / (double)out->outcomes;
    if ((rc = thresholds(d, out, err)))
        return rc;
    if (out->tied) {
        leave_undefined(out);
    } else {
        for (size_t i = 0; i < RF_COMPAT_POINTS; i++)
            route(d, i, scale, out);
        measure(out);
    }
    if (d->right_wrong)
        optimal_right_wrong(d, out);
    else
        rc = optimal_graded(d, out, err);
    return rc;
}
