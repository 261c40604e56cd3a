/* fit mlp: networks of rectified linear units on the prompt's vector, trained as scikit-learn does. From results of
 * benchmarks one for each model's score (RouterBench, routers/mlp_router.py: MLPRegressor), costs as fit linear; from
 * votes one for the pair, whose output is the logit of strong over weak (MLPClassifier). With validation examples each
 * network keeps its best epoch and stops when it gets no better, which scikit-learn does with early_stopping alone;
 * without, its rule on the training loss holds. Refuses: a loss that is not finite. */
#include <math.h>

#include "core/json.h"
#include "core/mem.h"
#include "train/kind.h"
#include "train/mlp.h"
#include "core/numbers.h"
#include "train/planes.h"
#include "train/sides.h"

enum { START_MEAN, START_GLOROT }; /* --start */

struct mlp_options {
    struct rf_fit_options fit; /* first */
    struct rf_list hidden, strong, weak, cost_l2;
    double l2, lr;
    int64_t batch, epochs, patience;
    int ties, cost, start;
};

static const struct rf_opt options[] = {
    RF_SIDES_ROWS(struct mlp_options, NULL, "without it " RF_SIDES_STRONG ", and none beside --bench", NULL,
                  "; without it " RF_SIDES_WEAK ", and none beside --bench", "drop"),
    RF_OPT(struct mlp_options, hidden, "hidden", 0, RF_OPT_LIST, "LIST", "100", NULL, 0, 0,
           "Widths of the hidden layers, one to three, as in 100,100."),
    RF_OPT(struct mlp_options, start, "start", 0, RF_OPT_CHOICE, "HOW", "mean", "mean|glorot", 0, 0,
           "Where a network starts: around its mean training score (or the votes' share), or around 0 as "
           "scikit-learn's, from which the first epochs have to find the mean."),
    RF_OPT(struct mlp_options, l2, "l2", 0, RF_OPT_REAL, "X", "1e-4", NULL, 0, 1e6,
           "Penalty on the weights, divided by the examples of a step: scikit-learn's alpha."),
    RF_OPT(struct mlp_options, lr, "lr", 0, RF_OPT_REAL, "X", "1e-3", NULL, 1e-9, 10, "Learning rate of Adam."),
    RF_OPT(struct mlp_options, batch, "batch", 0, RF_OPT_INT, "N", "200", NULL, 1, 65536, "Examples in a step."),
    RF_OPT(struct mlp_options, epochs, "epochs", 0, RF_OPT_INT, "N", "200", NULL, 1, 1e6, "Most epochs."),
    RF_OPT(struct mlp_options, patience, "patience", 0, RF_OPT_INT, "N", "10", NULL, 0, 1e6,
           "A network stops after N epochs without a lower validation loss, and its best epoch is kept; with --valid 0 "
           "when its training loss has not fallen by 1e-4 for more than N epochs; 0: never."),
    RF_COST_OPTIONS(struct mlp_options),
    RF_OPT_END,
};

/* ---- examples ---- */

struct examples {
    uint32_t *row;
    float *y, *weight; /* weight NULL: 1 each */
    size_t n;
};

static void examples_release(struct examples *e)
{
    rf_free(e->row);
    rf_free(e->y);
    rf_free(e->weight);
}

static struct rf_mlp_data data_of(const struct examples *e, const float *x, size_t heads)
{
    return (struct rf_mlp_data){ .x = x, .row = e->row, .y = e->y, .weight = e->weight, .n = e->n, .heads = heads };
}

/* The questions of one side; scores go from 0 to 1 over the range of the training scores, so that the learning rate and
 * the penalty mean the same on every scale. */
static int take_scores(struct examples *e, const struct rf_scored *s, bool valid, struct rf_err *err)
{
    const size_t models = s->r.models;
    int rc;
    if ((rc = RF_NEW(e->row, s->r.n, err)) || (rc = RF_NEW(e->y, s->r.n * models, err)))
        return rc;
    for (size_t i = 0; i < s->r.n; i++) {
        if (s->valid[i] != valid)
            continue;
        for (size_t m = 0; m < models; m++)
            e->y[e->n * models + m] =
                (float)((s->r.score[i * models + m] - s->lowest) / (s->highest - s->lowest)); /* NaN stays */
        e->row[e->n++] = (uint32_t)s->row[i];
    }
    return 0;
}

