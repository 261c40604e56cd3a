/* RF_LANES resamples side by side: a question's figure is read once for all of them. */
#include "eval/means.h"

#include "core/mem.h"
#include "core/par.h"
#include "core/progress.h"
#include "core/resample.h"
#include "eval/interval.h"

struct work {
    const double *v;
    size_t columns, n;
    const struct rf_means_options *o;
    double *mean; /* [columns][resamples] */
};

void rf_percentiles(double *v, size_t n, double *low, double *high)
{
    const struct rf_resamples s = { .x = v, .n = n };
    const struct rf_interval i = rf_interval_of(&s, RF_INTERVAL_PERCENTILE, 0.95);
    *low = i.low;
    *high = i.high;
}

/* Resamples [block * RF_LANES, ...): par's unit of work. */
static int run_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct work *const w = ctx;
    const size_t first = block * RF_LANES;
    uint64_t size[RF_LANES];
    if (rf_interrupted())
        return rf_fail(err, RF_INTERRUPTED, "interrupted after about %zu of %zu resamples", first, w->o->resamples);
    uint8_t *const count = rf_calloc(w->n, RF_LANES, err);
    if (!count)
        return RF_FAIL;
    rf_resample(w->o->seed, block, w->n, false, count, size);
    for (size_t c = 0; c < w->columns; c++) {
        double sum[RF_LANES] = { 0 };
        for (size_t i = 0; i < w->n; i++)
            for (size_t l = 0; l < RF_LANES; l++)
                sum[l] += count[i * RF_LANES + l] * w->v[c * w->n + i];
        for (size_t l = 0; l < RF_LANES && first + l < w->o->resamples; l++)
            w->mean[c * w->o->resamples + first + l] = sum[l] / (double)size[l];
    }
    rf_free(count);
    return 0;
}

int rf_mean_intervals(const double *v, size_t columns, size_t n, const struct rf_means_options *o, double *low,
                      double *high, struct rf_err *err)
{
    struct work w = { .v = v, .columns = columns, .n = n, .o = o };
    size_t cells;
    if (!rf_mul(columns, o->resamples, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu resamples of %zu means", o->resamples, columns);
    int rc = RF_NEW(w.mean, cells, err);
    if (!rc)
        rc = rf_par_run((o->resamples + RF_LANES - 1) / RF_LANES, o->threads, run_block, &w, err);
    for (size_t c = 0; c < columns && !rc; c++)
        rf_percentiles(w.mean + c * o->resamples, o->resamples, &low[c], &high[c]);
    rf_free(w.mean);
    return rc;
}
