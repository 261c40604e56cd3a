/* The prompts that a fit reads: their vectors, one copy of each, and on which side of the validation split each stands.
 * What cannot be used is named by reason. Refuses: vectors with NaN or Inf (the prompt is named), an ambiguous
 * embedder.
 */
#ifndef RF_TRAIN_INPUTS_H
#define RF_TRAIN_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/sha256.h"
#include "train/votes.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_inputs_filter {
    const char *embedder; /* NULL: the only one of the database */
    bool text;            /* true: the first turns themselves in place of vectors; embedder is not looked at */
    int64_t min_chars;    /* code points of the first turn without white space at both ends (RouteLLM: 16); prompts
                             without text pass */
    double valid;         /* share of the prompts on the validation side, [0, 1) */
    uint64_t
        seed; /* of the split: a prompt's side depends on (seed, text of its first turn) alone, in every database */
    const char
        *split;   /* a stored split's name: its prompts alone, with its sides where it has a part valid; NULL: none */
    size_t folds; /* > 0: the parts of `split` are so many folds */
};

/* A prompt that the caller needs. */
struct rf_wanted {
    int64_t prompt;
    size_t row;           /* of its vector, where out is RF_OUTS */
    enum rf_left_out out; /* RF_OUTS: usable; else RF_OUT_SPLIT, RF_OUT_SHORT, RF_OUT_NO_VECTOR or RF_OUT_ZERO */
};

struct rf_inputs {
    float *x;        /* [rows][dim] row-major, ascending prompt id; finite, none all zero; NULL for text */
    int64_t *prompt; /* [rows] prompt ids, ascending */
    bool *valid;     /* [rows] true: validation side */
    uint32_t *fold;  /* [rows] by `split`; NULL unless folds were asked for */
    size_t rows, dim;
    struct rf_turns text;  /* of the rows, for text */
    char *embedder;        /* name of the vectors; NULL for text */
    char *embedder_sha256; /* hex of the text model's file; NULL: vectors from elsewhere */
};

/* Sorts id[n] and drops repeats; returns how many are left. */
size_t rf_sort_ids(int64_t *id, size_t n);
/* The place of an id in id[n], sorted; NULL: it is not there. */
const int64_t *rf_find_id(int64_t wanted, const int64_t *id, size_t n);

/* wanted[n]: ascending by prompt, row and out filled here. sum: takes in the vectors kept. On failure *in is empty. */
int rf_inputs_load(struct rf_inputs *in, struct rf_db *db, const struct rf_inputs_filter *f, struct rf_wanted *wanted,
                   size_t n, struct rf_sha256 *sum, struct rf_err *err);
/* The entry of a prompt, which must be one of wanted[n]. */
const struct rf_wanted *rf_wanted_of(const struct rf_wanted *wanted, size_t n, int64_t prompt);
void rf_inputs_release(struct rf_inputs *in);

#ifdef __cplusplus
}
#endif
#endif