static int take_votes(struct examples *e, const struct rf_example *v, size_t n, struct rf_err *err)
{
    int rc;
    if ((rc = RF_NEW(e->row, n, err)) || (rc = RF_NEW(e->y, n, err)) || (rc = RF_NEW(e->weight, n, err)))
        return rc;
    for (size_t i = 0; i < n; i++) {
        e->row[i] = v[i].row;
        e->y[i] = v[i].y > 0 ? 1 : 0;
        e->weight[i] = v[i].weight;
    }
    e->n = n;
    return 0;
}

/* ---- training ---- */

struct run {
    struct rf_fit *f;
    const struct mlp_options *o;
    size_t hidden[RF_MLP_HIDDEN];
    double *cost_l2; /* [o->cost_l2.n] */
    const float *x;
    const char *const *name; /* [m.heads] or NULL */
    enum rf_mlp_loss loss;
    double scale; /* from losses of the networks to those that are told */
    struct rf_mlp m;
    struct rf_mlp_head *head; /* [m.heads] */
    struct examples train, valid;
};

/* The lists among the options, also those that this fit has no use for. */
static int read_lists(struct run *r, struct rf_err *err)
{
    const struct rf_list *const hidden = &r->o->hidden;
    double *width = NULL;
    int rc = rf_list_reals(&r->o->cost_l2, "--cost-l2", 1e-12, 1e12, &r->cost_l2, err);
    if (!rc && hidden->n > RF_MLP_HIDDEN)
        rc = rf_fail(err, RF_USAGE, "--hidden: found %zu widths, expected at most %d", hidden->n, RF_MLP_HIDDEN);
    if (!rc)
        rc = rf_list_reals(hidden, "--hidden", 1, RF_MLP_WIDEST, &width, err);
    for (size_t l = 0; l < hidden->n && !rc; l++) {
        r->hidden[l] = (size_t)width[l];
        if (width[l] > floor(width[l]))
            rc = rf_fail(err, RF_USAGE, "--hidden %s: expected whole numbers", hidden->v[l]);
    }
    rf_free(width);
    return rc;
}

/* Mean over the heads that have one. */
static double mean_of(const struct run *r, double (*of)(const struct rf_mlp_head *head))
{
    double sum = 0;
    size_t n = 0;
    for (size_t h = 0; h < r->m.heads; h++) {
        const double v = of(&r->head[h]);
        if (isnan(v))
            continue;
        sum += v;
        n++;
    }
    return n ? sum / (double)n : (double)NAN;
}

static double train_of(const struct rf_mlp_head *head)
{
    return head->train;
}

static double valid_of(const struct rf_mlp_head *head)
{
    return head->valid;
}

static double right_of(const struct rf_mlp_head *head)
{
    return head->right;
}

/* The log has the losses of the epochs kept so far. */
static int observe(void *ctx, struct rf_err *err)
{
    const struct run *const r = ctx;
    return rf_fit_epoch(r->f, r->scale * mean_of(r, train_of), r->scale * mean_of(r, valid_of), mean_of(r, right_of),
                        err);
}

static int note_epochs(struct run *r, struct rf_err *err)
{
    size_t least = SIZE_MAX, most = 0, run = 0;
    for (size_t h = 0; h < r->m.heads; h++) {
        least = r->head[h].best < least ? r->head[h].best : least;
        most = r->head[h].best > most ? r->head[h].best : most;
        run = r->head[h].epochs > run ? r->head[h].epochs : run;
    }
    return least == most ? rf_fit_note(r->f, err, "epoch %zu of %zu kept", most, run)
                         : rf_fit_note(r->f, err, "epochs %zu to %zu of %zu kept", least, most, run);
}

/* Every network starts around the mean of its training targets. */
static void start_at_means(struct run *r)
{
    const size_t heads = r->m.heads;
    for (size_t h = 0; h < heads; h++) {
        double sum = 0, all = 0;
        for (size_t i = 0; i < r->train.n; i++) {
            const double y = (double)r->train.y[i * heads + h], w = r->train.weight ? (double)r->train.weight[i] : 1;
            if (isnan(y))
                continue;
            sum += w * y;
            all += w;
        }
        if (r->loss == RF_MLP_SQUARED)
            r->m.b[r->m.layers - 1][h] = (float)(sum / all);
        else if (sum > 0 && sum < all) /* one side alone has no finite logit */
            r->m.b[r->m.layers - 1][h] = (float)log(sum / (all - sum));
    }
}

