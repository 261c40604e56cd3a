/* Content-defined chunks: a cut falls where a hash of the last WINDOW bytes says so, so that the same passage is cut
 * alike wherever it stands. */
#include "core/template.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/mix.h"

enum {
    WINDOW = 16,   /* bytes that decide on a cut, and the shortest chunk */
    LONGEST = 256, /* of a passage without a place to cut */
    END = 48,      /* bytes of a template at either end of a text */
    LEFT = 64,     /* bytes that must be left between them */
    LEAST = 128    /* bytes of a template: fewer make no two texts alike that say something */
};
#define CUTS 15u /* one place in 16 on average */

/* Length of the chunk at the start of s. */
static size_t chunk(struct rf_str s)
{
    const uint64_t base = UINT64_C(0x9e3779b97f4a7c15);
    const size_t end = s.len < LONGEST ? s.len : LONGEST;
    uint64_t h = 0, drop = 1;
    for (size_t i = 0; i < WINDOW; i++)
        drop *= base;
    for (size_t i = 0; i < end; i++) {
        h = h * base + (unsigned char)s.s[i];
        if (i + 1 < WINDOW)
            continue;
        if (i >= WINDOW)
            h -= drop * (unsigned char)s.s[i - WINDOW];
        const bool between = i + 1 < s.len && ((unsigned char)s.s[i + 1] & 0xC0) != 0x80; /* not within a character */
        if (between && (h >> 60 & CUTS) == 0)
            return i + 1;
    }
    size_t n = end;
    while (n < s.len && ((unsigned char)s.s[n] & 0xC0) == 0x80)
        n++;
    return n;
}

struct place {
    uint64_t hash;
    size_t text;
};

static int by_hash_and_text(const void *a, const void *b)
{
    const struct place *const p = a, *const q = b;
    if (p->hash != q->hash)
        return p->hash < q->hash ? -1 : 1;
    return (p->text > q->text) - (p->text < q->text);
}

static struct rf_str after(struct rf_str s, size_t n)
{
    return (struct rf_str){ s.s + n, s.len - n };
}

/* The chunks of all texts that are long enough to hold a template and something else. */
static int cut_all(struct place **place, size_t *n, const struct rf_str *text, size_t texts, struct rf_err *err)
{
    size_t room = 0;
    for (size_t i = 0; i < texts; i++)
        room += text[i].len / WINDOW + 1;
    *n = 0;
    if (RF_NEW(*place, room, err))
        return RF_FAIL;
    for (size_t i = 0; i < texts; i++)
        for (struct rf_str s = text[i]; s.len;) {
            const size_t len = chunk(s);
            (*place)[(*n)++] = (struct place){ rf_mix_bytes(0, s.s, len), i };
            s = after(s, len);
        }
    return 0;
}

/* ---- ends ---- */

struct ended {
    struct rf_str text;
    uint32_t at; /* index of the text */
};

static size_t shared_head(struct rf_str a, struct rf_str b)
{
    const size_t n = a.len < b.len ? a.len : b.len;
    size_t i = 0;
    while (i < n && a.s[i] == b.s[i])
        i++;
    return i;
}

static size_t shared_tail(struct rf_str a, struct rf_str b)
{
    const size_t n = a.len < b.len ? a.len : b.len;
    size_t i = 0;
    while (i < n && a.s[a.len - 1 - i] == b.s[b.len - 1 - i])
        i++;
    return i;
}

static int by_head(const void *x, const void *y)
{
    const struct rf_str a = ((const struct ended *)x)->text, b = ((const struct ended *)y)->text;
    const size_t i = shared_head(a, b);
    if (i == a.len || i == b.len)
        return (a.len > b.len) - (a.len < b.len);
    return (unsigned char)a.s[i] < (unsigned char)b.s[i] ? -1 : 1;
}

static int by_tail(const void *x, const void *y)
{
    const struct rf_str a = ((const struct ended *)x)->text, b = ((const struct ended *)y)->text;
    const size_t i = shared_tail(a, b);
    if (i == a.len || i == b.len)
        return (a.len > b.len) - (a.len < b.len);
    return (unsigned char)a.s[a.len - 1 - i] < (unsigned char)b.s[b.len - 1 - i] ? -1 : 1;
}

