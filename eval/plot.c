/* Pictures through gnuplot, the only program that routefit starts: without a shell, without its start-up files, its
 * script on standard input, its picture on standard output. The script is made of constants and numbers; names stand in
 * a data block, one a line behind a '=', so that no name can end the block, and are used as string values, which
 * gnuplot 5.4 neither expands nor runs. Refuses what rf_plot_check() names. */
#include "eval/plot.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/input.h"
#include "core/mem.h"
#include "core/opt.h"
#include "core/text.h"

enum { NAME_CHARS = 48, COLUMNS = 1000, SAMPLE = 6, NOT_STARTED = 127 };
/* Lines of the names block; the series follow. */
enum { TITLE = 1, X_NAME, Y_NAME, WEAK, STRONG, FIRST_SERIES };

/* Okabe and Ito's palette, told apart by people with any kind of colour vision (jfly.uni-koeln.de/color), yellow left
 * out: too light for a line. */
static const char *const colours[] = { "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000" };
enum { COLOURS = sizeof colours / sizeof *colours };

static const struct format {
    const char *suffix, *terminal;
} formats[] = {
    { ".svg", "svg noenhanced size 900,540 dynamic font 'Helvetica,Arial,sans-serif,14' background rgb 'white'" },
    { ".png", "pngcairo noenhanced size 1800,1080 font 'DejaVu Sans,22' linewidth 2 background rgb 'white'" },
    { ".pdf", "pdfcairo noenhanced size 18cm,10.8cm font 'DejaVu Sans,11'" },
};
enum { FORMATS = sizeof formats / sizeof *formats };

static int check_series(const struct rf_plot_series *s, size_t k, struct rf_err *err)
{
    if (!s->n || !s->x || !s->y || !s->lo != !s->hi)
        return rf_fail(err, RF_BAD_INPUT, "curve %zu (%s): expected points, and an interval with two ends or none",
                       k + 1, s->name);
    for (size_t i = 0; i < s->n; i++) {
        if (!isfinite(s->x[i]) || !isfinite(s->y[i]) || (s->lo && (!isfinite(s->lo[i]) || !isfinite(s->hi[i]))))
            return rf_fail(err, RF_BAD_INPUT, "curve %zu (%s): point %zu is not finite", k + 1, s->name, i + 1);
        if (i && s->x[i] < s->x[i - 1])
            return rf_fail(err, RF_BAD_INPUT,
                           "curve %zu (%s): found x = %g at point %zu, expected at least %g (ascending)", k + 1,
                           s->name, s->x[i], i + 1, s->x[i - 1]);
    }
    return 0;
}

int rf_plot_check(const struct rf_plot *p, struct rf_err *err)
{
    int rc = 0;
    if (!p->n || p->n > RF_PLOT_SERIES)
        return rf_fail(err, RF_BAD_INPUT, "found %zu curves, expected 1 to %d in one plot", p->n, RF_PLOT_SERIES);
    if (isinf(p->weak) || isinf(p->strong))
        return rf_fail(err, RF_BAD_INPUT, "the quality of the weak or the strong model is not finite");
    for (size_t k = 0; k < p->n && !rc; k++)
        rc = check_series(&p->series[k], k, err);
    return rc;
}

/* ---- the script ---- */

static void put_name(FILE *f, const char *name, const char *otherwise)
{
    const struct rf_str s = { name ? name : otherwise, strlen(name ? name : otherwise) };
    fputc('=', f);
    if (rf_text_put(f, s, NAME_CHARS, "") < rf_text_put(NULL, s, SIZE_MAX, ""))
        fputs("...", f);
    fputc('\n', f);
}

void rf_plot_put_name(FILE *f, const char *name)
{
    put_name(f, name, "");
}

size_t rf_plot_name_width(const char *name)
{
    const struct rf_str s = { name, strlen(name) };
    const size_t n = rf_text_put(NULL, s, SIZE_MAX, "");
    return n > NAME_CHARS ? NAME_CHARS + 3 : n;
}

