/* The texts of a database, each once: normalised, in an order that their content alone decides (whatever order the rows
 * were ingested in), and what remains of them beyond templates. All of them, whatever sets are compared, so that two
 * prompts are alike or not alike in every command. Of a conversation only the first turn counts: a router sees a prompt
 * before any answer. A prompt without text stands for itself. */
#ifndef RF_CORE_CORPUS_H
#define RF_CORE_CORPUS_H

#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/sha256.h"
#include "core/pairs.h"
#include "core/prompt_set.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_corpus {
    int64_t *prompt;   /* [n] all rows of table prompt by rising id */
    uint32_t *text_of; /* [n] index of its normalised text */
    size_t n;
    struct rf_str *text;    /* [texts] distinct normalised texts */
    uint64_t *hash;         /* [texts] rf_mix_bytes of each, ascending */
    struct rf_str *content; /* [texts] the same without template (core/template.h) */
    size_t texts;
    size_t templated;         /* texts that are mostly template */
    struct rf_buf bytes, cut; /* behind text and content */
};

int rf_corpus_read(struct rf_corpus *c, struct rf_db *db, struct rf_err *err);
/* Fingerprint of the texts of set[nsets], in their own order. */
int rf_corpus_sha256(const struct rf_corpus *c, const struct rf_prompt_set *set, size_t nsets, char hex[RF_SHA256_HEX],
                     struct rf_err *err);
/* Index of a prompt. */
size_t rf_corpus_find(const struct rf_corpus *c, int64_t prompt);
/* Near-duplicates by content (core/minhash.h), as pairs of texts, sorted. side: bits RF_NEAR_LEFT and RF_NEAR_RIGHT
 * of each text, 0 where it takes no part; pairs have one text of either side. NULL: any two texts. */
int rf_corpus_near(const struct rf_corpus *c, double jaccard, const uint8_t *side, int threads, struct rf_pairs *out,
                   struct rf_err *err);
void rf_corpus_release(struct rf_corpus *c); /* a zeroed struct is fine */

#ifdef __cplusplus
}
#endif
#endif
