/* From battles to decisive pairs of numbered models. */
#include "train/mf_votes.h"

#include <stdbool.h>
#include <string.h>

#include "core/mem.h"
#include "core/names.h"

static bool counts(const struct rf_battle *b, bool ties)
{
    return ties || b->winner == RF_WINS_A || b->winner == RF_WINS_B;
}

/* Counts the votes and marks the models with a training vote. */
static void survey(struct rf_mf_votes *m, const struct rf_votes *v, bool ties, uint32_t *seen)
{
    for (size_t i = 0; i < v->n; i++) {
        const struct rf_battle *b = &v->battle[i];
        if (!counts(b, ties)) {
            m->ties++;
        } else if (!b->valid) {
            m->trains++;
            seen[b->a] = seen[b->b] = 1;
        }
    }
    for (size_t i = 0; i < v->n; i++) {
        const struct rf_battle *b = &v->battle[i];
        if (!counts(b, ties) || !b->valid)
            continue;
        if (seen[b->a] && seen[b->b])
            m->valids++;
        else
            m->unseen++;
    }
}

static void fill(struct rf_mf_votes *m, const struct rf_votes *v, bool ties, const uint32_t *id)
{
    size_t t = 0, w = 0;
    for (size_t i = 0; i < v->n; i++) {
        const struct rf_battle *b = &v->battle[i];
        if (!counts(b, ties) || !id[b->a] || !id[b->b])
            continue;
        const bool a_won = b->winner != RF_WINS_B;
        const uint32_t win = id[a_won ? b->a : b->b] - 1, lose = id[a_won ? b->b : b->a] - 1;
        const uint8_t outcome = b->winner == RF_TIE ? RF_MF_TIE : b->winner == RF_BOTH_BAD ? RF_MF_BOTH_BAD : RF_MF_WIN;
        *(b->valid ? &m->valid_outcome[w] : &m->train_outcome[t]) = outcome;
        *(b->valid ? &m->valid[w++] : &m->train[t++]) = (struct rf_mf_pair){ win, lose, b->row, b->weight };
    }
}

int rf_mf_votes_pick(struct rf_mf_votes *out, const struct rf_votes *v, bool ties, const size_t *left_out,
                     struct rf_err *err)
{
    struct rf_mf_votes m = { .alias = &v->alias };
    uint32_t *id = NULL; /* [models] of v: 0 = no training vote, else 1 + row */
    size_t out_now[RF_OUTS];
    int rc = RF_NEW(id, v->models, err);
    if (rc)
        goto out;
    survey(&m, v, ties, id);
    if (!m.trains) {
        memcpy(out_now, left_out, sizeof out_now);
        out_now[RF_OUT_TIE] += m.ties;
        rc = m.unseen ? rf_fail(err, RF_BAD_INPUT,
                                "all %zu votes that count are on the validation side, expected some to train on: "
                                "try a smaller --valid",
                                m.unseen)
                      : rf_votes_none_left(v->read, out_now, err);
        goto out;
    }
    if ((rc = RF_NEW(m.train, m.trains, err)) || (rc = RF_NEW(m.valid, m.valids, err)) ||
        (rc = RF_NEW(m.train_outcome, m.trains, err)) || (rc = RF_NEW(m.valid_outcome, m.valids, err)) ||
        (rc = RF_NEW(m.model, v->models, err)))
        goto out;
    for (size_t i = 0; i < v->models; i++)
        if (id[i]) {
            m.model[m.models++] = v->model[i];
            id[i] = (uint32_t)m.models;
        }
    fill(&m, v, ties, id);
out:
    rf_free(id);
    if (rc) {
        rf_mf_votes_release(&m);
        m = (struct rf_mf_votes){ 0 };
    }
    *out = m;
    return rc;
}

void rf_mf_votes_release(struct rf_mf_votes *m)
{
    rf_free(m->train);
    rf_free(m->valid);
    rf_free(m->train_outcome);
    rf_free(m->valid_outcome);
    rf_free(m->model);
    *m = (struct rf_mf_votes){ 0 };
}

int rf_mf_votes_model(const struct rf_mf_votes *m, const char *option, const char *name, size_t *id, struct rf_err *err)
{
    for (size_t i = 0; i < m->models; i++)
        if (!strcmp(m->model[i], rf_known_as(m->alias, name))) {
            *id = i;
            return 0;
        }
    const char *near = rf_nearest(name, m->model, m->models);
    return rf_fail(err, RF_USAGE, "%s %s: no training vote on that model; %s %s", option, name,
                   near ? "did you mean" : "name one that has, such as", near ? near : m->model[0]);
}
