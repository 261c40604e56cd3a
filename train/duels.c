/* The raw votes of votes_sql.c, coded by pair and outcome. */
#include "train/duels.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "train/inputs.h"
#include "train/votes_sql.h"

/* A vote whose models have their indices: a < b. */
struct coded {
    uint32_t a, b;
    enum rf_outcome outcome;
};

static struct coded code_of(uint32_t a, uint32_t b, enum rf_winner winner)
{
    static const enum rf_outcome outcome[] = {
        [RF_WINS_A] = RF_FIRST, [RF_WINS_B] = RF_SECOND, [RF_TIE] = RF_DRAW, [RF_BOTH_BAD] = RF_DRAW
    };
    const enum rf_outcome o = outcome[winner];
    if (a < b)
        return (struct coded){ a, b, o };
    return (struct coded){ b, a, o == RF_FIRST ? RF_SECOND : o == RF_SECOND ? RF_FIRST : RF_DRAW };
}

/* Names and indices of the models; of[2 n] = indices of the votes' models. */
static int name_all(struct rf_duels *d, struct rf_db *db, const struct rf_raw_vote *raw, size_t n, uint32_t *of,
                    struct rf_err *err)
{
    int64_t *id = NULL;
    uint32_t *place = NULL;
    int rc = RF_NEW(id, 2 * n, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++) {
        id[2 * i] = raw[i].a;
        id[2 * i + 1] = raw[i].b;
    }
    const size_t models = rf_sort_ids(id, 2 * n);
    if ((rc = RF_NEW(place, models, err)) || (rc = rf_name_models(db, id, models, &d->model, place, err)))
        goto out;
    d->models = models;
    for (size_t i = 0; i < n; i++) {
        of[2 * i] = place[rf_find_id(raw[i].a, id, models) - id];
        of[2 * i + 1] = place[rf_find_id(raw[i].b, id, models) - id];
    }
out:
    rf_free(id);
    rf_free(place);
    return rc;
}

static int code_votes(struct rf_duels *d, const struct rf_raw_vote *raw, size_t n, const uint32_t *of,
                      struct rf_err *err)
{
    uint32_t *pair = NULL; /* [models][models] 1 + index of the pair; 0: they never met */
    size_t cells;
    int rc;
    if (!rf_mul(d->models, d->models, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu models", d->models);
    if ((rc = RF_NEW(pair, cells, err)) || (rc = RF_NEW(d->vote, n, err)) || (rc = RF_NEW(d->weight, n, err)) ||
        (rc = RF_NEW(d->votes, d->models, err)))
        goto out;
    for (size_t i = 0; i < n; i++) {
        const struct coded c = code_of(of[2 * i], of[2 * i + 1], raw[i].winner);
        d->pairs += pair[c.a * d->models + c.b] == 0;
        pair[c.a * d->models + c.b] = 1;
        d->votes[c.a]++;
        d->votes[c.b]++;
    }
    if ((rc = RF_NEW(d->pair, d->pairs, err)))
        goto out;
    uint32_t k = 0;
    for (uint32_t a = 0; a < d->models; a++)
        for (uint32_t b = a + 1; b < d->models; b++)
            if (pair[a * d->models + b]) {
                d->pair[k] = (struct rf_duel){ a, b };
                pair[a * d->models + b] = ++k;
            }
    for (size_t i = 0; i < n; i++) {
        const struct coded c = code_of(of[2 * i], of[2 * i + 1], raw[i].winner);
        d->vote[i] = (pair[c.a * d->models + c.b] - 1) * RF_OUTCOMES + c.outcome;
        d->weight[i] = (float)raw[i].weight;
    }
    d->n = n;
out:
    rf_free(pair);
    return rc;
}

static int fingerprint(struct rf_duels *d, struct rf_err *err)
{
    struct rf_sha256 *h = NULL;
    int rc = rf_sha256_new(&h, err);
    for (size_t i = 0; i < d->models && !rc; i++)
        rc = rf_sha256_add(h, d->model[i], strlen(d->model[i]) + 1, err);
    if (!rc && !(rc = rf_sha256_add(h, d->pair, d->pairs * sizeof *d->pair, err)) &&
        !(rc = rf_sha256_add(h, d->vote, d->n * sizeof *d->vote, err)) &&
        !(rc = rf_sha256_add(h, d->weight, d->n * sizeof *d->weight, err)))
        rc = rf_sha256_end_hex(h, d->sha256, err);
    rf_sha256_free(h);
    return rc;
}

int rf_duels_load(struct rf_duels *d, struct rf_db *db, const struct rf_duels_filter *f, struct rf_err *err)
{
    const struct rf_votes_filter wish = {
        .votes = f->votes, .source = f->source, .orders = (enum rf_orders)f->orders, .promptless = true
    };
    struct rf_votes counted = { 0 }; /* what was read and left out */
    struct rf_raw_vote *raw = NULL;
    uint32_t *of = NULL;
    size_t n = 0;
    int rc;
    *d = (struct rf_duels){ 0 };
    if ((rc = rf_votes_check_names(db, &wish, err)) || (rc = rf_votes_read(&counted, db, &wish, &raw, &n, err)))
        goto out;
    d->read = counted.read;
    memcpy(d->left_out, counted.left_out, sizeof d->left_out);
    if (!n) {
        rc = rf_votes_none_left(d->read, d->left_out, err);
        goto out;
    }
    if ((rc = RF_NEW(of, 2 * n, err)) || (rc = name_all(d, db, raw, n, of, err)) ||
        (rc = code_votes(d, raw, n, of, err)) || (rc = fingerprint(d, err)))
        goto out;
out:
    rf_free(raw);
    rf_free(of);
    if (rc)
        rf_duels_release(d);
    return rc;
}

void rf_duels_release(struct rf_duels *d)
{
    for (size_t i = 0; d->model && i < d->models; i++)
        rf_free(d->model[i]);
    void *const owned[] = { d->model, d->pair, d->vote, d->weight, d->votes };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        rf_free(owned[i]);
    *d = (struct rf_duels){ 0 };
}

void rf_duels_count(const struct rf_duels *d, double *sum, double *square)
{
    memset(sum, 0, d->pairs * RF_OUTCOMES * sizeof *sum);
    if (square)
        memset(square, 0, d->pairs * RF_OUTCOMES * sizeof *square);
    for (size_t i = 0; i < d->n; i++) {
        const double w = (double)d->weight[i];
        sum[d->vote[i]] += w;
        if (square)
            square[d->vote[i]] += w * w;
    }
}
