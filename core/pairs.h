/* Pairs of texts that are alike, by index, and the groups that they join: connected components. */
#ifndef RF_CORE_PAIRS_H
#define RF_CORE_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_pair {
    uint32_t a, b;     /* indices; what they count is the maker's business */
    double similarity; /* 0..1 */
};
/* Zero-initialise. */
struct rf_pairs {
    struct rf_pair *v; /* [n] */
    size_t n, cap;
};
enum { RF_PAIRS_MOST = 1 << 24 }; /* in one list: 256 MB */

/* RF_FAIL beyond RF_PAIRS_MOST: a threshold that low tells nothing. */
int rf_pairs_add(struct rf_pairs *p, uint32_t a, uint32_t b, double similarity, struct rf_err *err);
/* Appends all of `more`. */
int rf_pairs_append(struct rf_pairs *p, const struct rf_pairs *more, struct rf_err *err);
/* By a, then b; of equal pairs one is left. */
void rf_pairs_sort(struct rf_pairs *p);
void rf_pairs_release(struct rf_pairs *p); /* a zeroed list is fine */

/* Groups of n things: root[i] <= i is the first member of i's group. */
int rf_groups_new(uint32_t **root, size_t n, struct rf_err *err); /* each alone; rf_free */
void rf_groups_join(uint32_t *root, uint32_t a, uint32_t b);
uint32_t rf_groups_find(uint32_t *root, uint32_t i); /* the first member of i's group */

#ifdef __cplusplus
}
#endif
#endif
