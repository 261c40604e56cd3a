/* Checked arithmetic and allocations. Blocks are 64-byte aligned so that BLAS and vector loops may rely on it. */
#include "core/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64 };

static long fail_in; /* 0 = off, else allocations until the failing one */
static bool fail_for_ever;

void rf_mem_fail_at(long nth, bool for_ever)
{
    fail_in = nth;
    fail_for_ever = for_ever;
}

static bool told_to_fail(void)
{
    if (fail_in == 0)
        return false;
    if (fail_in > 1) {
        fail_in--;
        return false;
    }
    if (!fail_for_ever)
        fail_in = 0;
    return true;
}

bool rf_mul(size_t a, size_t b, size_t *out)
{
    size_t r;
    if (__builtin_mul_overflow(a, b, &r))
        return false;
    *out = r;
    return true;
}

bool rf_add(size_t a, size_t b, size_t *out)
{
    size_t r;
    if (__builtin_add_overflow(a, b, &r))
        return false;
    *out = r;
    return true;
}

void *rf_room(size_t n, size_t size, struct rf_err *err)
{
    size_t bytes, whole;
    void *p = NULL;
    if (!rf_mul(n, size, &bytes) || !rf_add(bytes, ALIGN, &whole)) {
        rf_fail(err, RF_FAIL, "out of memory: %zu elements of %zu bytes do not fit the address space", n, size);
        return NULL;
    }
    whole = whole / ALIGN * ALIGN; /* at least one unit, a multiple of the alignment */
    if (told_to_fail() || !(p = aligned_alloc(ALIGN, whole)))
        rf_fail(err, RF_FAIL, "out of memory: no room for %zu bytes", bytes);
    return p;
}

void *rf_calloc(size_t n, size_t size, struct rf_err *err)
{
    void *const p = rf_room(n, size, err);
    return p ? memset(p, 0, n * size) : NULL;
}

void *rf_widen(void *p, size_t old_n, size_t n, size_t size, struct rf_err *err)
{
    void *const q = rf_room(n, size, err);
    if (q && p) {
        memcpy(q, p, (old_n < n ? old_n : n) * size);
        rf_free(p);
    }
    return q;
}

void *rf_regrow(void *p, size_t old_n, size_t n, size_t size, struct rf_err *err)
{
    const size_t kept = p ? old_n : 0;
    char *const q = rf_widen(p, old_n, n, size, err);
    if (q && kept < n)
        memset(q + kept * size, 0, (n - kept) * size);
    return q;
}

char *rf_strndup(const char *s, size_t n, struct rf_err *err)
{
    size_t whole;
    char *p = rf_add(n, 1, &whole) ? rf_calloc(whole, 1, err) : NULL;
    if (p && n)
        memcpy(p, s, n);
    return p;
}

void rf_free(void *p)
{
    free(p);
}

int rf_buf_reserve(struct rf_buf *b, size_t more, struct rf_err *err)
{
    size_t need, cap = b->cap;
    if (!rf_add(b->len, more, &need) || !rf_add(need, 1, &need))
        return rf_fail(err, RF_FAIL, "out of memory: a text of more than %zu bytes", b->len);
    if (!cap)
        cap = need > 64 ? need : 64; /* a large text at once, most often a whole file, gets no more than it needs */
    if (need <= b->cap)
        return 0;
    while (cap < need)
        if (!rf_mul(cap, 2, &cap))
            cap = need;
    char *p = rf_regrow(b->data, b->len + (b->data ? 1 : 0), cap, 1, err);
    if (!p)
        return RF_FAIL;
    b->data = p;
    b->cap = cap;
    return 0;
}

int rf_buf_add(struct rf_buf *b, const void *data, size_t n, struct rf_err *err)
{
    const int rc = rf_buf_reserve(b, n, err);
    if (rc)
        return rc;
    if (n)
        memcpy(b->data + b->len, data, n);
    b->len += n;
    b->data[b->len] = '\0';
    return 0;
}

int rf_buf_printf(struct rf_buf *b, struct rf_err *err, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    const int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    int rc = n < 0 ? rf_fail(err, RF_FAIL, "cannot format a text") : rf_buf_reserve(b, (size_t)n, err);
    if (!rc) {
        vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
    return rc;
}

void rf_buf_release(struct rf_buf *b)
{
    rf_free(b->data);
    *b = (struct rf_buf){ 0 };
}
