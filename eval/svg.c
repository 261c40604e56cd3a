/* Drawing into a box of fixed units; the page scales it. Colours are classes, so that the page's dark and print styles
 * hold for them too. */
#include "eval/svg.h"

#include <math.h>
#include <string.h>

#include "core/text.h"
#include "eval/html.h"

enum { WIDTH = 760, HEIGHT = 400, LEFT = 58, RIGHT = 200, TOP = 14, BOTTOM = 46, COLOURS = 7, NAME_CHARS = 24 };

struct box {
    double x0, x1, y0, y1; /* ranges */
};

static double at_x(const struct box *b, double x)
{
    return LEFT + (x - b->x0) / (b->x1 - b->x0) * (WIDTH - LEFT - RIGHT);
}

static double at_y(const struct box *b, double y)
{
    return HEIGHT - BOTTOM - (y - b->y0) / (b->y1 - b->y0) * (HEIGHT - TOP - BOTTOM);
}

static void widen(double v, double *low, double *high)
{
    if (isfinite(v)) {
        *low = fmin(*low, v);
        *high = fmax(*high, v);
    }
}

static struct box box_of(const struct rf_plot *p)
{
    struct box b = { INFINITY, -INFINITY, INFINITY, -INFINITY };
    widen(p->weak, &b.y0, &b.y1);
    widen(p->strong, &b.y0, &b.y1);
    for (size_t k = 0; k < p->n; k++) {
        const struct rf_plot_series *const s = &p->series[k];
        for (size_t i = 0; i < s->n; i++) {
            widen(s->x[i], &b.x0, &b.x1);
            widen(s->y[i], &b.y0, &b.y1);
            widen(s->lo ? s->lo[i] : NAN, &b.y0, &b.y1);
            widen(s->hi ? s->hi[i] : NAN, &b.y0, &b.y1);
        }
    }
    const double pad = b.y1 > b.y0 ? .04 * (b.y1 - b.y0) : 1;
    b.y0 -= pad;
    b.y1 += pad;
    if (!(b.x1 > b.x0)) {
        b.x0 -= 1;
        b.x1 += 1;
    }
    return b;
}

