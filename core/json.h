/* JSON in (the door to jansson: strict, duplicate keys refused) and JSON text out; and the fast decoder for the list of
 * strings that vote files hold in every row (files of many rows: core/json_nodes.h). Refuses what RFC 8259 refuses; a
 * lone surrogate is the only thing that it repairs (U+FFFD), and counts. */
#ifndef RF_CORE_JSON_H
#define RF_CORE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_JSON_DEEPEST = 64 }; /* brackets within brackets */

/* Parses exactly one value of any type. *out is the caller's (json_decref). RF_BAD_INPUT: "column C: found ...,
 * expected ...". \u0000 is accepted and kept (strings carry their length); nesting above RF_JSON_DEEPEST is refused;
 * escapes of lone surrogates become U+FFFD. */
int rf_json_parse(const char *s, size_t n, json_t **out, struct rf_err *err);
/* The code point of the escape \uXXXX (or pair of them) at s[n], a lone surrogate as it is; *used = its bytes. -1: none
 * there. */
int32_t rf_json_escape(const char *s, size_t n, size_t *used);
#define RF_JSON_LONE(point) ((point) >= 0xD800 && (point) <= 0xDFFF)
/* How many lone surrogates rf_json_parse replaces in s[n]. */
size_t rf_json_lone_surrogates(const char *s, size_t n);

/* Field access with an error that names the key, what was found and what was expected. The result is borrowed. */
int rf_json_get_string(const json_t *obj, const char *key, struct rf_str *out, struct rf_err *err);
int rf_json_get_number(const json_t *obj, const char *key, double *out, struct rf_err *err); /* finite */
int rf_json_get_int(const json_t *obj, const char *key, int64_t *out, struct rf_err *err);

/* A JSON array of strings (null allowed: an absent element), decoded into buf without building nodes
 * (core/json_strings.c). */
struct rf_json_strings {
    struct rf_buf buf;   /* the decoded bytes, elements NUL-separated */
    struct rf_str *item; /* [n] into buf; .s = NULL for null */
    size_t n, cap;
    size_t repaired; /* lone surrogates replaced by U+FFFD */
};
/* Parses s[n]; t is reused between calls (zero-initialise once), its items valid until the next one. RF_BAD_INPUT says
 * the byte (from 0), what was found and what was expected. */
int rf_json_strings(const char *s, size_t n, struct rf_json_strings *t, struct rf_err *err);
void rf_json_strings_release(struct rf_json_strings *t);

/* Output (core/json_text.c): a string with quotes and escapes; a double in its shortest round-trip form, "null" where
 * not finite. */
void rf_json_put_string(FILE *f, struct rf_str s);
void rf_json_put_real(FILE *f, double v);
/* The same into a buffer, and the shortest text of a double ("%.15g", else 16, else 17 digits). */
int rf_json_add_string(struct rf_buf *b, struct rf_str s, struct rf_err *err);
void rf_real_text(double v, char out[32]);

/* UTF-8 (core/utf8.c). Bytes of the well-formed character at s[n], 1..4; 0 where there is none. */
size_t rf_utf8_step(const char *s, size_t n);
/* True for well-formed UTF-8 (no overlong forms, surrogates or values above U+10FFFF). */
bool rf_utf8_valid(const char *s, size_t n);

#ifdef __cplusplus
}
#endif
#endif
