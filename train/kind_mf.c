/* fit mf: RouteLLM's matrix factorisation router, by the convex solver or by RouteLLM's recipe, saved under the names
 * and in the shapes that its server loads. Refuses: a pair of models that does not occur, numbers out of range, several
 * noise levels or ridges without validation votes, a fit that is no better than a coin everywhere. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "train/kind.h"
#include "train/mf_fit.h"
#include "train/mf_votes.h"
#include "core/numbers.h"

enum { CONVEX, ADAM }; /* --solver */

/* RouteLLM's own pair, taken where nothing else is asked for. */
#define STRONG "gpt-4-1106-preview"
#define WEAK   "mixtral-8x7b-instruct-v0.1"

struct mf_options {
    struct rf_fit_options fit; /* first: rf_fit_table writes here */
    const char *strong, *weak;
    struct rf_list alpha, ridge;
    int64_t dim, rank, max_steps, epochs, batch, patience;
    double lr, decay;
    int solver, ties;
    bool bias;
};

static const struct rf_opt options[] = {
    RF_OPT(struct mf_options, solver, "solver", 0, RF_OPT_CHOICE, "NAME", "convex", "convex|adam", 0, 0,
           "convex: L-BFGS on the scores of all models at once; adam: RouteLLM's recipe, step by step."),
    RF_OPT(struct mf_options, strong, "strong", 's', RF_OPT_TEXT, "MODEL", NULL, NULL, 0, 0,
           "The strong model of the pair that the file routes between; without it " STRONG "."),
    RF_OPT(struct mf_options, weak, "weak", 'w', RF_OPT_TEXT, "MODEL", NULL, NULL, 0, 0,
           "The weak model; without it " WEAK "."),
    RF_OPT(struct mf_options, dim, "dim", 'k', RF_OPT_INT, "N", "128", NULL, 1, 65536,
           "Width of the model vectors; with more models than that the scores are held to rank N - 1."),
    RF_OPT(struct mf_options, rank, "rank", 0, RF_OPT_INT, "N", "0", NULL, 0, 65535,
           "convex: hold the scores to this rank, below --dim; 0: free."),
    RF_OPT(
        struct mf_options, alpha, "alpha", 0, RF_OPT_LIST, "LIST", NULL, NULL, 0, 0,
        "Noise on the vectors in training, standard deviation per coordinate. adam: one number, without it "
        "RouteLLM's 0.1. convex: in units of the vectors' root mean square length, without it 0,0.1,0.3,1; of several "
        "the one with the least validation loss is kept."),
    RF_OPT(
        struct mf_options, ridge, "ridge", 0, RF_OPT_LIST, "LIST", "1e-1,1e-2,1e-3,1e-4,1e-5", NULL, 0, 0,
        "convex: penalty on the scores, in units of the vectors' mean squared length; chosen together with --alpha."),
    RF_OPT(struct mf_options, bias, "bias", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "A bias on the projected vector, as in RouteLLM's paper; its server does not load such a file."),
    RF_OPT(struct mf_options, ties, "ties", 't', RF_OPT_CHOICE, "RULE", "drop", RF_MF_RULES, 0, 0,
           "adam: what a tie says: nothing; an outcome of its own by Davidson or by P2L's grounded Rao-Kupper, where "
           "\"both bad\" is a fourth; or (for --votes results:BENCH) that each answer is right or wrong by itself."),
    RF_OPT(struct mf_options, patience, "patience", 0, RF_OPT_INT, "N", "10", NULL, 0, 1e6,
           "Stop after N epochs or steps without a lower validation loss; the best is kept; 0: never."),
    RF_OPT(struct mf_options, max_steps, "max-steps", 0, RF_OPT_INT, "N", "300", NULL, 1, 1e6,
           "convex: most steps for one noise level and ridge."),
    RF_OPT(struct mf_options, epochs, "epochs", 0, RF_OPT_INT, "N", "100", NULL, 1, 1e6, "adam: most epochs."),
    RF_OPT(struct mf_options, batch, "batch", 0, RF_OPT_INT, "N", "64", NULL, 1, 65536, "adam: votes in a step."),
    RF_OPT(struct mf_options, lr, "lr", 0, RF_OPT_REAL, "X", "3e-4", NULL, 1e-9, 10, "adam: learning rate."),
    RF_OPT(struct mf_options, decay, "decay", 0, RF_OPT_REAL, "X", "1e-5", NULL, 0, 10,
           "adam: weight decay, added to the gradient."),
    RF_OPT_END,
};

