/* A kind of router = one row: its command (`fit NAME`), and a fit that turns votes into tensors and metadata. What is
 * common to all kinds is done once by train/cmd_fit.c: votes, split, self-check against the pair, the file, run rows
 * and the summary. */
#ifndef RF_TRAIN_KIND_H
#define RF_TRAIN_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/cli.h"
#include "core/err.h"
#include "core/input.h"
#include "core/opt.h"
#include "core/progress.h"
#include "core/routefit_score.h"
#include "core/safetensors.h"
#include "train/scored.h"
#include "train/votes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The options of every kind. A kind's own option struct starts with this one, and its command lists the table of what
 * it learns from first. */
struct rf_fit_options {
    const char *output; /* -o */
    bool force;
    const char *embedder;  /* NULL: the only one */
    struct rf_list source; /* empty: all */
    double valid;          /* share of prompts */
    const char *split;     /* a stored split; NULL: none */
    int64_t cv;            /* folds; 0: no cross-validation */
    const char *name;      /* of the scores out of fold; NULL: from the kind */
    struct rf_list tune;   /* words of the grid (train/tune.h) */
    /* kinds that learn from votes: rf_fit_table, or rf_fit_text_table without --embedder */
    struct rf_list votes; /* judges and their weights */
    int orders;           /* enum rf_orders */
    int64_t min_chars;
    /* kinds that learn from results: rf_fit_results_table */
    struct rf_list bench, model;
    /* kinds that learn from either: all of them, by rf_fit_either_table */
};
extern const struct rf_opt rf_fit_table[], rf_fit_text_table[], rf_fit_results_table[], rf_fit_either_table[];

/* One line of train_log. */
struct rf_epoch {
    double train_loss;     /* mean log loss per vote, nats */
    double valid_loss;     /* NaN: no validation votes */
    double valid_accuracy; /* share of validation votes ranked right, 0..1; NaN: none */
    double seconds;        /* since the start of the fit */
};

/* What a fit is given, and what it reports back. */
struct rf_fit {
    const struct rf_votes *votes;   /* borrowed; NULL where the fit learns from results */
    const struct rf_scored *scored; /* borrowed; NULL where it learns from votes */
    int threads;                    /* >= 1 */
    uint64_t seed;
    double started;                /* rf_seconds() when the fit began */
    struct rf_progress *progress;  /* NULL: silent */
    size_t left_out[RF_OUTS];      /* starts as votes->left_out; the kind adds its own reasons */
    size_t used_train, used_valid; /* set by the kind: votes that it trained on and validated with */
    struct rf_epoch *epoch;        /* [epochs], by rf_fit_epoch */
    size_t epochs, epochs_cap;
    struct rf_buf notes;  /* sentences for people, one a line, by rf_fit_note */
    bool interrupted;     /* Ctrl-C came; the model is the best so far */
    const char *tuned;    /* the options that `--tune` chose, "dim=64 l2=0.1": goes into the file; NULL: none */
    const char *tuned_on; /* by what: "5 folds" */
};
/* Zeroes *f but for what it is given. votes or scored: the one that the kind learns from, the other NULL. All borrowed;
 * progress may be NULL. */
void rf_fit_init(struct rf_fit *f, const struct rf_votes *votes, const struct rf_scored *scored, int threads,
                 uint64_t seed, struct rf_progress *progress);
void rf_fit_release(struct rf_fit *f);
/* Adds a row to the training log, draws progress. 0: go on. RF_INTERRUPTED (err untouched, f->interrupted set): stop; a
 * kind with a usable model returns 0 with it, one without returns rf_fail(err, RF_INTERRUPTED, ...). RF_FAIL: no
 * memory, or a loss that is not finite (err names the epoch and the value). seconds is filled in here. */
