/* Epochs over all heads. The heads are cut into groups by their widths alone, each trained by itself, so that threads
 * take whole groups and the result does not depend on them. A head that has stopped leaves its group. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/par.h"
#include "core/rng.h"
#include "train/mlp.h"

enum { WIDE = 512 }; /* units in the first layers of a group: enough for the matrix product to run at full speed */
static const double still = 1e-4; /* scikit-learn's tol */

struct group {
    struct rf_mlp m; /* the heads that have not stopped */
    struct rf_mlp_step *step;
    size_t *column;           /* [heads] which heads they are */
    struct rf_mlp_sums *sum;  /* [heads] of a batch */
    struct rf_mlp_sums *over; /* [heads] of an epoch */
    double *penalty, *shrunk; /* [heads] of a step; sum over an epoch, by weight */
    double *loss, *objective; /* [heads] means over an epoch of training, without and with the penalty */
};

struct trainer {
    struct rf_mlp *kept; /* the caller's */
    const struct rf_mlp_data *train, *valid;
    const struct rf_mlp_recipe *o;
    const char *const *name;
    struct rf_mlp_head *head; /* [kept->heads] */
    struct group *group;
    size_t groups, epoch; /* epoch: from 1 */
    uint32_t *order;      /* [train->n] */
    uint32_t *ascending;  /* [valid->n] */
};

static void group_release(struct group *g)
{
    rf_mlp_release(&g->m);
    rf_mlp_step_free(g->step);
    rf_free(g->column);
    rf_free(g->sum);
    rf_free(g->over);
    rf_free(g->penalty);
    rf_free(g->shrunk);
    rf_free(g->loss);
    rf_free(g->objective);
}

static int group_init(struct group *g, const struct rf_mlp *from, size_t first, size_t heads, size_t batch,
                      struct rf_err *err)
{
    int rc;
    if ((rc = rf_mlp_init(&g->m, heads, from->width[0], from->width + 1, from->layers - 1, err)) ||
        (rc = rf_mlp_step_new(&g->step, &g->m, batch, err)) || (rc = RF_NEW(g->column, heads, err)) ||
        (rc = RF_NEW(g->sum, heads, err)) || (rc = RF_NEW(g->over, heads, err)) ||
        (rc = RF_NEW(g->penalty, heads, err)) || (rc = RF_NEW(g->shrunk, heads, err)) ||
        (rc = RF_NEW(g->loss, heads, err)) || (rc = RF_NEW(g->objective, heads, err)))
        return rc;
    for (size_t h = 0; h < heads; h++) {
        g->column[h] = first + h;
        rf_mlp_copy_head(&g->m, h, from, first + h);
    }
    return 0;
}

static void ascend(uint32_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        v[i] = (uint32_t)i;
}

static int setup(struct trainer *t, struct rf_err *err)
{
    const size_t heads = t->kept->heads, each = (WIDE - 1) / t->kept->width[1] + 1;
    int rc;
    if (!t->train->n)
        return rf_fail(err, RF_BAD_INPUT, "no examples to train on, expected at least one");
    t->groups = (heads - 1) / each + 1;
    if ((rc = RF_NEW(t->group, t->groups, err)) || (rc = RF_NEW(t->order, t->train->n, err)) ||
        (rc = RF_NEW(t->ascending, t->valid->n, err)))
        return rc;
    ascend(t->ascending, t->valid->n);
    for (size_t i = 0; i < t->groups && !rc; i++) {
        const size_t first = i * each, n = heads - first < each ? heads - first : each;
        rc = group_init(&t->group[i], t->kept, first, n, t->o->batch, err);
    }
    for (size_t h = 0; h < heads; h++)
        t->head[h] = (struct rf_mlp_head){ .train = NAN, .valid = NAN, .right = NAN, .least = INFINITY };
    return rc;
}

static void add(struct rf_mlp_sums *to, const struct rf_mlp_sums *s)
{
    to->weight += s->weight;
    to->loss += s->loss;
    to->right += s->right;
}

/* One batch: its sums are added to g->over. */
static int one_batch(const struct trainer *t, struct group *g, const struct rf_mlp_data *d, const uint32_t *order,
                     size_t from, bool backward, struct rf_err *err)
{
    const size_t n = d->n - from < t->o->batch ? d->n - from : t->o->batch;
    rf_mlp_step_run(g->step, &g->m, d, t->o->loss, order + from, n, g->column, backward, g->sum);
    for (size_t h = 0; h < g->m.heads; h++) {
        if (!isfinite(g->sum[h].loss))
            return rf_fail(err, RF_FAIL,
                           "epoch %zu, %s %zu: the loss%s%s is %g, expected a finite value: try a smaller --lr, or "
                           "shorter vectors",
                           t->epoch, backward ? "step" : "validation batch", from / t->o->batch + 1,
                           t->name ? " of " : "", t->name ? t->name[g->column[h]] : "", g->sum[h].loss);
        add(&g->over[h], &g->sum[h]);
    }
    return 0;
}

static double mean(double sum, double weight)
{
    return weight > 0 ? sum / weight : (double)NAN;
}

