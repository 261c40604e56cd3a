/* Threads over fixed blocks. The cut into blocks depends on the data alone, each block writes to its own place, and the
 * caller adds block results in block order: the same bits for any number of threads. Threads block, they never spin. */
#ifndef RF_CORE_PAR_H
#define RF_CORE_PAR_H

#include <stddef.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_BLOCK_ROWS = 512 }; /* rows of a matrix in one block: the unit of every threaded pass over rows */

/* Number of blocks of `rows` rows; block b covers rows [b * RF_BLOCK_ROWS, min((b + 1) * RF_BLOCK_ROWS, rows)). */
size_t rf_par_blocks(size_t rows);

/* Runs fn(ctx, b) once for every b in [0, n), on up to `threads` threads (1: on this one; 0 counts as 1). fn returns 0
 * or an rf_code and may fill err (each call gets its own); the failure of the lowest block is the one reported. */
int rf_par_run(size_t n, int threads, int (*fn)(void *ctx, size_t block, struct rf_err *err), void *ctx,
               struct rf_err *err);

/* Cores that this process may use, at least 1: the default of --threads. */
int rf_par_cores(void);

#ifdef __cplusplus
}
#endif
#endif
