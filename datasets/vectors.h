/* Vectors of prompts in the database: embedders, their vectors, and the ways between them and files. In .npy files row
 * i belongs to the prompt of data row i of an ingested source (table source_row); what other files say of their rows
 * stands in datasets/vector_file.h.
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

/* What became of the rows of a file; rows = added + repeated + dropped + unknown + failed. */
struct rf_vectors_count {
    size_t rows;           /* rows of the file; by place: = data rows of the source */
    size_t dim;            /* width of a row */
    size_t added;          /* rows that gave a prompt its vector */
    size_t repeated;       /* rows whose prompt had one already, from an earlier row or file: the first is kept */
    size_t dropped;        /* rows that ingest had dropped: no prompt, no vector */
    size_t unknown;        /* rows of a text or id that no prompt has */
    size_t failed;         /* rows of a batch without a vector */
    size_t missing;        /* data rows of the source that the file does not number */
    size_t zero;           /* of the added ones: all entries 0 */
    uint64_t first_line;   /* of the unknown ones, 0: none */
    double max_difference; /* largest |entry - kept entry| over the repeated rows; 0 without such rows */
};
struct rf_vectors_from {
    const char *source;   /* to whose data rows numbers refer; NULL: rows that go by number are refused */
    const char *embedder; /* name of the vectors; made where it is new */
    const char *tensor;   /* of a safetensors file; NULL: the only one */
};

/* Stores the rows of a file as vectors; all in one transaction of its own (none may be open). A prompt repeated with
 * another vector is counted, not refused: embedding services do not answer twice with the same bits. A number that
 * stands twice is refused, and so is a file none of whose rows is known. Texts are first turns: a prompt of several
 * turns gets the vector of its first. */
int rf_vectors_read(struct rf_db *db, const char *path, const struct rf_vectors_from *from,
                    struct rf_vectors_count *count, struct rf_err *err);
/* The same where rows go by number. */
int rf_vectors_load(struct rf_db *db, const char *path, const char *source, const char *embedder,
                    struct rf_vectors_count *count, struct rf_err *err);

/* The reverse: writes one row per data row of `source`; half: as f2, else f4. Rows that ingest dropped are zeros and
 * counted. A prompt without a vector is an error that names the row. count: rows, dim, dropped, zero (stored zero
 * vectors). */
int rf_vectors_save(struct rf_db *db, const char *source, const char *embedder, const char *npy_path, bool half,
                    bool force, struct rf_vectors_count *count, struct rf_err *err);

/* *id of a source and the number of its data rows; RF_USAGE for an unknown name. */
int rf_source_find(struct rf_db *db, const char *name, int64_t *id, size_t *rows, struct rf_err *err);

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
/* Asks for the vectors of one embedder: query makes the statement; stored is 1 where the prompt's stands in x[dim] now,
 * 0 where there is none, or an rf_code. */
int rf_vector_query(struct rf_stmt **s, struct rf_db *db, int64_t embedder, struct rf_err *err);
int rf_vector_stored(struct rf_stmt *s, int64_t prompt, float *x, size_t dim, struct rf_err *err);
bool rf_vector_zero(const float *x, size_t n); /* all entries are 0 */
/* Row of the source of this name; RF_USAGE with the nearest name where there is none. */
int rf_source_need(struct rf_db *db, const char *name, int64_t *id, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
