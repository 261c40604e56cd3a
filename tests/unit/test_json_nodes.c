/* Unit tests of core/json_nodes.h: what stands where, levels, and jansson as the oracle for what is cut and altered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/rng.h"
#include "nodes_agree.h"

static const char row[] =
    " {\"id\": \"7\", \"a/b\": {\"n\": -0, \"r\": 1.50, \"\": null}, \"t\": [\"x\\ny\", [true, false], {}], "
    "\"caf\\u00e9\": \"\\ud83d\\ude00 \\ud83d \\u0000\\/\xe2\x82\xac\"}\n";

static void assert_text(const struct rf_json_nodes *t, size_t node, enum rf_json_kind kind, const char *text)
{
    assert_int_not_equal(node, 0);
    assert_int_equal(t->node[node].kind, kind);
    assert_int_equal(rf_json_text(t, node).len, strlen(text));
    assert_memory_equal(rf_json_text(t, node).s, text, strlen(text));
}

static size_t member(const struct rf_json_nodes *t, size_t node, const char *key)
{
    return rf_json_member(t, node, (struct rf_str){ key, strlen(key) });
}

static void members_are_found_with_their_text(void **state)
{
    (void)state;
    struct rf_json_nodes t = { 0 };
    assert_int_equal(rf_json_nodes_read(&t, row, sizeof row - 1, RF_JSON_DEEPEST, NULL), 0);
    assert_int_equal(t.n, 13);
    assert_int_equal(t.repaired, 1);
    assert_text(&t, member(&t, 0, "id"), RF_JSON_STRING, "7");
    const size_t inner = member(&t, 0, "a/b"), list = member(&t, 0, "t"), cafe = member(&t, 0, "caf\xc3\xa9");
    assert_text(&t, inner, RF_JSON_OBJECT, "{\"n\": -0, \"r\": 1.50, \"\": null}");
    assert_text(&t, member(&t, inner, "n"), RF_JSON_INTEGER, "-0");
    assert_text(&t, member(&t, inner, "r"), RF_JSON_REAL, "1.50");
    assert_text(&t, member(&t, inner, ""), RF_JSON_NULL, "null");
    assert_int_equal(member(&t, inner, "id"), 0); /* only right within it */
    assert_int_equal(member(&t, list, "n"), 0);
    assert_text(&t, list + 1, RF_JSON_STRING, "x\ny");
    assert_text(&t, list + 2, RF_JSON_ARRAY, "[true, false]");
    assert_text(&t, t.node[list + 2].next, RF_JSON_OBJECT, "{}");
    assert_int_equal(rf_json_text(&t, cafe).len, 14);
    assert_memory_equal(rf_json_text(&t, cafe).s, "\xf0\x9f\x98\x80 \xef\xbf\xbd \0/\xe2\x82\xac", 15);
    rf_json_nodes_release(&t);
}

static void deeper_levels_are_checked_and_left_out(void **state)
{
    (void)state;
    static const size_t nodes[] = { 1, 5, 11, 13, 13 };
    struct rf_json_nodes t = { 0 };
    for (size_t levels = 0; levels < 5; levels++) {
        assert_int_equal(rf_json_nodes_read(&t, row, sizeof row - 1, levels, NULL), 0);
        assert_int_equal(t.n, nodes[levels]);
        assert_int_equal(t.repaired, 1);
        assert_true(nodes_agree(row, sizeof row - 1, levels, &t));
    }
    static const char twice[] = "[[[{\"a\": 1, \"\\u0061\": 2}]]]";
    struct rf_err err = { 0 };
    assert_int_equal(rf_json_nodes_read(&t, twice, sizeof twice - 1, 0, &err), RF_BAD_INPUT);
    assert_string_equal(err.msg, "column 20: found duplicate object key near '\"\\u0061\"', expected every key once");
    rf_json_nodes_release(&t);
}

