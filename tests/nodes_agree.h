/* The differential check of rf_json_nodes_read, for its unit test and its fuzz target: jansson is the oracle. */
#ifndef RF_TESTS_NODES_AGREE_H
#define RF_TESTS_NODES_AGREE_H

#include <string.h>

#include "core/json.h"
#include "core/json_nodes.h"

/* True where node i is v, what stands within it down to `levels` more levels included. */
static inline bool node_is(const struct rf_json_nodes *t, size_t i, const json_t *v, size_t levels)
{
    static const enum rf_json_kind kind[] = {
        [JSON_OBJECT] = RF_JSON_OBJECT,   [JSON_ARRAY] = RF_JSON_ARRAY, [JSON_STRING] = RF_JSON_STRING,
        [JSON_INTEGER] = RF_JSON_INTEGER, [JSON_REAL] = RF_JSON_REAL,   [JSON_TRUE] = RF_JSON_TRUE,
        [JSON_FALSE] = RF_JSON_FALSE,     [JSON_NULL] = RF_JSON_NULL,
    };
    const struct rf_json_node *const node = &t->node[i];
    const struct rf_str text = rf_json_text(t, i);
    void *at = json_object_iter((json_t *)v);
    size_t n = 0;
    if (node->kind != kind[json_typeof(v)])
        return false;
    if (json_is_string(v))
        return text.len == json_string_length(v) && !memcmp(text.s, json_string_value(v), text.len + 1) &&
               node->next == i + 1;
    if (node->kind < RF_JSON_ARRAY || !levels) { /* as it is written: read again, it is the same */
        json_t *again = NULL;
        const bool same = rf_json_parse(text.s, text.len, &again, NULL) == 0 && json_equal(again, v);
        json_decref(again);
        return same && node->next == i + 1;
    }
    RF_JSON_EACH(k, t, i)
    {
        const json_t *const part = json_is_array(v) ? json_array_get(v, n) : json_object_iter_value(at);
        const struct rf_str key = rf_json_key(t, k);
        if (!part || !node_is(t, k, part, levels - 1))
            return false;
        if (json_is_object(v)) {
            const char *const name = json_object_iter_key(at);
            if (strlen(name) != key.len || memcmp(name, key.s, key.len + 1) != 0 || rf_json_member(t, i, key) != k)
                return false;
            at = json_object_iter_next((json_t *)v, at);
        }
        n++;
    }
    return n == (json_is_array(v) ? json_array_size(v) : json_object_size(v));
}

/* True where both sides refuse s[n] in the same words, or both accept it with the same values and repairs; levels as in
 * rf_json_nodes_read. */
static inline bool nodes_agree(const char *s, size_t n, size_t levels, struct rf_json_nodes *t)
{
    struct rf_err ours = { 0 }, theirs = { 0 };
    json_t *v = NULL;
    const int rc = rf_json_nodes_read(t, s, n, levels, &ours), expected = rf_json_parse(s, n, &v, &theirs);
    const bool same =
        rc == expected && !strcmp(ours.msg, theirs.msg) &&
        (rc || (t->repaired == rf_json_lone_surrogates(s, n) && t->node[0].next == t->n && node_is(t, 0, v, levels)));
    json_decref(v);
    return same;
}

#endif
