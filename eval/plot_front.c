/* Labels are laid out here, in units of the plot's frame: each takes the first of a few places around its point, or
 * along its line, where it meets no label and no point. A point that finds none takes the first; lines of which one
 * finds none stand in a key, all of them. */
#include "eval/plot_front.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"

/* Of the frame's width and height: a line, and the gap between a point and its label. A frame without a key is
 * FRAME_CHARS characters of text wide, or FRAME_UNITS of those wider ones that gnuplot counts margins in (80 as svg, 83
 * as png, 98 as pdf), its right margin is MARGIN of them; COLUMNS points are all that its width can show. */
#define LINE_HEIGHT 0.038
#define GAP         0.010
enum { FRAME_CHARS = 100, FRAME_UNITS = 80, MARGIN = 3, COLUMNS = 1000 };
enum { TITLE = 1, X_NAME, Y_NAME, FIRST };

static int check_points(const struct rf_front_point *p, size_t n, struct rf_err *err)
{
    if (n > RF_FRONT_MOST)
        return rf_fail(err, RF_BAD_INPUT, "found %zu models, expected at most %d in one picture", n, RF_FRONT_MOST);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(p[i].x) || !isfinite(p[i].y) || isinf(p[i].low) || isinf(p[i].high) ||
            isnan(p[i].low) != isnan(p[i].high))
            return rf_fail(err, RF_BAD_INPUT, "model %zu (%s): found a number that is not finite", i + 1, p[i].name);
    return 0;
}

/* ---- the frame ---- */

struct frame {
    const struct rf_front *p;
    double x0, x1, y0, y1;
    double character; /* width of one, of the frame's */
    bool key;         /* names the lines, in place of labels */
};

static void include(double v, double *low, double *high)
{
    if (isfinite(v)) {
        *low = fmin(*low, v);
        *high = fmax(*high, v);
    }
}

static void find_frame(struct frame *f)
{
    const struct rf_front *const p = f->p;
    f->x0 = f->y0 = INFINITY;
    f->x1 = f->y1 = -INFINITY;
    for (size_t i = 0; i < p->points; i++) {
        include(p->point[i].x, &f->x0, &f->x1);
        include(p->point[i].y, &f->y0, &f->y1);
        include(p->point[i].low, &f->y0, &f->y1);
        include(p->point[i].high, &f->y0, &f->y1);
    }
    for (size_t k = 0; k < p->n; k++)
        for (size_t i = 0; i < p->series[k].n; i++) {
            include(p->series[k].x[i], &f->x0, &f->x1);
            include(p->series[k].y[i], &f->y0, &f->y1);
        }
    const double pad = f->y1 > f->y0 ? 0.06 * (f->y1 - f->y0) : 1;
    f->y0 -= pad;
    f->y1 += pad;
    if (p->log) {
        const double by = pow(f->x1 / f->x0, 0.04);
        f->x0 /= by;
        f->x1 *= by;
    } else {
        const double wide = f->x1 > f->x0 ? 0.04 * (f->x1 - f->x0) : 1;
        f->x0 = f->x0 >= 0 ? fmax(0, f->x0 - wide) : f->x0 - wide;
        f->x1 += wide;
    }
}

static double across(const struct frame *f, double x)
{
    return f->p->log ? log(x / f->x0) / log(f->x1 / f->x0) : (x - f->x0) / (f->x1 - f->x0);
}

static double up(const struct frame *f, double y)
{
    return (y - f->y0) / (f->y1 - f->y0);
}

/* ---- labels ---- */

struct box {
    double left, right, bottom, top;
};

struct label {
    struct box box;
    int side; /* right of what it names: its left end is kept; left: its right end; 0: its middle */
    bool placed;
};

static bool meet(struct box a, struct box b)
{
    return a.left < b.right && b.left < a.right && a.bottom < b.top && b.bottom < a.top;
}

