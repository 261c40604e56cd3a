/* Memory: checked size arithmetic, allocations that fill an error, and a growing byte buffer.
 * What multiplies lengths goes through rf_mul/rf_add. A test can make the Nth allocation fail. */
#ifndef RF_CORE_MEM_H
#define RF_CORE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* *out = a * b or a + b; false (and *out untouched) where it does not fit a size_t. */
bool rf_mul(size_t a, size_t b, size_t *out);
bool rf_add(size_t a, size_t b, size_t *out);

/* n * size bytes, zeroed, aligned to 64; never NULL for n = 0. NULL and err filled on overflow or no memory. Release
 * with rf_free. */
void *rf_calloc(size_t n, size_t size, struct rf_err *err);
/* The same, not zeroed: for large arrays that are written before they are read. */
void *rf_room(size_t n, size_t size, struct rf_err *err);
/* Grows p (from rf_calloc or NULL, holding old_n elements) to n elements; the new ones are zeroed. On failure p stays
 * valid. */
void *rf_regrow(void *p, size_t old_n, size_t n, size_t size, struct rf_err *err);
/* The same, the new ones not zeroed: room that is not used yet takes no memory. */
void *rf_widen(void *p, size_t old_n, size_t n, size_t size, struct rf_err *err);
/* A copy of n bytes of s with a NUL behind; release with rf_free. */
char *rf_strndup(const char *s, size_t n, struct rf_err *err);
void rf_free(void *p);

/* p = zeroed array of n elements of *p; evaluates to 0 or RF_FAIL: `if ((rc = RF_NEW(x, n, err))) goto out;` */
#define RF_NEW(p, n, err)  (((p) = rf_calloc((n), sizeof *(p), (err))) ? 0 : RF_FAIL)
#define RF_ROOM(p, n, err) (((p) = rf_room((n), sizeof *(p), (err))) ? 0 : RF_FAIL) /* not zeroed */

/* Test hook: the nth allocation from now on fails (1 = the next); for_ever: and every later one. 0 switches off. */
void rf_mem_fail_at(long nth, bool for_ever);

/* A growing string of bytes, always with a NUL behind data[len]. Zero-initialise with `struct rf_buf b = { 0 };`. */
struct rf_buf {
    char *data; /* NULL while empty */
    size_t len; /* bytes used */
    size_t cap; /* bytes owned */
};
/* Each returns 0 or RF_FAIL, with b as it was. add: n bytes behind the ones that are there; reserve: room for `more`
 * bytes and a NUL; printf: formatted text. release: empties b, which may be used again. */
int rf_buf_add(struct rf_buf *b, const void *data, size_t n, struct rf_err *err);
int rf_buf_reserve(struct rf_buf *b, size_t more, struct rf_err *err);
int rf_buf_printf(struct rf_buf *b, struct rf_err *err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void rf_buf_release(struct rf_buf *b);

/* A borrowed string with its length: may hold NUL bytes, need not end in one. */
struct rf_str {
    const char *s;
    size_t len;
};

#ifdef __cplusplus
}
#endif
#endif
