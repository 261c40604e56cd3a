/* Numbers for the pictures, from an evaluation or from the database. */
#include "eval/plots.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/results.h"
#include "eval/many.h"
#include "eval/plot.h"
#include "eval/plot_front.h"
#include "eval/prompt_index.h"

/* As text the models are lines of one point, as many as there are signs for. */
static int as_text(const struct rf_front *f, struct rf_ctx *ctx, const struct rf_plot_to *to, struct rf_err *err)
{
    struct rf_plot_series s[RF_PLOT_SERIES];
    size_t n = 0;
    for (; n < f->n; n++)
        s[n] = f->series[n];
    for (size_t i = 0; i < f->points && n < RF_PLOT_SERIES; i++, n++)
        s[n] = (struct rf_plot_series){
            .name = f->point[i].name, .role = RF_PLOT_ROUTER, .x = &f->point[i].x, .y = &f->point[i].y, .n = 1
        };
    if (f->n + f->points > n)
        fprintf(ctx->chat, "%zu of the %zu models are drawn, the best; a picture (-o FILE) shows all\n", n - f->n,
                f->points);
    const struct rf_plot p = {
        .title = f->title, .x_name = f->x_name, .y_name = f->y_name, .weak = NAN, .strong = NAN, .series = s, .n = n
    };
    return rf_plot_text(&p, rf_plot_text_style(ctx->out), ctx->out, (int)to->width, (int)to->height, err);
}

static int draw(const struct rf_front *f, struct rf_ctx *ctx, const struct rf_plot_to *to, struct rf_err *err)
{
    return to->output ? rf_front_write(f, to->output, to->force, to->keep, err) : as_text(f, ctx, to, err);
}

/* ---- the front ---- */

/* One hull on the band's costs. */
struct line {
    double x[RF_MANY_BAND], y[RF_MANY_BAND], low[RF_MANY_BAND], high[RF_MANY_BAND];
    size_t n;
};

/* The hull of an entry from its first corner on, with its band where that is known all along. */
static int take_line(const struct rf_many *m, const struct rf_many_entry *e, struct line *l, struct rf_plot_series *s,
                     struct rf_err *err)
{
    struct rf_point *hull = NULL;
    size_t corners;
    bool band = e->role == RF_MANY_ROUTER;
    int rc = RF_NEW(hull, e->n, err);
    if (rc || (rc = rf_hull(e->point, e->n, hull, &corners, err)))
        goto out;
    for (size_t j = 0; j < RF_MANY_BAND; j++) {
        const double q = rf_hull_quality(hull, corners, m->grid[j]);
        if (isnan(q))
            continue;
        l->x[l->n] = 1000 * m->grid[j];
        l->y[l->n] = q;
        /* a resample may start later than the hull itself: there the band is the point */
        l->low[l->n] = isnan(e->band_low[j]) ? q : e->band_low[j];
        l->high[l->n++] = isnan(e->band_high[j]) ? q : e->band_high[j];
    }
    if (!l->n) { /* it ends before the cheapest model's cost */
        l->x[0] = 1000 * hull[corners - 1].cost;
        l->y[0] = l->low[0] = l->high[0] = hull[corners - 1].quality;
        l->n = 1;
    }
    *s = (struct rf_plot_series){ .name = e->name,
                                  .role = e->role == RF_MANY_ROUTER ? RF_PLOT_ROUTER
                                          : e->role == RF_MANY_ZERO ? RF_PLOT_RANDOM
                                                                    : RF_PLOT_ORACLE,
                                  .x = l->x,
                                  .y = l->y,
                                  .lo = band ? l->low : NULL,
                                  .hi = band ? l->high : NULL,
                                  .n = l->n };
out:
    rf_free(hull);
    return rc;
}