/* Where a label may stand around what it names. */
struct place {
    int side;    /* right, left or centre */
    double rise; /* of its middle, in lines */
};
static const struct place point_places[] = { { 1, 0 }, { -1, 0 }, { 1, 0.8 }, { 1, -0.8 }, { -1, 0.8 }, { -1, -0.8 },
                                             { 0, 1 }, { 0, -1 }, { 1, 1.6 }, { 1, -1.6 }, { -1, 1.6 }, { -1, -1.6 },
                                             { 0, 2 }, { 0, -2 }, { 1, 2.4 }, { 1, -2.4 }, { -1, 2.4 }, { -1, -2.4 } },
                          line_places[] = { { 0, 0.7 },  { 0, -0.7 }, { 1, 0 },     { -1, 0 },  { 1, 0.7 },
                                            { 1, -0.7 }, { -1, 0.7 }, { -1, -0.7 }, { 0, 1.2 }, { 0, -1.2 } };
enum {
    POINT_PLACES = sizeof point_places / sizeof *point_places,
    LINE_PLACES = sizeof line_places / sizeof *line_places,
};

static struct box place_at(double x, double y, double width, struct place at)
{
    const double left = at.side > 0   ? x + GAP
                        : at.side < 0 ? x - GAP - width
                                      : x - width / 2,
                 middle = y + at.rise * LINE_HEIGHT;
    return (struct box){ left, left + width, middle - LINE_HEIGHT / 2, middle + LINE_HEIGHT / 2 };
}

/* Cuts *from..*to, parts of a way from v on by d, to where it lies in low..high. */
static void cut(double v, double d, double low, double high, double *from, double *to)
{
    if (d < 0 || d > 0) {
        const double a = (low - v) / d, b = (high - v) / d;
        *from = fmax(*from, fmin(a, b));
        *to = fmin(*to, fmax(a, b));
    } else if (v < low || v > high) {
        *to = -1;
    }
}

/* The first point of a line, but the last, that stands right of a place across the frame. */
static size_t first_beyond(const struct frame *f, const struct rf_plot_series *s, double at)
{
    size_t low = 0, high = s->n - 1;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (across(f, s->x[mid]) > at)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

static bool is_crossed_by(const struct frame *f, struct box b, const struct rf_plot_series *s)
{
    for (size_t i = first_beyond(f, s, b.left); i < s->n && (!i || across(f, s->x[i - 1]) <= b.right); i++) {
        const size_t before = i ? i - 1 : 0;
        const double x = across(f, s->x[before]), y = up(f, s->y[before]);
        double from = 0, to = 1;
        cut(x, across(f, s->x[i]) - x, b.left, b.right, &from, &to);
        cut(y, up(f, s->y[i]) - y, b.bottom, b.top, &from, &to);
        if (from <= to)
            return true;
    }
    return false;
}

/* Whether a line other than its own is as near to a label, or half a line of text farther. */
static bool is_beside_another(const struct frame *f, struct box b, size_t own, struct place at)
{
    const double far = LINE_HEIGHT * fmax(fabs(at.rise), 0.5);
    const struct box near = { b.left - GAP, b.right + GAP, b.bottom - far, b.top + far };
    for (size_t k = 0; k < f->p->n; k++)
        if (k != own && is_crossed_by(f, near, &f->p->series[k]))
            return true;
    return false;
}

/* Whether a line of the picture, or a model's interval, passes through a box. */
static bool is_crossed(const struct frame *f, struct box b)
{
    for (size_t i = 0; i < f->p->points; i++) {
        const struct rf_front_point *const q = &f->p->point[i];
        const double x = across(f, q->x);
        if (!isnan(q->low) && meet(b, (struct box){ x - GAP / 2, x + GAP / 2, up(f, q->low), up(f, q->high) }))
            return true;
    }
    for (size_t k = 0; k < f->p->n; k++)
        if (is_crossed_by(f, b, &f->p->series[k]))
            return true;
    return false;
}

static bool is_free(const struct frame *f, struct box b, const struct label *label, size_t labels)
{
    if (b.left < GAP || b.right > 1 || b.bottom < 0 || b.top > 1)
        return false;
    for (size_t i = 0; i < labels; i++)
        if (label[i].placed && meet(b, label[i].box))
            return false;
    for (size_t i = 0; i < f->p->points; i++) {
        const double x = across(f, f->p->point[i].x), y = up(f, f->p->point[i].y);
        if (meet(b, (struct box){ x - GAP / 2, x + GAP / 2, y - GAP, y + GAP }))
            return false;
    }
    return true;
}

/* The first place that is free of all, else of labels and points. */
static void place_point(const struct frame *f, const struct rf_front_point *q, struct label *label, size_t at,
                        size_t labels)
{
    const double x = across(f, q->x), y = up(f, q->y), width = f->character * (double)rf_plot_name_width(q->name);
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < POINT_PLACES; k++) {
            const struct box b = place_at(x, y, width, point_places[k]);
            if (is_free(f, b, label, labels) && (pass || !is_crossed(f, b))) {
                label[at] = (struct label){ b, point_places[k].side, true };
                return;
            }
        }
    const struct place first = point_places[x > 0.6 ? 1 : 0];
    label[at] = (struct label){ place_at(x, y, width, first), first.side, true };
}