const char *rf_plot_colour(size_t nth)
{
    return colours[nth % COLOURS];
}

static void put_names(FILE *f, const struct rf_plot *p)
{
    fputs("$names << END_OF_NAMES\n", f);
    put_name(f, p->title, "");
    put_name(f, p->x_name, "");
    put_name(f, p->y_name, "");
    put_name(f, p->weak_name, "weak");
    put_name(f, p->strong_name, "strong");
    for (size_t k = 0; k < p->n; k++)
        put_name(f, p->series[k].name, "");
    fputs("END_OF_NAMES\n", f);
}

static void x_range(const struct rf_plot *p, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t k = 0; k < p->n; k++) {
        *low = fmin(*low, p->series[k].x[0]);
        *high = fmax(*high, p->series[k].x[p->series[k].n - 1]);
    }
    if (*low == *high) {
        *low -= 1;
        *high += 1;
    }
}

/* One block of rows x, y, lo, hi. Points closer together than the paper can show are left out, the ends never. */
static void put_points(FILE *f, const struct rf_plot_series *s, double step)
{
    double last = -INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        if (i && i + 1 < s->n && s->x[i] < last + step)
            continue;
        last = s->x[i];
        fprintf(f, "%.10g %.10g", s->x[i], s->y[i]);
        if (s->lo)
            fprintf(f, " %.10g %.10g", s->lo[i], s->hi[i]);
        fputc('\n', f);
    }
}

static void put_level(FILE *f, double y)
{
    if (!isnan(y))
        fprintf(f, "set arrow from graph 0, first %.10g to graph 1, first %.10g nohead back lc rgb '#777777' lw 1\n", y,
                y);
}

/* A level's name stands on its line, on the side away from the curves, where these are far from it. */
static void put_level_name(FILE *f, double x, double y, int name, double lines)
{
    if (!isnan(y))
        fprintf(
            f,
            ", \\\n  '+' every ::::0 using (%.10g):(%.10g):($names[%d][2:*]) with labels center offset character 0, "
            "%.10g tc rgb '#555555' notitle",
            x, y, name, lines);
}

size_t rf_plot_key_width(const struct rf_plot_series *series, size_t n)
{
    size_t widest = 0;
    for (size_t k = 0; k < n; k++) {
        const char *const name = series[k].name;
        const size_t wide = rf_text_put(NULL, (struct rf_str){ name, strlen(name) }, NAME_CHARS, "") + SAMPLE;
        widest = wide > widest ? wide : widest;
    }
    return widest + 2;
}

void rf_plot_put_key(FILE *f, const struct rf_plot_series *series, size_t n)
{
    fprintf(f, "set rmargin %zu\nset key outside right center Left reverse samplen 2.2 spacing 1.25\n",
            rf_plot_key_width(series, n));
}

/* How the curves of each role look, in drawing order; a router's colour and dashes come from its place among the
 * routers. */
static const struct pass {
    enum rf_plot_role role;
    const char *style;
} passes[] = {
    { RF_PLOT_RANDOM, "lc rgb '#888888' lw 2 dt (8,6)" },
    { RF_PLOT_ORACLE, "lc rgb '#444444' lw 1" },
    { RF_PLOT_ROUTER, NULL },
};
enum { PASSES = sizeof passes / sizeof *passes };

/* The clauses of one role's curves; key: not the curves, but their lines in the key. */
static void put_role(FILE *f, const struct rf_plot *p, const struct pass *pass, bool key)
{
    size_t nth = 0;
    for (size_t k = 0; k < p->n; k++) {
        const struct rf_plot_series *const s = &p->series[k];
        if (s->role != pass->role)
            continue;
        if (key)
            fputs(", \\\n  keyentry", f);
        else
            fprintf(f, ", \\\n  $curves index %zu using 1:2", k);
        fputs(s->n > 1 ? " with lines " : " with points pt 7 ", f);
        if (pass->style)
            fputs(pass->style, f);
        else
            fprintf(f, "lc rgb '%s' lw 2.5 dt %d", colours[nth % COLOURS], nth < COLOURS ? 1 : 4);
        nth++;
        if (key)
            fprintf(f, " title $names[%zu][2:*]", FIRST_SERIES + k);
        else
            fputs(" notitle", f);
    }
}

