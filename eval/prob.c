/* Scores of probabilities. */
#include "eval/prob.h"

#include <math.h>

#include "core/mem.h"
#include "core/share.h"
#include "core/stats.h"

static size_t bin_of(double p)
{
    const size_t b = (size_t)(p * RF_PROB_BINS);
    return b < RF_PROB_BINS ? b : RF_PROB_BINS - 1;
}

/* Mann-Whitney over sorted scores, equal scores by their mean rank. */
static int auroc_of(const double *score, const double *won, size_t n, double *out, struct rf_err *err)
{
    size_t *order = NULL;
    double ranks = 0, wins = 0;
    const int rc = RF_NEW(order, n, err);
    if (rc)
        return rc;
    rf_argsort(score, n, order);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && score[order[j]] == score[order[i]]; j++)
            ;
        for (size_t k = i; k < j; k++)
            if (won[order[k]] > 0) {
                ranks += (double)(i + j + 1) / 2;
                wins++;
            }
    }
    const double losses = (double)n - wins;
    *out = wins > 0 && losses > 0 ? (ranks - wins * (wins + 1) / 2) / (wins * losses) : (double)NAN;
    rf_free(order);
    return 0;
}

static void fill_bins(struct rf_prob *p, const double *score, const double *won)
{
    double wins[RF_PROB_BINS] = { 0 }, variance[RF_PROB_BINS] = { 0 };
    for (size_t i = 0; i < p->n; i++) {
        const size_t b = bin_of(score[i]);
        p->bin[b].n++;
        p->bin[b].said += score[i];
        wins[b] += won[i];
        variance[b] += score[i] * (1 - score[i]);
    }
    for (size_t b = 0; b < RF_PROB_BINS; b++) {
        struct rf_prob_bin *const bin = &p->bin[b];
        if (!bin->n) {
            *bin = (struct rf_prob_bin){ 0, NAN, NAN, NAN, NAN };
            continue;
        }
        bin->said /= (double)bin->n;
        bin->was = wins[b] / (double)bin->n;
        rf_share_interval((size_t)wins[b], bin->n, .95, &bin->low, &bin->high);
        p->ece += (double)bin->n / (double)p->n * fabs(bin->said - bin->was);
        /* mean of |N(0, v)| is sqrt(2 v / pi) */
        p->ece_by_chance += sqrt(2 / acos(-1) * variance[b]) / (double)p->n;
    }
}

int rf_prob_of(const double *score, const double *strong, const double *weak, size_t n, struct rf_prob *out,
               struct rf_err *err)
{
    static const double edge = 1e-15;
    double *p = NULL, *won = NULL;
    int rc;
    *out = (struct rf_prob){ 0 };
    if ((rc = RF_NEW(p, n, err)) || (rc = RF_NEW(won, n, err)))
        goto out;
    for (size_t i = 0; i < n; i++) {
        if (!(score[i] >= 0 && score[i] <= 1)) {
            rc =
                rf_fail(err, RF_BAD_INPUT, "found the score %g at prompt %zu, expected a probability", score[i], i + 1);
            goto out;
        }
        if (strong[i] != weak[i]) {
            p[out->n] = score[i];
            won[out->n++] = strong[i] > weak[i];
        }
    }
    if (!out->n) {
        rc = rf_fail(err, RF_BAD_INPUT, "found no prompt on which one model is better than the other");
        goto out;
    }
    for (size_t i = 0; i < out->n; i++) {
        const double q = fmin(fmax(p[i], edge), 1 - edge);
        out->base += won[i] / (double)out->n;
        out->brier += (p[i] - won[i]) * (p[i] - won[i]) / (double)out->n;
        out->log_loss -= log(won[i] > 0 ? q : 1 - q) / (double)out->n;
    }
    fill_bins(out, p, won);
    rc = auroc_of(p, won, out->n, &out->auroc, err);
out:
    rf_free(p);
    rf_free(won);
    return rc;
}
