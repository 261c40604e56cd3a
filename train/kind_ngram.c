/* fit ngram: one weight per bucket of n-grams, straight from the texts: no vectors are needed. Each ridge is solved
 * nearly, by cross-validation on few votes, and the one with the least held-out loss exactly; what is saved is rounded
 * first and measured then. Refuses: several ridges and nothing to choose by. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/sha256.h"
#include "train/kind.h"
#include "core/numbers.h"
#include "train/ngrams.h"
#include "train/sides.h"
#include "train/sparse.h"
#include "train/whole.h"

/* With more training examples than this, one validation side is as good as folds. */
enum { FEW = 20000 };
static const double exactly = 1e-8; /* |gradient| of the mean loss */

struct ngram_options {
    struct rf_fit_options fit; /* first */
    struct rf_list strong, weak, l2, task_l2;
    int64_t folds;
    double l1;
    int ties, objective;
    bool task, f32;
};

static const struct rf_opt options[] = {
    RF_SIDES_OPTIONS(struct ngram_options, "half"),
    RF_OPT(struct ngram_options, l2, "l2", 0, RF_OPT_LIST, "LIST", "0.0003,0.001,0.003,0.01,0.03,0.1", NULL, 0, 0,
           "Strengths of the ridge, against the mean loss; of several the one with the least loss on votes held out is "
           "kept."),
    RF_OPT(
        struct ngram_options, l1, "l1", 0, RF_OPT_REAL, "X", "0", NULL, 0, 1e9,
        "Strength of the sum of the weights' sizes, against the mean loss, beside each ridge (elastic net): above 0, "
        "most weights are 0."),
    RF_OPT(struct ngram_options, task, "task", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "A weight for each task (the benchmark's subject) that the prompts belong to: 4 bytes each in the file, and "
           "the scoring pair must be told a prompt's task."),
    RF_OPT(struct ngram_options, task_l2, "task-l2", 0, RF_OPT_LIST, "LIST", "0.1,0.03,0.01,0.003,0.001", NULL, 0, 0,
           "With --task: strengths of the ridge of these weights; chosen in the same way, after --l2."),
    RF_OPT(
        struct ngram_options, folds, "folds", 0, RF_OPT_INT, "N", "5", NULL, 0, 100,
        "Choose the ridge by cross-validation within the training side, a prompt in one fold with all its votes; 0 or "
        "1, and above 20000 votes: on the validation side."),
    RF_OPT(struct ngram_options, objective, "objective", 0, RF_OPT_CHOICE, "WHAT", "logistic", "logistic|difference", 0,
           0,
           "The chance that the strong side wins, or by least squares how much more often it wins than loses; then the "
           "logit is twice that."),
    RF_OPT(struct ngram_options, f32, "f32", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Save floats (128 KB) in place of whole numbers of one byte (32 KB)."),
    RF_OPT_END,
};

/* Of the tasks' weights, and of all others. */
struct ridge {
    double rest, tasks;
};

struct run {
    struct rf_fit *f;
    const struct ngram_options *o;
    struct rf_sides sides;
    struct rf_ngrams g;
    double *l2;         /* [o->l2.n] descending */
    double *task_l2;    /* [o->task_l2.n] descending */
    struct ridge ridge; /* that is kept */
    double least;       /* loss held out, of it */
    double *best;       /* [g.x.cols + 1] the solution that is kept */
    double *own;        /* [rf_ngrams_own] the same for the pair */
    size_t passes;
};

static int descending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The rows of the training examples: what the statistics of the features are of. */
static int make_features(struct run *r, struct rf_err *err)
{
    const struct rf_votes *const v = r->f->votes;
    bool *in = NULL;
    int rc = RF_NEW(in, v->rows, err);
    for (size_t i = 0; i < r->sides.trains && !rc; i++)
        in[r->sides.train[i].row] = true;
    if (!rc)
        rc = rf_ngrams_make(&r->g, v, in, r->o->task, err);
    rf_free(in);
    if (rc || (rc = RF_NEW(r->best, r->g.x.cols + 1, err)))
        return rc;
    return RF_NEW(r->own, rf_ngrams_own(&r->g), err);
}

struct point {
    const struct run *r;
    const double *theta;
    double factor; /* logit = factor * (theta . x) */
};

static double logit_of(const void *ctx, size_t row)
{
    const struct point *const p = ctx;
    return p->factor * rf_sparse_dot(&p->r->g.x, p->theta, row);
}

/* A difference f of chances is (1 + f) / 2 as a win rate, which near 0 is the logit 2 f. */
static double factor(const struct run *r)
{
    return r->o->objective == RF_SPARSE_SQUARED ? 2 : 1;
}

static int observe(void *ctx, size_t passes, struct rf_err *err)
{
    struct run *const r = ctx;
    return r->f->progress ? rf_progress_step(r->f->progress, passes, NULL, err) : 0;
}

/* The violation at which the loss is within 1e-5 of the least: |gradient|^2 <= 2 l2 (F - least F), of the weaker ridge.
 */
static double roughly(struct ridge ridge)
{
    return sqrt(2 * fmin(ridge.rest, ridge.tasks) * 1e-5);
}

/* Examples e[n] from theta, in place. */
static int solve(struct run *r, const struct rf_example *e, size_t n, struct ridge ridge, double tolerance,
                 double *theta, double *off, struct rf_err *err)
{
    const struct rf_sparse p = {
        .x = &r->g.x,
        .e = e,
        .n = n,
        .loss = (enum rf_sparse_loss)r->o->objective,
        .l2 = ridge.rest,
        .last = r->g.tasks,
        .last_l2 = ridge.tasks,
        .l1 = r->o->l1,
        .threads = r->f->threads,
    };
    struct rf_sparse_result result;
    const int rc = rf_sparse_solve(&p, tolerance, theta, &result, observe, r, err);
    if (rc)
        return rf_fail_in(err, "l2 = %g", ridge.rest);
    r->passes += result.passes;
    *off = result.violation;
    return 0;
}

/* One division into votes to learn from and votes held out. */
struct part {
    struct rf_example *learn, *hold; /* [learns], [holds]; borrowed where own is false */
    size_t learns, holds;
    bool own;
    double *theta; /* [g.x.cols + 1] the latest solution */
};

static void part_release(struct part *p)
{
    if (p->own) {
        rf_free(p->learn);
        rf_free(p->hold);
    }
    rf_free(p->theta);
}

/* A prompt's fold hangs on its text alone. */
static int fold_of(const struct run *r, size_t row, size_t folds, size_t *fold, struct rf_err *err)
{
    const struct rf_str text = rf_turn_of(&r->f->votes->text, row);
    uint8_t digest[RF_SHA256_SIZE];
    const int rc = rf_sha256_of(text.s, text.len, digest, err);
    *fold = rc ? 0 : (size_t)(digest[RF_SHA256_SIZE - 1] << 8 | digest[RF_SHA256_SIZE - 2]) % folds;
    return rc;
}

/* Fold `out` of `folds` held out; one fold: the validation side. */
static int part_init(struct part *p, const struct run *r, size_t out, size_t folds, struct rf_err *err)
{
    const struct rf_sides *const s = &r->sides;
    int rc = RF_NEW(p->theta, r->g.x.cols + 1, err);
    if (rc || folds == 1) {
        p->learn = s->train;
        p->learns = s->trains;
        p->hold = s->valid;
        p->holds = s->valids;
        return rc;
    }
    p->own = true;
    if ((rc = RF_NEW(p->learn, s->trains, err)) || (rc = RF_NEW(p->hold, s->trains, err)))
        return rc;
    for (size_t i = 0; i < s->trains && !rc; i++) {
        size_t fold;
        if ((rc = fold_of(r, s->train[i].row, folds, &fold, err)))
            return rc;
        if (fold == out)
            p->hold[p->holds++] = s->train[i];
        else
            p->learn[p->learns++] = s->train[i];
    }
    return p->learns && p->holds
               ? 0
               : rf_fail(err, RF_BAD_INPUT, "--folds %zu: fold %zu has no prompt, or all: give fewer, or 0", folds,
                         out + 1);
}

static double share(double sum, double loss, size_t n)
{
    return n ? sum + loss * (double)n : sum;
}

/* All parts at one ridge, each from its last solution: mean losses per example. */
static int try_ridge(struct run *r, struct part *part, size_t parts, struct ridge ridge, double *learnt, double *held,
                     double *right, struct rf_err *err)
{
    double sums[3] = { 0 };
    size_t learns = 0, holds = 0;
    for (size_t i = 0; i < parts; i++) {
        struct part *const p = &part[i];
        const struct point at = { r, p->theta, factor(r) };
        double train, valid, accuracy, ignored;
        const int rc = solve(r, p->learn, p->learns, ridge, roughly(ridge), p->theta, &ignored, err);
        if (rc)
            return rc;
        rf_sides_measure(p->learn, p->learns, logit_of, &at, &train, &ignored);
        rf_sides_measure(p->hold, p->holds, logit_of, &at, &valid, &accuracy);
        sums[0] = share(sums[0], train, p->learns);
        sums[1] = share(sums[1], valid, p->holds);
        sums[2] = share(sums[2], accuracy, p->holds);
        learns += p->learns;
        holds += p->holds;
    }
    *learnt = sums[0] / (double)learns;
    *held = holds ? sums[1] / (double)holds : (double)NAN;
    *right = holds ? sums[2] / (double)holds : (double)NAN;
    return 0;
}

/* Tries a list of ridges, of the weights or of the tasks' weights, from the strongest to the weakest: held-out loss may
 * have several valleys, so all. r->best: where all votes were one part, the solution for the best, to go on from. */
static int choose_among(struct run *r, struct part *part, size_t parts, const double *list, size_t n, bool of_tasks,
                        struct rf_err *err)
{
    double *const kept = of_tasks ? &r->ridge.tasks : &r->ridge.rest;
    for (size_t i = 0; i < n; i++) {
        struct ridge at = r->ridge;
        double train, held, right;
        *(of_tasks ? &at.tasks : &at.rest) = list[i];
        int rc = try_ridge(r, part, parts, at, &train, &held, &right, err);
        if (rc || (rc = rf_fit_epoch(r->f, train, held, right, err)))
            return rc == RF_INTERRUPTED ? rf_fail(err, rc, "stopped by Ctrl-C before all ridges were solved") : rc;
        if ((n > 1 || of_tasks) && (rc = rf_fit_note(r->f, err, "%s = %g: loss %.5f in training, %.5f held out",
                                                     of_tasks ? "task-l2" : "l2", list[i], train, held)))
            return rc;
        if (held < r->least || (i == 0 && !of_tasks)) {
            r->least = held;
            *kept = list[i];
            if (parts == 1)
                memcpy(r->best, part->theta, (r->g.x.cols + 1) * sizeof *r->best);
        }
    }
    return 0;
}

/* The ridge of the tasks is chosen beside the ridge that was best with the first of its list. */
static int choose_both(struct run *r, struct part *part, size_t parts, struct rf_err *err)
{
    r->ridge = (struct ridge){ r->l2[0], r->task_l2[0] };
    int rc = choose_among(r, part, parts, r->l2, r->o->l2.n, false, err);
    if (!rc && r->g.tasks)
        rc = choose_among(r, part, parts, r->task_l2 + 1, r->o->task_l2.n - 1, true, err);
    if (rc || r->o->l2.n == 1 || r->ridge.rest < r->l2[0])
        return rc;
    return rf_fit_note(r->f, err, "the strongest ridge is kept: the texts say little about votes held out");
}

static int choose(struct run *r, struct rf_err *err)
{
    const bool several = r->o->l2.n > 1 || (r->g.tasks && r->o->task_l2.n > 1);
    const bool fold = several && r->o->folds > 1 && r->sides.trains <= FEW;
    const size_t parts = fold ? (size_t)r->o->folds : 1;
    struct part *part = NULL;
    int rc = 0;
    if (several && !fold && !r->sides.valids)
        return rf_fail(err, RF_BAD_INPUT,
                       "there are several ridges and no validation votes to choose by: give --l2 and --task-l2 one "
                       "value, or --folds, or a larger --valid");
    rc = RF_NEW(part, parts, err);
    for (size_t i = 0; i < parts && !rc; i++)
        rc = part_init(&part[i], r, i, parts, err);
    if (!rc)
        rc = choose_both(r, part, parts, err);
    for (size_t i = 0; part && i < parts; i++)
        part_release(&part[i]);
    rf_free(part);
    return rc;
}

/* The same as whole numbers and their scale. */
static int add_whole(struct rf_model *m, double *theta, size_t n, struct rf_err *err)
{
    float *w = NULL;
    int8_t *const whole = rf_calloc(n, sizeof *whole, err);
    double scale = 0;
    int rc = whole ? RF_NEW(w, n, err) : 0; /* no whole: rf_model_tensor says so */
    for (size_t j = 0; w && j < n; j++)
        w[j] = (float)theta[j];
    if (w)
        scale = (double)rf_whole_weights(w, n, whole);
    for (size_t j = 0; w && j < n; j++)
        theta[j] = scale * whole[j];
    rf_free(w);
    const int added = rf_model_tensor(m, "weight", RF_I8, 1, &n, whole, err);
    return rc || (rc = added) ? rc : rf_model_floats(m, "weight_scale", &scale, 1, err);
}

/* "routefit.tasks" and "task_weight". */
static int add_tasks(struct rf_model *m, struct run *r, struct rf_err *err)
{
    struct rf_buf list = { 0 };
    int rc = 0;
    if (!r->g.tasks)
        return 0;
    m->features = ROUTEFIT_FEATURES_TASK;
    for (size_t t = 0; t < r->g.tasks && !rc; t++)
        if (!(rc = rf_buf_add(&list, t ? "," : "[", 1, err)))
            rc = rf_json_add_string(&list, (struct rf_str){ r->g.task[t], strlen(r->g.task[t]) }, err);
    if (!rc && !(rc = rf_model_meta(m, err, "routefit.tasks", "%s]", list.data)))
        rc = rf_model_floats(m, "task_weight", r->own + r->g.buckets + ROUTEFIT_SHAPE, r->g.tasks, err);
    rf_buf_release(&list);
    return rc;
}

/* r->best becomes what the saved tensors say. */
static int fill_model(struct rf_model *m, struct run *r, double off, struct rf_err *err)
{
    static const char *const objective[] = { "logistic", "difference" };
    const size_t buckets = r->g.buckets;
    const struct rf_votes *const v = r->f->votes;
    const struct point saved = { r, r->best, 1 };
    double ignored;
    char l2[32], task_l2[32], l1[32];
    size_t zeros = 0;
    int rc;
    for (size_t j = 0; j <= r->g.x.cols; j++)
        r->best[j] *= factor(r);
    rf_ngrams_fold(&r->g, r->best, r->own);
    for (size_t b = 0; b < r->g.kept; b++)
        zeros += !(fabs(r->best[b]) > 0);
    rf_real_text(r->ridge.rest, l2);
    rf_real_text(r->ridge.tasks, task_l2);
    rf_real_text(r->o->l1, l1);
    if ((rc = r->o->f32 ? rf_model_floats(m, "weight", r->own, buckets, err) : add_whole(m, r->own, buckets, err)) ||
        (rc = rf_model_floats(m, "shape_weight", r->own + buckets, ROUTEFIT_SHAPE, err)) ||
        (rc = add_tasks(m, r, err)) || (rc = rf_model_floats(m, "bias", r->own + rf_ngrams_own(&r->g) - 1, 1, err)) ||
        (rc = rf_sides_describe(&r->sides, v, &r->o->strong, &r->o->weak, (enum rf_ties)r->o->ties, m, err)) ||
        (rc = rf_model_meta(m, err, "routefit.l2", "%s", l2)) ||
        (r->g.tasks && (rc = rf_model_meta(m, err, "routefit.task_l2", "%s", task_l2))) ||
        (rc = rf_model_meta(m, err, "routefit.l1", "%s", l1)) ||
        (rc = rf_model_meta(m, err, "routefit.objective", "%s", objective[r->o->objective])))
        return rc;
    rf_ngrams_unfold(&r->g, r->own, r->best);
    rf_sides_measure(r->sides.train, r->sides.trains, logit_of, &saved, &m->train_loss, &ignored);
    rf_sides_measure(r->sides.valid, r->sides.valids, logit_of, &saved, &m->valid_loss, &m->valid_accuracy);
    for (size_t i = 0; i < RF_MODEL_CHECKS; i++)
        m->check[i] = logit_of(&saved, rf_model_check_row(v->rows, i));
    if (r->o->l1 > 0 &&
        (rc = rf_fit_note(r->f, err, "%zu of the weights of %zu buckets are not 0", r->g.kept - zeros, r->g.kept)))
        return rc;
    return rf_fit_note(r->f, err,
                       "l2 = %g kept; the optimum's conditions hold to %.2g, %zu passes over the votes in all",
                       r->ridge.rest, off, r->passes);
}

static int fit(struct rf_fit *f, const void *opts, struct rf_model *m, struct rf_err *err)
{
    struct run r = { .f = f, .o = opts };
    double off = 0;
    int rc;
    if ((rc = rf_list_reals(&r.o->l2, "--l2", 1e-9, 1e9, &r.l2, err)))
        goto out;
    qsort(r.l2, r.o->l2.n, sizeof *r.l2, descending);
    if ((rc = rf_list_reals(&r.o->task_l2, "--task-l2", 1e-9, 1e9, &r.task_l2, err)))
        goto out;
    qsort(r.task_l2, r.o->task_l2.n, sizeof *r.task_l2, descending);
    if ((rc = rf_sides_pick(&r.sides, f, &r.o->strong, &r.o->weak, (enum rf_ties)r.o->ties, err)))
        goto out;
    if ((rc = make_features(&r, err)) ||
        (r.o->objective == RF_SPARSE_LOGISTIC && (rc = rf_sides_both_win(&r.sides, err))) || (rc = choose(&r, err)) ||
        (rc = solve(&r, r.sides.train, r.sides.trains, r.ridge, exactly, r.best, &off, err)))
        goto out;
    rc = fill_model(m, &r, off, err);
out:
    rf_sides_release(&r.sides);
    rf_ngrams_release(&r.g);
    rf_free(r.l2);
    rf_free(r.task_l2);
    rf_free(r.best);
    rf_free(r.own);
    return rc;
}

const struct rf_kind rf_kind_ngram = {
    .cmd = { .name = "ngram",
             .summary = "fit a linear router straight from the prompts' texts",
             .args = "",
             .about = "Learns P(strong model wins | text of the prompt) with one weight for each bucket\n"
                      "of word and character n-grams and eight for the text's shape, rare n-grams\n"
                      "weighing more (IDF), with a ridge, to the exact optimum. Needs no vectors; the\n"
                      "file takes 32 KB and the scoring pair reads texts with it.",
             .examples = "routefit fit ngram -o ngram.safetensors\n"
                         "routefit fit ngram --votes results:gsm8k --strong gpt-4-1106-preview --weak 'mistralai*' -o "
                         "gold.safetensors\n",
             .opts = { rf_fit_text_table, options },
             .opts_size = sizeof(struct ngram_options),
             .max_args = -1,
             .need = RF_NEED_WRITE,
             .run = rf_fit_command },
    .from = RF_FROM_VOTES,
    .input = ROUTEFIT_TEXT,
    .fit = fit,
};
