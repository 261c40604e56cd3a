/* The shingles of texts as sets of 64-bit hashes, and the similarity of two such sets. */
#ifndef RF_CORE_SHINGLE_H
#define RF_CORE_SHINGLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_SHINGLE = 5 }; /* characters */

/* The set of one text at a time; for one thread. Zero-initialise. */
struct rf_shingles {
    uint32_t *x;    /* [n] 32 bits of each shingle's hash, in the order of their first places */
    size_t n;       /* distinct shingles */
    uint64_t *key;  /* [slots] open addressing */
    uint32_t *used; /* [slots] the text that the slot belongs to */
    uint32_t *met;  /* [slots] the comparison that met it last */
    size_t slots;   /* a power of two, or 0 */
    uint32_t texts, comparisons;
};
/* Takes in a text (well-formed UTF-8) in place of the last one. */
int rf_shingles_set(struct rf_shingles *s, struct rf_str text, struct rf_err *err);
/* Shingles that the set has in common with text, which has `distinct` of them (> 0). Stops early with a lower count
 * once `least` cannot be reached. */
size_t rf_shingles_common(struct rf_shingles *s, struct rf_str text, size_t distinct, size_t least);
void rf_shingles_release(struct rf_shingles *s);

#ifdef __cplusplus
}
#endif
#endif
