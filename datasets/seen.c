/* Texts counted by their hash. */
#include "datasets/seen.h"

#include "core/mix.h"

enum { FIRST_CAP = 1024 };

static struct rf_seen_text *place(const struct rf_seen *s, uint64_t hash)
{
    size_t i = (size_t)hash & (s->cap - 1);
    while (s->v[i].times && s->v[i].hash != hash)
        i = (i + 1) & (s->cap - 1);
    return &s->v[i];
}

static int grow(struct rf_seen *s, struct rf_err *err)
{
    struct rf_seen big = { .n = s->n };
    if (!rf_mul(s->cap ? s->cap : FIRST_CAP / 2, 2, &big.cap))
        return rf_fail(err, RF_FAIL, "out of memory: more than %zu texts", s->n);
    const int rc = RF_NEW(big.v, big.cap, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < s->cap; i++)
        if (s->v[i].times)
            *place(&big, s->v[i].hash) = s->v[i];
    rf_free(s->v);
    *s = big;
    return 0;
}

int rf_seen_add(struct rf_seen *s, struct rf_str text, uint64_t *times, struct rf_err *err)
{
    const int rc = s->n >= s->cap / 2 ? grow(s, err) : 0;
    if (rc)
        return rc;
    const uint64_t hash = rf_mix_bytes(0, text.s, text.len);
    struct rf_seen_text *const t = place(s, hash);
    if (!t->times) {
        t->hash = hash;
        s->n++;
    }
    *times = ++t->times;
    return 0;
}

void rf_seen_release(struct rf_seen *s)
{
    rf_free(s->v);
    *s = (struct rf_seen){ 0 };
}