/* A fit under way. */
struct run {
    struct rf_fit *f;
    const struct mf_options *o;
    struct rf_mf_votes votes;
    float *x; /* [rows][dim]: with --bias a 1 behind every vector; owned then */
    size_t dim;
    struct rf_mf_model m;
    size_t strong, weak;   /* rows of P */
    size_t rank;           /* 0: free */
    double *alpha, *ridge; /* [alphas], [ridges] */
    size_t alphas, ridges;
    struct rf_mf_report report;
    struct rf_mf_points points; /* convex */
};

/* ---- options ---- */

static int read_grid(struct run *r, struct rf_err *err)
{
    static const char *convex[] = { "0", "0.1", "0.3", "1" }, *adam[] = { "0.1" };
    const bool recipe = r->o->solver == ADAM;
    const struct rf_list standard = recipe ? (struct rf_list){ adam, 1 } : (struct rf_list){ convex, 4 };
    const struct rf_list *const alpha = r->o->alpha.n ? &r->o->alpha : &standard;
    int rc;
    if ((rc = rf_list_reals(alpha, "--alpha", 0, 100, &r->alpha, err)) ||
        (rc = rf_list_reals(&r->o->ridge, "--ridge", 0, 1e6, &r->ridge, err)))
        return rc;
    r->alphas = alpha->n;
    r->ridges = r->o->ridge.n;
    if (recipe && r->alphas > 1)
        return rf_fail(err, RF_USAGE, "--alpha: %zu noise levels, and --solver adam takes one", r->alphas);
    if (recipe && r->o->rank)
        return rf_fail(err, RF_USAGE, "--rank is an option of --solver convex: with adam the rank is at most --dim");
    if (!recipe && r->o->ties)
        return rf_fail(err, RF_USAGE,
                       "--ties is an option of --solver adam: the convex solver takes votes with a winner");
    if (r->o->rank >= r->o->dim)
        return rf_fail(err, RF_USAGE, "--rank %lld: expected less than --dim %lld", (long long)r->o->rank,
                       (long long)r->o->dim);
    return 0;
}

/* The rows of --strong and --weak, or of RouteLLM's pair. */
static int pick_pair(struct run *r, struct rf_err *err)
{
    const struct rf_mf_votes *v = &r->votes;
    const char *strong = r->o->strong ? r->o->strong : STRONG, *weak = r->o->weak ? r->o->weak : WEAK;
    int rc = rf_mf_votes_model(v, r->o->strong ? "--strong" : "the default of --strong,", strong, &r->strong, err);
    if (!rc)
        rc = rf_mf_votes_model(v, r->o->weak ? "--weak" : "the default of --weak,", weak, &r->weak, err);
    if (!rc && r->strong == r->weak)
        rc = rf_fail(err, RF_USAGE, "--strong and --weak are both %s, expected two models", strong);
    return rc;
}

/* ---- fitting ---- */

static int watch(void *ctx, const struct rf_mf_epoch *e, struct rf_err *err)
{
    const struct run *r = ctx;
    return rf_fit_epoch(r->f, e->train_loss, e->valid.loss, e->valid.accuracy, err);
}

