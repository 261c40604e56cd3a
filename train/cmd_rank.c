/* routefit rank: the leaderboard of the votes, with intervals and tiers, kept under a run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli.h"
#include "core/mem.h"
#include "core/names.h"
#include "core/run.h"
#include "core/run_metric.h"
#include "core/stats.h"
#include "core/table.h"
#include "train/bt.h"
#include "train/commands.h"
#include "train/rank.h"

enum { SANDWICH, BOOTSTRAP }; /* --interval */

struct options {
    struct rf_duels_filter filter;
    int ties, interval;
    int64_t resamples, tiers;
    const char *anchor, *against;
};

static const struct rf_opt table[] = {
    RF_OPT(struct options, filter.votes, "votes", 0, RF_OPT_LIST, "LIST", "human", NULL, 0, 0,
           "Whose votes count, and for how much: JUDGE or JUDGE:WEIGHT, as in human,gpt-4:0.4 (routefit ls judges "
           "lists them); results:BENCH or results:BENCH:WEIGHT takes two models' scores on a question of the "
           "benchmark as a vote."),
    RF_ORDERS_OPTION(struct options, filter.orders),
    RF_OPT(struct options, filter.source, "source", 0, RF_OPT_LIST, "LIST", NULL, NULL, 0, 0,
           "Only votes of these sources; without it all."),
    RF_OPT(struct options, ties, "ties", 't', RF_OPT_CHOICE, "MODEL", "half", RF_TIE_MODELS, 0, 0,
           "What a tie is: half a win for each side, nothing, or an outcome with a chance of its own."),
    RF_OPT(struct options, interval, "interval", 0, RF_OPT_CHOICE, "HOW", "sandwich", "sandwich|bootstrap", 0, 0,
           "Where the 95% intervals come from."),
    RF_OPT(struct options, resamples, "resamples", 0, RF_OPT_INT, "N", "1000", NULL, 100, 1e5,
           "Resamples of the votes, for bootstrap."),
    RF_OPT(struct options, anchor, "anchor", 0, RF_OPT_TEXT, "MODEL=R", NULL, NULL, 0, 0,
           "Shift all ratings so that MODEL has R (RouteLLM: llama-2-70b-chat=1082); else their mean is 1000."),
    RF_OPT(struct options, against, "against", 0, RF_OPT_TEXT, "MODEL", NULL, NULL, 0, 0,
           "Ratings as differences from MODEL's, with the difference's own interval."),
    RF_OPT(struct options, tiers, "tiers", 0, RF_OPT_INT, "K", "10", NULL, 1, 100,
           "Number of tiers, cut as RouteLLM does."),
    RF_OPT_END,
};

static const struct rf_column columns[] = {
    RF_COLUMN_TEXT("model"),
    RF_COLUMN_REAL("rating", 1, .low = "low", .high = "high"),
    RF_COLUMN_REAL("low", 1),
    RF_COLUMN_REAL("high", 1),
    RF_COLUMN_REAL("se", 2, .shown = RF_SHOWN_NEVER),
    RF_COLUMN_INT("tier"),
    RF_COLUMN_INT("votes"),
    RF_COLUMN_REAL("win_share", 3),
    RF_COLUMN_TEXT("note", .shown = RF_SHOWN_FILLED),
};

/* A ranking with what is printed of it. */
struct board {
    const struct options *o;
    struct rf_aliases alias;
    struct rf_duels d;
    struct rf_rank r;
    double *sum, *square;    /* [pairs][RF_OUTCOMES] */
    double *low, *high, *se; /* [models] of theta, or of the difference from --against; NaN: none */
    int *tier;               /* [models] */
    double *share;           /* [models] of the weight of its votes that it won, a draw is half */
    double zero, at_zero;    /* a rating is scale * (theta - zero) + at_zero */
    size_t against;          /* SIZE_MAX: none */
};

static void board_release(struct board *b)
{
    void *const owned[] = { b->sum, b->square, b->low, b->high, b->se, b->tier, b->share };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        rf_free(owned[i]);
    rf_aliases_release(&b->alias);
    rf_rank_release(&b->r);
    rf_duels_release(&b->d);
}

/* ---- names on the command line ---- */

/* The model of this name or alias, which must be rated. */
static int find_model(const struct board *b, const char *option, const char *name, size_t len, size_t *at,
                      struct rf_err *err)
{
    char *const text = rf_strndup(name, len, err);
    int rc = text ? 0 : RF_FAIL;
    if (rc)
        goto out;
    const char *const wanted = rf_known_as(&b->alias, text);
    for (*at = 0; *at < b->d.models && strcmp(b->d.model[*at], wanted) != 0;)
        ++*at;
    if (*at == b->d.models)
        rc = rf_unknown("model", text, (const char *const *)b->d.model, b->d.models, "`routefit ls models` lists them",
                        err);
    else if (isnan(b->r.theta[*at]))
        rc = rf_fail(err, RF_BAD_INPUT, "--%s: the votes give \"%s\" no finite rating", option, wanted);
out:
    rf_free(text);
    return rc;
}

