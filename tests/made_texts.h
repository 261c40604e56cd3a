/* Made-up prompts for tests and benches: words of made-up syllables with a Zipf-like frequency, and copies of them with
 * a wanted similarity. */
#ifndef RF_TESTS_MADE_TEXTS_H
#define RF_TESTS_MADE_TEXTS_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "core/minhash.h"

/* Appends a word: the k-th most frequent of `words` has a chance near 1/k. */
static inline int made_word(struct rf_rng *r, double words, struct rf_buf *out)
{
    static const char *const syllable[] = { "an", "ter", "lo", "mi",  "co", "re",  "shu", "ven",
                                            "ta", "qui", "or", "pla", "de", "ing", "st",  "ul" };
    const uint32_t k = (uint32_t)exp(rf_rng_uniform(r) * log(words));
    struct rf_rng spell;
    int rc = 0;
    rf_rng_init(&spell, 5, k);
    for (uint32_t parts = 1 + rf_rng_below(&spell, 4); parts && !rc; parts--)
        rc = rf_buf_printf(out, NULL, "%s", syllable[rf_rng_below(&spell, 16)]);
    return rc;
}

/* Appends `bytes` bytes or a few more of words. Returns where they start. */
static inline size_t made_text(struct rf_rng *r, size_t bytes, struct rf_buf *out)
{
    const size_t start = out->len;
    while (out->len - start < bytes)
        if ((out->len > start && rf_buf_add(out, " ", 1, NULL)) || made_word(r, 30000, out))
            break;
    return start;
}

/* Appends a copy of text in which so many characters are replaced, one after the other, that its Jaccard similarity
 * with it is as little as possible at or above `similarity`. Returns where it starts. */
static inline size_t made_copy(struct rf_rng *r, struct rf_str text, double similarity, struct rf_buf *out)
{
    const size_t start = out->len;
    double s = 1;
    if (rf_buf_add(out, text.s, text.len, NULL))
        return start;
    for (int tries = 0; tries < 20;) {
        char *const c = out->data + start + rf_rng_below(r, (uint32_t)text.len), old = *c;
        *c = (char)('a' + rf_rng_below(r, 26));
        if (!rf_jaccard(text, (struct rf_str){ out->data + start, text.len }, &s, NULL) && s >= similarity)
            continue;
        *c = old;
        tries++;
    }
    return start;
}

#endif
