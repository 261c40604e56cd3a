/* The picture of one benchmark: quality over the share of prompts that the strong model answers, with bands. */
#ifndef RF_EVAL_QUALITY_PLOT_H
#define RF_EVAL_QUALITY_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "eval/evaluate.h"
#include "eval/plot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One curve on the grid of the band, in the units of the plot. */
struct rf_quality_line {
    double y[RF_BAND_POINTS], low[RF_BAND_POINTS], high[RF_BAND_POINTS];
};
/* The grid, in %. */
void rf_quality_grid(double x[RF_BAND_POINTS]);
/* Fills *l, and *s, which borrows x, *l and the entry's name; with its band where that is wanted and known on the whole
 * grid. scale: rf_bench_scale. */
void rf_quality_line(const struct rf_entry *e, double scale, bool band, const double x[RF_BAND_POINTS],
                     struct rf_quality_line *l, struct rf_plot_series *s);
/* The plot of series[n] of an evaluation; all borrowed. */
struct rf_plot rf_quality_plot(const struct rf_evaluation *e, const char *title, const struct rf_plot_series *series,
                               size_t n);

#ifdef __cplusplus
}
#endif
#endif