static int set_gauge(struct board *b, struct rf_err *err)
{
    const char *const anchor = b->o->anchor, *const sign = anchor ? strrchr(anchor, '=') : NULL;
    size_t at = 0;
    char *end = NULL;
    int rc = 0;
    b->against = SIZE_MAX;
    if (anchor && b->o->against)
        return rf_fail(err, RF_USAGE, "found --anchor and --against, expected one of them");
    if (b->o->against) {
        rc = find_model(b, "against", b->o->against, strlen(b->o->against), &b->against, err);
        b->zero = rc ? 0 : b->r.theta[b->against];
        return rc;
    }
    b->at_zero = RF_RATING_MEAN;
    if (!anchor)
        return 0;
    const double to = sign ? strtod(sign + 1, &end) : (double)NAN;
    if (!sign || end == sign + 1 || *end || !isfinite(to))
        return rf_fail(err, RF_USAGE, "--anchor %s: expected MODEL=RATING, as in llama-2-70b-chat=1082", anchor);
    if ((rc = find_model(b, "anchor", anchor, (size_t)(sign - anchor), &at, err)))
        return rc;
    b->zero = b->r.theta[at];
    b->at_zero = to;
    return 0;
}

static double rating_of(const struct board *b, size_t i)
{
    return RF_RATING_SCALE * (b->r.theta[i] - b->zero) + b->at_zero;
}

/* ---- intervals ---- */

static int from_sandwich(struct board *b, struct rf_err *err)
{
    const size_t n = b->d.models;
    double *cov = NULL;
    int rc = RF_NEW(cov, n * n, err);
    if (!rc)
        rc = rf_rank_sandwich(&b->r, &b->d, b->sum, b->square, (enum rf_tie_model)b->o->ties, cov, err);
    for (size_t i = 0; i < n && !rc; i++) {
        const size_t a = b->against;
        const double base = a == SIZE_MAX ? 0 : b->r.theta[a];
        const double var = a == SIZE_MAX ? cov[i * n + i] : cov[i * n + i] + cov[a * n + a] - 2 * cov[i * n + a];
        b->se[i] = a == i ? 0 : sqrt(fmax(0, var));
        if (isnan(var))
            b->se[i] = NAN;
        b->low[i] = b->r.theta[i] - base - RF_NORMAL_95 * b->se[i];
        b->high[i] = b->r.theta[i] - base + RF_NORMAL_95 * b->se[i];
    }
    rf_free(cov);
    return rc;
}

/* Percentiles and standard deviation of one model; NaN where more than 2.5% of the resamples do not rate it. */
static void summarise(const struct board *b, const double *theta, size_t resamples, size_t i, double *room)
{
    double mean = 0, square = 0;
    size_t k = 0;
    for (size_t s = 0; s < resamples; s++) {
        const double *const t = theta + s * b->d.models;
        const double v = b->against == SIZE_MAX ? t[i] : t[i] - t[b->against];
        if (!isnan(v))
            room[k++] = v;
    }
    b->low[i] = b->high[i] = b->se[i] = NAN;
    if (isnan(b->r.theta[i]) || (double)k < 0.975 * (double)resamples)
        return;
    for (size_t s = 0; s < k; s++)
        mean += room[s] / (double)k;
    for (size_t s = 0; s < k; s++)
        square += (room[s] - mean) * (room[s] - mean);
    rf_sort_doubles(room, k);
    b->low[i] = rf_quantile_sorted(room, k, 0.025);
    b->high[i] = rf_quantile_sorted(room, k, 0.975);
    b->se[i] = sqrt(square / (double)(k - 1));
}

