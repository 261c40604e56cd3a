/* numpy's .npy files: two-dimensional arrays of f2, f4, f8, either byte order, C or Fortran order, read as float32
 * rows; written as f2 or f4 in C order. Format versions 1.0, 2.0, 3.0. Refuses: objects (pickle), structures, short and
 * long files, non-finite values. */
#ifndef RF_CORE_NPY_H
#define RF_CORE_NPY_H

#include <stddef.h>

#include "core/err.h"
#include "core/input.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_matrix {
    float *x; /* [rows][dim], row-major; owned, release with rf_matrix_release */
    size_t rows, dim;
};
void rf_matrix_release(struct rf_matrix *m);

/* From bytes in memory. A one-dimensional array of n counts as n x 1. RF_BAD_INPUT: the byte, what was found, what was
 * expected. */
int rf_npy_parse(const void *data, size_t n, struct rf_matrix *out, struct rf_err *err);
/* From an input at its start; rf_npy_read opens one. Messages start with the file's name. */
int rf_npy_input(struct rf_input *in, struct rf_matrix *out, struct rf_err *err);
int rf_npy_read(const char *path, struct rf_matrix *out, struct rf_err *err);
/* One row after the other: x[dim], finite, borrowed until take returns; non-zero from take stops and is the result. In
 * C order in the memory of a block of rows; an array in Fortran order is read whole. Refuses what rf_npy_input does, at
 * the place where it stands: rows before it are handed out. */
int rf_npy_rows(struct rf_input *in,
                int (*take)(void *ctx, size_t row, size_t rows, const float *x, size_t dim, struct rf_err *err),
                void *ctx, struct rf_err *err);
/* True where head starts like an .npy file. */
int rf_npy_sniff(struct rf_str head);

enum rf_npy_type { RF_NPY_F2, RF_NPY_F4 };
/* Writes x[rows][dim] atomically; same bytes as numpy.save of a C-ordered array. RF_BAD_INPUT names a value that is not
 * finite, or above the range of f2. */
int rf_npy_write(const char *path, const float *x, size_t rows, size_t dim, enum rf_npy_type type, int force,
                 struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
