/* Unit tests of the sink beside the readers: prompts known by a name before and after their text comes, both orders of
 * a pair, verdicts that could not be read, prices, other routers' scores, and what a rejected row says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "reader_fixture.h"

struct open_sink {
    struct rf_db *db;
    struct rf_sink *sink;
    struct rf_input *in;
};

static struct rf_str str(const char *s)
{
    return (struct rf_str){ s, s ? strlen(s) : 0 };
}

static struct open_sink begin(const char *name)
{
    struct open_sink s = { .db = new_db() };
    assert_int_equal(rf_db_begin(s.db, NULL), 0);
    assert_int_equal(rf_sink_new(&s.sink, s.db, &(struct rf_sink_options){ .max_errors = 100 }, NULL), 0);
    assert_int_equal(rf_input_memory(&s.in, name, "", 0, NULL), 0);
    assert_int_equal(rf_sink_begin(s.sink, s.in, name, name, "votes", NULL), 0);
    return s;
}

static void end(struct open_sink *s)
{
    rf_sink_free(s->sink);
    rf_input_close(s->in);
    rf_db_rollback(s->db);
    rf_db_close(s->db);
}

static void put_vote(struct rf_sink *sink, uint64_t row, const char *id, const char *winner, char first)
{
    const struct rf_vote v = { RF_NO_NUMBERS,       .line = row + 1,     .row = row,
                               .origin = str("t"),  .key = str("pair"),  .prompt = { .id = str(id), .bytes = -1 },
                               .model_a = str("x"), .model_b = str("y"), .winner = winner,
                               .judge = str("j"),   .shown_first = first };
    assert_int_equal(rf_sink_row(sink, NULL), 0);
    assert_int_equal(rf_sink_vote(sink, &v, NULL), 0);
}

static void put_text(struct rf_sink *sink, uint64_t row, const char *id, const char *text)
{
    const struct rf_str turn = str(text);
    assert_int_equal(rf_sink_row(sink, NULL), 0);
    assert_int_equal(
        rf_sink_prompt(sink, &(struct rf_prompt){ .turn = &turn, .n = 1, .id = str(id) }, row + 1, row, NULL), 0);
}

static void both_orders_and_lost_replies_are_kept(void **state)
{
    (void)state;
    struct open_sink s = begin("v");
    put_vote(s.sink, 0, "f/1", "a", 'a');
    put_vote(s.sink, 1, "f/1", "b", 'b');
    put_vote(s.sink, 2, "f/1", "a", 'a'); /* known */
    put_vote(s.sink, 3, "f/1", "b", 'a'); /* contradicts */
    put_vote(s.sink, 4, "f/1", NULL, 0);
    put_vote(s.sink, 5, "f/1", NULL, 0); /* known */
    assert_int_equal(ask(s.db, "SELECT count(*) FROM preference"), 3);
    assert_int_equal(ask(s.db, "SELECT count(*) FROM preference WHERE winner IS NULL"), 1);
    assert_int_equal(ask(s.db, "SELECT count(DISTINCT prompt) FROM preference"), 1);
    assert_int_equal(rf_sink_counts(s.sink)->unparsed, 1);
    assert_int_equal(rf_sink_counts(s.sink)->dropped, 1);
    assert_int_equal(ask(s.db, "SELECT count(*) FROM dropped WHERE field = 'winner' AND line = 4 AND found LIKE 'b for "
                               "id%' AND expected = 'what the database has'"),
                     1);
    end(&s);
}

static void text_comes_to_its_name_whichever_file_is_first(void **state)
{
    (void)state;
    struct open_sink s = begin("v");
    put_vote(s.sink, 0, "f/1", "a", 'a'); /* before the text */
    put_text(s.sink, 1, "f/1", "hello");
    assert_int_equal(ask(s.db, "SELECT count(*) FROM prompt"), 1);
    assert_int_equal(
        ask(s.db, "SELECT count(*) FROM preference v JOIN prompt p ON p.id = v.prompt WHERE text = 'hello'"), 1);
    put_vote(s.sink, 2, "f/1", "a", 'b'); /* after it */
    put_text(s.sink, 3, "f/2", "hello");  /* a second name of the same text */
    assert_int_equal(ask(s.db, "SELECT count(*) FROM prompt"), 1);
    assert_int_equal(ask(s.db, "SELECT count(*) FROM prompt_key"), 2);
    assert_int_equal(
        ask(s.db, "SELECT count(*) FROM preference v JOIN prompt p ON p.id = v.prompt WHERE text = 'hello'"), 2);
    end(&s);
}

