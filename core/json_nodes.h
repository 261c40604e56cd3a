/* One JSON value as a flat list of nodes in memory that is used again for the next one: what rf_json_parse accepts, for
 * files of many rows. Nothing is allocated per value; strings are decoded into one buffer. Refuses what rf_json_parse
 * refuses, in its words; a fuzz target holds both equal. */
#ifndef RF_CORE_JSON_NODES_H
#define RF_CORE_JSON_NODES_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_json_kind {
    RF_JSON_NULL,
    RF_JSON_FALSE,
    RF_JSON_TRUE,
    RF_JSON_INTEGER, /* fits 64 bits */
    RF_JSON_REAL,    /* fits a double */
    RF_JSON_STRING,
    RF_JSON_ARRAY,
    RF_JSON_OBJECT
};

/* Node 0 is the value; the nodes within an array or object stand behind it, in the order of the text. */
struct rf_json_node {
    uint32_t key, key_len;   /* of a member, in buf; 0, 0 elsewhere */
    uint32_t text, text_len; /* a string: in buf; else in the source */
    uint32_t next;           /* the index behind all nodes within this one */
    enum rf_json_kind kind;
};
struct rf_json_nodes {
    struct rf_json_node *node; /* [n] */
    size_t n, cap;
    size_t repaired;    /* lone surrogates replaced by U+FFFD in the whole text */
    const char *source; /* borrowed: the text */
    struct rf_buf buf;  /* owned: decoded keys and strings, a NUL behind each */
    struct rf_str *key; /* [nkey] for the search of duplicates */
    size_t nkey;
};
/* Reads s[n], n < 4 GiB. levels: nodes nested deeper than this (the value itself: 0) are checked and left out. t is
 * reused between calls (zero-initialise once); what it holds is valid until the next one, and as long as s is. */
int rf_json_nodes_read(struct rf_json_nodes *t, const char *s, size_t n, size_t levels, struct rf_err *err);
void rf_json_nodes_release(struct rf_json_nodes *t);

/* The key of a member, and what stands at a node: a string decoded, everything else as it is written. */
struct rf_str rf_json_key(const struct rf_json_nodes *t, size_t node);
struct rf_str rf_json_text(const struct rf_json_nodes *t, size_t node);
/* The member of this key within node; 0: there is none, or node is no object. */
size_t rf_json_member(const struct rf_json_nodes *t, size_t node, struct rf_str key);
/* A loop over what stands right within the array or object `of`. */
#define RF_JSON_EACH(i, t, of) for (size_t i = (of) + 1; i < (t)->node[of].next; i = (t)->node[i].next)

#ifdef __cplusplus
}
#endif
#endif