/* A step of 1, 2 or 5 times a power of ten that gives some five ticks. */
static double tick_step(double range)
{
    const double rough = range / 5, power = pow(10, floor(log10(rough))), lead = rough / power;
    return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

static void put_axes(const struct rf_plot *p, const struct box *b, FILE *f)
{
    const double sx = tick_step(b->x1 - b->x0), sy = tick_step(b->y1 - b->y0);
    for (double y = ceil(b->y0 / sy) * sy; y <= b->y1 + 1e-9 * sy; y += sy)
        fprintf(f,
                "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text class=\"tick\" x=\"%d\" "
                "y=\"%.1f\" text-anchor=\"end\">%.6g</text>",
                LEFT, WIDTH - RIGHT, at_y(b, y), at_y(b, y), LEFT - 7, at_y(b, y) + 4, fabs(y) < 1e-9 * sy ? 0. : y);
    for (double x = ceil(b->x0 / sx) * sx; x <= b->x1 + 1e-9 * sx; x += sx)
        fprintf(f, "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.6g</text>", at_x(b, x),
                HEIGHT - BOTTOM + 18, fabs(x) < 1e-9 * sx ? 0. : x);
    fprintf(f, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>", LEFT, TOP, HEIGHT - BOTTOM, WIDTH - RIGHT);
    fprintf(f, "<text class=\"label\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>", (LEFT + WIDTH - RIGHT) / 2,
            HEIGHT - 8, p->x_name);
    fprintf(f, "<text class=\"label\" transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>",
            (TOP + HEIGHT - BOTTOM) / 2, p->y_name);
}

/* At most NAME_CHARS characters of a name. */
static int put_name(FILE *f, const char *name, struct rf_err *err)
{
    char cut[4 * NAME_CHARS + 8];
    const struct rf_str s = { name, strlen(name) };
    FILE *const pad = fmemopen(cut, sizeof cut, "w");
    if (!pad)
        return rf_fail_errno(err, RF_FAIL, "no room for a name");
    if (rf_text_put(pad, s, NAME_CHARS, "") < rf_text_put(NULL, s, SIZE_MAX, ""))
        fputs("...", pad);
    return fclose(pad) ? rf_fail_errno(err, RF_FAIL, "no room for a name") : rf_html_text(f, cut, err);
}

static int put_level(const struct box *b, double y, const char *name, bool above, FILE *f, struct rf_err *err)
{
    if (!isfinite(y))
        return 0;
    fprintf(
        f,
        "<line class=\"level\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text class=\"level\" x=\"%d\" y=\"%.1f\">",
        LEFT, WIDTH - RIGHT, at_y(b, y), at_y(b, y), LEFT + 6, at_y(b, y) + (above ? -5 : 14));
    const int rc = put_name(f, name, err);
    fputs("</text>", f);
    return rc;
}

static void put_line(const struct box *b, const struct rf_plot_series *s, const char *class, FILE *f)
{
    fprintf(f, "<path class=\"line %s\" d=\"", class);
    for (size_t i = 0; i < s->n; i++)
        fprintf(f, "%c%.1f %.1f", i ? 'L' : 'M', at_x(b, s->x[i]), at_y(b, s->y[i]));
    fputs("\"/>", f);
}

static void put_band(const struct box *b, const struct rf_plot_series *s, const char *class, FILE *f)
{
    fprintf(f, "<path class=\"band %s\" d=\"", class);
    for (size_t i = 0; i < s->n; i++)
        fprintf(f, "%c%.1f %.1f", i ? 'L' : 'M', at_x(b, s->x[i]), at_y(b, s->hi[i]));
    for (size_t i = s->n; i-- > 0;)
        fprintf(f, "L%.1f %.1f", at_x(b, s->x[i]), at_y(b, s->lo[i]));
    fputs("Z\"/>", f);
}

/* "r0".."r6" for routers by their place, "random", "oracle". */
static void class_of(const struct rf_plot *p, size_t k, char out[16])
{
    size_t nth = 0;
    for (size_t i = 0; i < k; i++)
        nth += p->series[i].role == RF_PLOT_ROUTER;
    if (p->series[k].role == RF_PLOT_ROUTER)
        snprintf(out, 16, "r%zu%s", nth % COLOURS, nth < COLOURS ? "" : " again");
    else
        snprintf(out, 16, "%s", p->series[k].role == RF_PLOT_RANDOM ? "random" : "oracle");
}

int rf_svg_plot(const struct rf_plot *p, bool diagonal, FILE *f, struct rf_err *err)
{
    int rc = rf_plot_check(p, err);
    if (rc)
        return rc;
    struct box b = box_of(p);
    char class[16];
    if (diagonal)
        b = (struct box){ 0, 1, 0, 1 };
    fprintf(f, "<svg viewBox=\"0 0 %d %d\" role=\"img\"><title>", WIDTH, HEIGHT);
    rc = rf_html_text(f, p->title ? p->title : "", err);
    fputs("</title>", f);
    put_axes(p, &b, f);
    if (diagonal)
        fprintf(f, "<line class=\"level\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", at_x(&b, 0), at_x(&b, 1),
                at_y(&b, 0), at_y(&b, 1));
    for (size_t k = 0; k < p->n; k++)
        if (p->series[k].lo) {
            class_of(p, k, class);
            put_band(&b, &p->series[k], class, f);
        }
    if (!rc && !(rc = put_level(&b, p->strong, p->strong_name ? p->strong_name : "strong", true, f, err)))
        rc = put_level(&b, p->weak, p->weak_name ? p->weak_name : "weak", false, f, err);
    for (size_t k = 0; k < p->n && !rc; k++) {
        const double y = TOP + 14 + 22 * (double)k;
        class_of(p, k, class);
        put_line(&b, &p->series[k], class, f);
        fprintf(f,
                "<line class=\"line %s\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text class=\"key\" x=\"%d\" "
                "y=\"%.1f\">",
                class, WIDTH - RIGHT + 12, WIDTH - RIGHT + 34, y, y, WIDTH - RIGHT + 40, y + 4);
        rc = put_name(f, p->series[k].name, err);
        fputs("</text>", f);
    }
    fputs("</svg>\n", f);
    return rc;
}
