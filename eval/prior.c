/* Sums by group and fold, from which each fold's own are taken off. */
#include "eval/prior.h"

#include "core/division.h"
#include "core/mem.h"
#include "core/script.h"
#include "eval/by_task.h"

int rf_prior(const double *gain, const uint32_t *group, size_t groups, const uint32_t *fold, size_t folds, size_t n,
             double *score, struct rf_err *err)
{
    double *sum = NULL; /* [groups + 1][folds + 1]: the last group is all, the last fold all */
    size_t *count = NULL, cells;
    const size_t width = folds + 1;
    int rc;
    if (!rf_mul(groups + 1, width, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu groups", groups);
    if ((rc = RF_NEW(sum, cells, err)) || (rc = RF_NEW(count, cells, err)))
        goto out;
    for (size_t i = 0; i < n; i++) {
        const size_t at[] = { group[i] * width + fold[i], group[i] * width + folds, groups * width + fold[i],
                              groups * width + folds };
        for (size_t k = 0; k < 4; k++) {
            sum[at[k]] += gain[i];
            count[at[k]]++;
        }
    }
    for (size_t i = 0; i < n; i++) {
        const size_t own = group[i] * width, all = groups * width;
        const size_t others = count[own + folds] - count[own + fold[i]],
                     rest = count[all + folds] - count[all + fold[i]];
        score[i] = others ? (sum[own + folds] - sum[own + fold[i]]) / (double)others
                   : rest ? (sum[all + folds] - sum[all + fold[i]]) / (double)rest
                          : 0;
    }
out:
    rf_free(sum);
    rf_free(count);
    return rc;
}

/* Items without a prompt are in no group of near-duplicates. */
static int make_folds(const struct rf_bench *b, const struct rf_ctx *ctx, uint32_t *fold, struct rf_err *err)
{
    int64_t *prompt = NULL;
    uint32_t *of = NULL;
    size_t n = 0;
    int rc;
    if ((rc = RF_NEW(prompt, b->n, err)) || (rc = RF_NEW(of, b->n, err)))
        goto out;
    for (size_t i = 0; i < b->n; i++)
        if (b->prompt[i])
            prompt[n++] = b->prompt[i];
    if (n && (rc = rf_folds(ctx->db, prompt, n, RF_PRIOR_FOLDS, ctx->seed, ctx->threads, of, err)))
        goto out;
    n = 0;
    for (size_t i = 0; i < b->n; i++)
        fold[i] = b->prompt[i] ? of[n++] : (uint32_t)(i % RF_PRIOR_FOLDS);
out:
    rf_free(prompt);
    rf_free(of);
    return rc;
}

/* 1, or an rf_code. */
static int prior_of(const struct rf_bench *b, const struct rf_ctx *ctx, const uint32_t *group, size_t groups,
                    double *score, struct rf_err *err)
{
    uint32_t *fold = NULL;
    double *gain = NULL;
    int rc;
    if ((rc = RF_NEW(fold, b->n, err)) || (rc = RF_NEW(gain, b->n, err)) || (rc = make_folds(b, ctx, fold, err)))
        goto out;
    for (size_t i = 0; i < b->n; i++)
        gain[i] = b->strong[i] - b->weak[i];
    rc = rf_prior(gain, group, groups, fold, RF_PRIOR_FOLDS, b->n, score, err);
out:
    rf_free(fold);
    rf_free(gain);
    return rc ? rc : 1;
}

static bool several(const uint32_t *group, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (group[i] != group[0])
            return true;
    return false;
}

int rf_prior_of_tasks(const struct rf_bench *b, const struct rf_ctx *ctx, double *score, struct rf_err *err)
{
    struct rf_tasks t = { 0 };
    int rc = rf_tasks_load(&t, ctx->db, b, err);
    if (!rc && several(t.of, b->n))
        rc = prior_of(b, ctx, t.of, t.name.n, score, err);
    rf_tasks_release(&t);
    return rc;
}

int rf_prior_of_scripts(const struct rf_bench *b, const struct rf_ctx *ctx, double *score, struct rf_err *err)
{
    uint32_t *script = NULL;
    int rc = RF_NEW(script, b->n, err);
    for (size_t i = 0; i < b->n && !rc; i++)
        script[i] = (uint32_t)rf_script(rf_bench_text(b, i), NULL);
    if (!rc && several(script, b->n))
        rc = prior_of(b, ctx, script, rf_scripts(), score, err);
    rf_free(script);
    return rc;
}