/* end[n] = the bytes that each text shares with RF_TEMPLATE_TEXTS - 1 others at one end: in order of that end these
 * stand together. */
static int find_ends(uint32_t **end, const struct rf_str *text, size_t n, int (*order)(const void *, const void *),
                     size_t (*shared)(struct rf_str, struct rf_str), struct rf_err *err)
{
    struct ended *v = NULL;
    int rc;
    if ((rc = RF_NEW(*end, n, err)) || (rc = RF_NEW(v, n, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        v[i] = (struct ended){ text[i], (uint32_t)i };
    if (n)
        qsort(v, n, sizeof *v, order);
    for (size_t i = 0; i + RF_TEMPLATE_TEXTS <= n; i++) {
        const size_t same = shared(v[i].text, v[i + RF_TEMPLATE_TEXTS - 1].text);
        for (size_t j = i; j < i + RF_TEMPLATE_TEXTS; j++)
            if (same > (*end)[v[j].at])
                (*end)[v[j].at] = (uint32_t)same;
    }
out:
    rf_free(v);
    return rc;
}

/* Text i without its ends, at boundaries of characters. */
static struct rf_str between_ends(const struct rf_template *t, size_t i, struct rf_str text)
{
    size_t head = t->head[i] < END ? 0 : t->head[i], tail = t->tail[i] < END ? 0 : t->tail[i];
    if (text.len < LEFT || head + tail > text.len - LEFT)
        return text;
    while (head && ((unsigned char)text.s[head] & 0xC0) == 0x80)
        head--;
    while (tail && ((unsigned char)text.s[text.len - tail] & 0xC0) == 0x80)
        tail--;
    return (struct rf_str){ text.s + head, text.len - head - tail };
}

int rf_template_find(struct rf_template *t, const struct rf_str *text, size_t n, struct rf_err *err)
{
    struct place *place = NULL;
    size_t places;
    *t = (struct rf_template){ 0 };
    int rc = cut_all(&place, &places, text, n, err);
    if (rc || (rc = find_ends(&t->head, text, n, by_head, shared_head, err)) ||
        (rc = find_ends(&t->tail, text, n, by_tail, shared_tail, err)) ||
        (rc = RF_NEW(t->common, places / RF_TEMPLATE_TEXTS, err)))
        goto out;
    if (places)
        qsort(place, places, sizeof *place, by_hash_and_text);
    for (size_t i = 0, end; i < places; i = end) {
        size_t texts = 1;
        for (end = i + 1; end < places && place[end].hash == place[i].hash; end++)
            texts += place[end].text != place[end - 1].text;
        if (texts >= RF_TEMPLATE_TEXTS)
            t->common[t->n++] = place[i].hash;
    }
out:
    rf_free(place);
    return rc;
}

static bool is_common(const struct rf_template *t, uint64_t hash)
{
    size_t low = 0, high = t->n;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (t->common[mid] < hash)
            low = mid + 1;
        else
            high = mid;
    }
    return low < t->n && t->common[low] == hash;
}

struct rf_str rf_template_content(const struct rf_template *t, size_t i, struct rf_str text, struct rf_buf *out,
                                  size_t *cut)
{
    const size_t start = out->len;
    const size_t whole = text.len;
    text = between_ends(t, i, text);
    size_t kept = 0;
    bool gap = false;
    for (struct rf_str s = text; t->n && s.len;) {
        const size_t len = chunk(s);
        if (is_common(t, rf_mix_bytes(0, s.s, len))) {
            gap = kept > 0;
        } else {
            if (gap)
                out->data[out->len++] = '\n';
            gap = false;
            memcpy(out->data + out->len, s.s, len);
            out->len += len;
            kept += len;
        }
        s = after(s, len);
    }
    const size_t ends = whole - text.len;
    *cut = text.len - kept;
    if (kept == 0 || *cut < LEAST || 2 * *cut <= text.len) { /* no template, or nothing else, or too little of it */
        out->len = start;
        *cut = ends;
        return text;
    }
    *cut += ends;
    return (struct rf_str){ out->data + start, out->len - start };
}

void rf_template_release(struct rf_template *t)
{
    rf_free(t->head);
    rf_free(t->tail);
    rf_free(t->common);
    *t = (struct rf_template){ 0 };
}
