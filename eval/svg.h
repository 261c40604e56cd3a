/* A plot (eval/plot.h) as SVG inside a page, without gnuplot: curves, bands, levels and a key. */
#ifndef RF_EVAL_SVG_H
#define RF_EVAL_SVG_H

#include <stdio.h>

#include "core/err.h"
#include "eval/plot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Refuses what rf_plot_check() refuses. The title is what screen readers say; it is not drawn. diagonal: also the line
 * y = x, for reliability diagrams. */
int rf_svg_plot(const struct rf_plot *p, bool diagonal, FILE *f, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