/* Height of a line at a place across the frame, between its ends. */
static double height_at(const struct frame *f, const struct rf_plot_series *s, double at)
{
    const size_t high = first_beyond(f, s, at), low = high ? high - 1 : 0;
    const double x = across(f, s->x[low]), wide = across(f, s->x[high]) - x,
                 part = wide > 0 ? fmin(fmax((at - x) / wide, 0), 1) : 0;
    return up(f, s->y[low]) + part * (up(f, s->y[high]) - up(f, s->y[low]));
}

/* Along its line, from the right end on, away from the others where there is such a place; crossed by nothing. False:
 * no place is free. */
static bool place_line(const struct frame *f, size_t k, struct label *label)
{
    enum { STOPS = 192 };
    const struct rf_plot_series *const s = &f->p->series[k];
    const double width = f->character * (double)rf_plot_name_width(s->name), from = across(f, s->x[0]),
                 wide = across(f, s->x[s->n - 1]) - from;
    for (int pass = 0; pass < 2; pass++)
        for (int stop = STOPS; stop >= 0; stop--)
            for (int i = 0; i < LINE_PLACES; i++) {
                const double x = from + wide * stop / STOPS;
                const struct box b = place_at(x, height_at(f, s, x), width, line_places[i]);
                if (is_free(f, b, label, f->p->n + f->p->points) && !is_crossed(f, b) &&
                    (pass || !is_beside_another(f, b, k, line_places[i]))) {
                    label[k] = (struct label){ b, line_places[i].side, true };
                    return true;
                }
            }
    return false;
}

static bool place_lines(const struct frame *f, struct label *label)
{
    for (size_t k = 0; k < f->p->n; k++)
        if (!place_line(f, k, label))
            return false;
    return true;
}

static void place_points(const struct frame *f, struct label *label)
{
    const size_t n = f->p->n, all = n + f->p->points;
    for (size_t i = 0; i < all; i++)
        label[i].placed = false;
    for (size_t i = n; i < all; i++)
        place_point(f, &f->p->point[i - n], label, i, all);
}

/* A key leaves less room to the frame, so the points' labels are placed anew beside it. */
static void place_all(struct frame *f, struct label *label)
{
    f->character = 1. / FRAME_CHARS;
    place_points(f, label);
    if (place_lines(f, label))
        return;
    f->key = true;
    f->character *= FRAME_UNITS / (FRAME_UNITS + MARGIN - (double)rf_plot_key_width(f->p->series, f->p->n));
    place_points(f, label);
}

/* ---- the script ---- */

/* Of an axis by factors: 1, 2 and 5 times the powers of ten, from four decades on the powers alone. */
static void put_log_tics(FILE *f, double low, double high)
{
    static const double times[] = { 1, 2, 5 };
    const int many = log10(high / low) >= 4;
    const char *gap = "";
    fputs("set logscale x\nset xtics (", f);
    for (double power = pow(10, floor(log10(low))); power <= high; power *= 10)
        for (int k = 0; k < (many ? 1 : 3); k++)
            if (times[k] * power >= low && times[k] * power <= high) {
                fprintf(f, "%s%.6g", gap, times[k] * power);
                gap = ", ";
            }
    fputs(")\n", f);
}

