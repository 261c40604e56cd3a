/* How often a text has come: a set of 64-bit hashes, 32 bytes a text or less. */
#ifndef RF_DATASETS_SEEN_H
#define RF_DATASETS_SEEN_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero-initialise. Two texts with one hash, one in 10^7 files of a million texts, count as the same. */
struct rf_seen {
    struct rf_seen_text {
        uint64_t hash;
        uint64_t times; /* 0: a free place */
    } * v;              /* [cap] open addressing, cap a power of two, at most half full */
    size_t n, cap;
};
/* *times = how often it has come, with this time: 1, 2, ... */
int rf_seen_add(struct rf_seen *s, struct rf_str text, uint64_t *times, struct rf_err *err);
void rf_seen_release(struct rf_seen *s);

#ifdef __cplusplus
}
#endif
#endif
