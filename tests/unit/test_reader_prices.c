/* Unit tests of the price lists: every layout, units by name, what is no token price, dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "datasets/field.h"
#include "reader_fixture.h"

static const char litellm[] =
    "{\n"
    "    \"sample_spec\": { \"input_cost_per_token\": 0.0, \"mode\": \"one of chat, ...\" },\n"
    "    \"gpt-4\": {\n        \"input_cost_per_token\": 3e-05, \"output_cost_per_token\": 6e-05, "
    "\"litellm_provider\": \"openai\", \"supports\": true, \"search\": { \"low\": 1 } },\n"
    "    \"free\": { \"input_cost_per_token\": 0, \"output_cost_per_token\": 0.0 },\n"
    "    \"image\": { \"input_cost_per_token\": 0, \"output_cost_per_image\": 0.04 },\n"
    "    \"voice\": { \"input_cost_per_second\": 0.0001 },\n"
    "    \"rerank\": { \"input_cost_per_token\": 0, \"input_cost_per_query\": 0.002 },\n"
    "    \"out\": { \"output_cost_per_token\": 1e-06 },\n"
    "    \"bad\": { \"input_cost_per_token\": \"cheap\" }\n"
    "}\n";

static void an_entry_without_a_token_price_is_left_out(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    assert_string_equal(picked(litellm), "prices");
    const struct rf_sink_count c = read_text(db, "prices", "p.json", litellm);
    assert_int_equal(c.rows, 7);
    assert_int_equal(c.prices, 4);
    assert_int_equal(c.dropped, 1);
    assert_int_equal(ask(db,
                         "SELECT count(*) FROM price WHERE model = 'gpt-4' AND provider = 'openai' AND input = 3e-05 "
                         "AND output = 6e-05 AND request IS NULL AND line = 3 AND valid_from IS NULL"),
                     1);
    assert_int_equal(ask(db, "SELECT count(*) FROM price WHERE model = 'free' AND input = 0 AND output = 0"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM price WHERE model = 'rerank' AND request = 0.002"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM price WHERE model = 'out' AND input IS NULL"), 1);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE field = 'input_cost_per_token' AND found = '\"cheap\"'"),
                     10);
    rf_db_close(db);
}

static void names_say_the_unit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double input, output, request;
        const char *provider;
    } list[] = {
        { "{ \"m\": {\"input_token_price_per_million\": 1, \"output_token_price_per_million\": 2.5} }", 1e-6, 2.5e-6,
          -1, NULL },
        { "{ \n\"ai\":\n{ \"m\": {\"cost_input\":0.00002,\"cost_output\":0,\"cost_fixed\":0.005,\"fixed_size\":0} } }",
          2e-5, 0, 0.005, "ai" },
        { "{\n\"m\": {\"size\": \"7B\", \"feature\": \"f\", \"input_price\": 0.20, \"output_price\": 0.30, \"model\": "
          "\"x/m\", \"service\": \"NVIDIA\"}}",
          2e-7, 3e-7, -1, "NVIDIA" },
        { "{\"data\":[{\"id\":\"m\",\"name\":\"M: "
          "chat\",\"pricing\":{\"prompt\":\"0.00003\",\"completion\":\"0.00006\","
          "\"request\":\"0\",\"image\":\"0\"}}]}",
          3e-5, 6e-5, 0, NULL },
        { "model,provider,input_per_1m,output_per_1m\r\nm,ai,$2.5,10\r\n", 2.5e-6, 1e-5, -1, "ai" },
        { "\xEF\xBB\xBF"
          "output_per_1k,model,input_per_1k\n2,m,1\n",
          1e-3, 2e-3, -1, NULL },
        { "[\n{\"model\": \"m\", \"input_per_million\": 1}]", 1e-6, -1, -1, NULL },
        { "{\"model\": \"m\", \"input_per_token\": 1e-6, \"output_per_token\": null, \"price_per_request\": 1}\n", 1e-6,
          -1, 1, NULL },
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct rf_db *db = new_db();
        struct rf_stmt *s = NULL;
        assert_string_equal(picked(list[i].text), "prices");
        assert_int_equal(read_text(db, "prices", "p", list[i].text).prices, 1);
        assert_int_equal(
            rf_stmt_new(&s, db,
                        "SELECT coalesce(input, -1), coalesce(output, -1), coalesce(request, -1), provider, "
                        "model FROM price",
                        NULL),
            0);
        assert_int_equal(rf_step(s, NULL), 1);
        assert_float_equal(rf_col_real(s, 0), list[i].input, 1e-18);
        assert_float_equal(rf_col_real(s, 1), list[i].output, 1e-18);
        assert_float_equal(rf_col_real(s, 2), list[i].request, 1e-18);
        assert_string_equal(rf_col_null(s, 3) ? "none" : rf_col_text(s, 3),
                            list[i].provider ? list[i].provider : "none");
        assert_string_equal(rf_col_text(s, 4), "m");
        rf_stmt_free(s);
        rf_db_close(db);
    }
}

static void lists_stand_side_by_side_with_their_dates(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    const struct rf_sink_options june = { .max_errors = -1, .date = "2024-06-01" };
    struct rf_sink_count c;
    static const char dated[] = "model,input_per_1m,valid_from\nm,1,2024-09-01\nm,2,\nm,3,soon\n";
    assert_int_equal(read_with(db, "prices", "a.csv", dated, &june, &c, NULL), 0);
    assert_int_equal(c.prices, 2);
    assert_int_equal(c.dropped, 1);
    read_text(db, "prices", "b.csv", "model,input_per_1m\nm,4\n");
    assert_int_equal(ask(db, "SELECT count(*) FROM price WHERE input = 1e-6 AND valid_from = '2024-09-01'"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM price WHERE input = 2e-6 AND valid_from = '2024-06-01'"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM price WHERE valid_from IS NULL"), 1);
    assert_int_equal(ask(db, "SELECT count(DISTINCT source) FROM price WHERE model = 'm'"), 2);
    rf_db_close(db);
}

static void what_is_no_price_list_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } list[] = {
        { "model,input,output\nm,1,2\n",
          "p: found no price in 1 entries, expected one whose name says its unit: input_cost_per_token, "
          "output_cost_per_token, input_per_1m, output_per_1m, price_per_request" },
        { "{\n\"m\": {\"input_cost_per_token\": 1},\n}", "p:3: found '}', expected a key in quotes" },
        { "{\n\"m\": {\"input_cost_per_token\": 1}\n\"n\"}", "p:3: found '\"', expected ',' or '}'" },
        { "{\n\"m\" {\"input_cost_per_token\": 1}}", "p:2: found '{', expected ':'" },
        { "{\n\"m\": {\"input_cost_per_token\": 1}}\n]", "p:3: found ']', expected the end of the file" },
        { "{\n\"m\": {\"input_cost_per_token\": 1", "p:2: found the end of the file, expected the end of an object" },
        { "{\n\"m\": \"input_cost_per_token", "p:2: found the end of the file, expected the end of a string" },
        { "{\n\"m", "p:2: found the end of the file, expected the end of a key" },
        { "{\n\"m\": {\"input_cost_per_token\":\n 01}}",
          "p:3: column 2: found invalid token near '0', expected a JSON value" },
        { "{\n\n5: 1}", "p:3: found '5', expected a key in quotes" },
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct rf_db *db = new_db();
        struct rf_sink_count c;
        struct rf_err err = { 0 };
        assert_int_equal(read_with(db, "prices", "p", list[i].text, &plain_options, &c, &err), RF_BAD_INPUT);
        assert_string_equal(err.msg, list[i].message);
        rf_db_close(db);
    }
    assert_string_equal(picked("model,input,output\nm,1,2\n"), "");
    assert_string_equal(
        picked("{\n\"m\": {\"feature\": \"f\", \"input_price\": 1, \"output_price\": 1, \"embedding\": [1]}}"), "");
}

static void dates_are_days_months_or_years(void **state)
{
    (void)state;
    static const char *const good[] = { "2024", "2024-06", "2024-06-01", "2024-06-01T12:00:00Z", "2024-12-31 10:00" };
    static const char *const bad[] = { "",           "24",         "2024-", "2024-13", "2024-00-01",
                                       "2024-06-32", "2024/06/01", "june",  "2024-6-1" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(rf_field_date((struct rf_str){ good[i], strlen(good[i]) }));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(rf_field_date((struct rf_str){ bad[i], strlen(bad[i]) }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_without_a_token_price_is_left_out),
        cmocka_unit_test(names_say_the_unit),
        cmocka_unit_test(lists_stand_side_by_side_with_their_dates),
        cmocka_unit_test(what_is_no_price_list_is_refused),
        cmocka_unit_test(dates_are_days_months_or_years),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
