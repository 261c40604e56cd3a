/* Verdicts by prompt: of a router from its predictions, of stored results by a look-up of its prompt id. */
#include "eval/verifier.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/names.h"
#include "core/stats.h"
#include "eval/prompt_index.h"

static const char results[] = "results:";

/* ---- from results of another benchmark ---- */

static int from_results(double *v, const struct rf_results *r, size_t models, struct rf_db *db, const char *bench,
                        struct rf_err *err)
{
    const struct rf_results_filter f = { .bench = { &bench, 1 },
                                         .model = { (const char **)(uintptr_t)r->model, models } };
    struct rf_results judged = { 0 };
    struct rf_prompt_index x = { 0 };
    int rc;
    if ((rc = rf_results_load(&judged, db, &f, err)) || (rc = rf_prompt_index_init(&x, judged.prompt, judged.n, err)))
        goto out;
    for (size_t i = 0; i < r->n; i++) {
        size_t count = 0;
        const struct rf_prompt_place *const place =
            r->prompt[i] ? rf_prompt_index_find(&x, r->prompt[i], &count) : NULL;
        for (size_t k = 0; k < models; k++)
            v[i * models + k] = count ? judged.score[place->at * models + k] : (double)NAN;
    }
out:
    rf_prompt_index_release(&x);
    rf_results_release(&judged);
    return rc;
}

/* ---- from a router ---- */

static int find_models(size_t *column, const struct rf_results *r, size_t models, const struct rf_router *router,
                       struct rf_db *db, struct rf_err *err)
{
    struct rf_aliases alias = { 0 };
    int rc = rf_aliases_read(&alias, db, err);
    for (size_t k = 0; k < models && !rc; k++) {
        const size_t n = rf_router_models(router);
        column[k] = 0;
        while (column[k] < n && strcmp(rf_known_as(&alias, rf_router_model(router, column[k])), r->model[k]) != 0)
            column[k]++;
        if (column[k] == n)
            rc = rf_fail(err, RF_BAD_INPUT, "verifier \"%s\" does not know \"%s\", whose answers it shall judge",
                         router->name, r->model[k]);
    }
    rf_aliases_release(&alias);
    return rc;
}

static int from_router(double *v, const struct rf_results *r, size_t models, struct rf_ctx *ctx, const char *bench,
                       const char *word, const struct rf_router_options *o, struct rf_err *err)
{
    struct rf_router *router = NULL;
    size_t *column = NULL, cells = 0;
    double *score = NULL, *cost = NULL;
    int rc = rf_routers_load(&router, ctx->db, &word, 1, o, NULL, 0, err);
    if (rc)
        goto out;
    const size_t known = rf_router_models(router);
    if (known && !rf_mul(known, r->n, &cells)) {
        rc = rf_fail(err, RF_FAIL, "out of memory: %zu questions of %zu models", r->n, known);
        goto out;
    }
    if ((rc = RF_NEW(column, models, err)) || (rc = RF_NEW(score, cells, err)) || (rc = RF_NEW(cost, cells, err)) ||
        (rc = rf_router_predict(router, ctx->db, bench, r->prompt, r->n, o, score, cost, err)) ||
        (rc = find_models(column, r, models, router, ctx->db, err)))
        goto out;
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < models; k++)
            v[i * models + k] = score[i * known + column[k]];
out:
    rf_free(column);
    rf_free(score);
    rf_free(cost);
    rf_routers_free(router, 1);
    return rc;
}

int rf_verifier_load(double *v, const struct rf_results *r, size_t models, struct rf_ctx *ctx, const char *bench,
                     const char *word, const struct rf_router_options *o, struct rf_err *err)
{
    const size_t prefix = sizeof results - 1;
    return strncmp(word, results, prefix) ? from_router(v, r, models, ctx, bench, word, o, err)
                                          : from_results(v, r, models, ctx->db, word + prefix, err);
}

/* ---- errors ---- */

struct rf_chance rf_wilson(double k, double n)
{
    if (!(n > 0))
        return (struct rf_chance){ NAN, NAN, NAN };
    const double p = k / n, z = RF_NORMAL_95, z2 = z * z / n, middle = (p + z2 / 2) / (1 + z2),
                 half = z * sqrt(fmax(0, p * (1 - p) / n + z2 / (4 * n))) / (1 + z2);
    return (struct rf_chance){ p, fmax(0, middle - half), fmin(1, middle + half) };
}

/* Variance of a sum of placements over its count. */
static double spread(double sum, double square, double n)
{
    return n > 1 ? fmax(0, square - sum * sum / n) / (n - 1) / n : 0;
}

int rf_verifier_auc(const double *v, size_t stride, const bool *right, size_t n, struct rf_chance *auc,
                    struct rf_err *err)
{
    double *key = NULL;
    size_t *order = NULL, rights = 0;
    int rc;
    *auc = (struct rf_chance){ NAN, NAN, NAN };
    if ((rc = RF_NEW(key, n, err)) || (rc = RF_NEW(order, n, err)))
        goto out;
    for (size_t i = 0; i < n; i++) {
        key[i] = v[i * stride];
        rights += right[i];
    }
    const double r = (double)rights, w = (double)(n - rights);
    if (!rights || rights == n)
        goto out;
    rf_argsort(key, n, order);
    double above[2] = { 0 }, square[2] = { 0 }, below[2] = { 0 }; /* [0] of wrong answers, [1] of right ones */
    for (size_t i = 0, end; i < n; i = end) {                     /* a group of equals */
        double in[2] = { 0 };
        for (end = i; end < n && !(key[order[end]] > key[order[i]]); end++)
            in[right[order[end]]]++;
        const double placed = (below[0] + in[0] / 2) / w, over = 1 - (below[1] + in[1] / 2) / r;
        above[1] += in[1] * placed;
        square[1] += in[1] * placed * placed;
        above[0] += in[0] * over;
        square[0] += in[0] * over * over;
        below[0] += in[0];
        below[1] += in[1];
    }
    const double se = sqrt(spread(above[1], square[1], r) + spread(above[0], square[0], w)), value = above[1] / r;
    *auc = (struct rf_chance){ value, fmax(0, value - RF_NORMAL_95 * se), fmin(1, value + RF_NORMAL_95 * se) };
out:
    rf_free(key);
    rf_free(order);
    return rc;
}