static void put_style(FILE *f, const struct rf_plot_series *s, size_t router)
{
    if (s->role == RF_PLOT_ROUTER)
        fprintf(f, "lc rgb '%s' lw 2.5 dt %d", rf_plot_colour(router), router < 7 ? 1 : 4);
    else
        fputs(s->role == RF_PLOT_RANDOM ? "lc rgb '#888888' lw 2 dt (8,6)" : "lc rgb '#444444' lw 1", f);
}

static const char *colour_of(const struct rf_plot_series *s, size_t router)
{
    return s->role == RF_PLOT_ROUTER ? rf_plot_colour(router) : "#555555";
}

/* Points of a line closer together than the paper can show are left out, the ends never. */
static void put_data(FILE *f, const struct frame *frame)
{
    const struct rf_front *const p = frame->p;
    fputs("# x, y, low and high end of the interval; one block for each line, then the models\n$data << END_OF_DATA\n",
          f);
    for (size_t k = 0; k < p->n; k++) {
        const struct rf_plot_series *const s = &p->series[k];
        double last = -INFINITY;
        for (size_t i = 0; i < s->n; i++) {
            const double at = across(frame, s->x[i]);
            if (i && i + 1 < s->n && at < last + 1. / COLUMNS)
                continue;
            last = at;
            fprintf(f, "%.10g %.10g %.10g %.10g\n", s->x[i], s->y[i], s->lo ? s->lo[i] : s->y[i],
                    s->lo ? s->hi[i] : s->y[i]);
        }
        fputs("\n\n", f);
    }
    for (size_t i = 0; i < p->points; i++) {
        const struct rf_front_point *const q = &p->point[i];
        fprintf(f, "%.10g %.10g %.10g %.10g\n", q->x, q->y, isnan(q->low) ? q->y : q->low,
                isnan(q->high) ? q->y : q->high);
    }
    fputs("END_OF_DATA\n", f);
}

struct sheet {
    struct frame frame;
    struct label *label; /* [n + points] */
};

/* A label's text is a string value of the data block, put by `set label` at a place in the frame: the end or the middle
 * that stays where it is however wide the characters are. */
static void put_labels(FILE *f, const struct sheet *s)
{
    const struct rf_front *const p = s->frame.p;
    size_t router = 0;
    for (size_t i = 0; i < p->n + p->points; i++) {
        const struct label *const l = &s->label[i];
        const bool line = i < p->n;
        if (l->placed)
            fprintf(f, "set label %zu $names[%zu][2:*] at graph %.5f, graph %.5f %s tc rgb '%s' front\n", i + 1,
                    FIRST + i,
                    l->side > 0   ? l->box.left
                    : l->side < 0 ? l->box.right
                                  : (l->box.left + l->box.right) / 2,
                    (l->box.bottom + l->box.top) / 2,
                    l->side > 0   ? "left"
                    : l->side < 0 ? "right"
                                  : "center",
                    line ? colour_of(&p->series[i], router) : "#333333");
        router += line && p->series[i].role == RF_PLOT_ROUTER;
    }
}

static void put_bands(FILE *f, const struct rf_front *p)
{
    size_t router = 0;
    for (size_t k = 0; k < p->n; k++) {
        if (p->series[k].lo)
            fprintf(f,
                    ", \\\n  $data index %zu using 1:3:4 with filledcurves fs transparent solid 0.16 noborder lc rgb "
                    "'%s' notitle",
                    k, colour_of(&p->series[k], router));
        router += p->series[k].role == RF_PLOT_ROUTER;
    }
}