static int from_bootstrap(struct board *b, struct rf_ctx *ctx, struct rf_err *err)
{
    const size_t resamples = (size_t)b->o->resamples;
    double *theta = NULL, *room = NULL;
    size_t cells;
    int rc;
    if (!rf_mul(resamples, b->d.models, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu resamples of %zu models", resamples, b->d.models);
    if ((rc = RF_NEW(theta, cells, err)) || (rc = RF_NEW(room, resamples, err)) ||
        (rc = rf_rank_bootstrap(&b->r, &b->d, (enum rf_tie_model)b->o->ties, resamples, ctx->seed, ctx->threads, theta,
                                err)))
        goto out;
    for (size_t i = 0; i < b->d.models; i++)
        summarise(b, theta, resamples, i, room);
out:
    rf_free(theta);
    rf_free(room);
    return rc;
}

/* ---- the board ---- */

static void fill_shares(struct board *b)
{
    double *const total = b->low; /* not filled yet */
    for (size_t k = 0; k < b->d.pairs; k++) {
        const double *const y = b->sum + k * RF_OUTCOMES;
        const struct rf_duel p = b->d.pair[k];
        b->share[p.a] += y[RF_FIRST] + y[RF_DRAW] / 2;
        b->share[p.b] += y[RF_SECOND] + y[RF_DRAW] / 2;
        total[p.a] += y[RF_FIRST] + y[RF_SECOND] + y[RF_DRAW];
        total[p.b] += y[RF_FIRST] + y[RF_SECOND] + y[RF_DRAW];
    }
    for (size_t i = 0; i < b->d.models; i++)
        b->share[i] /= total[i];
}

static int fill(struct board *b, struct rf_ctx *ctx, struct rf_err *err)
{
    int rc;
    if ((rc = rf_aliases_read(&b->alias, ctx->db, err)) || (rc = rf_duels_load(&b->d, ctx->db, &b->o->filter, err)))
        return rc;
    const size_t n = b->d.models, cells = b->d.pairs * RF_OUTCOMES;
    if ((rc = RF_NEW(b->sum, cells, err)) || (rc = RF_NEW(b->square, cells, err)) || (rc = RF_NEW(b->low, n, err)) ||
        (rc = RF_NEW(b->high, n, err)) || (rc = RF_NEW(b->se, n, err)) || (rc = RF_NEW(b->tier, n, err)) ||
        (rc = RF_NEW(b->share, n, err)))
        return rc;
    rf_duels_count(&b->d, b->sum, b->square);
    fill_shares(b);
    if ((rc = rf_rank_fit(&b->r, &b->d, b->sum, (enum rf_tie_model)b->o->ties, NULL, err)))
        return rc;
    if (!b->r.rated)
        return rf_fail(err, RF_BAD_INPUT,
                       "no two models beat each other by any chain of votes: there is nothing to rank (%zu models, %zu "
                       "votes)",
                       n, b->d.n);
    if ((rc = set_gauge(b, err)) || (rc = rf_bt_tiers(n, b->r.theta, (size_t)b->o->tiers, b->tier, err)))
        return rc;
    return b->o->interval == SANDWICH ? from_sandwich(b, err) : from_bootstrap(b, ctx, err);
}

/* Why a model has no rating. */
static const char *note_of(const struct board *b, size_t i)
{
    bool won = false, lost = false;
    if (!isnan(b->r.theta[i]))
        return NULL;
    for (size_t k = 0; k < b->d.pairs; k++) {
        const double *const y = b->sum + k * RF_OUTCOMES;
        const struct rf_duel p = b->d.pair[k];
        const bool draw = y[RF_DRAW] > 0 && b->o->ties != RF_DROP;
        if (p.a != i && p.b != i)
            continue;
        won |= draw || y[p.a == i ? RF_FIRST : RF_SECOND] > 0;
        lost |= draw || y[p.a == i ? RF_SECOND : RF_FIRST] > 0;
    }
    return !won && !lost ? "not rated: only ties"
           : !lost       ? "not rated: it never loses"
           : !won        ? "not rated: it never wins"
                         : "not rated: not comparable with the others";
}

/* The ends of the rating's interval. The ends of a difference are differences already. */
static void ends_of(const struct board *b, size_t i, double *low, double *high)
{
    const double base = b->against == SIZE_MAX ? b->at_zero - RF_RATING_SCALE * b->zero : 0;
    *low = RF_RATING_SCALE * b->low[i] + base;
    *high = RF_RATING_SCALE * b->high[i] + base;
}

static int add_row(struct rf_table *t, const struct board *b, size_t i, struct rf_err *err)
{
    const char *const note = note_of(b, i);
    double low, high;
    int rc;
    ends_of(b, i, &low, &high);
    if ((rc = rf_table_text(t, b->d.model[i], err)) || (rc = rf_table_real(t, rating_of(b, i), err)) ||
        (rc = rf_table_real(t, low, err)) || (rc = rf_table_real(t, high, err)) ||
        (rc = rf_table_real(t, RF_RATING_SCALE * b->se[i], err)) ||
        (rc = b->tier[i] < 0 ? rf_table_missing(t, err) : rf_table_int(t, b->tier[i], err)) ||
        (rc = rf_table_int(t, (int64_t)b->d.votes[i], err)) || (rc = rf_table_real(t, b->share[i], err)))
        return rc;
    return note ? rf_table_text(t, note, err) : rf_table_missing(t, err);
}

static int print(const struct board *b, struct rf_ctx *ctx, struct rf_err *err)
{
    const size_t n = b->d.models;
    struct rf_table *t = NULL;
    size_t *order = NULL;
    double *down = NULL;
    int rc;
    if ((rc = RF_NEW(order, n, err)) || (rc = RF_NEW(down, n, err)) ||
        (rc = rf_table_new(&t, columns, sizeof columns / sizeof *columns, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        down[i] = isnan(b->r.theta[i]) ? INFINITY : -b->r.theta[i]; /* not rated ones last */
    rf_argsort(down, n, order);
    for (size_t i = 0; i < n && !rc; i++)
        rc = add_row(t, b, order[i], err);
    if (!rc)
        rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rf_free(order);
    rf_free(down);
    rf_table_free(t);
    return rc;
}

/* Ratings with their intervals as metrics: table rating has no room for these. */
static int store_intervals(const struct board *b, struct rf_db *db, int64_t run, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_run_metric_new(&s, db, run, err);
    for (size_t i = 0; i < b->d.models && !rc; i++) {
        double low, high;
        if (isnan(b->r.theta[i]))
            continue;
        ends_of(b, i, &low, &high);
        rc = rf_run_metric(s, "", b->d.model[i], "rating", rating_of(b, i), low, high, err);
    }
    rf_stmt_free(s);
    return rc;
}

static int store(const struct board *b, struct rf_db *db, int64_t run, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc =
        rf_stmt_new(&s, db,
                    "INSERT INTO rating (run, model, rating, tier) SELECT ?1, min(id), ?3, ?4 FROM model_name WHERE "
                    "known_as = ?2 HAVING count(*) > 0",
                    err);
    for (size_t i = 0; i < b->d.models && !rc; i++) {
        if (isnan(b->r.theta[i]))
            continue;
        rf_bind_int(s, 1, run);
        rf_bind_text(s, 2, b->d.model[i]);
        rf_bind_real(s, 3, rating_of(b, i));
        rf_bind_int(s, 4, b->tier[i]);
        rc = rf_run(s, err);
    }
    rf_stmt_free(s);
    return rc;
}

static void tell(const struct board *b, FILE *chat)
{
    for (int i = 0; i < RF_OUTS; i++)
        if (b->d.left_out[i])
            fprintf(chat, "left out: %zu %s\n", b->d.left_out[i], rf_left_out_name((enum rf_left_out)i));
    fprintf(chat, "%zu votes on %zu pairs of %zu models; %zu rated; |gradient| %.1g\n", b->d.n, b->d.pairs, b->d.models,
            b->r.rated, b->r.gradient);
    if (!isnan(b->r.eta))
        fprintf(chat, "ties: eta = %.4f\n", b->r.eta);
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    struct board b = { .o = opts };
    struct rf_run row = { 0 };
    int rc = fill(&b, ctx, err);
    (void)nargs;
    (void)args;
    if (rc || (rc = rf_run_begin(&row, ctx, err)) || (rc = rf_db_begin(ctx->db, err)))
        goto out;
    if ((rc = store(&b, ctx->db, row.id, err)) || (rc = store_intervals(&b, ctx->db, row.id, err)) ||
        (rc = rf_db_commit(ctx->db, err)))
        rf_db_rollback(ctx->db);
    if (rc)
        goto out;
    tell(&b, ctx->chat);
    rc = print(&b, ctx, err);
out:
    rc = rf_run_close(&row, ctx, rc, b.d.sha256, err);
    board_release(&b);
    return rc;
}

const struct rf_cmd rf_cmd_rank = {
    .name = "rank",
    .summary = "ratings of models from votes, with intervals and tiers",
    .args = "",
    .about = "Fits Bradley-Terry strengths to the votes, to the exact maximum of the likelihood,\n"
             "and prints them as ratings: 400 points are ten times the odds. Needs no prompts and\n"
             "no vectors. The intervals are of a rating against the mean of all (or, with\n"
             "--against, of the difference from one model, which no choice of zero changes);\n"
             "sandwich intervals come from the spread of single votes, bootstrap ones from\n"
             "resampling them. Models that the votes give no finite strength are named below\n"
             "with the reason. Tiers are RouteLLM's, 0 the strongest.",
    .examples = "routefit rank\n"
                "routefit rank --votes human,gpt-4-0125-preview:0.4 --ties davidson\n"
                "routefit rank --against gpt-4-1106-preview --interval bootstrap --format csv",
    .opts = { table },
    .opts_size = sizeof(struct options),
    .need = RF_NEED_WRITE,
    .run = run,
};
