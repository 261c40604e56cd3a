/* Two more pictures, through the same gnuplot as eval/plot.h: lines with points among them (cost against quality of
 * many models with the routers; the losses of a fit; what thresholds cost), and a leaderboard with intervals. Labels
 * stand at what they name, or lines in a key where they have no room; colours are safe for all eyes. Refuses: nothing
 * to draw, more than RF_FRONT_MOST points or RF_PLOT_SERIES lines, numbers that are not finite. */
#ifndef RF_EVAL_PLOT_FRONT_H
#define RF_EVAL_PLOT_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/err.h"
#include "eval/plot.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_FRONT_MOST = 200 };

/* A single model, or a row of a leaderboard. */
struct rf_front_point {
    const char *name; /* any bytes, the first 48 characters are shown */
    double x, y;      /* cost and quality; of a leaderboard x alone: the rating */
    double low, high; /* interval of y, of a leaderboard of x; NaN: none */
};

struct rf_front {
    const char *title, *x_name, *y_name;
    bool log;                            /* x by factors; all x > 0 */
    const struct rf_plot_series *series; /* [n] lines with their bands: routers, zero router as RANDOM, ORACLE */
    size_t n;
    const struct rf_front_point *point; /* [points], may be none */
    size_t points;
};
int rf_front_write(const struct rf_front *p, const char *path, bool force, const char *script_dir, struct rf_err *err);

struct rf_board_plot {
    const char *title, *x_name;
    const struct rf_front_point *row; /* [rows] from the top */
    size_t rows;
};
int rf_board_write(const struct rf_board_plot *p, const char *path, bool force, const char *script_dir,
                   struct rf_err *err);
/* The leaderboard as text, width columns. */
int rf_board_text(const struct rf_board_plot *p, struct rf_plot_style style, FILE *f, int width, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
