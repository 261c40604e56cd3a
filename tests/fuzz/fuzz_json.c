/* JSON: the list decoder agrees with jansson on any bytes; what jansson reads as a string is written and read back the
 * same; lines are cut as memchr would cut them, each given to the parser; an array is cut into the elements that
 * jansson finds in it, and into JSON only where the whole of it is JSON. */
#include <string.h>

#include "core/input.h"
#include "core/json.h"
#include "core/json_array.h"
#include "fuzz/fuzz.h"
#include "json_agree.h"

static void check_value(const char *s, size_t n)
{
    struct rf_buf b = { 0 };
    json_t *v = NULL, *w = NULL;
    struct rf_err err = { 0 };
    const int rc = rf_json_parse(s, n, &v, &err);
    PROMISE(rc == 0 ? v != NULL : rc == RF_BAD_INPUT && !v && strstr(err.msg, "found") && strstr(err.msg, "expected"));
    if (rc == 0 && json_is_string(v)) {
        const struct rf_str text = { json_string_value(v), json_string_length(v) };
        PROMISE(rf_utf8_valid(text.s, text.len));
        PROMISE(rf_json_add_string(&b, text, &err) == 0 && rf_json_parse(b.data, b.len, &w, &err) == 0 &&
                json_equal(v, w));
    }
    json_decref(v);
    json_decref(w);
    rf_buf_release(&b);
}

static void check_lines(const char *s, size_t n)
{
    struct rf_input *in = NULL;
    struct rf_str text;
    uint64_t line, count = 0;
    size_t at = 0;
    PROMISE(rf_input_memory(&in, "fuzz", s, n, NULL) == 0);
    while (rf_input_line(in, &text, &line, NULL) == 1) {
        PROMISE(line == ++count && at + text.len <= n && !memcmp(text.s, s + at, text.len));
        check_value(text.s, text.len);
        at += text.len;
        PROMISE(at == n || s[at] == '\n');
        at += at < n;
    }
    PROMISE(at == n);
    rf_input_close(in);
}

static void check_array(const char *s, size_t n)
{
    struct rf_input *in = NULL;
    struct rf_str text;
    uint64_t line;
    json_t *whole = NULL, *part = NULL;
    struct rf_err err = { 0 }, why = { 0 };
    const bool array = !rf_json_parse(s, n, &whole, &why) && json_is_array(whole);
    bool parts = true;
    size_t count = 0;
    int rc;
    PROMISE(rf_input_memory(&in, "fuzz", s, n, NULL) == 0);
    struct rf_json_array a = { .in = in };
    while ((rc = rf_json_array_next(&a, &text, &line, &err)) == 1) {
        const int bad = rf_json_parse(text.s, text.len, &part, NULL);
        PROMISE(line >= 1 && (!array || (!bad && json_equal(part, json_array_get(whole, count)))));
        parts = parts && !bad;
        json_decref(part);
        part = NULL;
        count++;
    }
    PROMISE(rc == 0 || (rc == RF_BAD_INPUT && !strncmp(err.msg, "fuzz:", 5) && strstr(err.msg, ", expected ")));
    PROMISE(array ? rc == 0 && count == json_array_size(whole)
                  : rc || !parts || strstr(why.msg, "nested") || !memcmp(s, "\xEF\xBB\xBF", 3));
    json_decref(whole);
    rf_json_array_release(&a);
    rf_input_close(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rf_json_strings t = { 0 };
    const char *s = n ? (const char *)data : "";
    PROMISE(json_agree(s, n, &t));
    check_lines(s, n);
    check_array(s, n);
    rf_json_strings_release(&t);
    return 0;
}
