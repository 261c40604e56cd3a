/* A place in JSON text and the strings decoded from there: what the decoders that build no nodes of jansson's share
 * (json_strings.c, json_nodes.c), for them alone. */
#ifndef RF_CORE_JSON_CURSOR_H
#define RF_CORE_JSON_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* [p, end) is still to be read. Nothing grows when it is decoded, so that out has room wherever it had it at the start
 * (rf_json_cursor_init). */
struct rf_json_cursor {
    const char *begin, *p, *end;
    char *out;
    size_t repaired; /* lone surrogates replaced by U+FFFD */
    struct rf_err *err;
};
/* At the start of s[n], with out in buf, which gets room for n bytes and a NUL for each string among them. */
int rf_json_cursor_init(struct rf_json_cursor *c, const char *s, size_t n, struct rf_buf *buf, struct rf_err *err);
/* RF_BAD_INPUT: "byte N: found the byte at p, expected ..." */
int rf_json_refuse(struct rf_json_cursor *c, const char *expected);
/* A string whose opening quote is passed, decoded to out, up to and with its closing one; a NUL goes behind it. */
int rf_json_decode(struct rf_json_cursor *c);

static inline void rf_json_skip_blanks(struct rf_json_cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\n' || *c->p == '\r' || *c->p == '\t'))
        c->p++;
}

/* Passes the word if it stands at p. */
static inline bool rf_json_accept(struct rf_json_cursor *c, const char *word)
{
    const size_t n = strlen(word);
    if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n))
        return false;
    c->p += n;
    return true;
}

#ifdef __cplusplus
}
#endif
#endif