int rf_plots_front(struct rf_ctx *ctx, const struct rf_evaluate_options *o, const struct rf_many_options *which,
                   const struct rf_router *router, size_t routers, const struct rf_plot_to *to, struct rf_err *err)
{
    const struct rf_many_options many = {
        .model = which->model, .source = which->source, .resamples = o->resamples, .band = true, .router = o->router
    };
    const char *const bench = o->bench.v[0];
    struct rf_many m = { 0 };
    struct line *line = NULL;
    struct rf_plot_series *series = NULL;
    struct rf_front_point *point = NULL;
    int rc = rf_many_evaluate(&m, ctx, bench, &many, router, routers, err);
    if (rc)
        return rc;
    rf_holes_tell(&m.holes, &m.r, bench, ctx->chat);
    const size_t lines = routers + 2;
    if ((rc = RF_NEW(line, lines, err)) || (rc = RF_NEW(series, lines, err)) || (rc = RF_NEW(point, m.r.models, err)))
        goto out;
    for (size_t i = 0; i < lines && !rc; i++)
        rc = take_line(&m, &m.entry[i], &line[i], &series[i], err);
    for (size_t i = 0; i < m.r.models; i++) {
        const struct rf_many_entry *const e = &m.entry[lines + i];
        point[i] = (struct rf_front_point){ e->name, 1000 * e->point[0].cost, e->point[0].quality,
                                            e->low[RF_MANY_QUALITY], e->high[RF_MANY_QUALITY] };
    }
    const struct rf_front f = { .title = bench,
                                .x_name = "Mean cost (US dollars per 1,000 prompts)",
                                .y_name = "Mean score",
                                .log = m.log_grid,
                                .series = series,
                                .n = lines,
                                .point = point,
                                .points = m.r.models };
    if (!rc)
        rc = draw(&f, ctx, to, err);
out:
    rf_free(line);
    rf_free(series);
    rf_free(point);
    rf_many_release(&m);
    return rc;
}

/* ---- runs ---- */

/* *run = the latest run of a table where it is 0; refuses one that is not there. sql[0]: the latest, sql[1]: whether
 * ?1 is there. */
static int find_run(struct rf_db *db, int64_t *run, const char *const sql[2], const char *what, struct rf_err *err)
{
    char id[24];
    const char *const text = id;
    int64_t latest = 0, there = 0;
    int rc = rf_db_int(db, &latest, err, sql[0], 0, NULL);
    if (rc < 0)
        return rc;
    if (!rc || !latest)
        return rf_fail(err, RF_BAD_INPUT, "no run stored %s yet", what);
    if (!*run) {
        *run = latest;
        return 0;
    }
    snprintf(id, sizeof id, "%lld", (long long)*run);
    if ((rc = rf_db_int(db, &there, err, sql[1], 1, &text)) < 0)
        return rc;
    return there ? 0
                 : rf_fail(err, RF_USAGE, "--run %lld: found no %s of that run; the latest run with some is %lld",
                           (long long)*run, what, (long long)latest);
}

struct ratings {
    struct rf_front_point *row; /* names owned */
    size_t n;
};

static int read_ratings(struct ratings *r, struct rf_db *db, int64_t run, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db,
                         "SELECT n.known_as, r.rating, m.low, m.high FROM rating r JOIN model_name n ON n.id = r.model "
                         "LEFT JOIN metric m ON m.run = r.run AND m.bench = '' AND m.router = n.known_as AND m.name = "
                         "'rating' WHERE r.run = ?1 ORDER BY r.rating DESC, 1",
                         err);
    if (rc)
        return rc;
    rf_bind_int(s, 1, run);
    while ((rc = rf_step(s, err)) == 1) {
        struct rf_front_point *const grown = rf_regrow(r->row, r->n, r->n + 1, sizeof *grown, err);
        const struct rf_str name = rf_col_str(s, 0);
        if (grown)
            r->row = grown;
        if (!grown || !(r->row[r->n].name = rf_strndup(name.s, name.len, err))) {
            rc = RF_FAIL;
            break;
        }
        r->row[r->n].x = rf_col_real(s, 1);
        r->row[r->n].low = rf_col_real(s, 2);
        r->row[r->n++].high = rf_col_real(s, 3);
    }
    rf_stmt_free(s);
    return rc;
}

