/* The door to jansson. Before it, one pass over the text looks for what jansson is too lax or too strict about: nesting
 * (it would recurse 2,048 deep), NUL bytes (it passes over one behind a number or a word), and escapes of lone
 * surrogates (it refuses them; real vote files hold them). Refuses:
 * everything outside RFC 8259, duplicate keys, numbers that do not fit, nesting above 64. */
#include "core/json.h"

#include <math.h>
#include <string.h>

struct survey {
    size_t lone; /* escapes of surrogates without their partner */
    size_t deep; /* 1 + offset of the first bracket below RF_JSON_DEEPEST; 0: none */
    size_t nul;  /* 1 + offset of the first NUL byte outside of strings; 0: none */
};

/* One pass over s[n]; where repaired is not NULL it holds a copy of s, in which each lone surrogate becomes \ufffd (as
 * long as it was). */
static struct survey survey(const char *s, size_t n, char *repaired)
{
    struct survey v = { 0 };
    size_t depth = 0, step;
    bool inside = false; /* a string */
    for (size_t i = 0; i < n; i += step) {
        const char c = s[i];
        step = 1;
        if (c == '"') {
            inside = !inside;
        } else if (!inside) {
            if (c == '[' || c == '{')
                depth++;
            else if ((c == ']' || c == '}') && depth)
                depth--;
            if (depth > RF_JSON_DEEPEST && !v.deep)
                v.deep = i + 1;
            if (!c && !v.nul)
                v.nul = i + 1;
        } else if (c == '\\') {
            const int32_t point = rf_json_escape(s + i, n - i, &step);
            if (point < 0)
                step = 2; /* another escape */
            if (RF_JSON_LONE(point)) {
                v.lone++;
                if (repaired)
                    memcpy(repaired + i, "\\ufffd", step);
            }
        }
    }
    return v;
}

size_t rf_json_lone_surrogates(const char *s, size_t n)
{
    return survey(s, n, NULL).lone;
}

/* jansson says "X expected near 'Y'" or "what is wrong near 'Y'"; the other half of our sentence follows from its code.
 */
static int refuse(json_error_t *e, struct rf_err *err)
{
    static const struct {
        enum json_error_code code;
        const char *found, *expected; /* NULL: jansson's words do */
    } known[] = {
        { json_error_invalid_utf8, NULL, "UTF-8" },
        { json_error_premature_end_of_input, "the end of the text", NULL },
        { json_error_end_of_input_expected, NULL, "the end of the text" },
        { json_error_duplicate_key, NULL, "every key once" },
        { json_error_numeric_overflow, NULL, "a number that fits 64 bits" },
        { json_error_null_byte_in_key, NULL, "a key without it" },
    };
    const enum json_error_code code = json_error_code(e);
    const char *expected = "a JSON value", *found = e->text;
    char where[64] = "";
    if (code == json_error_out_of_memory)
        return rf_fail(err, RF_FAIL, "out of memory: no room for a JSON value");
    for (char *p = e->text; *p; p++) /* the excerpt may hold anything, cut anywhere */
        if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7F)
            *p = '.';
    char *middle = strstr(e->text, " expected near ");
    if (middle) {
        *middle = '\0';
        expected = e->text;
        found = middle + strlen(" expected near ");
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].code == code) {
            found = known[i].found ? known[i].found : found;
            expected = known[i].expected ? known[i].expected : expected;
        }
    if (e->line > 1)
        snprintf(where, sizeof where, "line %d, ", e->line);
    return rf_fail(err, RF_BAD_INPUT, "%scolumn %d: found %s, expected %s", where, e->column, found, expected);
}

int rf_json_parse(const char *s, size_t n, json_t **out, struct rf_err *err)
{
    char *repaired = NULL;
    json_error_t e;
    int rc = 0;
    const struct survey v = survey(s, n, NULL);
    if (v.deep) {
        rc = rf_fail(err, RF_BAD_INPUT, "column %zu: found values nested more than %d deep, expected at most so many",
                     v.deep, RF_JSON_DEEPEST);
        goto out;
    }
    if (v.lone) {
        if (!(repaired = rf_strndup(s, n, err))) {
            rc = RF_FAIL;
            goto out;
        }
        survey(s, n, repaired);
    }
    *out = json_loadb(repaired ? repaired : s, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
    if (!*out) {
        rc = refuse(&e, err);
    } else if (v.nul) {
        json_decref(*out);
        *out = NULL;
        rc = rf_fail(err, RF_BAD_INPUT, "column %zu: found a NUL byte, expected none", v.nul);
    }
out:
    rf_free(repaired);
    return rc;
}

static const char *kind_of(const json_t *v)
{
    static const char *const kind[] = {
        [JSON_OBJECT] = "an object",   [JSON_ARRAY] = "an array",     [JSON_STRING] = "a string",
        [JSON_INTEGER] = "an integer", [JSON_REAL] = "a real number", [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",        [JSON_NULL] = "null",
    };
    return v ? kind[json_typeof(v)] : "nothing";
}

/* The value under key, or an error that says what stands there instead. */
static const json_t *get(const json_t *obj, const char *key, bool (*fits)(const json_t *), const char *expected,
                         struct rf_err *err)
{
    const json_t *v = json_object_get(obj, key);
    if (!json_is_object(obj))
        rf_fail(err, RF_BAD_INPUT, "found %s, expected an object with the key \"%s\"", kind_of(obj), key);
    else if (!v || !fits(v))
        rf_fail(err, RF_BAD_INPUT, "key \"%s\": found %s, expected %s", key, kind_of(v), expected);
    else
        return v;
    return NULL;
}

static bool fits_string(const json_t *v)
{
    return json_is_string(v);
}

static bool fits_number(const json_t *v)
{
    return json_is_number(v) && isfinite(json_number_value(v));
}

static bool fits_int(const json_t *v)
{
    return json_is_integer(v);
}

int rf_json_get_string(const json_t *obj, const char *key, struct rf_str *out, struct rf_err *err)
{
    const json_t *v = get(obj, key, fits_string, "a string", err);
    if (!v)
        return RF_BAD_INPUT;
    *out = (struct rf_str){ json_string_value(v), json_string_length(v) };
    return 0;
}

int rf_json_get_number(const json_t *obj, const char *key, double *out, struct rf_err *err)
{
    const json_t *v = get(obj, key, fits_number, "a number", err);
    if (!v)
        return RF_BAD_INPUT;
    *out = json_number_value(v);
    return 0;
}

int rf_json_get_int(const json_t *obj, const char *key, int64_t *out, struct rf_err *err)
{
    const json_t *v = get(obj, key, fits_int, "an integer", err);
    if (!v)
        return RF_BAD_INPUT;
    *out = json_integer_value(v);
    return 0;
}