static int train_model(struct run *r, struct rf_err *err)
{
    const struct mf_options *o = r->o;
    const struct rf_votes *v = r->f->votes;
    const struct rf_mf_data d = { .x = r->x,
                                  .rows = v->rows,
                                  .dim = r->dim,
                                  .constants = o->bias,
                                  .train_outcome = r->votes.train_outcome,
                                  .valid_outcome = r->votes.valid_outcome,
                                  .models = r->votes.models,
                                  .train = r->votes.train,
                                  .valid = r->votes.valid,
                                  .trains = r->votes.trains,
                                  .valids = r->votes.valids,
                                  .threads = r->f->threads };
    const struct rf_mf_watch w = { watch, r };
    if (o->solver == ADAM) {
        const struct rf_mf_recipe recipe = { .rule = (enum rf_mf_rule)o->ties,
                                             .adam = { o->lr, 0.9, 0.999, 1e-8, o->decay },
                                             .alpha = r->alpha[0],
                                             .batch = (size_t)o->batch,
                                             .epochs = (size_t)o->epochs,
                                             .patience = (size_t)o->patience,
                                             .seed = r->f->seed };
        rf_mf_model_start(&r->m, r->f->seed);
        return rf_mf_adam(&r->m, &d, &recipe, &w, &r->report, err);
    }
    const struct rf_mf_convex convex = { .alpha = r->alpha,
                                         .alphas = r->alphas,
                                         .ridge = r->ridge,
                                         .ridges = r->ridges,
                                         .rank = r->rank,
                                         .max_steps = (size_t)o->max_steps,
                                         .patience = (size_t)o->patience,
                                         .seed = r->f->seed };
    return rf_mf_convex(&r->m, &d, &convex, &w, &r->report, &r->points, err);
}

/* The validation losses of the grid: a line for each noise level, a column for each ridge; "-" where Ctrl-C came
 * before. The points stand in the order of the ridges, all noise levels of one behind each other. */
static int note_grid(struct run *r, struct rf_err *err)
{
    const struct rf_mf_points *p = &r->points;
    const struct rf_mf_point *best = &p->v[p->best];
    struct rf_buf line = { 0 };
    int rc = rf_buf_printf(&line, err, "validation loss");
    for (size_t j = 0; j < p->n && !rc; j += r->alphas)
        rc = rf_buf_printf(&line, err, "  ridge %6g", p->v[j].ridge);
    if (!rc)
        rc = rf_fit_note(r->f, err, "%s", line.data);
    for (size_t i = 0; i < r->alphas && !rc; i++) {
        line.len = 0;
        rc = rf_buf_printf(&line, err, "  alpha %-7g", r->alpha[i]);
        for (size_t j = i; j < p->n + i && !rc; j += r->alphas)
            rc = j < p->n ? rf_buf_printf(&line, err, "%14.5f", p->v[j].valid.loss)
                          : rf_buf_printf(&line, err, "%14s", "-");
        if (!rc)
            rc = rf_fit_note(r->f, err, "%s", line.data);
    }
    rf_buf_release(&line);
    return rc ? rc
              : rf_fit_note(r->f, err, "alpha %g, ridge %g kept: accuracy %.3f, %zu steps (%s)", best->alpha,
                            best->ridge, best->valid.accuracy, best->steps, best->end);
}

/* Refuses what is no model, and says how it went. */
static int judge(struct run *r, struct rf_err *err)
{
    const double coin = log(2);
    int rc = 0;
    if (!r->report.best)
        return r->report.interrupted
                   ? rf_fail(err, RF_INTERRUPTED, "stopped by Ctrl-C before the first model was whole")
                   : rf_fail(err, RF_FAIL,
                             "at no --alpha and --ridge does the validation loss fall below that of a coin "
                             "(%.4f): these vectors do not predict these votes",
                             coin);
    if (r->points.n > 1)
        rc = note_grid(r, err);
    if (!rc && r->votes.unseen)
        rc = rf_fit_note(r->f, err, "%zu validation votes are on models without a training vote: not validated with",
                         r->votes.unseen);
    if (!rc && !r->o->ties && r->report.valid.loss >= coin)
        rc = rf_fit_note(r->f, err,
                         "the validation loss %.5f is not below that of a coin, %.5f: do not rely on this router",
                         r->report.valid.loss, coin);
    return rc;
}

