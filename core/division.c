/* Groups over the texts of the corpus: pairs of near-duplicates are joined, and what hangs together is one group. */
#include "core/division.h"

#include "core/mem.h"
#include "core/minhash.h"
#include "core/pairs.h"

/* Marks the prompts; side[corpus.texts] marks their texts. */
static int mark(struct rf_division *d, const int64_t *prompt, size_t n, uint8_t *side, struct rf_err *err)
{
    const struct rf_corpus *const c = &d->corpus;
    if (RF_NEW(d->in, c->n, err))
        return RF_FAIL;
    for (size_t i = 0; i < n; i++) {
        const size_t p = rf_corpus_find(c, prompt[i]);
        d->prompts += !d->in[p];
        d->in[p] = true;
        side[c->text_of[p]] = RF_NEAR_LEFT | RF_NEAR_RIGHT;
    }
    return 0;
}

/* A prompt's stratum is the benchmark and task of its first question by name. */
static int read_strata(struct rf_division *d, struct rf_db *db, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    uint32_t rank = 0;
    int rc;
    if ((rc = RF_NEW(d->stratum, d->corpus.n, err)) ||
        (rc = rf_stmt_new(&s, db,
                          "SELECT prompt, dense_rank() OVER (ORDER BY bench, coalesce(task, '')) FROM item "
                          "WHERE prompt IS NOT NULL ORDER BY 2",
                          err)))
        goto out;
    while ((rc = rf_step(s, err)) > 0) {
        uint32_t *const stratum = &d->stratum[rf_corpus_find(&d->corpus, rf_col_int(s, 0))];
        if (*stratum)
            continue;
        *stratum = (uint32_t)rf_col_int(s, 1);
        if (d->in[stratum - d->stratum]) {
            d->strata += *stratum != rank;
            rank = *stratum;
        }
    }
    bool nameless = false;
    for (size_t i = 0; i < d->corpus.n; i++)
        nameless |= d->in[i] && !d->stratum[i];
    d->strata += nameless;
out:
    rf_stmt_free(s);
    return rc;
}

/* A group is named by its first text, whose hash is the least; its stratum is the first of those of its prompts. */
static int make_groups(struct rf_division *d, const uint8_t *side, double jaccard, int threads, struct rf_err *err)
{
    const struct rf_corpus *const c = &d->corpus;
    struct rf_pairs near = { 0 };
    uint32_t *root = NULL;
    int rc;
    if ((rc = rf_corpus_near(c, jaccard, side, threads, &near, err)) || (rc = rf_groups_new(&root, c->texts, err)) ||
        (rc = RF_NEW(d->group_of, c->texts, err)) || (rc = RF_NEW(d->group, c->texts, err)) ||
        (rc = RF_NEW(d->part, c->texts, err)))
        goto out;
    for (size_t i = 0; i < near.n; i++)
        rf_groups_join(root, near.v[i].a, near.v[i].b);
    for (uint32_t t = 0; t < c->texts; t++) {
        const uint32_t first = rf_groups_find(root, t);
        if (!side[t])
            continue;
        if (first == t)
            d->group[d->groups++] = (struct rf_split_group){ UINT32_MAX, 0, c->hash[t] };
        d->group_of[t] = first == t ? (uint32_t)(d->groups - 1) : d->group_of[first];
    }
    for (size_t i = 0; i < c->n; i++) {
        if (!d->in[i])
            continue;
        struct rf_split_group *const g = &d->group[d->group_of[c->text_of[i]]];
        g->size++;
        g->stratum = d->stratum[i] < g->stratum ? d->stratum[i] : g->stratum;
    }
out:
    rf_pairs_release(&near);
    rf_free(root);
    return rc;
}

int rf_division_read(struct rf_division *d, struct rf_db *db, const int64_t *prompt, size_t n, double jaccard,
                     int threads, struct rf_err *err)
{
    uint8_t *side = NULL;
    int rc;
    if ((rc = rf_corpus_read(&d->corpus, db, err)) || (rc = RF_NEW(side, d->corpus.texts, err)) ||
        (rc = mark(d, prompt, n, side, err)) || (rc = read_strata(d, db, err)))
        goto out;
    rc = make_groups(d, side, jaccard, threads, err);
out:
    rf_free(side);
    return rc;
}

int rf_division_divide(struct rf_division *d, const double *share, size_t parts, uint64_t seed, struct rf_err *err)
{
    return rf_split_groups(d->group, d->groups, share, parts, seed, d->part, err);
}

uint32_t rf_division_part(const struct rf_division *d, int64_t prompt)
{
    return d->part[d->group_of[d->corpus.text_of[rf_corpus_find(&d->corpus, prompt)]]];
}

void rf_division_release(struct rf_division *d)
{
    rf_corpus_release(&d->corpus);
    rf_free(d->in);
    rf_free(d->stratum);
    rf_free(d->group_of);
    rf_free(d->group);
    rf_free(d->part);
    *d = (struct rf_division){ 0 };
}

int rf_folds(struct rf_db *db, const int64_t *prompt, size_t n, size_t folds, uint64_t seed, int threads,
             uint32_t *fold, struct rf_err *err)
{
    struct rf_division d = { 0 };
    double share[RF_PARTS];
    int rc;
    if (folds > RF_PARTS)
        return rf_fail(err, RF_USAGE, "found %zu folds, expected at most %d", folds, RF_PARTS);
    for (size_t k = 0; k < folds; k++)
        share[k] = 1;
    if (!(rc = rf_division_read(&d, db, prompt, n, RF_DIVISION_JACCARD, threads, err)) &&
        !(rc = rf_division_divide(&d, share, folds, seed, err)))
        for (size_t i = 0; i < n; i++)
            fold[i] = rf_division_part(&d, prompt[i]);
    rf_division_release(&d);
    return rc;
}
