/* What a first load has stored, in memory, so that unique indexes can wait for its end: digests, numbered in the order
 * in which they came. */
#ifndef RF_DATASETS_DIGESTS_H
#define RF_DATASETS_DIGESTS_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/sha256.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_DIGESTS_MOST = 1 << 18 }; /* 10 MB: the caller adds no more */

struct rf_digests {
    uint8_t (*digest)[RF_SHA256_SIZE]; /* [n] of room for half of cap */
    uint32_t *slot; /* [cap] number of a digest, 0: free; open addressing, cap a power of two, at most half full */
    size_t n, cap;
};

/* Number of the digest, from 1; 0: it was not added. */
int64_t rf_digests_find(const struct rf_digests *d, const uint8_t digest[RF_SHA256_SIZE]);
/* Adds one that is not there, as number n. 0, or RF_FAIL for want of memory. */
int rf_digests_add(struct rf_digests *d, const uint8_t digest[RF_SHA256_SIZE], struct rf_err *err);
void rf_digests_release(struct rf_digests *d);

#ifdef __cplusplus
}
#endif
#endif
