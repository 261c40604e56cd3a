/* fit sw: RouteLLM's similarity-weighted ranking: the votes themselves are the router, and a Bradley-Terry model of ten
 * tiers is fitted for every prompt with the votes on similar prompts weighing more. Refuses: a strong or weak model
 * without a finite rating, both in one tier. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/half.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/names.h"
#include "core/stats.h"
#include "train/bt.h"
#include "train/kind.h"
#include "train/sw.h"

/* RouteLLM's own pair. */
#define STRONG "gpt-4-1106-preview"
#define WEAK   "mixtral-8x7b-instruct-v0.1"

enum { COMPAT, CLEAN };
enum { F32, F16, I8 };

struct sw_options {
    struct rf_fit_options fit; /* first */
    const char *strong, *weak;
    int rule, store;
};

static const struct rf_opt options[] = {
    RF_OPT(struct sw_options, strong, "strong", 's', RF_OPT_TEXT, "MODEL", NULL, NULL, 0, 0,
           "The strong model of the pair that the file routes between; without it " STRONG "."),
    RF_OPT(struct sw_options, weak, "weak", 'w', RF_OPT_TEXT, "MODEL", NULL, NULL, 0, 0,
           "The weak model; without it " WEAK "."),
    RF_OPT(struct sw_options, rule, "rule", 0, RF_OPT_CHOICE, "RULE", "clean", "compat|clean", 0, 0,
           "What a vote between models of one tier says: what RouteLLM's code makes of it, or nothing."),
    RF_OPT(struct sw_options, store, "store", 0, RF_OPT_CHOICE, "TYPE", "f32", "f32|f16|i8", 0, 0,
           "How the file holds the vectors; f16 halves it and moves win rates in the fourth digit, i8 quarters it and "
           "moves them in the third."),
    RF_OPT_END,
};

struct run {
    struct rf_fit *f;
    const struct sw_options *o;
    double *win, *rating; /* [models][models], [models] */
    int *tier;            /* [models] -1: not rated */
    float *x;             /* [rows][dim] vectors of the prompts that training votes name, as saved */
    uint32_t *place;      /* [votes->rows] 1 + row of x; 0: none */
    size_t rows;
    struct rf_sw_vote *vote; /* [n] */
    size_t n;
    struct rf_sw_index *index; /* of all that */
    size_t strong, weak;       /* models */
};

static int find_model(const struct run *r, const char *option, const char *name, size_t *at, struct rf_err *err)
{
    const struct rf_votes *const v = r->f->votes;
    for (*at = 0; *at < v->models && strcmp(v->model[*at], name) != 0;)
        ++*at;
    if (*at == v->models)
        return rf_unknown("model of the votes", name, (const char *const *)v->model, v->models,
                          "`routefit ls models` lists them", err);
    return r->tier[*at] >= 0 ? 0
                             : rf_fail(err, RF_BAD_INPUT, "%s: the votes give \"%s\" no finite rating", option, name);
}