int rf_fit_epoch(struct rf_fit *f, double train_loss, double valid_loss, double valid_accuracy, struct rf_err *err);
int rf_fit_note(struct rf_fit *f, struct rf_err *err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Kinds that learn from results: a note for every model of which no cost is known, and which therefore counts as free.
 */
int rf_fit_note_free(struct rf_fit *f, struct rf_err *err);

enum { RF_MODEL_TENSORS = 12, RF_MODEL_METAS = 32, RF_MODEL_CHECKS = 64 };

/* A fitted router as it will stand in the file. Zero-initialise; owns what the two adders are given. */
struct rf_model {
    struct rf_tensor tensor[RF_MODEL_TENSORS];
    size_t tensors;
    struct rf_meta meta[RF_MODEL_METAS];
    size_t metas;
    const char *features; /* of a kind on texts; NULL: ROUTEFIT_FEATURES */
    /* The trainer's own logit of strong over weak for row rf_model_check_row(votes->rows, i) of votes->x, or text of
     * votes->text, from the parameters as saved: the pair must give the same from the file, or nothing is written. */
    double check[RF_MODEL_CHECKS];
    /* Kinds that learn from results: in its place the trainer's own predicted scores and costs for the vector of
     * question rf_model_check_row(scored->r.n, i): [RF_MODEL_CHECKS][2][models], from rf_calloc, owned. */
    double *predicted;
    /* Of the saved parameters, as in struct rf_epoch. Kinds that learn from results leave them: rf_model_build fills
     * valid_loss with the mean squared error of the pair's predicted scores over the validation questions. */
    double train_loss, valid_loss, valid_accuracy;
    double null_loss; /* results: the same error of predicting every model's mean training score; NaN: no validation */
};
void rf_model_release(struct rf_model *m);
/* Adds a tensor; data (from rf_calloc) is owned from now on, also on failure. shape[rank]; a null data is passed
 * through as RF_FAIL (a failed allocation). */
int rf_model_tensor(struct rf_model *m, const char *name, enum rf_dtype dtype, size_t rank, const size_t *shape,
                    void *data, struct rf_err *err);
/* v[n] as a float tensor of rank 1; v becomes what the floats say. */
int rf_model_floats(struct rf_model *m, const char *name, double *v, size_t n, struct rf_err *err);
/* Adds a metadata entry: key static, value formatted. */
int rf_model_meta(struct rf_model *m, struct rf_err *err, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Row of check i: RF_MODEL_CHECKS rows spread evenly over the rows (they repeat where there are fewer). */
size_t rf_model_check_row(size_t rows, size_t i);

/* RF_FROM_EITHER: from results where --bench names them (a router among many models), else from votes (a router of one
 * pair): which of the two, struct rf_fit says. */
enum rf_learns_from { RF_FROM_VOTES, RF_FROM_RESULTS, RF_FROM_EITHER };

struct rf_kind {
    struct rf_cmd cmd; /* first; name = the word in ROUTEFIT_KINDS, opts = { one of the four tables, own
                          table }, need RF_NEED_WRITE, run = rf_fit_command */
    enum rf_learns_from from;
    enum routefit_input input; /* ROUTEFIT_TEXT, of votes only: votes->text is filled, votes->x NULL, votes->dim 0 */
    /* opts: the kind's option struct, parsed and in range. Adds tensors and its own metadata ("routefit.strong",
     * "routefit.weak", options that shaped the weights) to *m; "routefit.kind", ".version", ".input", ".embedder",
     * ".embedder_sha256" and the counts are added by the caller, and for fits that learn from results ".models" and
     * the tensor "score_range" too. The same votes, options and seed give the same model for any number of threads. */
    int (*fit)(struct rf_fit *f, const void *opts, struct rf_model *m, struct rf_err *err);
};

#define RF_KIND_DECLARE(name) extern const struct rf_kind rf_kind_##name;
ROUTEFIT_KINDS(RF_KIND_DECLARE)
#undef RF_KIND_DECLARE
/* All kinds, NULL-terminated, in the order of ROUTEFIT_KINDS. */
extern const struct rf_kind *const rf_kinds[];

/* What a kind learns from, as its options ask. Zero-initialise; release also after a failure. */
struct rf_fit_data {
    const struct rf_votes *votes;   /* NULL, or the first of those below */
    const struct rf_scored *scored; /* NULL, or the second */
    struct rf_votes own_votes;
    struct rf_scored own_scored;
};
int rf_fit_data_load(struct rf_fit_data *d, struct rf_db *db, const struct rf_kind *kind,
                     const struct rf_fit_options *o, uint64_t seed, struct rf_err *err);
void rf_fit_data_release(struct rf_fit_data *d);

/* The run function of every kind's command: ctx->cmd is the cmd of a struct rf_kind. */
int rf_fit_command(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err);
/* The whole weight file of a model as bytes in buf: adds the common metadata, checks the bytes with the pair (RF_FAIL
 * where its scores differ from m->check). */
int rf_model_build(struct rf_model *m, const struct rf_kind *kind, const struct rf_fit *f, struct rf_buf *buf,
                   struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
