/* The same plot as text: one sign for each curve and column, levels as lines, the interval of the first curve that has
 * one as a shade. Signs alone tell the curves apart; colours only help. Refuses a chart too small to read, and what
 * rf_plot_check() names. */
#include "eval/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/text.h"

enum { MIN_WIDTH = 40, MIN_HEIGHT = 8, MAX_SIZE = 1000, LABEL = 8, TICK_ROWS = 4, NAME_CHARS = 48 };

/* What a cell can show; the ASCII signs stand behind the Unicode ones. Routers take theirs from the list below. */
enum glyph { BLANK, LEVEL, SHADE, RANDOM, ORACLE, ROUTER };
static const struct {
    const char *unicode, *ascii;
    int colour; /* of ECMA-48's "select graphic rendition" */
} glyphs[] = {
    [BLANK] = { " ", " ", 39 },      [LEVEL] = { "─", "-", 90 },      [SHADE] = { "░", " ", 90 },
    [RANDOM] = { "·", ".", 90 },     [ORACLE] = { "˙", "'", 39 },     [ROUTER] = { "●", "*", 34 },
    [ROUTER + 1] = { "▲", "o", 31 }, [ROUTER + 2] = { "■", "#", 32 }, [ROUTER + 3] = { "◆", "x", 35 },
    [ROUTER + 4] = { "○", "+", 33 }, [ROUTER + 5] = { "△", "%", 36 }, [ROUTER + 6] = { "□", "@", 39 },
};
enum { ROUTER_GLYPHS = sizeof glyphs / sizeof *glyphs - ROUTER };

struct chart {
    unsigned char *cell; /* [height][width] indices into glyphs */
    size_t width, height;
    double x0, x1, y0, y1; /* of the outer cells' centres */
    struct rf_plot_style style;
    FILE *f;
};

struct rf_plot_style rf_plot_text_style(FILE *f)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    const char *locale = NULL, *const no_colour = getenv("NO_COLOR"), *const term = getenv("TERM");
    for (size_t i = 0; i < sizeof names / sizeof *names && !(locale && *locale); i++)
        locale = getenv(names[i]);
    return (struct rf_plot_style){
        .unicode = locale && (strcasestr(locale, "UTF-8") || strcasestr(locale, "UTF8")),
        .colour = isatty(fileno(f)) && !(no_colour && *no_colour) && term && strcmp(term, "dumb"),
    };
}

static void include(double y, double *low, double *high)
{
    if (!isnan(y)) {
        *low = fmin(*low, y);
        *high = fmax(*high, y);
    }
}

static void find_range(struct chart *c, const struct rf_plot *p)
{
    c->x0 = c->y0 = INFINITY;
    c->x1 = c->y1 = -INFINITY;
    include(p->weak, &c->y0, &c->y1);
    include(p->strong, &c->y0, &c->y1);
    for (size_t k = 0; k < p->n; k++)
        for (size_t i = 0; i < p->series[k].n; i++) {
            include(p->series[k].x[i], &c->x0, &c->x1);
            include(p->series[k].y[i], &c->y0, &c->y1);
        }
    if (c->x0 == c->x1)
        c->x1 = c->x0 + 1;
    if (c->y0 == c->y1)
        c->y1 = c->y0 + 1;
}

static double column_x(const struct chart *c, size_t column)
{
    return c->x0 + (c->x1 - c->x0) * (double)column / (double)(c->width - 1);
}

/* Row of a value, the topmost is 0; values outside stay at the edge. */
static size_t row_of(const struct chart *c, double y)
{
    const double t = (c->y1 - y) / (c->y1 - c->y0) * (double)(c->height - 1);
    return (size_t)(fmin(fmax(t, 0), (double)(c->height - 1)) + 0.5);
}

static void set(struct chart *c, size_t row, size_t column, size_t glyph)
{
    c->cell[row * c->width + column] = (unsigned char)glyph;
}