static void a_bare_name_is_merged_into_a_text_that_is_there(void **state)
{
    (void)state;
    struct open_sink s = begin("v");
    put_text(s.sink, 0, NULL, "hello");
    put_vote(s.sink, 1, "f/1", "a", 'a');
    assert_int_equal(ask(s.db, "SELECT count(*) FROM prompt"), 2);
    put_text(s.sink, 2, "f/1", "hello");
    put_vote(s.sink, 3, "f/1", "b", 'b');
    assert_int_equal(rf_sink_end(s.sink, (const uint8_t[RF_SHA256_SIZE]){ 1 }, 1, NULL), 0);
    assert_int_equal(ask(s.db, "SELECT count(*) FROM prompt"), 1);
    assert_int_equal(ask(s.db, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'settle%'"), 0);
    assert_int_equal(
        ask(s.db, "SELECT count(*) FROM source_row r JOIN prompt p ON p.id = r.prompt WHERE text = 'hello'"), 4);
    assert_int_equal(
        ask(s.db, "SELECT count(*) FROM preference v JOIN prompt p ON p.id = v.prompt WHERE text = 'hello'"), 2);
    assert_int_equal(ask(s.db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    end(&s);
}

static void prices_and_scores_are_stored_and_bad_ones_dropped(void **state)
{
    (void)state;
    struct open_sink s = begin("p");
    struct rf_price p = { .line = 1, .model = str("m"), .input = 1e-6, .output = NAN, .request = NAN };
    assert_int_equal(rf_sink_price(s.sink, &p, NULL), 0);
    p.output = -1;
    assert_int_equal(rf_sink_price(s.sink, &p, NULL), 0);
    const struct rf_str turn = str("hello");
    struct rf_score v = { .line = 2, .row = 0, .router = str("r"), .prompt = { .turn = &turn, .n = 1 }, .score = 0.5 };
    assert_int_equal(rf_sink_score(s.sink, &v, NULL), 0);
    v.row = 1;
    assert_int_equal(rf_sink_score(s.sink, &v, NULL), 0); /* known */
    v.row = 2;
    v.score = 0.25;
    assert_int_equal(rf_sink_score(s.sink, &v, NULL), 0); /* contradicts */
    assert_int_equal(rf_sink_counts(s.sink)->prices, 1);
    assert_int_equal(rf_sink_counts(s.sink)->scores, 1);
    assert_int_equal(rf_sink_counts(s.sink)->dropped, 2);
    assert_int_equal(ask(s.db, "SELECT count(*) FROM price WHERE output IS NULL AND input = 1e-6"), 1);
    assert_int_equal(ask(s.db, "SELECT count(*) FROM external_score WHERE score = 0.5"), 1);
    end(&s);
}

static void a_parsers_words_are_split_into_found_and_expected(void **state)
{
    (void)state;
    struct open_sink s = begin("w");
    const struct rf_err why = { RF_BAD_INPUT, "column 5: found 'x', expected a number" };
    const struct rf_err memory = { RF_FAIL, "out of memory" };
    struct rf_err err = { 0 };
    assert_int_equal(rf_sink_drop_why(s.sink, 7, NULL, "bad JSON", &why, NULL), 0);
    assert_int_equal(ask(s.db,
                         "SELECT count(*) FROM dropped WHERE found = 'column 5: ''x''' AND expected = 'a number' AND "
                         "field IS NULL AND line = 7"),
                     1);
    assert_int_equal(rf_sink_drop_why(s.sink, 8, NULL, "bad JSON", &memory, &err), RF_FAIL);
    assert_int_equal(ask(s.db, "SELECT count(*) FROM dropped"), 1);
    end(&s);
}

/* A first load leaves out the unique indexes: what comes twice must be found all the same, before and after a rollback
 * to a savepoint, and a database that has them must come out the same. */
static void a_first_load_finds_what_comes_twice(void **state)
{
    (void)state;
    static const char file[] = "id,origin,judge,prompt,model_a,model_b,winner,response_a,response_b\n"
                               "1,o,j,p,x,y,a,yes,no\n"
                               "2,o,j,q,x,y,a,yes,yes\n"
                               "3,o,j,p,x,y,tie,no,no\n"
                               "2,o,j,q,x,y,a,yes,yes\n"
                               "1,o,j,p,x,y,b,yes,no\n"
                               "1,o,k,p,x,y,b,yes,no\n"
                               ",o,j,p,x,y,b,maybe,no\n"
                               "4,o,j,r,x,y,b,maybe,no\n";
    static const char *const sums[] = {
        "SELECT count(*) FROM prompt",
        "SELECT count(*) FROM response",
        "SELECT count(*) FROM preference",
        "SELECT count(*) FROM dropped",
        "SELECT count(*) FROM source_row",
        "SELECT total(id * line * prompt) FROM preference",
        "SELECT total(row * prompt) FROM source_row",
        "SELECT count(*) FROM sqlite_schema WHERE type = 'index'",
        "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'",
    };
    const struct rf_sink_options o = { .max_errors = 9, .responses = RF_KEEP_TEXT };
    char folder[] = "/tmp/routefit-sink-XXXXXX", path[64];
    struct rf_sink_count count;
    struct rf_db *db[2] = { new_db(), NULL };
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/t.db", folder);
    assert_int_equal(rf_db_open(&db[1], path, RF_DB_LOAD, NULL), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(read_with(db[i], "votes", "v", file, &o, &count, NULL), 0);
        assert_int_equal(count.known, 1);
        assert_int_equal(count.dropped, 1);
    }
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        assert_int_equal(ask(db[0], sums[i]), ask(db[1], sums[i]));
    assert_int_equal(ask(db[1], "SELECT count(*) FROM prompt"), 3);
    rf_db_close(db[0]);
    rf_db_close(db[1]);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void a_first_load_asks_the_database_once_a_file_is_undone(void **state)
{
    (void)state;
    char folder[] = "/tmp/routefit-sink-XXXXXX", path[64];
    struct open_sink s = { 0 };
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/t.db", folder);
    assert_int_equal(rf_db_open(&s.db, path, RF_DB_LOAD, NULL), 0);
    assert_int_equal(rf_db_begin(s.db, NULL), 0);
    assert_int_equal(rf_sink_new(&s.sink, s.db, &(struct rf_sink_options){ .max_errors = 100 }, NULL), 0);
    assert_int_equal(rf_input_memory(&s.in, "v", "", 0, NULL), 0);
    assert_int_equal(rf_sink_begin(s.sink, s.in, "v", "v", "votes", NULL), 0);
    put_text(s.sink, 0, "f/1", "text");
    assert_int_equal(rf_db_exec(s.db, "SAVEPOINT stream", NULL), 0);
    put_vote(s.sink, 1, "f/2", "a", 0);
    put_text(s.sink, 2, "f/2", "more"); /* fills the prompt: the index is built inside the savepoint */
    assert_int_equal(rf_db_exec(s.db, "ROLLBACK TO stream; RELEASE stream", NULL), 0);
    assert_int_equal(rf_sink_undo(s.sink, NULL), 0);
    put_text(s.sink, 3, "f/1", "text");
    put_vote(s.sink, 4, "f/2", "a", 0);
    put_vote(s.sink, 5, "f/2", "a", 0);
    assert_int_equal(ask(s.db, "SELECT count(*) FROM prompt"), 2);
    assert_int_equal(ask(s.db, "SELECT count(*) FROM preference"), 1);
    assert_int_equal(ask(s.db, "SELECT count(*) FROM sqlite_schema WHERE name IN ('prompt_hash', 'response_hash', "
                               "'preference_key')"),
                     3);
    end(&s);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_load_finds_what_comes_twice),
        cmocka_unit_test(a_first_load_asks_the_database_once_a_file_is_undone),
        cmocka_unit_test(both_orders_and_lost_replies_are_kept),
        cmocka_unit_test(text_comes_to_its_name_whichever_file_is_first),
        cmocka_unit_test(a_bare_name_is_merged_into_a_text_that_is_there),
        cmocka_unit_test(prices_and_scores_are_stored_and_bad_ones_dropped),
        cmocka_unit_test(a_parsers_words_are_split_into_found_and_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
