/* Results are read as a matrix; models get their ids back by name. */
#include "train/result_votes.h"

#include <math.h>

#include "core/mem.h"
#include "core/results.h"

/* id[models]: the least id among those known by the name, as in rf_votes_read. */
static int find_ids(const struct rf_results *r, struct rf_db *db, int64_t *id, struct rf_err *err)
{
    for (size_t m = 0; m < r->models; m++) {
        const char *const name = r->model[m];
        const int rc = rf_db_int(db, &id[m], err, "SELECT min(id) FROM model_name WHERE known_as = ?1", 1, &name);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Lowest score, and the highest less it; 1 where all are one number. */
static double range_of(const struct rf_results *r, double *least)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < r->n * r->models; i++)
        if (!isnan(r->score[i])) {
            low = fmin(low, r->score[i]);
            high = fmax(high, r->score[i]);
        }
    *least = low;
    return high > low ? high - low : 1;
}

/* The verdict of two scores from 0 to 1, none where one is missing: a win by the difference, a tie by what both have,
 * "both bad" by what neither has; so each answer is right by its score. Up to three votes at out; how many. */
static size_t verdict(double a, double b, struct rf_raw_vote v, struct rf_raw_vote *out)
{
    const double share[] = { fabs(a - b), fmin(a, b), 1 - fmax(a, b) }, trust = v.weight;
    const enum rf_winner winner[] = { a > b ? RF_WINS_A : RF_WINS_B, RF_TIE, RF_BOTH_BAD };
    size_t n = 0;
    for (int i = 0; i < 3 && !isnan(a) && !isnan(b); i++)
        if (share[i] > 1e-12) {
            v.winner = winner[i];
            v.weight = trust * share[i];
            out[n++] = v;
        }
    return n;
}

int rf_result_votes(struct rf_votes *v, struct rf_db *db, const char *bench, double trust, const struct rf_list *source,
                    struct rf_raw_vote **raw, size_t *n, struct rf_err *err)
{
    const struct rf_results_filter filter = { .bench = { &bench, 1 }, .source = *source };
    struct rf_results r = { 0 };
    int64_t *id = NULL;
    size_t most;
    double least;
    int rc = rf_results_load(&r, db, &filter, err);
    if (rc)
        goto out;
    if (!rf_mul(r.models, r.models, &most) || !rf_mul(most, r.n, &most) || !rf_mul(most, 2, &most) ||
        !rf_add(most, *n, &most)) {
        rc = rf_fail(err, RF_FAIL, "out of memory: votes of %zu questions and %zu models", r.n, r.models);
        goto out;
    } /* 2 models^2 holds three votes of each pair */
    struct rf_raw_vote *const grown = rf_regrow(*raw, *n, most + 1, sizeof *grown, err);
    if (!grown) {
        rc = RF_FAIL;
        goto out;
    }
    *raw = grown;
    if ((rc = RF_NEW(id, r.models, err)) || (rc = find_ids(&r, db, id, err)))
        goto out;
    const double range = range_of(&r, &least);
    for (size_t i = 0; i < r.n; i++)
        for (size_t a = 0; a < r.models; a++)
            for (size_t b = a + 1; b < r.models; b++) {
                const struct rf_raw_vote of = { .prompt = r.prompt[i], .a = id[a], .b = id[b], .weight = trust };
                const size_t votes = verdict((r.score[i * r.models + a] - least) / range,
                                             (r.score[i * r.models + b] - least) / range, of, *raw + *n);
                v->read += votes;
                if (r.prompt[i])
                    *n += votes;
                else
                    v->left_out[RF_OUT_NO_PROMPT] += votes;
            }
out:
    rf_free(id);
    rf_results_release(&r);
    return rc;
}
