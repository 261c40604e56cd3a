/* A hash table of places beside the digests in their order; a digest is its own hash. */
#include "datasets/digests.h"

#include <string.h>

#include "core/mem.h"

enum { FIRST = 1024 };

/* Where the digest stands, or the free slot where it would. */
static size_t place(const struct rf_digests *d, const uint8_t digest[RF_SHA256_SIZE])
{
    uint64_t head;
    memcpy(&head, digest, sizeof head);
    size_t i = (size_t)head & (d->cap - 1);
    while (d->slot[i] && memcmp(d->digest[d->slot[i] - 1], digest, RF_SHA256_SIZE) != 0)
        i = (i + 1) & (d->cap - 1);
    return i;
}

int64_t rf_digests_find(const struct rf_digests *d, const uint8_t digest[RF_SHA256_SIZE])
{
    return d->cap ? d->slot[place(d, digest)] : 0;
}

int rf_digests_add(struct rf_digests *d, const uint8_t digest[RF_SHA256_SIZE], struct rf_err *err)
{
    if (2 * d->n >= d->cap) {
        const size_t cap = d->cap ? 2 * d->cap : FIRST;
        void *const more = rf_regrow(d->digest, d->cap / 2, cap / 2, sizeof *d->digest, err);
        if (!more)
            return RF_FAIL;
        d->digest = more;
        uint32_t *wider = NULL;
        const int rc = RF_NEW(wider, cap, err);
        if (rc)
            return rc;
        rf_free(d->slot);
        d->slot = wider;
        d->cap = cap;
        for (size_t i = 0; i < d->n; i++)
            d->slot[place(d, d->digest[i])] = (uint32_t)i + 1;
    }
    const size_t i = place(d, digest);
    memcpy(d->digest[d->n], digest, RF_SHA256_SIZE);
    d->slot[i] = (uint32_t)++d->n;
    return 0;
}

void rf_digests_release(struct rf_digests *d)
{
    rf_free(d->digest);
    rf_free(d->slot);
    *d = (struct rf_digests){ 0 };
}
