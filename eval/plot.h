/* Pictures of curves: quality over the share of prompts sent to the strong model. Files through gnuplot (the only
 * program that routefit starts), text charts of our own. Names reach gnuplot as data, never as script, and without
 * control characters. Refuses: more than RF_PLOT_SERIES series, points that are not finite, a level that is infinite, a
 * file name that ends in none of .svg .png .pdf. */
#ifndef RF_EVAL_PLOT_H
#define RF_EVAL_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_PLOT_SERIES = 14 };

/* What a curve is decides how it is drawn: routers in colours, random dashed grey, the oracle thin. */
enum rf_plot_role { RF_PLOT_ROUTER, RF_PLOT_RANDOM, RF_PLOT_ORACLE };

struct rf_plot_series {
    const char *name; /* stands in the key; any bytes, the first 48 characters are shown; never NULL */
    enum rf_plot_role role;
    const double *x, *y;   /* [n], x ascending */
    const double *lo, *hi; /* [n] interval around y, or both NULL */
    size_t n;              /* points, >= 1 */
};

struct rf_plot {
    const char *title;       /* NULL: none */
    const char *x_name;      /* "Prompts sent to the strong model (%)" */
    const char *y_name;      /* "Accuracy (%)" */
    double weak, strong;     /* horizontal lines in units of y; NaN: none */
    const char *weak_name;   /* label of the line; NULL: "weak" */
    const char *strong_name; /* NULL: "strong" */
    const struct rf_plot_series *series;
    size_t n; /* 1..RF_PLOT_SERIES */
};

/* Checks every refusal above; both outputs call it first. RF_BAD_INPUT names the series and the point. */
int rf_plot_check(const struct rf_plot *p, struct rf_err *err);

/* Draws p into path, atomically; the suffix .svg, .png or .pdf chooses the format. force: an existing file may go.
 * script_dir: an existing folder which receives the script with the data in it under the picture's name plus ".gp", or
 * NULL. RF_FAIL where gnuplot is not installed (the error says how to get it). The same plot gives the same bytes of
 * svg and png. */
int rf_plot_write(const struct rf_plot *p, const char *path, bool force, const char *script_dir, struct rf_err *err);

/* What other pictures share with it. A script of the caller's own, drawn as above: put writes all but the terminal, and
 * names only through rf_plot_put_name, as lines of a data block. */
int rf_plot_picture(const char *path, bool force, const char *script_dir, void (*put)(FILE *f, const void *ctx),
                    const void *ctx, struct rf_err *err);
void rf_plot_put_name(FILE *f, const char *name); /* "=name" and a line feed, without control characters */
size_t rf_plot_name_width(const char *name);      /* characters of it that are shown */
const char *rf_plot_colour(size_t nth);           /* "#0072B2", of the nth router */
/* A key of series[n] at the right of the frame: the characters that its margin holds, and the settings of both. */
size_t rf_plot_key_width(const struct rf_plot_series *series, size_t n);
void rf_plot_put_key(FILE *f, const struct rf_plot_series *series, size_t n);

/* The plot as text, width columns by height lines of chart (at least 40 by 8) with the key below (at most 1000 either
 * way). unicode: block and line characters, else ASCII; colour: ANSI colours (off for pipes and with NO_COLOR;
 * rf_plot_text_style() knows). */
struct rf_plot_style {
    bool unicode, colour;
};
/* The style for f, from LC_ALL, LC_CTYPE and LANG (UTF-8 named or not), NO_COLOR, TERM and whether f is a terminal. */
struct rf_plot_style rf_plot_text_style(FILE *f);
int rf_plot_text(const struct rf_plot *p, struct rf_plot_style style, FILE *f, int width, int height,
                 struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