static int train(struct run *r, size_t heads, size_t dim, struct rf_err *err)
{
    const struct mlp_options *const o = r->o;
    const struct rf_mlp_data t = data_of(&r->train, r->x, heads), v = data_of(&r->valid, r->x, heads);
    const struct rf_mlp_recipe recipe = { .loss = r->loss,
                                          .adam = { o->lr, 0.9, 0.999, 1e-8, 0 },
                                          .l2 = o->l2,
                                          .batch = (size_t)o->batch < t.n ? (size_t)o->batch : t.n,
                                          .epochs = (size_t)o->epochs,
                                          .patience = (size_t)o->patience,
                                          .seed = r->f->seed,
                                          .threads = r->f->threads };
    int rc;
    if ((rc = RF_NEW(r->head, heads, err)) || (rc = rf_mlp_init(&r->m, heads, dim, r->hidden, o->hidden.n, err)))
        return rc;
    rf_mlp_start(&r->m, r->f->seed);
    if (o->start == START_MEAN)
        start_at_means(r);
    rc = rf_mlp_fit(&r->m, &t, &v, &recipe, r->name, observe, r, r->head, &r->f->interrupted, err);
    return rc ? rc : note_epochs(r, err);
}

/* ---- the file ---- */

/* Hands a parameter over: the model owns it from now on. */
static int give(struct rf_model *m, const char *name, size_t rank, const size_t *shape, float **data,
                struct rf_err *err)
{
    float *const owned = *data;
    *data = NULL;
    return rf_model_tensor(m, name, RF_F32, rank, shape, owned, err);
}

static int add_layers(struct run *r, struct rf_model *m, struct rf_err *err)
{
    static const char *const name[RF_MLP_HIDDEN][2] = { { "hidden.0.weight", "hidden.0.bias" },
                                                        { "hidden.1.weight", "hidden.1.bias" },
                                                        { "hidden.2.weight", "hidden.2.bias" } };
    const size_t last = r->m.layers - 1;
    int rc = 0;
    for (size_t l = 0; l < last && !rc; l++) {
        const size_t shape[] = { r->m.heads, r->m.width[l + 1], r->m.width[l] };
        if (!(rc = give(m, name[l][0], 3, shape, &r->m.w[l], err)))
            rc = give(m, name[l][1], 2, shape, &r->m.b[l], err);
    }
    const size_t shape[] = { r->m.heads, r->m.width[last] };
    if (rc || (rc = give(m, "output.weight", 2, shape, &r->m.w[last], err)))
        return rc;
    return give(m, "output.bias", 1, shape, &r->m.b[last], err);
}

static int describe(const struct run *r, struct rf_model *m, struct rf_err *err)
{
    char l2[32], lr[32];
    rf_real_text(r->o->l2, l2);
    rf_real_text(r->o->lr, lr);
    const int rc = rf_model_meta(m, err, "routefit.l2", "%s", l2);
    return rc ? rc : rf_model_meta(m, err, "routefit.lr", "%s", lr);
}

/* The networks' outputs from 0..1 back to the scale of the scores. */
static void unscale(struct rf_mlp *m, double lowest, double range)
{
    const size_t last = m->layers - 1;
    for (size_t i = 0; i < m->heads * m->width[last]; i++)
        m->w[last][i] = (float)((double)m->w[last][i] * range);
    for (size_t h = 0; h < m->heads; h++)
        m->b[last][h] = (float)((double)m->b[last][h] * range + lowest);
}

/* ---- from results ---- */

static int fit_scores(struct run *r, struct rf_model *m, struct rf_err *err)
{
    const struct rf_scored *const s = r->f->scored;
    const double range = s->highest - s->lowest;
    struct rf_planes p = { 0 };
    int rc;
    if (r->o->strong.n || r->o->weak.n)
        return rf_fail(err, RF_USAGE, "--strong and --weak are for votes: with --bench every model has a network");
    r->x = s->in.x;
    r->name = (const char *const *)s->r.model;
    r->loss = RF_MLP_SQUARED;
    r->scale = 2 * range * range; /* the networks' loss is half the square */
    /* the costs first: what they refuse should not cost a training */
    if ((rc = rf_planes_init(&p, r->f, err)) ||
        (rc = rf_planes_costs(&p, (enum rf_cost_rule)r->o->cost, "cost-l2", r->cost_l2, r->o->cost_l2.n, m, err)) ||
        (rc = take_scores(&r->train, s, false, err)) || (rc = take_scores(&r->valid, s, true, err)) ||
        (rc = train(r, s->r.models, s->in.dim, err)))
        goto out;
    unscale(&r->m, s->lowest, range);
    for (size_t i = 0; i < RF_MODEL_CHECKS; i++)
        rf_mlp_predict(&r->m, rf_scored_x(s, rf_model_check_row(s->r.n, i)), m->predicted + i * 2 * s->r.models);
    rc = add_layers(r, m, err);
out:
    rf_planes_release(&p);
    return rc;
}