/* Bands first, so that they lie under all lines; routers are drawn last and stand first in the key. */
static void put_curves(FILE *f, const struct rf_plot *p)
{
    size_t router = 0;
    for (size_t k = 0; k < p->n; k++) {
        const bool is_router = p->series[k].role == RF_PLOT_ROUTER;
        if (p->series[k].lo)
            fprintf(f,
                    ", \\\n  $curves index %zu using 1:3:4 with filledcurves fs transparent solid 0.16 noborder lc rgb "
                    "'%s' notitle",
                    k, is_router ? colours[router % COLOURS] : "#888888");
        router += is_router;
    }
    for (int i = 0; i < PASSES; i++)
        put_role(f, p, &passes[i], false);
    for (int i = PASSES; i-- > 0;)
        put_role(f, p, &passes[i], true);
}

static void put_curves_script(FILE *f, const void *ctx)
{
    const struct rf_plot *const p = ctx;
    double low, high;
    x_range(p, &low, &high);
    put_names(f, p);
    fputs("# x, y, low and high end of the interval; one block for each curve\n$curves << END_OF_CURVES\n", f);
    for (size_t k = 0; k < p->n; k++) {
        fputs(k ? "\n\n" : "", f);
        put_points(f, &p->series[k], (high - low) / COLUMNS);
    }
    fprintf(f,
            "END_OF_CURVES\n"
            "set title $names[%d][2:*]\nset xlabel $names[%d][2:*]\nset ylabel $names[%d][2:*]\n"
            "set border 3 lc rgb '#333333' lw 1\nset tics nomirror out scale 0.6\nset grid ytics lc rgb '#e6e6e6' lw 1 "
            "dt 1\n",
            TITLE, X_NAME, Y_NAME);
    rf_plot_put_key(f, p->series, p->n);
    fprintf(f, "set xrange [%.10g:%.10g]\nset samples 2\nset offsets 0, 0, graph 0.06, graph 0.06\n", low, high);
    put_level(f, p->weak);
    put_level(f, p->strong);
    fputs("plot NaN notitle", f);
    put_curves(f, p);
    put_level_name(f, low + 0.6 * (high - low), p->strong, STRONG, 0.6);
    put_level_name(f, low + 0.6 * (high - low), p->weak, WEAK, -0.7);
    fputs("\n", f);
}

/* ---- the program ---- */

/* In the child: never returns. The library's own search paths and terminals do not reach it. */
static void become_gnuplot(FILE *script, FILE *picture, FILE *says)
{
    unsetenv("GNUTERM");
    unsetenv("GNUPLOT_LIB");
    unsetenv("GNUPLOT_DRIVER_DIR");
    if (dup2(fileno(script), STDIN_FILENO) >= 0 && dup2(fileno(picture), STDOUT_FILENO) >= 0 &&
        dup2(fileno(says), STDERR_FILENO) >= 0)
        execlp("gnuplot", "gnuplot", "-d", (char *)NULL);
    _exit(NOT_STARTED);
}

/* The first line with a word of gnuplot's complaint. */
static int complain(FILE *says, int status, struct rf_err *err)
{
    char text[400];
    rewind(says);
    size_t n = fread(text, 1, sizeof text - 1, says);
    text[n] = '\0';
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_STARTED)
        return rf_fail(err, RF_FAIL,
                       "cannot start gnuplot, which draws the picture: install it (Debian: apt-get install "
                       "gnuplot-nox), or plot to the terminal");
    if (WIFSIGNALED(status))
        return rf_fail(err, RF_FAIL, "gnuplot was stopped by signal %d", WTERMSIG(status));
    return rf_fail(err, RF_FAIL, "gnuplot ended with status %d:%s", WEXITSTATUS(status), text);
}