/* v at x along the curve, NaN outside of it. */
static double at(const struct rf_plot_series *s, const double *v, double x)
{
    size_t i = 0;
    if (x < s->x[0] || x > s->x[s->n - 1])
        return NAN;
    while (i + 1 < s->n && s->x[i + 1] < x)
        i++;
    if (i + 1 == s->n || s->x[i + 1] <= s->x[i])
        return v[i];
    return v[i] + (v[i + 1] - v[i]) * (x - s->x[i]) / (s->x[i + 1] - s->x[i]);
}

static void draw_level(struct chart *c, double y)
{
    for (size_t i = 0; i < c->width && !isnan(y); i++)
        set(c, row_of(c, y), i, LEVEL);
}

static void draw_shade(struct chart *c, const struct rf_plot_series *s)
{
    for (size_t i = 0; i < c->width; i++) {
        const double x = column_x(c, i), low = at(s, s->lo, x), high = at(s, s->hi, x);
        for (size_t row = isnan(low) ? c->height : row_of(c, high); row < c->height && row <= row_of(c, low); row++)
            set(c, row, i, SHADE);
    }
}

static void draw_curve(struct chart *c, const struct rf_plot_series *s, size_t glyph)
{
    for (size_t i = 0; i < c->width; i++) {
        const double y = at(s, s->y, column_x(c, i));
        if (!isnan(y))
            set(c, row_of(c, y), i, glyph);
    }
    if (s->n == 1) /* a point between two columns */
        set(c, row_of(c, s->y[0]), (size_t)((s->x[0] - c->x0) / (c->x1 - c->x0) * (double)(c->width - 1) + 0.5), glyph);
}

/* The sign of each curve, and the first one with an interval (p->n: none). */
static size_t choose_glyphs(const struct rf_plot *p, size_t *glyph)
{
    size_t routers = 0, shaded = p->n;
    for (size_t k = 0; k < p->n; k++) {
        const enum rf_plot_role role = p->series[k].role;
        glyph[k] = role == RF_PLOT_RANDOM   ? RANDOM
                   : role == RF_PLOT_ORACLE ? ORACLE
                                            : ROUTER + routers++ % ROUTER_GLYPHS;
        if (p->series[k].lo && shaded == p->n)
            shaded = k;
    }
    return shaded;
}

static void put_glyph(const struct chart *c, size_t glyph)
{
    const char *const sign = c->style.unicode ? glyphs[glyph].unicode : glyphs[glyph].ascii;
    if (c->style.colour && glyph != BLANK)
        fprintf(c->f, "\033[%dm%s\033[0m", glyphs[glyph].colour, sign);
    else
        fputs(sign, c->f);
}

static void put_text(const struct chart *c, const char *s)
{
    rf_text_put(c->f, (struct rf_str){ s, strlen(s) }, NAME_CHARS, "");
}

/* The round number (1, 2 or 5 times a power of ten) not below the range over `parts`. */
static double round_step(double range, double parts)
{
    const double raw = range / parts, power = pow(10, floor(log10(raw)));
    return power * (raw <= power ? 1 : raw <= 2 * power ? 2 : raw <= 5 * power ? 5 : 10);
}

static int decimals(double step)
{
    const double d = -floor(log10(step) + 1e-9);
    return d > 0 ? (int)fmin(d, 6) : 0;
}

static void put_rows(const struct chart *c)
{
    const double step = round_step(c->y1 - c->y0, (double)c->height / TICK_ROWS);
    for (size_t row = 0; row < c->height; row++) {
        const double y = c->y1 - (c->y1 - c->y0) * (double)row / (double)(c->height - 1), tick = round(y / step) * step;
        const bool labelled = tick >= c->y0 && tick <= c->y1 && row_of(c, tick) == row;
        if (labelled)
            fprintf(c->f, "%*.*f ", LABEL, decimals(step), tick);
        else
            fprintf(c->f, "%*s ", LABEL, "");
        fputs(c->style.unicode ? (labelled ? "┤" : "│") : (labelled ? "+" : "|"), c->f);
        for (size_t i = 0; i < c->width; i++)
            put_glyph(c, c->cell[row * c->width + i]);
        fputc('\n', c->f);
    }
}