/* ---- from votes ---- */

/* Of the network kept, over the training votes. */
static int measure(const struct run *r, struct rf_mlp_sums *sum, struct rf_err *err)
{
    const struct rf_mlp_data d = data_of(&r->train, r->x, 1);
    return rf_mlp_measure(&r->m, &d, r->loss, sum, err);
}

static int fit_votes(struct run *r, struct rf_model *m, struct rf_err *err)
{
    static const char *tiers[] = { RF_SIDES_STRONG, RF_SIDES_WEAK };
    const struct rf_votes *const v = r->f->votes;
    const struct rf_list strong = r->o->strong.n ? r->o->strong : (struct rf_list){ tiers, 1 };
    const struct rf_list weak = r->o->weak.n ? r->o->weak : (struct rf_list){ tiers + 1, 1 };
    struct rf_sides sides = { 0 };
    struct rf_mlp_sums sum;
    int rc;
    r->x = v->x;
    r->loss = RF_MLP_LOGISTIC;
    r->scale = 1;
    if ((rc = rf_sides_pick(&sides, r->f, &strong, &weak, (enum rf_ties)r->o->ties, err)) ||
        (rc = take_votes(&r->train, sides.train, sides.trains, err)) ||
        (rc = take_votes(&r->valid, sides.valid, sides.valids, err)) || (rc = train(r, 1, v->dim, err)) ||
        (rc = measure(r, &sum, err)) ||
        (rc = rf_sides_describe(&sides, v, &strong, &weak, (enum rf_ties)r->o->ties, m, err)))
        goto out;
    m->train_loss = sum.loss / sum.weight;
    m->valid_loss = r->head->valid;
    m->valid_accuracy = r->head->right;
    for (size_t i = 0; i < RF_MODEL_CHECKS; i++)
        rf_mlp_predict(&r->m, v->x + rf_model_check_row(v->rows, i) * v->dim, &m->check[i]);
    rc = add_layers(r, m, err);
out:
    rf_sides_release(&sides);
    return rc;
}

static int fit(struct rf_fit *f, const void *opts, struct rf_model *m, struct rf_err *err)
{
    struct run r = { .f = f, .o = opts };
    int rc = read_lists(&r, err);
    if (!rc && !(rc = describe(&r, m, err)))
        rc = f->scored ? fit_scores(&r, m, err) : fit_votes(&r, m, err);
    rf_mlp_release(&r.m);
    rf_free(r.head);
    rf_free(r.cost_l2);
    examples_release(&r.train);
    examples_release(&r.valid);
    return rc;
}

const struct rf_kind rf_kind_mlp = {
    .cmd = { .name = "mlp",
             .summary = "train networks of rectified linear units on results or on votes",
             .args = "",
             .about = "With --bench: a network for every model predicts its score from the prompt's\n"
                      "vector, as RouterBench's MLP router, all of them trained side by side; costs are\n"
                      "fitted as by fit linear. Without: one network learns P(strong model wins) from\n"
                      "votes, as fit logistic does with a linear function. Steps and penalty are scikit-learn's;\n"
                      "each network keeps its epoch of least validation loss. RouterBench's own recipe\n"
                      "is --start glorot --valid 0 --cost mean.",
             .examples = "routefit fit mlp --bench arc-challenge -o mlp.safetensors\n"
                         "routefit fit mlp --bench mmlu --tune l2=1e-4,1 lr=1e-3,3e-3 -o mmlu.safetensors\n"
                         "routefit fit mlp --votes human --strong 'gpt-4*' --weak mixtral-8x7b-instruct-v0.1 -o "
                         "pair.safetensors\n",
             .opts = { rf_fit_either_table, options },
             .opts_size = sizeof(struct mlp_options),
             .max_args = -1,
             .need = RF_NEED_WRITE,
             .run = rf_fit_command },
    .from = RF_FROM_EITHER,
    .fit = fit,
};
