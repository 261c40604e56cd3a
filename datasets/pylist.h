/* A Python list literal of strings, ['a', "it's"]: the form in which RouterBench's tables hold prompts and answers. */
#ifndef RF_DATASETS_PYLIST_H
#define RF_DATASETS_PYLIST_H

#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_pylist {
    struct rf_str *item; /* [n] decoded to UTF-8, into buf */
    size_t n, cap;
    size_t repaired; /* surrogates replaced by U+FFFD: Python strings may hold lone ones, UTF-8 cannot */
    struct rf_buf buf;
};

/* 1: s is a list literal of strings and l holds its elements (n may be 0); 0: it is none, and l is empty; or RF_FAIL. l
 * is reused between calls (zero-initialise once) and may only be read until the next one. */
int rf_pylist_parse(struct rf_str s, struct rf_pylist *l, struct rf_err *err);
void rf_pylist_release(struct rf_pylist *l);

#ifdef __cplusplus
}
#endif
#endif
