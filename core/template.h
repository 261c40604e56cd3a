/* What a text says beyond its template. Benchmarks put the same instructions and worked examples before every question;
 * by them alone any two prompts look alike (of RouterBench's ARC prompts, which share 1,643 of some 2,000 characters,
 * one pair in six has Jaccard similarity .8), and one instruction behind a copied question makes it another one. What
 * RF_TEMPLATE_TEXTS or more different texts share is template:
 *   the same 48 bytes or more at the start, or at the end, where 64 bytes or more are left between them;
 *   of what is left, chunks of some 32 bytes, cut at places that their own content decides, wherever they stand, if
 * they are more than half of it and 128 bytes or more. Below that they cannot make two texts alike, and nothing is
 * taken. Known limit: of so many long texts that differ in a few places each, the common passages are taken for a
 * template too.
 */
#ifndef RF_CORE_TEMPLATE_H
#define RF_CORE_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_TEMPLATE_TEXTS = 10 };

struct rf_template {
    uint32_t *head, *tail; /* [texts] bytes that a text shares at either end */
    uint64_t *common;      /* [n] hashes of template chunks, ascending */
    size_t n;
};
/* Finds the template of text[n], which are distinct, normalised, and shorter than 2^32 bytes. */
int rf_template_find(struct rf_template *t, const struct rf_str *text, size_t n, struct rf_err *err);
/* The content of text i of these: itself, or with the template cut out (a line feed, which normalised texts do not
 * have, stands for each cut) appended to out, which must have room for its length. *cut: bytes of template cut out. */
struct rf_str rf_template_content(const struct rf_template *t, size_t i, struct rf_str text, struct rf_buf *out,
                                  size_t *cut);
void rf_template_release(struct rf_template *t); /* a zeroed struct is fine */

#ifdef __cplusplus
}
#endif
#endif
