/* Unit tests of core/json_array.h: elements with their lines, whatever stands in them and wherever a chunk ends, and
 * arrays that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/json_array.h"

/* Elements as text, "LINE:element\n", or the error. */
static int write_array(struct rf_input *in, struct rf_buf *out, struct rf_err *err)
{
    struct rf_json_array a = { .in = in };
    struct rf_str e;
    uint64_t line;
    int rc;
    out->len = 0;
    while ((rc = rf_json_array_next(&a, &e, &line, err)) == 1)
        assert_int_equal(rf_buf_printf(out, NULL, "%d:%.*s\n", (int)line, (int)e.len, e.s), 0);
    if (rc == 0)
        assert_int_equal(rf_json_array_next(&a, &e, &line, err), 0); /* it stays at the end */
    rf_json_array_release(&a);
    return rc;
}

static int write_text(const char *text, struct rf_buf *out, struct rf_err *err)
{
    struct rf_input *in = NULL;
    assert_int_equal(rf_input_memory(&in, "x.json", text, strlen(text), err), 0);
    const int rc = write_array(in, out, err);
    rf_input_close(in);
    return rc;
}

static const struct {
    const char *text, *elements;
} good[] = {
    { "[]", "" },
    { "\xEF\xBB\xBF \n[ \r\n ] \n", "" },
    { "[{\"a\":1}]", "1:{\"a\":1}\n" },
    { "[1,2]", "1:1\n1:2\n" },
    { "[\r\n  {\"a\": [1, {\"b\": \"],}\"}]},\r\n\r\n  {\"c\": \"\\\\\"}  ,\r\n{}\r\n]\r\n",
      "2:{\"a\": [1, {\"b\": \"],}\"}]}\n4:{\"c\": \"\\\\\"}\n5:{}\n" },
    { "[{\"a\": \"\\\"]\"},\n\"x]\\\\\"\n,null]", "1:{\"a\": \"\\\"]\"}\n2:\"x]\\\\\"\n3:null\n" },
    { "[{\"a\n\":\n1}, 3]", "1:{\"a\n\":\n1}\n3:3\n" },
    { "[{\"a\": ]}, 1 2, {]", NULL },                              /* not closed */
    { "[{\"a\": 1], nul , 1 2]", "1:{\"a\": 1]\n1:nul\n1:1 2\n" }, /* no JSON: the parser's business */
};

static void elements_come_with_their_lines(void **state)
{
    (void)state;
    struct rf_buf out = { 0 };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct rf_err err = { 0 };
        assert_int_equal(write_text(good[i].text, &out, &err), good[i].elements ? 0 : RF_BAD_INPUT);
        if (good[i].elements)
            assert_string_equal(out.len ? out.data : "", good[i].elements);
    }
    rf_buf_release(&out);
}

/* More than the room of an input: chunks end within elements. */
static void a_chunk_may_end_anywhere(void **state)
{
    (void)state;
    struct rf_buf text = { 0 }, out = { 0 }, expected = { 0 };
    assert_int_equal(rf_buf_add(&text, "[", 1, NULL), 0);
    for (int i = 0; text.len < 3 * 256 * 1024; i++) {
        struct rf_buf e = { 0 };
        assert_int_equal(rf_buf_printf(&e, NULL, "{\"i\": %d, \"\\\\\\\"]\": [[\"%0*d\"], \",\"]}", i, i % 1000, i), 0);
        assert_int_equal(rf_buf_printf(&text, NULL, "%s%s", i ? ",\n" : "", e.data), 0);
        assert_int_equal(rf_buf_printf(&expected, NULL, "%d:%s\n", i + 1, e.data), 0);
        rf_buf_release(&e);
    }
    assert_int_equal(rf_buf_add(&text, "]", 1, NULL), 0);
    assert_int_equal(write_text(text.data, &out, NULL), 0);
    assert_string_equal(out.data, expected.data);
    rf_buf_release(&text);
    rf_buf_release(&out);
    rf_buf_release(&expected);
}

static void arrays_that_are_none_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        { "", "x.json:1: found the end of the file, expected '[', the start of a JSON array" },
        { "{\"a\": []}", "x.json:1: found '{', expected '[', the start of a JSON array" },
        { "\n[1,\n", "x.json:3: found the end of the file, expected an element of the array" },
        { "[", "x.json:1: found the end of the file, expected an element of the array" },
        { "[1,\n]", "x.json:2: found ']', expected an element of the array" },
        { "[,1]", "x.json:1: found ',', expected an element of the array" },
        { "[1,,1]", "x.json:1: found ',', expected an element of the array" },
        { "[1]\n{}", "x.json:2: found '{', expected the end of the file behind the array" },
        { "[1,\n\n{\"a\":\n\"x]", "x.json:3: found the end of the file within this element, expected its end and ']'" },
        { "[\n1", "x.json:2: found the end of the file within this element, expected its end and ']'" },
    };
    struct rf_buf out = { 0 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rf_err err = { 0 };
        assert_int_equal(write_text(bad[i].text, &out, &err), RF_BAD_INPUT);
        assert_string_equal(err.msg, bad[i].message);
    }
    rf_buf_release(&out);
}

static void an_endless_string_is_refused(void **state)
{
    (void)state;
    enum { SIZE = 65 * 1024 * 1024 };
    struct rf_buf text = { 0 }, out = { 0 };
    struct rf_err err = { 0 };
    assert_int_equal(rf_buf_reserve(&text, SIZE, NULL), 0);
    memset(text.data, 'x', SIZE);
    memcpy(text.data, "[\n\"", 3);
    text.data[SIZE] = '\0';
    assert_int_equal(write_text(text.data, &out, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "x.json:2: found an element of more than 64 MiB"));
    rf_buf_release(&text);
    rf_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_come_with_their_lines),
        cmocka_unit_test(a_chunk_may_end_anywhere),
        cmocka_unit_test(arrays_that_are_none_are_refused_with_their_line),
        cmocka_unit_test(an_endless_string_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