int rf_plots_ranking(struct rf_ctx *ctx, int64_t run, const struct rf_plot_to *to, struct rf_err *err)
{
    static const char *const sql[] = { "SELECT max(run) FROM rating",
                                       "SELECT count(*) FROM rating WHERE run = CAST(?1 AS INTEGER)" };
    struct ratings r = { 0 };
    int rc = find_run(ctx->db, &run, sql, "ratings", err);
    if (rc || (rc = read_ratings(&r, ctx->db, run, err)))
        goto out;
    fprintf(ctx->chat, "ratings of run %lld\n", (long long)run);
    const struct rf_board_plot p = {
        .title = "Ratings from votes", .x_name = "Rating, with 95% interval", .row = r.row, .rows = r.n
    };
    rc = to->output ? rf_board_write(&p, to->output, to->force, to->keep, err)
                    : rf_board_text(&p, rf_plot_text_style(ctx->out), ctx->out, (int)to->width, err);
out:
    for (size_t i = 0; i < r.n; i++)
        rf_free((void *)(uintptr_t)r.row[i].name);
    rf_free(r.row);
    return rc;
}

int rf_plots_training(struct rf_ctx *ctx, int64_t run, const struct rf_plot_to *to, struct rf_err *err)
{
    static const char *const sql[] = { "SELECT max(run) FROM train_log",
                                       "SELECT count(*) FROM train_log WHERE run = CAST(?1 AS INTEGER)" };
    char id[24];
    const char *const text = id;
    struct rf_stmt *s = NULL;
    double *v = NULL;
    int64_t rows = 0;
    size_t n = 0, valid = 0;
    int rc = find_run(ctx->db, &run, sql, "training log", err);
    if (rc)
        return rc;
    snprintf(id, sizeof id, "%lld", (long long)run);
    if ((rc = rf_db_int(ctx->db, &rows, err, sql[1], 1, &text)) < 0 || (rc = RF_NEW(v, 4 * (size_t)rows, err)) ||
        (rc = rf_stmt_new(&s, ctx->db,
                          "SELECT epoch, train_loss, valid_loss FROM train_log WHERE run = ?1 ORDER BY epoch", err)))
        goto out;
    double *const epoch = v, *const train = v + rows, *const at = v + 2 * rows, *const loss = v + 3 * rows;
    rf_bind_int(s, 1, run);
    while ((rc = rf_step(s, err)) == 1 && n < (size_t)rows) {
        epoch[n] = rf_col_real(s, 0);
        train[n++] = rf_col_real(s, 1);
        if (!rf_col_null(s, 2)) {
            at[valid] = rf_col_real(s, 0);
            loss[valid++] = rf_col_real(s, 2);
        }
    }
    if (rc < 0)
        goto out;
    const struct rf_plot_series series[] = {
        { .name = "training loss", .role = RF_PLOT_ROUTER, .x = epoch, .y = train, .n = n },
        { .name = "validation loss", .role = RF_PLOT_ROUTER, .x = at, .y = loss, .n = valid },
    };
    char title[64];
    snprintf(title, sizeof title, "Training log of run %lld", (long long)run);
    rc = draw(
        &(struct rf_front){
            .title = title, .x_name = "Epoch or step", .y_name = "Mean loss", .series = series, .n = valid ? 2 : 1 },
        ctx, to, err);
out:
    rf_stmt_free(s);
    rf_free(v);
    return rc;
}

/* ---- the threshold ---- */