static int run_gnuplot(FILE *script, FILE *picture, struct rf_err *err)
{
    int rc = 0, status = 0;
    FILE *says = tmpfile();
    if (!says) {
        rc = rf_fail_errno(err, RF_IO, "cannot make a temporary file for gnuplot");
        goto out;
    }
    const pid_t child = fork();
    if (child < 0) {
        rc = rf_fail_errno(err, RF_FAIL, "cannot start gnuplot");
        goto out;
    }
    if (child == 0)
        become_gnuplot(script, picture, says);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) {
            rc = rf_fail_errno(err, RF_FAIL, "lost gnuplot");
            goto out;
        }
    if (status)
        rc = complain(says, status, err);
out:
    if (says)
        fclose(says);
    return rc;
}

static int find_format(const char *path, const struct format **out, struct rf_err *err)
{
    const size_t n = strlen(path);
    for (int i = 0; i < FORMATS; i++)
        if (n > 4 && !strcmp(path + n - 4, formats[i].suffix)) {
            *out = &formats[i];
            return 0;
        }
    return rf_fail(err, RF_USAGE, "%s: expected a name that ends in .svg, .png or .pdf", path);
}

/* What a picture is made of. */
struct drawing {
    const struct format *format;
    void (*put)(FILE *f, const void *ctx);
    const void *ctx;
};

static void put_script(FILE *f, const struct drawing *d)
{
    fprintf(f,
            "# Draw it again:  gnuplot -d THIS_FILE > picture%s\n"
            "set encoding utf8\nset terminal %s\n",
            d->format->suffix, d->format->terminal);
    d->put(f, d->ctx);
}

/* The script under the picture's name plus ".gp" in dir. */
static int keep_script(const struct drawing *d, const char *path, const char *dir, bool force, struct rf_err *err)
{
    const char *const slash = strrchr(path, '/');
    struct rf_outfile kept = { 0 };
    struct rf_buf name = { 0 };
    int rc = rf_buf_printf(&name, err, "%s/%s.gp", dir, slash ? slash + 1 : path);
    if (!rc && !(rc = rf_outfile_open(&kept, name.data, force, err))) {
        put_script(kept.f, d);
        rc = rf_outfile_commit(&kept, err);
    }
    rf_outfile_release(&kept);
    rf_buf_release(&name);
    return rc;
}

int rf_plot_picture(const char *path, bool force, const char *script_dir, void (*put)(FILE *f, const void *ctx),
                    const void *ctx, struct rf_err *err)
{
    struct drawing d = { .put = put, .ctx = ctx };
    struct rf_outfile picture = { 0 };
    FILE *script = NULL;
    int rc = find_format(path, &d.format, err);
    if (rc || (rc = rf_outfile_open(&picture, path, force, err)))
        goto out;
    if (!(script = tmpfile())) {
        rc = rf_fail_errno(err, RF_IO, "cannot make a temporary file for the script of %s", path);
        goto out;
    }
    put_script(script, &d);
    if (fflush(script) || ferror(script)) {
        rc = rf_fail_errno(err, RF_IO, "cannot write the script of %s", path);
        goto out;
    }
    rewind(script);
    if ((rc = run_gnuplot(script, picture.f, err)) ||
        (script_dir && (rc = keep_script(&d, path, script_dir, force, err))))
        goto out;
    rc = rf_outfile_commit(&picture, err);
out:
    if (script)
        fclose(script);
    rf_outfile_release(&picture);
    return rc;
}

int rf_plot_write(const struct rf_plot *p, const char *path, bool force, const char *script_dir, struct rf_err *err)
{
    const int rc = rf_plot_check(p, err);
    return rc ? rc : rf_plot_picture(path, force, script_dir, put_curves_script, p, err);
}
