/* Sparse matrices by rows: built row by row, transposed by counting. Rows of buckets x prompts and prompts x buckets
 * alike. Refuses: more than 2^32 columns or rows (indices are 32 bits wide). */
#ifndef RF_CORE_CSR_H
#define RF_CORE_CSR_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero-initialise, set cols, then push rows. Entries of row i are [ptr[i], ptr[i + 1]). */
struct rf_csr {
    size_t rows, cols;
    size_t *ptr;                    /* [rows + 1], ptr[0] = 0; NULL while there are no rows */
    uint32_t *col;                  /* [ptr[rows]] column of each entry, < cols, ascending within a row */
    float *val;                     /* [ptr[rows]] */
    size_t room_rows, room_entries; /* allocated: entries of ptr, and of col and val */
};

/* Appends a row of n entries: col[n] ascending and distinct, val[n]; both copied. */
int rf_csr_push(struct rf_csr *a, const uint32_t *col, const float *val, size_t n, struct rf_err *err);
size_t rf_csr_entries(const struct rf_csr *a);
/* *out (zero-initialised) = the transpose of the matrix whose rows stand in part[0], part[1], ... one below the other;
 * all have the same cols. Release *out with rf_csr_release. */
int rf_csr_transpose(const struct rf_csr *part, size_t nparts, struct rf_csr *out, struct rf_err *err);
/* Frees the arrays and zeroes *a. */
void rf_csr_release(struct rf_csr *a);

#ifdef __cplusplus
}
#endif
#endif
