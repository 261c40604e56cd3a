/* Vectors of prompts in the database: embedders, their vectors, and the two ways between them and .npy files, in which
 * row i belongs to the prompt of data row i of an ingested source (table source_row).
 * Refuses: a row count that is not the source's, another width under a known embedder's name, vectors from elsewhere
 * under the name of a text embedder. */
#ifndef RF_DATASETS_VECTORS_H
#define RF_DATASETS_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What became of the rows of a file; rows = added + repeated + dropped. */
struct rf_vectors_count {
    size_t rows;           /* rows of the file = data rows of the source */
    size_t dim;            /* width of a row */
    size_t added;          /* rows that gave their prompt its vector */
    size_t repeated;       /* rows whose prompt had one already, from an earlier row or file: the first is kept */
    size_t dropped;        /* rows that ingest had dropped: no prompt, no vector */
    size_t zero;           /* of the added ones: all entries 0 */
    double max_difference; /* largest |entry - kept entry| over the repeated rows; 0 without such rows */
};

/* Stores the rows of an .npy file as vectors of the prompts of `source` under the name `embedder`, which is made where
 * it is new; all in one transaction of its own (none may be open). A row repeated with another vector is counted, not
 * refused: embedding services do not answer twice with the same bits. */
int rf_vectors_load(struct rf_db *db, const char *npy_path, const char *source, const char *embedder,
                    struct rf_vectors_count *count, struct rf_err *err);

/* The reverse: writes one row per data row of `source`; half: as f2, else f4. Rows that ingest dropped are zeros and
 * counted. A prompt without a vector is an error that names the row. count: rows, dim, dropped, zero (stored zero
 * vectors). */
int rf_vectors_save(struct rf_db *db, const char *source, const char *embedder, const char *npy_path, bool half,
                    bool force, struct rf_vectors_count *count, struct rf_err *err);

/* ---- the tables embedder and embedding ---- */

struct rf_embedder {
    int64_t id;      /* row of table embedder */
    char kind[8];    /* "text" or "npy" */
    size_t dim;      /* width */
    char sha256[65]; /* of the text model's file, hex; "" for "npy" */
};
/* 1 and *e filled; 0: no embedder of this name; or an rf_code. */
int rf_embedder_find(struct rf_db *db, const char *name, struct rf_embedder *e, struct rf_err *err);
/* The same, but an unknown name is RF_USAGE with the nearest one that exists. */
int rf_embedder_need(struct rf_db *db, const char *name, struct rf_embedder *e, struct rf_err *err);
/* Makes an embedder, inside the caller's transaction; *id receives its row. sha256, path: NULL for "npy". */
int rf_embedder_add(struct rf_db *db, const char *name, const char *kind, size_t dim, const char *sha256,
                    const char *path, int64_t *id, struct rf_err *err);
/* Removes an embedder and its vectors, inside the caller's transaction. */
int rf_embedder_drop(struct rf_db *db, int64_t id, struct rf_err *err);
/* Writes vectors of one embedder, inside the caller's transaction. */
struct rf_vector_writer;
int rf_vector_writer_new(struct rf_vector_writer **out, struct rf_db *db, int64_t embedder, size_t dim,
                         struct rf_err *err);
int rf_vector_put(struct rf_vector_writer *w, int64_t prompt, const float *x, struct rf_err *err); /* x[dim] */
void rf_vector_writer_free(struct rf_vector_writer *w);                                            /* NULL is fine */
/* Row of the source of this name; RF_USAGE with the nearest name where there is none. */
int rf_source_need(struct rf_db *db, const char *name, int64_t *id, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