/* One pass over the training examples. */
static int train_group(const struct trainer *t, struct group *g, struct rf_err *err)
{
    const size_t heads = g->m.heads;
    int rc = 0;
    memset(g->over, 0, heads * sizeof *g->over);
    memset(g->shrunk, 0, heads * sizeof *g->shrunk);
    for (size_t from = 0; from < t->train->n && !rc; from += t->o->batch) {
        if ((rc = one_batch(t, g, t->train, t->order, from, true, err)))
            break;
        rf_mlp_step_update(g->step, &g->m, &t->o->adam, t->o->l2, g->sum, g->penalty);
        for (size_t h = 0; h < heads; h++)
            g->shrunk[h] += g->penalty[h] * g->sum[h].weight;
    }
    for (size_t h = 0; h < heads; h++) {
        g->loss[h] = mean(g->over[h].loss, g->over[h].weight);
        g->objective[h] = g->loss[h] + mean(g->shrunk[h], g->over[h].weight);
    }
    return rc;
}

/* g->over is of the validation from now on. */
static int validate_group(const struct trainer *t, struct group *g, struct rf_err *err)
{
    int rc = 0;
    memset(g->over, 0, g->m.heads * sizeof *g->over);
    for (size_t from = 0; from < t->valid->n && !rc; from += t->o->batch)
        rc = one_batch(t, g, t->valid, t->ascending, from, false, err);
    return rc;
}

/* The epoch is the best so far, and kept. */
static void keep(struct trainer *t, const struct group *g, size_t slot)
{
    const size_t h = g->column[slot];
    struct rf_mlp_head *const head = &t->head[h];
    const struct rf_mlp_sums *const v = &g->over[slot];
    head->best = t->epoch;
    head->train = g->loss[slot];
    head->valid = mean(v->loss, v->weight);
    head->right = t->o->loss == RF_MLP_LOGISTIC ? mean(v->right, v->weight) : (double)NAN;
    rf_mlp_copy_head(t->kept, h, &g->m, slot);
}

/* Keeps a head's epoch or not, and says whether it stops. One without validation examples goes by its training loss. */
static void judge(struct trainer *t, const struct group *g, size_t slot)
{
    struct rf_mlp_head *const head = &t->head[g->column[slot]];
    const struct rf_mlp_sums *const v = &g->over[slot];
    const bool validated = v->weight > 0;
    const double loss = validated ? mean(v->loss, v->weight) : g->objective[slot];
    const bool lower = validated ? loss < head->least : loss <= head->least - still;
    head->epochs = t->epoch;
    head->idle = lower ? 0 : head->idle + 1;
    head->stopped = t->o->patience && head->idle >= t->o->patience + (validated ? 0 : 1);
    if (!validated || lower)
        keep(t, g, slot);
    head->least = fmin(head->least, loss);
}

static int one_epoch(void *ctx, size_t block, struct rf_err *err)
{
    struct trainer *const t = ctx;
    struct group *const g = &t->group[block];
    int rc;
    if (!g->m.heads)
        return 0;
    if ((rc = train_group(t, g, err)) || (rc = validate_group(t, g, err)))
        return rc;
    for (size_t h = 0; h < g->m.heads; h++)
        judge(t, g, h);
    for (size_t h = g->m.heads; h-- > 0;)
        if (t->head[g->column[h]].stopped) {
            rf_mlp_step_drop(g->step, &g->m, h);
            g->column[h] = g->column[g->m.heads];
        }
    return 0;
}

static size_t left(const struct trainer *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->groups; i++)
        n += t->group[i].m.heads;
    return n;
}

static void arrange(struct trainer *t)
{
    struct rf_rng r;
    ascend(t->order, t->train->n);
    rf_rng_init(&r, t->o->seed, t->epoch);
    if (!t->o->in_order)
        rf_rng_shuffle(&r, t->order, t->train->n);
}

int rf_mlp_fit(struct rf_mlp *m, const struct rf_mlp_data *train, const struct rf_mlp_data *valid,
               const struct rf_mlp_recipe *o, const char *const *name, rf_mlp_observer observe, void *ctx,
               struct rf_mlp_head *head, bool *interrupted, struct rf_err *err)
{
    struct trainer t = { .kept = m, .train = train, .valid = valid, .o = o, .name = name, .head = head };
    int rc = setup(&t, err);
    *interrupted = false;
    while (!rc && !*interrupted && t.epoch < o->epochs && left(&t)) {
        t.epoch++;
        arrange(&t);
        if (!(rc = rf_par_run(t.groups, o->threads, one_epoch, &t, err)) && observe)
            rc = observe(ctx, err);
        if (rc == RF_INTERRUPTED) {
            *interrupted = true;
            rc = 0;
        }
    }
    for (size_t i = 0; t.group && i < t.groups; i++)
        group_release(&t.group[i]);
    rf_free(t.group);
    rf_free(t.order);
    rf_free(t.ascending);
    return rc;
}

int rf_mlp_measure(const struct rf_mlp *m, const struct rf_mlp_data *d, enum rf_mlp_loss loss, struct rf_mlp_sums *sum,
                   struct rf_err *err)
{
    const struct rf_mlp_recipe o = { .loss = loss, .batch = RF_BLOCK_ROWS };
    struct trainer t = { .valid = d, .o = &o };
    struct group g = { 0 };
    int rc = group_init(&g, m, 0, m->heads, o.batch, err);
    if (!rc && !(rc = RF_NEW(t.ascending, d->n, err))) {
        ascend(t.ascending, d->n);
        rc = validate_group(&t, &g, err);
        memcpy(sum, g.over, m->heads * sizeof *sum);
    }
    group_release(&g);
    rf_free(t.ascending);
    return rc;
}