/* ---- the file ---- */

static int add_names(struct rf_model *m, const struct rf_mf_votes *v, struct rf_err *err)
{
    struct rf_buf b = { 0 };
    int rc = 0;
    for (size_t i = 0; i < v->models && !rc; i++)
        if (!(rc = rf_buf_printf(&b, err, "%s", i ? "," : "")))
            rc = rf_json_add_string(&b, (struct rf_str){ v->model[i], strlen(v->model[i]) }, err);
    if (!rc)
        rc = rf_model_meta(m, err, "routefit.models", "[%s]", b.data);
    rf_buf_release(&b);
    return rc;
}

/* Hands a parameter over: the model owns it from now on. */
static int give(struct rf_model *m, const char *name, size_t rows, size_t columns, float **data, struct rf_err *err)
{
    float *owned = *data;
    *data = NULL;
    return rf_model_tensor(m, name, RF_F32, 2, (const size_t[]){ rows, columns }, owned, err);
}

/* W and its bias out of the projection of vectors with a 1 behind them. */
static int give_projection(struct run *r, struct rf_model *m, struct rf_err *err)
{
    const size_t k = r->m.k, dim = r->f->votes->dim;
    float *bias = NULL;
    int rc;
    if (!r->o->bias)
        return give(m, "text_proj.0.weight", k, dim, &r->m.w, err);
    if ((rc = RF_NEW(bias, k, err)))
        return rc;
    for (size_t j = 0; j < k; j++) {
        bias[j] = r->m.w[j * r->m.dim + dim];
        memmove(r->m.w + j * dim, r->m.w + j * r->m.dim, dim * sizeof *r->m.w);
    }
    rc = rf_model_tensor(m, "text_proj.0.bias", RF_F32, 1, &k, bias, err);
    return rc ? rc : give(m, "text_proj.0.weight", k, dim, &r->m.w, err);
}

static int fill_model(struct run *r, struct rf_model *m, struct rf_err *err)
{
    static const char *const solver[] = { "convex", "adam" };
    static const char *const rule[] = { "drop", "davidson", "grounded", "correctness" };
    const struct rf_votes *v = r->f->votes;
    const bool convex = r->o->solver == CONVEX;
    char alpha[32], ridge[32];
    int rc;
    rf_real_text(convex ? r->points.v[r->points.best].alpha : r->alpha[0], alpha);
    rf_real_text(convex ? r->points.v[r->points.best].ridge : r->o->decay, ridge);
    for (size_t i = 0; i < RF_MODEL_CHECKS; i++)
        m->check[i] = rf_mf_model_logit(&r->m, r->strong, r->weak, r->x + rf_model_check_row(v->rows, i) * r->dim);
    m->train_loss = r->report.train.loss;
    m->valid_loss = r->report.valid.loss;
    m->valid_accuracy = r->report.valid.accuracy;
    if ((rc = add_names(m, &r->votes, err)) ||
        (rc = rf_model_meta(m, err, "routefit.strong", "%s", r->votes.model[r->strong])) ||
        (rc = rf_model_meta(m, err, "routefit.weak", "%s", r->votes.model[r->weak])) ||
        (rc = rf_model_meta(m, err, "routefit.solver", "%s", solver[r->o->solver])) ||
        (rc = rf_model_meta(m, err, "routefit.alpha", "%s", alpha)) ||
        (rc = rf_model_meta(m, err, convex ? "routefit.ridge" : "routefit.decay", "%s", ridge)) ||
        (rc = rf_model_meta(m, err, "routefit.best_epoch", "%zu", r->report.best)) ||
        (rc = give(m, "P.weight", r->m.models, r->m.k, &r->m.p, err)) || (rc = give_projection(r, m, err)))
        return rc;
    if (r->o->ties && ((rc = rf_model_meta(m, err, "routefit.ties", "%s", rule[r->o->ties])) ||
                       (rc = rf_model_meta(m, err, "routefit.eta", "%.9g", r->report.eta))))
        return rc;
    return give(m, "classifier.0.weight", 1, r->m.k, &r->m.c, err);
}

