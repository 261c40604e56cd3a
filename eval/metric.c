/* The exact metrics of a curve. CPT is the first crossing of the piecewise linear curve; no interpolation over thinned
 * points, no assumption that quality rises. */
#include "eval/metric.h"

#include <math.h>

const struct rf_metric_info rf_metric_info[RF_METRICS] = {
    [RF_APGR] = { "apgr", RF_UNIT_RATIO },   [RF_AUC] = { "auc", RF_UNIT_QUALITY },
    [RF_CPT20] = { "cpt20", RF_UNIT_SHARE }, [RF_CPT50] = { "cpt50", RF_UNIT_SHARE },
    [RF_CPT80] = { "cpt80", RF_UNIT_SHARE }, [RF_STRONG95] = { "strong95", RF_UNIT_SHARE },
    [RF_WEAK] = { "weak", RF_UNIT_QUALITY }, [RF_STRONG] = { "strong", RF_UNIT_QUALITY },
};

double rf_metric_factor(enum rf_metric m, double scale)
{
    const double factor[] = { [RF_UNIT_RATIO] = 1, [RF_UNIT_SHARE] = 100, [RF_UNIT_QUALITY] = scale };
    return factor[rf_metric_info[m].unit];
}

int rf_metrics_check(const struct rf_curve *c, struct rf_err *err)
{
    if (c->gain[c->groups] > 0)
        return 0;
    return rf_fail(
        err, RF_BAD_INPUT,
        "the strong model's mean quality is %g, the weak model's %g: found no gap to close, expected strong to be "
        "better; swap the pair or choose another",
        c->strong, c->weak);
}

double rf_pgr(double quality, double weak, double strong)
{
    return strong > weak ? (quality - weak) / (strong - weak) : NAN;
}

double rf_metric_target(enum rf_metric m, double weak, double strong)
{
    static const double closed[RF_METRICS] = { [RF_CPT20] = .2, [RF_CPT50] = .5, [RF_CPT80] = .8 };
    return m == RF_STRONG95 ? .95 * strong : weak + closed[m] * (strong - weak);
}

void rf_metrics_of(const struct rf_curve *c, double m[RF_METRICS])
{
    const bool gap = c->gain[c->groups] > 0;
    m[RF_AUC] = rf_curve_area(c);
    m[RF_WEAK] = c->weak;
    m[RF_STRONG] = c->strong;
    m[RF_APGR] = gap ? rf_pgr(m[RF_AUC], c->weak, c->strong) : NAN;
    for (enum rf_metric i = RF_CPT20; i <= RF_STRONG95; i++)
        m[i] = gap ? rf_curve_share_for(c, rf_metric_target(i, c->weak, c->strong)) : NAN;
}
