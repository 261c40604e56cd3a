/* A shingle's hash is a polynomial in its code points, rolled on from one place to the next, and mixed. Sets stand in a
 * hash table that is never emptied: a slot belongs to the text whose number it carries. */
#include "core/shingle.h"

#include <stdbool.h>

#include "core/mix.h"

#define BASE   UINT64_C(0x9e3779b97f4a7c15)
#define BASE_4 (BASE * BASE * BASE * BASE)

/* Walks over the shingles of a text. */
struct walk {
    const unsigned char *p, *end;
    uint32_t last[8]; /* code points, the i-th at i % 8 */
    size_t n;         /* code points read */
    uint64_t h;       /* polynomial of the last RF_SHINGLE */
};

static uint32_t next_point(struct walk *w)
{
    static const unsigned char extra[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3 };
    uint32_t c = *w->p++;
    if (c < 0x80)
        return c;
    unsigned more = extra[c >> 4];
    c &= 0x3fu >> more;
    for (; more && w->p < w->end; more--)
        c = c << 6 | (*w->p++ & 0x3fu);
    return c;
}

static void step(struct walk *w)
{
    const uint32_t c = next_point(w);
    if (w->n >= RF_SHINGLE)
        w->h -= BASE_4 * w->last[(w->n - RF_SHINGLE) % 8];
    w->h = w->h * BASE + c + 1;
    w->last[w->n++ % 8] = c + 1;
}

/* The next shingle's hash; false at the end. */
static bool next_shingle(struct walk *w, uint64_t *hash)
{
    if (w->p == w->end)
        return false;
    do
        step(w);
    while (w->n < RF_SHINGLE && w->p < w->end);
    *hash = rf_mix64(w->h);
    return true;
}

static struct walk walk_over(struct rf_str text)
{
    const unsigned char *const p = (const unsigned char *)text.s;
    return (struct walk){ .p = p, .end = p + text.len };
}

static int make_room(struct rf_shingles *s, size_t shingles, struct rf_err *err)
{
    size_t slots = 1024;
    while (slots < 2 * shingles)
        slots *= 2;
    if (slots <= s->slots)
        return 0;
    rf_shingles_release(s);
    if (RF_NEW(s->x, slots, err) || RF_NEW(s->key, slots, err) || RF_NEW(s->used, slots, err) ||
        RF_NEW(s->met, slots, err))
        return RF_FAIL;
    s->slots = slots;
    return 0;
}

/* Where the shingle stands, or the free slot where it would. */
static size_t slot_of(const struct rf_shingles *s, uint64_t hash)
{
    size_t at = hash & (s->slots - 1);
    while (s->used[at] == s->texts && s->key[at] != hash)
        at = (at + 1) & (s->slots - 1);
    return at;
}

int rf_shingles_set(struct rf_shingles *s, struct rf_str text, struct rf_err *err)
{
    struct walk w = walk_over(text);
    uint64_t hash;
    const int rc = make_room(s, text.len, err);
    if (rc)
        return rc;
    s->n = 0;
    s->texts++;
    while (next_shingle(&w, &hash)) {
        const size_t at = slot_of(s, hash);
        if (s->used[at] == s->texts)
            continue;
        s->used[at] = s->texts;
        s->key[at] = hash;
        s->x[s->n++] = (uint32_t)(hash >> 32);
    }
    return 0;
}

size_t rf_shingles_common(struct rf_shingles *s, struct rf_str text, size_t distinct, size_t least)
{
    struct walk w = walk_over(text);
    size_t common = 0;
    uint64_t hash;
    s->comparisons++;
    while (common < distinct && common + (size_t)(w.end - w.p) + RF_SHINGLE >= least && next_shingle(&w, &hash)) {
        const size_t at = slot_of(s, hash);
        if (s->used[at] == s->texts && s->met[at] != s->comparisons) {
            s->met[at] = s->comparisons;
            common++;
        }
    }
    return common;
}

void rf_shingles_release(struct rf_shingles *s)
{
    rf_free(s->x);
    rf_free(s->key);
    rf_free(s->used);
    rf_free(s->met);
    *s = (struct rf_shingles){ 0 };
}