static void put_x_axis(const struct chart *c, const char *name)
{
    const double step = round_step(c->x1 - c->x0, 5);
    const int digits = decimals(step);
    size_t at_column = 0;
    fprintf(c->f, "%*s %s", LABEL, "", c->style.unicode ? "└" : "+");
    for (size_t i = 0; i < c->width; i++)
        fputs(c->style.unicode ? "─" : "-", c->f);
    fprintf(c->f, "\n%*s  ", LABEL, "");
    for (double x = ceil(c->x0 / step) * step; x <= c->x1 + step * 1e-9; x += step) {
        char label[32];
        const size_t n = (size_t)snprintf(label, sizeof label, "%.*f", digits, x);
        const size_t centre = (size_t)((x - c->x0) / (c->x1 - c->x0) * (double)(c->width - 1)),
                     left = centre > n / 2 ? centre - n / 2 : 0;
        if (left < at_column)
            continue;
        fprintf(c->f, "%*s%s", (int)(left - at_column), "", label);
        at_column = left + n;
    }
    fprintf(c->f, "\n%*s  ", LABEL, "");
    put_text(c, name);
    fputs("\n\n", c->f);
}

static void put_key(const struct chart *c, const struct rf_plot *p, const size_t *glyph, size_t shaded)
{
    const struct {
        const char *prefix, *name;
        double y;
    } levels[] = { { "strong", p->strong_name, p->strong }, { "weak", p->weak_name, p->weak } };
    for (size_t k = 0; k < p->n; k++) {
        fprintf(c->f, "%*s ", LABEL, "");
        put_glyph(c, glyph[k]);
        fputc(' ', c->f);
        put_text(c, p->series[k].name);
        if (k == shaded && c->style.unicode)
            fputs(" (░ its interval)", c->f);
        fputc('\n', c->f);
    }
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (isnan(levels[i].y))
            continue;
        fprintf(c->f, "%*s ", LABEL, "");
        put_glyph(c, LEVEL);
        fprintf(c->f, " %s ", levels[i].prefix);
        put_text(c, levels[i].name ? levels[i].name : "model");
        fprintf(c->f, ", %.4g\n", levels[i].y);
    }
}

int rf_plot_text(const struct rf_plot *p, struct rf_plot_style style, FILE *f, int width, int height,
                 struct rf_err *err)
{
    struct chart c = { .style = style, .f = f };
    size_t glyph[RF_PLOT_SERIES], shaded;
    int rc = rf_plot_check(p, err);
    if (rc)
        goto out;
    if (width < MIN_WIDTH || height < MIN_HEIGHT || width > MAX_SIZE || height > MAX_SIZE) {
        rc = rf_fail(err, RF_USAGE, "found a chart of %d by %d signs, expected %d by %d to %d by %d", width, height,
                     MIN_WIDTH, MIN_HEIGHT, MAX_SIZE, MAX_SIZE);
        goto out;
    }
    c.width = (size_t)width - LABEL - 2;
    c.height = (size_t)height;
    if ((rc = RF_NEW(c.cell, c.width * c.height, err)))
        goto out;
    find_range(&c, p);
    shaded = choose_glyphs(p, glyph);
    if (shaded < p->n)
        draw_shade(&c, &p->series[shaded]);
    draw_level(&c, p->weak);
    draw_level(&c, p->strong);
    for (int router = 0; router < 2; router++) /* the first router last, so that it lies on top */
        for (size_t k = p->n; k-- > 0;)
            if ((p->series[k].role == RF_PLOT_ROUTER) == router)
                draw_curve(&c, &p->series[k], glyph[k]);
    if (p->title) {
        fprintf(f, "%*s  ", LABEL, "");
        put_text(&c, p->title);
        fputc('\n', f);
    }
    if (p->y_name) {
        fprintf(f, "%*s ", LABEL, "");
        put_text(&c, p->y_name);
        fputc('\n', f);
    }
    put_rows(&c);
    put_x_axis(&c, p->x_name ? p->x_name : "");
    put_key(&c, p, glyph, shaded);
    if (ferror(f))
        rc = rf_fail(err, RF_IO, "cannot write the chart");
out:
    rf_free(c.cell);
    return rc;
}