/* key: not the lines, but those in the key. */
static void put_lines(FILE *f, const struct rf_front *p, bool key)
{
    size_t router = 0;
    for (size_t k = 0; k < p->n; k++) {
        if (key)
            fputs(", \\\n  keyentry", f);
        else
            fprintf(f, ", \\\n  $data index %zu using 1:2", k);
        fputs(p->series[k].n > 1 ? " with lines " : " with points pt 9 ps 1.4 ", f);
        put_style(f, &p->series[k], router);
        if (key)
            fprintf(f, " title $names[%zu][2:*]", FIRST + k);
        else
            fputs(" notitle", f);
        router += p->series[k].role == RF_PLOT_ROUTER;
    }
}

static void put_front(FILE *f, const void *ctx)
{
    const struct sheet *const s = ctx;
    const struct rf_front *const p = s->frame.p;
    fputs("$names << END_OF_NAMES\n", f);
    rf_plot_put_name(f, p->title);
    rf_plot_put_name(f, p->x_name);
    rf_plot_put_name(f, p->y_name);
    for (size_t k = 0; k < p->n; k++)
        rf_plot_put_name(f, p->series[k].name);
    for (size_t i = 0; i < p->points; i++)
        rf_plot_put_name(f, p->point[i].name);
    fputs("END_OF_NAMES\n", f);
    put_data(f, &s->frame);
    fprintf(f,
            "set title $names[%d][2:*]\nset xlabel $names[%d][2:*]\nset ylabel $names[%d][2:*]\n"
            "set border 3 lc rgb '#333333' lw 1\nset tics nomirror out scale 0.6\nset grid ytics lc rgb '#e6e6e6' lw 1 "
            "dt 1\nset format x '%%g'\nset xrange [%.10g:%.10g]\nset yrange [%.10g:%.10g]\n",
            TITLE, X_NAME, Y_NAME, s->frame.x0, s->frame.x1, s->frame.y0, s->frame.y1);
    if (s->frame.key)
        rf_plot_put_key(f, p->series, p->n);
    else
        fprintf(f, "unset key\nset rmargin %d\n", MARGIN);
    if (p->log)
        put_log_tics(f, s->frame.x0, s->frame.x1);
    put_labels(f, s);
    fputs("plot NaN notitle", f);
    put_bands(f, p);
    put_lines(f, p, false);
    if (p->points)
        fprintf(f, ", \\\n  $data index %zu using 1:2:3:4 with yerrorbars pt 7 ps 0.9 lc rgb '#666666' lw 1 notitle",
                p->n);
    if (s->frame.key)
        put_lines(f, p, true);
    fputs("\n", f);
}

int rf_front_write(const struct rf_front *p, const char *path, bool force, const char *script_dir, struct rf_err *err)
{
    struct sheet s = { .frame = { .p = p } };
    int rc;
    if (!p->points && !p->n)
        return rf_fail(err, RF_BAD_INPUT, "found neither models nor routers to draw");
    if (p->n) {
        const struct rf_plot lines = { .weak = NAN, .strong = NAN, .series = p->series, .n = p->n };
        if ((rc = rf_plot_check(&lines, err)))
            return rc;
    }
    if ((rc = check_points(p->point, p->points, err)) || (rc = RF_NEW(s.label, p->n + p->points, err)))
        return rc;
    find_frame(&s.frame);
    place_all(&s.frame, s.label);
    rc = rf_plot_picture(path, force, script_dir, put_front, &s, err);
    rf_free(s.label);
    return rc;
}

/* ---- the leaderboard ---- */

static void board_range(const struct rf_board_plot *p, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t i = 0; i < p->rows; i++) {
        include(p->row[i].x, low, high);
        include(p->row[i].low, low, high);
        include(p->row[i].high, low, high);
    }
    if (!(*high > *low)) {
        *low -= 1;
        *high += 1;
    }
}