static int find_tiers(struct run *r, struct rf_err *err)
{
    const struct rf_votes *const v = r->f->votes;
    size_t rated, cells;
    int rc;
    if (!rf_mul(v->models, v->models, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu models", v->models);
    if ((rc = RF_NEW(r->win, cells, err)) || (rc = RF_NEW(r->rating, v->models, err)) ||
        (rc = RF_NEW(r->tier, v->models, err)))
        return rc;
    rf_bt_count(v, r->win);
    if ((rc = rf_bt_fit(v->models, r->win, r->rating, &rated, err)))
        return rc;
    if (!rated)
        return rf_fail(err, RF_BAD_INPUT, "no two models beat each other by any chain of votes: there are no tiers");
    if ((rc = rf_bt_tiers(v->models, r->rating, RF_SW_TIERS, r->tier, err)) ||
        (rc = find_model(r, "--strong", r->o->strong ? r->o->strong : STRONG, &r->strong, err)) ||
        (rc = find_model(r, "--weak", r->o->weak ? r->o->weak : WEAK, &r->weak, err)))
        return rc;
    return r->tier[r->strong] != r->tier[r->weak]
               ? 0
               : rf_fail(err, RF_USAGE, "--strong %s and --weak %s are both in tier %d, expected two tiers",
                         v->model[r->strong], v->model[r->weak], r->tier[r->strong]);
}

static bool usable(const struct run *r, const struct rf_battle *b)
{
    return r->tier[b->a] >= 0 && r->tier[b->b] >= 0;
}

/* A vector as the file will hold it. Only its direction counts, so that a row of whole numbers needs no scale. */
static void copy_vector(const struct run *r, const float *from, float *to)
{
    const size_t dim = r->f->votes->dim;
    float most = 0;
    for (size_t i = 0; i < dim; i++)
        most = fmaxf(most, fabsf(from[i]));
    for (size_t i = 0; i < dim; i++)
        to[i] = r->o->store == F16  ? rf_half_to_float(rf_half_from_float(from[i]))
                : r->o->store == I8 ? rintf(from[i] / most * 127)
                                    : from[i];
}

static int gather(struct run *r, struct rf_err *err)
{
    const struct rf_votes *const v = r->f->votes;
    size_t cells;
    int rc;
    if (!rf_mul(v->rows, v->dim, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu vectors of %zu", v->rows, v->dim);
    if ((rc = RF_NEW(r->x, cells, err)) || (rc = RF_NEW(r->place, v->rows, err)) || (rc = RF_NEW(r->vote, v->n, err)))
        return rc;
    for (size_t i = 0; i < v->n; i++) {
        const struct rf_battle *const b = &v->battle[i];
        if (!usable(r, b)) {
            r->f->left_out[RF_OUT_UNRATED]++;
            continue;
        }
        if (b->valid) {
            r->f->used_valid++;
            continue;
        }
        if (!r->place[b->row]) {
            copy_vector(r, v->x + b->row * v->dim, r->x + r->rows * v->dim);
            r->place[b->row] = (uint32_t)++r->rows;
        }
        r->vote[r->n++] = (struct rf_sw_vote){ .row = r->place[b->row] - 1,
                                               .a = (uint8_t)r->tier[b->a],
                                               .b = (uint8_t)r->tier[b->b],
                                               .share = b->winner == RF_WINS_A   ? 1
                                                        : b->winner == RF_WINS_B ? 0
                                                                                 : 0.5F,
                                               .weight = b->weight };
    }
    r->f->used_train = r->n;
    if (!r->n)
        return rf_votes_none_left(v->read, r->f->left_out, err);
    const struct rf_sw s = { r->x, r->rows, v->dim, r->vote, r->n, r->o->rule == COMPAT };
    return rf_sw_index_new(&r->index, &s, err);
}

/* Loss and accuracy over the decisive votes of one side between tiers; NaN where there are none. */
static int evaluate(const struct run *r, bool valid, double *loss, double *accuracy, struct rf_err *err)
{
    enum { MOST = 2000 }; /* votes looked at: a prompt costs a pass over all */
    const struct rf_votes *const v = r->f->votes;
    const struct rf_battle **pick = NULL;
    double *theta = NULL, sum = 0, right = 0, weight = 0;
    float *q = NULL;
    size_t n = 0;
    int rc;
    *loss = *accuracy = NAN;
    if ((rc = RF_NEW(pick, MOST, err)))
        return rc;
    for (size_t i = 0; i < v->n && n < MOST; i++) {
        const struct rf_battle *const b = &v->battle[i];
        if (b->valid == valid && usable(r, b) && r->tier[b->a] != r->tier[b->b] && b->winner < RF_TIE)
            pick[n++] = b;
    }
    if (!n || (rc = RF_NEW(theta, n * RF_SW_TIERS, err)) || (rc = RF_NEW(q, n * v->dim, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        memcpy(q + i * v->dim, v->x + pick[i]->row * v->dim, v->dim * sizeof *q);
    if ((rc = rf_sw_strengths(r->index, RF_SW_BATCH, q, n, r->f->threads, theta, err)))
        goto out;
    for (size_t i = 0; i < n; i++) {
        const double *const t = theta + i * RF_SW_TIERS, w = (double)pick[i]->weight;
        const double d = t[r->tier[pick[i]->a]] - t[r->tier[pick[i]->b]], m = pick[i]->winner == RF_WINS_A ? d : -d;
        sum += w * rf_softplus(-m);
        right += w * (m > 0 ? 1 : m < 0 ? 0 : 0.5);
        weight += w;
    }
    *loss = sum / weight;
    *accuracy = right / weight;
out:
    rf_free(pick);
    rf_free(theta);
    rf_free(q);
    return rc;
}

/* ---- the file ---- */

static int add_vectors(struct rf_model *m, const struct run *r, struct rf_err *err)
{
    static const struct {
        enum rf_dtype type;
        size_t size;
    } as[] = { [F32] = { RF_F32, 4 }, [F16] = { RF_F16, 2 }, [I8] = { RF_I8, 1 } };
    const size_t shape[2] = { r->rows, r->f->votes->dim }, cells = shape[0] * shape[1];
    void *const data = rf_calloc(cells, as[r->o->store].size, err);
    float *const floats = data;
    uint16_t *const halves = data;
    int8_t *const whole = data;
    for (size_t i = 0; data && i < cells; i++)
        if (r->o->store == F16)
            halves[i] = rf_half_from_float(r->x[i]);
        else if (r->o->store == I8)
            whole[i] = (int8_t)r->x[i];
        else
            floats[i] = r->x[i];
    return rf_model_tensor(m, "vectors", as[r->o->store].type, 2, shape, data, err);
}

/* The votes as columns: row (whole numbers below 2^24), tiers, share (2: a wins, 1: tie), weight. */
static int add_votes(struct rf_model *m, const struct run *r, struct rf_err *err)
{
    float *const row = rf_calloc(r->n, sizeof *row, err), *const weight = rf_calloc(r->n, sizeof *weight, err);
    int8_t *const a = rf_calloc(r->n, 1, err), *const b = rf_calloc(r->n, 1, err),
                  *const share = rf_calloc(r->n, 1, err);
    const bool room = row && weight && a && b && share;
    for (size_t i = 0; room && i < r->n; i++) {
        row[i] = (float)r->vote[i].row;
        weight[i] = r->vote[i].weight;
        a[i] = (int8_t)r->vote[i].a;
        b[i] = (int8_t)r->vote[i].b;
        share[i] = (int8_t)(2 * r->vote[i].share);
    }
    /* each call owns its array, also after a failure */
    const int rc[] = { rf_model_tensor(m, "vote_row", RF_F32, 1, &r->n, row, err),
                       rf_model_tensor(m, "vote_weight", RF_F32, 1, &r->n, weight, err),
                       rf_model_tensor(m, "vote_a", RF_I8, 1, &r->n, a, err),
                       rf_model_tensor(m, "vote_b", RF_I8, 1, &r->n, b, err),
                       rf_model_tensor(m, "vote_share", RF_I8, 1, &r->n, share, err) };
    for (size_t i = 0; i < sizeof rc / sizeof *rc; i++)
        if (rc[i])
            return rc[i];
    return 0;
}

/* "routefit.models" and "tier": the rated models, so that another pair can be picked. */
static int add_models(struct rf_model *m, const struct run *r, struct rf_err *err)
{
    const struct rf_votes *const v = r->f->votes;
    int8_t *tier = rf_calloc(v->models, 1, err);
    struct rf_buf list = { 0 };
    size_t n = 0;
    int rc = tier ? 0 : RF_FAIL;
    for (size_t i = 0; i < v->models && !rc; i++) {
        if (r->tier[i] < 0)
            continue;
        tier[n] = (int8_t)r->tier[i];
        if (!(rc = rf_buf_add(&list, n++ ? "," : "[", 1, err)))
            rc = rf_json_add_string(&list, (struct rf_str){ v->model[i], strlen(v->model[i]) }, err);
    }
    if (!rc)
        rc = rf_model_meta(m, err, "routefit.models", "%s]", list.data);
    rf_buf_release(&list);
    if (rc) {
        rf_free(tier);
        return rc;
    }
    return rf_model_tensor(m, "tier", RF_I8, 1, &n, tier, err);
}

static int fill_checks(struct rf_model *m, const struct run *r, struct rf_err *err)
{
    const struct rf_votes *const v = r->f->votes;
    double theta[RF_MODEL_CHECKS * RF_SW_TIERS];
    float *q = NULL;
    int rc = RF_NEW(q, RF_MODEL_CHECKS * v->dim, err);
    for (size_t i = 0; i < RF_MODEL_CHECKS && !rc; i++)
        memcpy(q + i * v->dim, v->x + rf_model_check_row(v->rows, i) * v->dim, v->dim * sizeof *q);
    if (!rc)
        rc = rf_sw_strengths(r->index, RF_SW_EXACT, q, RF_MODEL_CHECKS, r->f->threads, theta, err);
    for (size_t i = 0; i < RF_MODEL_CHECKS && !rc; i++)
        m->check[i] =
            theta[i * RF_SW_TIERS + (size_t)r->tier[r->strong]] - theta[i * RF_SW_TIERS + (size_t)r->tier[r->weak]];
    rf_free(q);
    return rc;
}

static int fit(struct rf_fit *f, const void *opts, struct rf_model *m, struct rf_err *err)
{
    struct run r = { .f = f, .o = opts };
    const struct rf_votes *const v = f->votes;
    double ignored;
    int rc;
    if ((rc = find_tiers(&r, err)) || (rc = gather(&r, err)) ||
        (rc = evaluate(&r, false, &m->train_loss, &ignored, err)))
        goto out;
    if (isnan(m->train_loss)) {
        rc = rf_fail(err, RF_BAD_INPUT,
                     "none of the %zu votes has a winner and models of two tiers: there is nothing to learn", r.n);
        goto out;
    }
    if ((rc = evaluate(&r, true, &m->valid_loss, &m->valid_accuracy, err)) ||
        (rc = rf_fit_epoch(f, m->train_loss, m->valid_loss, m->valid_accuracy, err)) ||
        (rc = fill_checks(m, &r, err)) || (rc = add_vectors(m, &r, err)) || (rc = add_votes(m, &r, err)) ||
        (rc = add_models(m, &r, err)) ||
        (rc = rf_model_meta(m, err, "routefit.rule", "%s", r.o->rule == COMPAT ? "compat" : "clean")) ||
        (rc = rf_model_meta(m, err, "routefit.strong", "%s", v->model[r.strong])) ||
        (rc = rf_model_meta(m, err, "routefit.weak", "%s", v->model[r.weak])))
        goto out;
    rc = rf_fit_note(f, err, "%zu prompts; %s is in tier %d, %s in tier %d", r.rows, v->model[r.strong],
                     r.tier[r.strong], v->model[r.weak], r.tier[r.weak]);
out:
    rf_free(r.win);
    rf_free(r.rating);
    rf_free(r.tier);
    rf_free(r.x);
    rf_free(r.place);
    rf_free(r.vote);
    rf_sw_index_free(r.index);
    return rc;
}

const struct rf_kind rf_kind_sw = {
    .cmd = { .name = "sw",
             .summary = "similarity-weighted ranking: a Bradley-Terry model for every prompt",
             .args = "",
             .about = "Keeps the votes with their prompts' vectors. For a prompt, every vote weighs by the\n"
                      "cosine of its prompt, and ten tiers of models are ranked anew; the win rate is\n"
                      "that of the strong model's tier against the weak one's (RouteLLM). The training\n"
                      "loss counts each vote in its own prediction.",
             .examples = "routefit fit sw -o sw.safetensors\n"
                         "routefit fit sw -o compat.safetensors --rule compat --valid 0 --store f16\n",
             .opts = { rf_fit_table, options },
             .opts_size = sizeof(struct sw_options),
             .max_args = -1,
             .need = RF_NEED_WRITE,
             .run = rf_fit_command },
    .from = RF_FROM_VOTES,
    .fit = fit,
};
