/* Files of vectors, whatever their layout, as rows: which layout a file has, and each row with what says whose it is.
 * .npy and JSON are read in constant memory (one row; .npy in Fortran order and safetensors: the file). Refuses:
 * numbers that are not finite as float32, rows of no width or of another width than the first, weights of routers. */
#ifndef RF_DATASETS_VECTOR_FILE_H
#define RF_DATASETS_VECTOR_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/input.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_VECTOR_WIDEST = 1 << 20 /* numbers of a row */ };

enum rf_vector_owner {
    RF_OWNER_PLACE, /* row: the data row of a source; the file has every one of them */
    RF_OWNER_ROW,   /* row: the same, and rows may be missing */
    RF_OWNER_ID,    /* text: a prompt id; or in digits, a data row */
    RF_OWNER_TEXT,  /* text: the prompt itself, its first turn */
};
struct rf_vector_row {
    enum rf_vector_owner owner;
    uint64_t row;
    struct rf_str text; /* borrowed until the callback returns */
    uint64_t line;      /* physical line on which the row ends, from 1; 0: the file has no lines */
    const float *x;     /* [dim], finite, borrowed like text; NULL: the file says that there is none */
    size_t dim;         /* 1..RF_VECTOR_WIDEST */
    uint64_t rows;      /* of the whole file; 0: not known before its end */
};
/* Non-zero stops the reading and is its result. */
typedef int (*rf_vector_take)(void *ctx, const struct rf_vector_row *r, struct rf_err *err);

struct rf_vector_layout {
    const char *name; /* "npy", "safetensors", "embeddings" */
    /* tensor: ingest --tensor, NULL: the only one. Messages start with the file's name. */
    int (*read)(struct rf_input *in, const char *tensor, rf_vector_take take, void *ctx, struct rf_err *err);
};
/* *out = the layout of a file that starts with head, NULL: it holds no vectors. */
int rf_vector_layout_of(struct rf_str head, const struct rf_vector_layout **out, struct rf_err *err);

/* What must be known before the rows are read: whose vectors they are and how they say where they belong. */
struct rf_vector_survey {
    char model[128];            /* the embedder as the file names it; "": it does not */
    bool any;                   /* a row is there, and: */
    enum rf_vector_owner owner; /* of the first row */
};
/* Of a file of JSON; others name no model, and their rows go by place. */
int rf_vector_survey(const char *path, struct rf_vector_survey *out, struct rf_err *err);

/* ---- datasets/json_vectors.c ---- */

/* As rf_vector_layout.read; survey: NULL, or what is found in the first value of the file, which ends the reading. */
int rf_json_vectors(struct rf_input *in, struct rf_vector_survey *survey, rf_vector_take take, void *ctx,
                    struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
