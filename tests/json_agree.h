/* The differential check of rf_json_strings, for its unit test and its fuzz target: jansson is the oracle. */
#ifndef RF_TESTS_JSON_AGREE_H
#define RF_TESTS_JSON_AGREE_H

#include <string.h>

#include "core/json.h"

/* True where both sides refuse s[n], or both accept it with the same strings and repairs. */
static inline bool json_agree(const char *s, size_t n, struct rf_json_strings *t)
{
    json_t *whole = NULL;
    const bool ours = rf_json_strings(s, n, t, NULL) == 0;
    bool theirs = rf_json_parse(s, n, &whole, NULL) == 0 && json_is_array(whole), same = true;
    for (size_t i = 0; theirs && i < json_array_size(whole); i++) {
        const json_t *v = json_array_get(whole, i);
        theirs = json_is_string(v) || json_is_null(v);
        if (theirs && ours)
            same = same && i < t->n && t->item[i].len == json_string_length(v) && json_is_null(v) == !t->item[i].s &&
                   (!t->item[i].s || !memcmp(t->item[i].s, json_string_value(v), t->item[i].len + 1));
    }
    if (ours && theirs)
        same = same && t->n == json_array_size(whole) && t->repaired == rf_json_lone_surrogates(s, n);
    json_decref(whole);
    return same && ours == theirs;
}

#endif
