/* One pass over the groups in order. */
#include "core/split.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/mix.h"

struct place {
    uint64_t key; /* of hash and seed */
    uint32_t stratum;
    uint32_t group;
};

static int by_stratum_and_key(const void *a, const void *b)
{
    const struct place *const p = a, *const q = b;
    if (p->stratum != q->stratum)
        return p->stratum < q->stratum ? -1 : 1;
    if (p->key != q->key)
        return p->key < q->key ? -1 : 1;
    return (p->group > q->group) - (p->group < q->group);
}

/* The part that would lag most if `size` more were given out and it got none; the first of equals. */
static size_t neediest(const double *share, const double *given, size_t parts, double total)
{
    size_t best = 0;
    while (share[best] <= 0)
        best++;
    for (size_t k = best + 1; k < parts; k++)
        if (share[k] > 0 && share[k] * total - given[k] > share[best] * total - given[best])
            best = k;
    return best;
}

int rf_split_groups(const struct rf_split_group *group, size_t n, const double *share, size_t parts, uint64_t seed,
                    uint32_t *part, struct rf_err *err)
{
    double portion[RF_PARTS], given[RF_PARTS] = { 0 }, sum = 0, total = 0;
    struct place *place = NULL;
    if (parts < 1 || parts > RF_PARTS)
        return rf_fail(err, RF_USAGE, "found %zu parts, expected 1 to %d", parts, RF_PARTS);
    for (size_t k = 0; k < parts; k++) {
        if (!(share[k] >= 0 && share[k] <= 1e15))
            return rf_fail(err, RF_USAGE, "found a share of %g, expected 0 or more", share[k]);
        sum += share[k];
    }
    if (!(sum > 0))
        return rf_fail(err, RF_USAGE, "all shares are 0, expected at least one above");
    for (size_t k = 0; k < parts; k++)
        portion[k] = share[k] / sum;
    if (RF_NEW(place, n, err))
        return RF_FAIL;
    for (size_t i = 0; i < n; i++)
        place[i] = (struct place){ rf_mix64(group[i].hash ^ rf_mix64(seed)), group[i].stratum, (uint32_t)i };
    if (n)
        qsort(place, n, sizeof *place, by_stratum_and_key);
    for (size_t i = 0; i < n; i++) {
        const struct rf_split_group *const g = &group[place[i].group];
        total += g->size;
        const size_t k = neediest(portion, given, parts, total);
        given[k] += g->size;
        part[place[i].group] = (uint32_t)k;
    }
    rf_free(place);
    return 0;
}
