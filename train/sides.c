/* Votes as examples of a strong side against a weak one. Refuses a model on both sides: its votes would say both
 * things. */
#include "train/sides.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "train/bt.h"
#include "train/model_set.h"

int rf_sides_both_win(const struct rf_sides *s, struct rf_err *err)
{
    size_t strong = 0;
    for (size_t i = 0; i < s->trains; i++)
        strong += s->train[i].y > 0;
    return strong > 0 && strong < s->trains ? 0
                                            : rf_fail(err, RF_BAD_INPUT,
                                                      "only one class: the %s side wins all %zu votes, and a router "
                                                      "needs both outcomes",
                                                      strong ? "strong" : "weak", s->trains);
}

void rf_sides_release(struct rf_sides *s)
{
    rf_free(s->strong);
    rf_free(s->weak);
    rf_free(s->train);
    rf_free(s->valid);
    *s = (struct rf_sides){ 0 };
}

/* tier[models] from the training votes; models without a finite rating get -1 and are named in a note. */
static int rate(struct rf_fit *f, int *tier, struct rf_err *err)
{
    const struct rf_votes *v = f->votes;
    struct rf_buf names = { 0 };
    double *win = NULL, *rating = NULL;
    size_t cells, rated = 0;
    int rc = 0;
    if (!rf_mul(v->models, v->models, &cells)) {
        rc = rf_fail(err, RF_FAIL, "out of memory: wins among %zu models", v->models);
        goto out;
    }
    if ((rc = RF_NEW(win, cells, err)) || (rc = RF_NEW(rating, v->models, err)))
        goto out;
    rf_bt_count(v, win);
    if ((rc = rf_bt_fit(v->models, win, rating, &rated, err)))
        goto out;
    if (rated < 2) {
        rc = rf_fail(err, RF_BAD_INPUT,
                     "tiers need ratings, and no two of the %zu models beat each other by any chain of wins; name the "
                     "models with --strong and --weak",
                     v->models);
        goto out;
    }
    if ((rc = rf_bt_tiers(v->models, rating, RF_TIERS, tier, err)))
        goto out;
    for (size_t m = 0; m < v->models && !rc; m++)
        if (tier[m] < 0)
            rc = rf_buf_printf(&names, err, "%s%s", names.len ? ", " : "", v->model[m]);
    if (!rc && names.len)
        rc = rf_fit_note(f, err, "without a finite rating, in no tier: %s", names.data);
out:
    rf_buf_release(&names);
    rf_free(win);
    rf_free(rating);
    return rc;
}

static int pick_models(struct rf_sides *s, struct rf_fit *f, const struct rf_list *strong, const struct rf_list *weak,
                       int **tier, struct rf_err *err)
{
    const struct rf_votes *v = f->votes;
    int rc;
    if ((rc = RF_NEW(s->strong, v->models, err)) || (rc = RF_NEW(s->weak, v->models, err)))
        return rc;
    if ((rf_model_set_wants_tiers(strong) || rf_model_set_wants_tiers(weak)) &&
        ((rc = RF_NEW(*tier, v->models, err)) || (rc = rate(f, *tier, err))))
        return rc;
    if ((rc = rf_model_set(v, strong, "--strong", *tier, s->strong, err)) ||
        (rc = rf_model_set(v, weak, "--weak", *tier, s->weak, err)))
        return rc;
    for (size_t m = 0; m < v->models; m++)
        if (s->strong[m] && s->weak[m])
            return rf_fail(err, RF_USAGE, "model %s is in both --strong and --weak", v->model[m]);
    if ((rc = rf_sides_name("strong", v, s->strong, f, err)))
        return rc;
    return rf_sides_name("weak", v, s->weak, f, err);
}

/* Why a vote does not count, or RF_OUTS. */
static enum rf_left_out judge(const struct rf_sides *s, const struct rf_battle *b, enum rf_ties ties, const int *tier)
{
    const bool counts = (s->strong[b->a] && s->weak[b->b]) || (s->weak[b->a] && s->strong[b->b]);
    if (counts)
        return b->winner >= RF_TIE && ties == RF_TIES_DROP ? RF_OUT_TIE : RF_OUTS;
    const bool unrated_a = tier && tier[b->a] < 0 && !s->strong[b->a] && !s->weak[b->a];
    const bool unrated_b = tier && tier[b->b] < 0 && !s->strong[b->b] && !s->weak[b->b];
    return unrated_a || unrated_b ? RF_OUT_UNRATED : RF_OUT_SETS;
}

static void add(struct rf_example *list, size_t *n, const struct rf_battle *b, float y, float share)
{
    list[(*n)++] = (struct rf_example){ b->row, y, share * b->weight };
}

/* By row, so that a pass walks the matrix once; equal ones are interchangeable. */
static int compare(const void *a, const void *b)
{
    const struct rf_example *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    if (x->y < y->y || x->y > y->y)
        return x->y < y->y ? -1 : 1;
    return (x->weight > y->weight) - (x->weight < y->weight);
}

int rf_sides_pick(struct rf_sides *s, struct rf_fit *f, const struct rf_list *strong, const struct rf_list *weak,
                  enum rf_ties ties, struct rf_err *err)
{
    const struct rf_votes *v = f->votes;
    const size_t room = ties == RF_TIES_HALF ? 2 : 1; /* examples a vote */
    int *tier = NULL, rc;
    *s = (struct rf_sides){ 0 };
    if ((rc = pick_models(s, f, strong, weak, &tier, err)) || (rc = RF_NEW(s->train, room * v->n, err)) ||
        (rc = RF_NEW(s->valid, room * v->n, err)))
        goto out;
    for (size_t i = 0; i < v->n; i++) {
        const struct rf_battle *b = &v->battle[i];
        const enum rf_left_out why = judge(s, b, ties, tier);
        if (why != RF_OUTS) {
            f->left_out[why]++;
            continue;
        }
        struct rf_example *list = b->valid ? s->valid : s->train;
        size_t *n = b->valid ? &s->valids : &s->trains;
        ++*(b->valid ? &f->used_valid : &f->used_train);
        if (b->winner >= RF_TIE && ties == RF_TIES_HALF) {
            add(list, n, b, 1, 0.5f);
            add(list, n, b, -1, 0.5f);
        } else {
            const bool strong_wins = b->winner == (s->strong[b->a] ? RF_WINS_A : RF_WINS_B);
            add(list, n, b, strong_wins ? 1 : -1, 1);
        }
    }
    qsort(s->train, s->trains, sizeof *s->train, compare);
    qsort(s->valid, s->valids, sizeof *s->valid, compare);
    if (!s->trains)
        rc = rf_votes_none_left(v->read, f->left_out, err);
out:
    rf_free(tier);
    return rc;
}