/* cost[2][b->n] = what the strong and the weak model's answers cost; *known: all of them are there. */
static int read_costs(const struct rf_bench *b, struct rf_db *db, double *cost, bool *known, struct rf_err *err)
{
    const char *const bench = b->name, *pair[] = { b->strong_name, b->weak_name };
    const struct rf_results_filter f = { .bench = { (const char **)(uintptr_t)&bench, 1 }, .model = { pair, 2 } };
    struct rf_results r = { 0 };
    struct rf_prompt_index x = { 0 };
    int rc;
    *known = false;
    if ((rc = rf_results_load(&r, db, &f, err)) || (rc = rf_prompt_index_init(&x, r.prompt, r.n, err)))
        goto out;
    *known = true;
    for (size_t i = 0; i < b->n; i++) {
        size_t count = 0;
        const struct rf_prompt_place *const place =
            b->prompt[i] ? rf_prompt_index_find(&x, b->prompt[i], &count) : NULL;
        for (size_t k = 0; k < 2; k++) {
            cost[k * b->n + i] = count ? r.cost[place->at * 2 + k] : (double)NAN;
            *known &= !isnan(cost[k * b->n + i]);
        }
    }
out:
    rf_prompt_index_release(&x);
    rf_results_release(&r);
    return rc;
}

int rf_plots_threshold(struct rf_ctx *ctx, const struct rf_evaluate_options *o, const struct rf_router *router,
                       const struct rf_plot_to *to, struct rf_err *err)
{
    struct rf_evaluation e = { 0 };
    double *cost = NULL, *v = NULL;
    bool costs = false;
    int rc = rf_evaluate(&e, ctx, o->bench.v[0], o, router, 1, err);
    if (rc)
        goto out;
    rf_evaluation_tell(&e, ctx->chat);
    const struct rf_curve *const c = &e.entry[0].curve;
    const size_t n = c->groups;
    if ((rc = RF_NEW(cost, 2 * c->n, err)) || (rc = RF_NEW(v, 4 * n, err)) ||
        (rc = read_costs(&e.bench, ctx->db, cost, &costs, err)))
        goto out;
    double *const x = v, *const share = v + n, *const gap = v + 2 * n, *const paid = v + 3 * n;
    double now = 0, strong = 0;
    for (size_t i = 0; i < c->n; i++) {
        now += cost[c->n + i];
        strong += cost[i];
    }
    for (size_t g = 1; g <= n; g++) { /* thresholds fall, the plot rises */
        const size_t at = n - g;
        for (size_t i = c->end[g - 1]; i < c->end[g]; i++)
            now += cost[c->order[i]] - cost[c->n + c->order[i]];
        x[at] = c->threshold[g];
        share[at] = 100 * rf_curve_share(c, g);
        gap[at] = 100 * (rf_curve_quality(c, g) - c->weak) / (c->strong - c->weak);
        paid[at] = 100 * now / strong;
    }
    const bool gaps = fabs(c->strong - c->weak) > 0;
    costs = costs && strong > 0;
    struct rf_plot_series series[3] = {
        { .name = "strong calls", .role = RF_PLOT_ROUTER, .x = x, .y = share, .n = n },
    };
    size_t lines = 1;
    if (gaps)
        series[lines++] = (struct rf_plot_series){
            .name = "quality gap recovered", .role = RF_PLOT_ROUTER, .x = x, .y = gap, .n = n
        };
    if (costs)
        series[lines++] = (struct rf_plot_series){
            .name = "cost, of always strong", .role = RF_PLOT_ROUTER, .x = x, .y = paid, .n = n
        };
    else
        fprintf(ctx->chat, "%s: not all costs are known, so none are drawn\n", e.bench.name);
    rc = draw(&(struct rf_front){ .title = e.entry[0].name,
                                  .x_name = "Threshold: strong answers from this win rate on",
                                  .y_name = "%",
                                  .series = series,
                                  .n = lines },
              ctx, to, err);
out:
    rf_evaluation_release(&e);
    rf_free(cost);
    rf_free(v);
    return rc;
}
