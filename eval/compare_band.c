/* One joint bootstrap; the differences of its resamples are resamples of the difference. */
#include "eval/compare_band.h"

#include "core/mem.h"

static int fill(struct rf_compare_band *out, enum rf_compare_side side, double *x, size_t resamples, double level,
                struct rf_err *err)
{
    struct rf_band band = {
        out->low[side], out->high[side], out->sim_low[side], out->sim_high[side], out->se[side], 0
    };
    const int rc = rf_band_fill(&band, out->value[side], x, RF_BAND_POINTS, resamples, level, err);
    out->widest[side] = band.widest;
    return rc;
}

int rf_compare_band(const struct rf_curve *a, const struct rf_curve *b, const struct rf_boot_options *o, double level,
                    struct rf_compare_band *out, struct rf_err *err)
{
    const struct rf_curve pair[2] = { *a, *b };
    struct rf_boot_options own = *o;
    struct rf_boot_values v[2] = { { 0 }, { 0 } };
    double *x = NULL;
    const size_t all = o->resamples;
    own.areas_only = false;
    own.no_shares = true;
    int rc = rf_boot_joint(v, pair, 2, &own, err);
    if (rc || (rc = RF_NEW(x, RF_BAND_POINTS * all, err))) /* fits: the bands are there */
        goto out;
    for (size_t i = 0; i < RF_BAND_POINTS; i++) {
        const double share = (double)i / (RF_BAND_POINTS - 1);
        out->value[RF_SIDE_A][i] = rf_curve_quality_at(a, share);
        out->value[RF_SIDE_B][i] = rf_curve_quality_at(b, share);
        out->value[RF_SIDE_DIFFERENCE][i] = out->value[RF_SIDE_A][i] - out->value[RF_SIDE_B][i];
    }
    for (size_t i = 0; i < RF_BAND_POINTS * all; i++)
        x[i] = v[0].band[i] - v[1].band[i];
    if ((rc = fill(out, RF_SIDE_A, v[0].band, all, level, err)) ||
        (rc = fill(out, RF_SIDE_B, v[1].band, all, level, err)) ||
        (rc = fill(out, RF_SIDE_DIFFERENCE, x, all, level, err)))
        goto out;
    double m[2][RF_METRICS];
    for (size_t k = 0; k < 2; k++)
        rf_metrics_of(&pair[k], m[k]);
    for (size_t r = 0; r < all; r++)
        x[r] = v[0].metric[RF_APGR * all + r] - v[1].metric[RF_APGR * all + r];
    const struct rf_resamples s = { .x = x, .n = all, .value = m[0][RF_APGR] - m[1][RF_APGR] };
    out->apgr = rf_interval_of(&s, RF_INTERVAL_PERCENTILE, level);
out:
    rf_boot_values_release(&v[0]);
    rf_boot_values_release(&v[1]);
    rf_free(x);
    return rc;
}
