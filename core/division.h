/* Prompts in groups that must stay together, and their division into parts: the same text, the same normalised text
 * and near-duplicates (core/corpus.h) form one group. A group's stratum is the first of its questions by benchmark and
 * task; every stratum is divided like the whole (core/split.h). */
#ifndef RF_CORE_DIVISION_H
#define RF_CORE_DIVISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/corpus.h"
#include "core/db.h"
#include "core/err.h"
#include "core/split.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Similarity from which two texts stay together where nothing else is asked for. */
#define RF_DIVISION_JACCARD     0.8
#define RF_DIVISION_JACCARD_ARG "0.8"

/* Zero-initialise; release also after a failure. */
struct rf_division {
    struct rf_corpus corpus;
    bool *in;                     /* [corpus.n] the prompt is divided */
    size_t prompts;               /* that are */
    uint32_t *stratum;            /* [corpus.n] of each prompt, from 1 by rising name; 0: none */
    size_t strata;                /* that hold a prompt, the one of those without a name included */
    uint32_t *group_of;           /* [corpus.texts] */
    struct rf_split_group *group; /* [groups] */
    uint32_t *part;               /* [groups] by rf_division_divide */
    size_t groups;
};

/* Finds the groups of prompt[n] (ids of the database, in any order, repeats count once). jaccard: .5 .. 1. */
int rf_division_read(struct rf_division *d, struct rf_db *db, const int64_t *prompt, size_t n, double jaccard,
                     int threads, struct rf_err *err);
/* Gives every group its part, as rf_split_groups does. */
int rf_division_divide(struct rf_division *d, const double *share, size_t parts, uint64_t seed, struct rf_err *err);
/* The part of a prompt that is divided. */
uint32_t rf_division_part(const struct rf_division *d, int64_t prompt);
void rf_division_release(struct rf_division *d);

/* All of it in one: fold[n] < folds of prompt[n], `folds` of equal size; the folds of `split --k`. */
int rf_folds(struct rf_db *db, const int64_t *prompt, size_t n, size_t folds, uint64_t seed, int threads,
             uint32_t *fold, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
