/* JSON in (the door to jansson: strict, duplicate keys refused) and JSON text out; and the fast decoder for the list of strings
 * that vote files hold in every row. Refuses what RFC 8259 refuses; a lone surrogate is the only thing that it repairs (U+FFFD), and counts. */
#ifndef RF_CORE_JSON_H
#define RF_CORE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Parses exactly one value of any type. *out is the caller's (json_decref). RF_BAD_INPUT: "column C: found ..., expected ...". \u0000
 * is accepted and kept (strings carry their length); nesting above 64 is refused. */
int rf_json_parse(const char *s, size_t n, json_t **out, struct rf_err *err);

/* Field access with an error that names the key, what was found and what was expected. The result is borrowed. */
int rf_json_get_string(const json_t *obj, const char *key, struct rf_str *out, struct rf_err *err);
int rf_json_get_number(const json_t *obj, const char *key, double *out, struct rf_err *err); /* finite */
int rf_json_get_int(const json_t *obj, const char *key, int64_t *out, struct rf_err *err);

/* A JSON array of strings (null allowed: an absent element), decoded in place into buf without building nodes. */
struct rf_json_strings {
    struct rf_buf buf;    /* the decoded bytes, elements NUL-separated */
    struct rf_str *item;  /* [n] into buf; .s = NULL for null */
    size_t n, cap;
    size_t repaired;      /* lone surrogates replaced by U+FFFD */
};
/* Parses s[n]; t is reused between calls (zero-initialise once). RF_BAD_INPUT says the byte and what was expected. */
int rf_json_strings(const char *s, size_t n, struct rf_json_strings *t, struct rf_err *err);
void rf_json_strings_release(struct rf_json_strings *t);

/* Output: a string with quotes and escapes; a double in its shortest round-trip form ("null" where not finite). */
void rf_json_put_string(FILE *f, struct rf_str s);
void rf_json_put_real(FILE *f, double v);
/* The same into a buffer, and the shortest text of a double ("%.15g", else 16, else 17 digits). */
int rf_json_add_string(struct rf_buf *b, struct rf_str s, struct rf_err *err);
void rf_real_text(double v, char out[32]);

/* True for well-formed UTF-8 (no overlong forms, surrogates or values above U+10FFFF). */
bool rf_utf8_valid(const char *s, size_t n);
/* Code points of well-formed UTF-8. */
size_t rf_utf8_length(const char *s, size_t n);

#ifdef __cplusplus
}
#endif
#endif