/* The vectors, with a 1 behind each where there is a bias. */
static int take_vectors(struct run *r, struct rf_err *err)
{
    const struct rf_votes *const v = r->f->votes;
    size_t cells;
    int rc;
    r->x = v->x;
    r->dim = v->dim;
    if (!r->o->bias)
        return 0;
    r->dim++;
    r->x = NULL;
    if (!rf_mul(v->rows, r->dim, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu vectors of %zu", v->rows, r->dim);
    if ((rc = RF_NEW(r->x, cells, err)))
        return rc;
    for (size_t i = 0; i < v->rows; i++) {
        memcpy(r->x + i * r->dim, v->x + i * v->dim, v->dim * sizeof *v->x);
        r->x[i * r->dim + v->dim] = 1;
    }
    return 0;
}

static int fit(struct rf_fit *f, const void *opts, struct rf_model *m, struct rf_err *err)
{
    struct run r = { .f = f, .o = opts };
    const size_t k = (size_t)r.o->dim;
    int rc;
    if ((rc = read_grid(&r, err)) || (rc = take_vectors(&r, err)) ||
        (rc = rf_mf_votes_pick(&r.votes, f->votes, r.o->ties != RF_MF_DECISIVE, f->left_out, err)) ||
        (rc = pick_pair(&r, err)))
        goto out;
    f->left_out[RF_OUT_TIE] += r.votes.ties;
    f->used_train = r.votes.trains;
    f->used_valid = r.votes.valids;
    r.rank = r.o->rank ? (size_t)r.o->rank : r.votes.models > k ? k - 1 : 0;
    if (r.o->solver == CONVEX && r.votes.models > k && !r.rank) {
        rc = rf_fail(err, RF_USAGE, "--dim 1 with %zu models: expected at least 2", r.votes.models);
        goto out;
    }
    if ((rc = rf_mf_model_init(&r.m, r.votes.models, k, r.dim, err)) || (rc = train_model(&r, err)) ||
        (rc = judge(&r, err)))
        goto out;
    rc = fill_model(&r, m, err);
out:
    if (r.o->bias)
        rf_free(r.x);
    rf_mf_model_release(&r.m);
    rf_mf_votes_release(&r.votes);
    rf_free(r.alpha);
    rf_free(r.ridge);
    rf_free(r.points.v);
    return rc;
}

const struct rf_kind rf_kind_mf = {
    .cmd = { .name = "mf",
             .summary = "fit a matrix factorisation of models and prompts",
             .args = "",
             .about = "Learns from decisive votes how much each model wins on which prompts: the logit of\n"
                      "one model over another is linear in the prompt's vector (RouteLLM's router of that\n"
                      "name). The file holds all models, and routes between --strong and --weak. The default\n"
                      "solver finds the optimum for each noise level and ridge and keeps the one with the\n"
                      "least validation loss; --solver adam repeats RouteLLM's training, or with --ties a\n"
                      "training that learns from ties too (the file's win rate is then that of a vote with\n"
                      "a winner).",
             .examples = "routefit fit mf -o mf.safetensors\n"
                         "routefit fit mf -o pair.safetensors --strong gpt-4-0613 --weak llama-2-70b-chat\n"
                         "routefit fit mf -o recipe.safetensors --solver adam --alpha 0.1\n"
                         "routefit fit mf -o tied.safetensors --solver adam --bias --ties davidson\n",
             .opts = { rf_fit_table, options },
             .opts_size = sizeof(struct mf_options),
             .max_args = -1,
             .need = RF_NEED_WRITE,
             .run = rf_fit_command },
    .from = RF_FROM_VOTES,
    .fit = fit,
};
