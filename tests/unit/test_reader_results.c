/* Unit tests of the readers of scores, costs and tokens a line: results, llmrouter, routerarena, zeroeval,
 * arena-bench, scores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reader_fixture.h"

/* ---- results ---- */

static void results_know_the_names_that_users_give_their_columns(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    assert_string_equal(picked("prompt,bench,model_name,score\n"), "results");
    read_text(db, "results", "a.csv",
              "\xEF\xBB\xBFscore,model_name,bench,prompt,total_cost,prompt_tokens,completion_tokens,latency_ms,response\r\n"
              "1.0,m,b,\"a\r\nb\",0.25,12.0,3,250,yes\r\n0.5,n,b,\"a\r\nb\",,,,,\r\n");
    assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE prompt = 'a' || char(13, 10) || 'b'"), 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE cost = 0.25 AND input_tokens = 12 AND output_tokens = 3 "
                             "AND latency = 0.25 AND response_bytes = 3"),
                     1);
    assert_int_equal(ask(db, "SELECT count(*) FROM result WHERE latency IS NULL AND cost IS NULL AND response_bytes = 0"), 1);
    read_text(db, "results", "b.jsonl",
              "{\"task\": \"c\", \"model\": \"m\", \"score\": true, \"sample_id\": 7, \"latency\": 1.5, \"response\": \"r\"}\n");
    assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE bench = 'c' AND key = '7' AND latency = 1.5"), 1);
    const struct rf_sink_count c = read_text(
        db, "results", "d.csv",
        "task,model,score,sample_id,latency,input_tokens\nb,m,1,x,-1,\nb,m,1,y,,1.5\nb,m,1,z,,-3\nb,m,1,w,0,\n");
    assert_int_equal(c.dropped, 3);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE field = 'latency'"), 2);
    rf_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_know_the_names_that_users_give_their_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