static void jansson_agrees_on_what_is_cut_and_altered(void **state)
{
    (void)state;
    static const char *const text[] = {
        row,
        "[0, -1, 12, 0.5, 1e5, 1E+2, 2e-3, -0.0, 9223372036854775807, -9223372036854775808]",
        "[1e308, 1e-400, 123456789012345678901.25]",
        "[9223372036854775808]",
        "[-9223372036854775809]",
        "[1e309]",
        "[\"\\u12G4\"]",
        "[\"\\ud83d\\u0041\", \"\\ude00\"]",
        "null",
        "tru",
        "\"\"",
        "{\"a\" : { } , \"b\":[ ]}",
        "{\"a\":1,}",
        "{\"k\\u0000\":1}",
        "[1 2]",
        "{a:1}",
        "[-]",
        "[1.]",
        "[.5]",
        "[01]",
        "[\"a\tb\"]",
        "[\"\xed\xa0\x80\"]",
        "//",
        "[]]",
        "{\"0\":0,\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,\"9\":0,\"a\":0,\"b\":0,\"c\":0,"
        "\"d\":0,"
        "\"e\":0,\"f\":0,\"g\":0,\"3\":0}",
    };
    static const char letters[] = "\"\\u0d8{}[]:,1e-. nt\x01\xc3";
    struct rf_json_nodes t = { 0 };
    struct rf_rng r;
    rf_rng_init(&r, 5, 0);
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        const size_t n = strlen(text[i]);
        char *const copy = malloc(n + 1);
        for (size_t cut = 0; cut <= n; cut++)
            if (!nodes_agree(text[i], cut, RF_JSON_DEEPEST, &t))
                fail_msg("%.*s", (int)cut, text[i]);
        for (int k = 0; k < 3000; k++) {
            memcpy(copy, text[i], n + 1);
            for (uint32_t changes = 1 + rf_rng_u32(&r) % 3; changes; changes--)
                copy[rf_rng_u32(&r) % n] = letters[rf_rng_u32(&r) % (sizeof letters - 1)];
            if (!nodes_agree(copy, n, (size_t)(k % 4), &t))
                fail_msg("%s", copy);
        }
        free(copy);
    }
    rf_json_nodes_release(&t);
}

static void nesting_is_capped_as_in_the_door_to_jansson(void **state)
{
    (void)state;
    struct rf_json_nodes t = { 0 };
    char text[2 * RF_JSON_DEEPEST + 2];
    for (size_t depth = RF_JSON_DEEPEST; depth <= RF_JSON_DEEPEST + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(rf_json_nodes_read(&t, text, 2 * depth, 1, NULL), depth == RF_JSON_DEEPEST ? 0 : RF_BAD_INPUT);
        assert_true(nodes_agree(text, 2 * depth, RF_JSON_DEEPEST, &t));
    }
    rf_json_nodes_release(&t);
}

static void no_memory_is_told_apart_from_bad_text(void **state)
{
    (void)state;
    struct rf_json_nodes t = { 0 };
    int rc = -1;
    for (long n = 1; rc && n < 20; n++) {
        struct rf_err err = { 0 };
        rf_mem_fail_at(n, false);
        rc = rf_json_nodes_read(&t, row, sizeof row - 1, RF_JSON_DEEPEST, &err);
        rf_mem_fail_at(0, false);
        if (rc) {
            assert_int_equal(rc, RF_FAIL);
            assert_non_null(strstr(err.msg, "out of memory"));
        }
        rf_json_nodes_release(&t);
    }
    assert_int_equal(rc, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_found_with_their_text),
        cmocka_unit_test(deeper_levels_are_checked_and_left_out),
        cmocka_unit_test(jansson_agrees_on_what_is_cut_and_altered),
        cmocka_unit_test(nesting_is_capped_as_in_the_door_to_jansson),
        cmocka_unit_test(no_memory_is_told_apart_from_bad_text),
    };
    return cmocka_run_group_tests_name("json_nodes", tests, NULL, NULL);
}
