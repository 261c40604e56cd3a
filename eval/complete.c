/* One count of the holes by model, then one pass that closes the ranks. */
#include "eval/complete.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/mem.h"

/* What a model lacks. */
struct lack {
    size_t score, cost; /* answers without a score; scored answers without a cost */
};

static void count(const struct rf_results *r, struct lack *lack)
{
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < r->models; k++) {
            const size_t at = i * r->models + k;
            const bool scored = !isnan(r->score[at]);
            lack[k].score += !scored;
            lack[k].cost += scored && isnan(r->cost[at]);
        }
}

static int refuse(const struct rf_results *r, const char *bench, const struct lack *lack, struct rf_err *err)
{
    for (size_t k = 0; k < r->models; k++) {
        const size_t scored = r->n - lack[k].score;
        if (!scored || lack[k].cost == scored)
            return rf_fail(err, RF_BAD_INPUT,
                           "benchmark \"%s\": no %s is known of any of the %zu answers of \"%s\"; leave the model out "
                           "with --model, or read %ss",
                           bench, scored ? "cost" : "score", scored ? scored : r->n, r->model[k],
                           scored ? "cost" : "score");
    }
    return 0;
}

size_t rf_results_keep(struct rf_results *r, const bool *keep)
{
    const size_t before = r->n;
    size_t kept = 0;
    for (size_t i = 0; i < before; i++) {
        if (!keep[i])
            continue;
        memmove(r->score + kept * r->models, r->score + i * r->models, r->models * sizeof *r->score);
        memmove(r->cost + kept * r->models, r->cost + i * r->models, r->models * sizeof *r->cost);
        r->item[kept] = r->item[i];
        r->prompt[kept] = r->prompt[i];
        r->bench[kept] = r->bench[i];
        r->task[kept++] = r->task[i];
    }
    r->n = kept;
    r->incomplete += before - kept;
    return before - kept;
}

int rf_results_complete(struct rf_results *r, const char *bench, struct rf_holes *h, struct rf_err *err)
{
    struct lack *lack = NULL;
    bool *keep = NULL;
    int rc = RF_NEW(lack, r->models, err);
    *h = (struct rf_holes){ 0 };
    if (rc || (rc = RF_NEW(keep, r->n, err)))
        goto out;
    count(r, lack);
    if ((rc = refuse(r, bench, lack, err)))
        goto out;
    for (size_t k = 0; k < r->models; k++)
        if (lack[k].score + lack[k].cost > h->missing) {
            h->worst = k;
            h->missing = lack[k].score + lack[k].cost;
        }
    for (size_t i = 0; i < r->n; i++) {
        bool no_score = false, no_cost = false;
        for (size_t k = 0; k < r->models; k++) {
            no_score |= isnan(r->score[i * r->models + k]);
            no_cost |= isnan(r->cost[i * r->models + k]);
        }
        h->no_score += no_score;
        h->no_cost += !no_score && no_cost;
        keep[i] = !no_score && !no_cost;
    }
    rf_results_keep(r, keep);
    if (!r->n)
        rc = rf_fail(err, RF_BAD_INPUT,
                     "benchmark \"%s\": no question has the scores and costs of all %zu models (\"%s\" lacks %zu): "
                     "leave models out with --model",
                     bench, r->models, r->model[h->worst], h->missing);
out:
    rf_free(keep);
    rf_free(lack);
    return rc;
}

void rf_holes_tell(const struct rf_holes *h, const struct rf_results *r, const char *bench, FILE *chat)
{
    if (h->no_score)
        fprintf(chat, "%s: %zu questions left out, on which a model lacks its score\n", bench, h->no_score);
    if (h->no_cost)
        fprintf(chat, "%s: %zu questions left out, on which a model lacks its cost\n", bench, h->no_cost);
    if (h->missing)
        fprintf(chat, "%s: most of all %s, which lacks %zu\n", bench, r->model[h->worst], h->missing);
}
