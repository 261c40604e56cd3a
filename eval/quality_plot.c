/* Curves as series of a plot. */
#include "eval/quality_plot.h"

#include <math.h>

void rf_quality_grid(double x[RF_BAND_POINTS])
{
    for (size_t i = 0; i < RF_BAND_POINTS; i++)
        x[i] = 100. * (double)i / (RF_BAND_POINTS - 1);
}

void rf_quality_line(const struct rf_entry *e, double scale, bool band, const double x[RF_BAND_POINTS],
                     struct rf_quality_line *l, struct rf_plot_series *s)
{
    const enum rf_plot_role role = e->baseline == RF_BASELINE_RANDOM   ? RF_PLOT_RANDOM
                                   : e->baseline == RF_BASELINE_ORACLE ? RF_PLOT_ORACLE
                                                                       : RF_PLOT_ROUTER;
    band = band && role == RF_PLOT_ROUTER;
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

struct rf_plot rf_quality_plot(const struct rf_evaluation *e, const char *title, const struct rf_plot_series *series,
                               size_t n)
{
    const double scale = rf_bench_scale(&e->bench);
    return (struct rf_plot){ .title = title,
                             .x_name = "Prompts sent to the strong model (%)",
                             .y_name = e->bench.right_wrong ? "Accuracy (%)" : "Mean score",
                             .weak = scale * e->entry[0].curve.weak,
                             .strong = scale * e->entry[0].curve.strong,
                             .weak_name = e->bench.weak_name,
                             .strong_name = e->bench.strong_name,
                             .series = series,
                             .n = n };
}
