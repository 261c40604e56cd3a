/* Normalised text, in which prompts that differ in form alone are the same: Unicode's NFKC with case folded and
 * invisible characters (zero width, soft hyphen, variation selectors) left out, each run of white space as one blank,
 * none at either end. Refuses: bytes that are not UTF-8. */
#ifndef RF_CORE_NORMAL_H
#define RF_CORE_NORMAL_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A pad for one thread; zero-initialise, release when done. */
struct rf_normal {
    int32_t *cp; /* [cap] code points of the text at hand */
    size_t cap;
};

/* Appends the normalised form of text to out; nothing for a text of white space. A text that is normalised already
 * stays as it is. */
int rf_normal_add(struct rf_normal *pad, struct rf_str text, struct rf_buf *out, struct rf_err *err);
void rf_normal_release(struct rf_normal *pad);

#ifdef __cplusplus
}
#endif
#endif