static void put_board(FILE *f, const void *ctx)
{
    const struct rf_board_plot *const p = ctx;
    double low, high;
    size_t widest = 0;
    board_range(p, &low, &high);
    const double pad = 0.03 * (high - low);
    fputs("$names << END_OF_NAMES\n", f);
    rf_plot_put_name(f, p->title);
    rf_plot_put_name(f, p->x_name);
    for (size_t i = 0; i < p->rows; i++) {
        const size_t n = rf_plot_name_width(p->row[i].name);
        widest = n > widest ? n : widest;
        rf_plot_put_name(f, p->row[i].name);
    }
    fputs("END_OF_NAMES\n# rating, low and high end of the interval, row from the top\n$data << END_OF_DATA\n", f);
    for (size_t i = 0; i < p->rows; i++)
        fprintf(f, "%.10g %.10g %.10g %zu\n", p->row[i].x, isnan(p->row[i].low) ? p->row[i].x : p->row[i].low,
                isnan(p->row[i].high) ? p->row[i].x : p->row[i].high, i + 1);
    fprintf(f,
            "END_OF_DATA\nset title $names[1][2:*]\nset xlabel $names[2][2:*]\n"
            "set border 1 lc rgb '#333333' lw 1\nset xtics nomirror out scale 0.6\nunset ytics\nset grid xtics lc rgb "
            "'#e6e6e6' lw 1 dt 1\nunset key\nset lmargin %zu\nset rmargin 4\nset bmargin 4\n"
            "set xrange [%.10g:%.10g]\nset yrange [%zu.6:0.4]\n",
            widest + 2, low - pad, high + pad, p->rows);
    for (size_t i = 0; i < p->rows; i++)
        fprintf(f, "set label %zu $names[%zu][2:*] at graph -0.01, first %zu right tc rgb '#333333' font ',%s'\n",
                i + 1, i + 3, i + 1, p->rows > 24 ? "8" : "");
    fprintf(f, "plot $data using 1:4:2:3 with xerrorbars pt 7 ps %s lc rgb '%s' lw 1.5 notitle\n",
            p->rows > 24 ? "0.6" : "1", rf_plot_colour(0));
}

static int check_board(const struct rf_board_plot *p, struct rf_err *err)
{
    return p->rows ? check_points(p->row, p->rows, err) : rf_fail(err, RF_BAD_INPUT, "found no ratings to draw");
}

int rf_board_write(const struct rf_board_plot *p, const char *path, bool force, const char *script_dir,
                   struct rf_err *err)
{
    const int rc = check_board(p, err);
    return rc ? rc : rf_plot_picture(path, force, script_dir, put_board, p, err);
}

int rf_board_text(const struct rf_board_plot *p, struct rf_plot_style style, FILE *f, int width, struct rf_err *err)
{
    enum { NAME = 48, VALUE = 8, LEAST = 10 };
    const int rc = check_board(p, err);
    double low, high;
    size_t widest = 0;
    if (rc)
        return rc;
    board_range(p, &low, &high);
    for (size_t i = 0; i < p->rows; i++) {
        const size_t n = rf_plot_name_width(p->row[i].name);
        widest = n > widest ? n : widest;
    }
    if (widest > NAME)
        widest = NAME;
    const size_t room = (size_t)width > widest + VALUE + LEAST + 2 ? (size_t)width - widest - VALUE - 2 : LEAST;
    for (size_t i = 0; i < p->rows; i++) {
        const struct rf_front_point *const r = &p->row[i];
        const double scale = (double)(room - 1) / (high - low);
        const size_t from = (size_t)(((isnan(r->low) ? r->x : r->low) - low) * scale + 0.5),
                     to = (size_t)(((isnan(r->high) ? r->x : r->high) - low) * scale + 0.5),
                     at = (size_t)((r->x - low) * scale + 0.5);
        const size_t n = rf_text_put(f, (struct rf_str){ r->name, strlen(r->name) }, widest, "");
        fprintf(f, "%*s%*.1f  ", (int)(widest - n), "", VALUE - 1, r->x);
        for (size_t k = 0; k < room && k <= to; k++)
            fputs(k == at ? (style.unicode ? "●" : "o") : k < from ? " " : style.unicode ? "─" : "-", f);
        fputc('\n', f);
    }
    return ferror(f) ? rf_fail(err, RF_IO, "cannot write the chart") : 0;
}
