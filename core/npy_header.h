/* The header of an .npy file as values: what core/npy.c reads and writes by. Refuses everything but the three keys that
 * numpy writes. */
#ifndef RF_CORE_NPY_HEADER_H
#define RF_CORE_NPY_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_NPY_MAX_HEADER = 10000 /* numpy's own limit */ };

struct rf_npy_header {
    size_t width;    /* bytes of an element: 2, 4, 8 */
    bool big_endian; /* '>' */
    bool fortran;    /* column after column */
    size_t rank;     /* 1 or 2 */
    size_t shape[2]; /* [1] is 1 where rank is 1 */
    size_t start;    /* offset of the first element */
};

/* From the first bytes of a file, at least RF_NPY_MAX_HEADER + 12 of them or all. RF_BAD_INPUT: "byte N: found ...,
 * expected ...". */
int rf_npy_header_parse(struct rf_str head, struct rf_npy_header *out, struct rf_err *err);
/* The header that numpy.save writes for h (little-endian), into buf (replacing it). */
int rf_npy_header_build(const struct rf_npy_header *h, struct rf_buf *buf, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
