/* Dividing prompts into parts by groups that must stay together: pure arithmetic over arrays. Groups are taken stratum
 * by stratum, within one in an order that hashes and seed decide, and each goes to the part that lags most behind its
 * share of what has been given out so far. So every stratum is divided like the whole, and what small strata cannot
 * give evenly evens out over them. */
#ifndef RF_CORE_SPLIT_H
#define RF_CORE_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_PARTS = 100 }; /* most parts of a split */

struct rf_split_group {
    uint32_t stratum; /* rank of the stratum, in an order that content decides */
    uint32_t size;    /* prompts, > 0 */
    uint64_t hash;    /* of its content */
};
/* part[n] = the part of each group, < parts. share[parts] >= 0 with a sum > 0; a part of share 0 stays empty. The
 * result depends on the groups' content and the seed, not on their order: equal hashes within a stratum must mean equal
 * groups. */
int rf_split_groups(const struct rf_split_group *group, size_t n, const double *share, size_t parts, uint64_t seed,
                    uint32_t *part, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
