/* Unit tests of core/csv.h: each trap of libcsv by name, then round trips over chunk borders, the header alone, and
 * fields out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/csv.h"
#include "core/rng.h"

/* Rows as text: "LINE:field|field\n"; NUL bytes as "<0>". */
static int write_row(void *ctx, const struct rf_csv_row *row, struct rf_err *err)
{
    struct rf_buf *out = ctx;
    rf_buf_printf(out, err, "%d:", (int)row->line);
    for (size_t i = 0; i < row->n; i++) {
        assert_int_equal(row->field[i].s[row->field[i].len], 0);
        for (size_t k = 0; k < row->field[i].len; k++)
            if (row->field[i].s[k])
                rf_buf_add(out, row->field[i].s + k, 1, err);
            else
                rf_buf_add(out, "<0>", 3, err);
        rf_buf_add(out, i + 1 < row->n ? "|" : "\n", 1, err);
    }
    return 0;
}

/* Reads text[n] and compares rows and, where the result is not 0, the message. */
static void check(const char *text, size_t n, const struct rf_csv_options *o, const char *rows, const char *message)
{
    struct rf_input *in = NULL;
    struct rf_buf out = { 0 };
    struct rf_err err = { 0 };
    assert_int_equal(rf_input_memory(&in, "t.csv", text, n, NULL), 0);
    assert_int_equal(rf_csv_read(in, o, write_row, &out, &err), message ? RF_BAD_INPUT : 0);
    if (rows)
        assert_string_equal(out.data ? out.data : "", rows);
    assert_string_equal(err.msg, message ? message : "");
    rf_input_close(in);
    rf_buf_release(&out);
}

#define ROWS(text, rows)       check(text, sizeof(text) - 1, NULL, rows, NULL)
#define REFUSED(text, message) check(text, sizeof(text) - 1, NULL, NULL, message)

static void trap_1_an_unclosed_quote_is_an_error(void **state)
{
    (void)state;
    REFUSED("a,b\n1,2\n3,\"x\n4,5\n",
            "t.csv:3: found the end of the file inside a quoted field that starts here, expected a closing quote");
    REFUSED("a,b\n\"1\n\n\",\"x",
            "t.csv:4: found the end of the file inside a quoted field that starts here, expected a closing quote");
}

static void trap_2_blanks_around_fields_are_kept(void **state)
{
    (void)state;
    ROWS(" a ,\tb\t,  \n\" c \", d\n", "1: a |\tb\t|  \n2: c | d\n");
}

static void trap_3_nul_bytes_are_kept(void **state)
{
    (void)state;
    ROWS("a\0b,\"\0\"\n\0\n", "1:a<0>b|<0>\n2:<0>\n");
}

static void trap_4_a_byte_order_mark_is_removed(void **state)
{
    (void)state;
    ROWS("\xEF\xBB\xBFid,x\n", "1:id|x\n");
    ROWS("\xEF\xBB\xBF\"id\",x\n", "1:id|x\n");
    ROWS("\xEF\xBB\xBF", "");
    ROWS("\xEF\xBBid\n", "1:\xEF\xBBid\n"); /* two of its bytes are none */
}

static void trap_5_blank_lines_and_all_line_ends_are_counted(void **state)
{
    (void)state;
    ROWS("a\n\n\nb\r\n\r\nc\r\rd\n", "1:a\n4:b\n6:c\n8:d\n");
    ROWS("\n\r\n\r\ra", "5:a\n");
    ROWS("\"x\ny\r\nz\rw\r\",1\n2,\"\n\"\n3\n", "1:x\ny\r\nz\rw\r|1\n6:2|\n\n8:3\n");
    ROWS("\"a\r\"\n\"\nb\"\n", "1:a\r\n3:\nb\n");
    ROWS("\"\"\n,\n", "1:\n2:|\n"); /* an empty quoted field is a row */
}

static void trap_6_a_lone_cr_ends_a_row_and_ragged_rows_pass(void **state)
{
    (void)state;
    ROWS("a,b\rc\rd,e,f", "1:a|b\n2:c\n3:d|e|f\n");
}

static void trap_7_a_large_field_is_read_in_large_steps(void **state)
{
    (void)state;
    const size_t n = 4 << 20;
    char *text = rf_calloc(n + 2, 1, NULL);
    struct rf_input *in = NULL;
    struct rf_buf out = { 0 };
    memset(text + 1, 'x', n);
    text[0] = text[n + 1] = '"';
    assert_int_equal(rf_input_memory(&in, "t.csv", text, n + 2, NULL), 0);
    assert_int_equal(rf_csv_read(in, NULL, write_row, &out, NULL), 0);
    assert_int_equal(out.len, n + 3);
    rf_input_close(in);
    rf_buf_release(&out);
    rf_free(text);
}

static void trap_8_fields_have_a_cap_and_errors_a_place(void **state)
{
    (void)state;
    const struct rf_csv_options cap = { .max_field = 5 };
    static char big[200000];
    check("a\n12345\n123456\n", 15, &cap, "1:a\n2:12345\n",
          "t.csv:3: found a field of more than 5 bytes, expected a shorter one (is a closing quote missing?)");
    memset(big, 'x', sizeof big); /* an open field is noticed before its end is seen */
    big[0] = '"';
    check(big, sizeof big, &cap, "",
          "t.csv:1: found a field of more than 5 bytes, expected a shorter one (is a closing quote missing?)");
    REFUSED(
        "a\nb,c\"d\n",
        "t.csv:2: found a quote inside an unquoted field, expected the whole field in quotes and the quote doubled");
    REFUSED("a\n\"b\n\n\"x\n", "t.csv:4: found the byte 0x78 behind a closing quote, expected ',' or a line end");
    /* the same in the third chunk of the file */
    memset(big, '\n', sizeof big);
    memcpy(big + sizeof big - 4, "\"a\"b", 4);
    check(big, sizeof big, NULL, "",
          "t.csv:199997: found the byte 0x62 behind a closing quote, expected ',' or a line end");
}

static void quotes_and_line_ends_may_stand_at_chunk_borders(void **state)
{
    (void)state;
    enum { CHUNK = 65536 };
    static char text[CHUNK + 100];
    for (size_t at = CHUNK - 18; at < CHUNK + 4; at++) {
        char expected[CHUNK + 200], *e = expected;
        memset(text, 'x', sizeof text);
        memcpy(text + at, "\r\n\r\n\"\r\n\"\",\",y\r\nz", 16);
        e += sprintf(e, "1:");
        memset(e, 'x', at);
        sprintf(e + at, "\n3:\r\n\",|y\n5:z\n");
        check(text, at + 16, NULL, expected, NULL);
    }
}

struct expected_rows {
    const struct rf_buf *text; /* the fields, one after another */
    size_t at, rows;
};

static int compare_row(void *ctx, const struct rf_csv_row *row, struct rf_err *err)
{
    struct expected_rows *e = ctx;
    (void)err;
    assert_int_equal(row->n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_memory_equal(row->field[i].s, e->text->data + e->at, row->field[i].len + 1);
        e->at += row->field[i].len + 1;
    }
    e->rows++;
    return 0;
}

static void what_is_put_is_read_back(void **state)
{
    (void)state;
    static const char *const piece[] = { "x",        "\"", ",",  "\n", "\r", " ", "\t", "words and words",
                                         "\xc3\xa9", "=",  "''", "12" };
    enum { PIECES = sizeof piece / sizeof *piece, COUNT = 4000 };
    struct rf_buf fields = { 0 };
    struct rf_input *in = NULL;
    struct rf_rng r;
    char *csv = NULL;
    size_t n;
    FILE *f = open_memstream(&csv, &n);
    rf_rng_init(&r, 77, 0);
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < 3; k++) {
            const size_t from = fields.len;
            for (uint32_t p = rf_rng_below(&r, 9); p; p--) {
                const char *s = piece[rf_rng_below(&r, PIECES)];
                assert_int_equal(rf_buf_add(&fields, s, strlen(s), NULL), 0);
            }
            assert_int_equal(rf_buf_add(&fields, "", 1, NULL), 0);
            rf_csv_put(f, (struct rf_str){ fields.data + from, fields.len - from - 1 }, false);
            fputs(k < 2 ? "," : i % 2 ? "\n" : "\r\n", f);
        }
    fclose(f);
    struct expected_rows e = { &fields, 0, 0 };
    assert_int_equal(rf_input_memory(&in, "t.csv", csv, n, NULL), 0);
    assert_int_equal(rf_csv_read(in, NULL, compare_row, &e, NULL), 0);
    assert_int_equal(e.rows, COUNT);
    rf_input_close(in);
    rf_buf_release(&fields);
    free(csv);
}

static int stop_at_second(void *ctx, const struct rf_csv_row *row, struct rf_err *err)
{
    (void)row;
    return ++*(int *)ctx == 2 ? rf_fail(err, RF_GATE, "enough") : 0;
}

static void the_callback_may_stop(void **state)
{
    (void)state;
    struct rf_input *in = NULL;
    struct rf_err err = { 0 };
    int calls = 0;
    assert_int_equal(rf_input_memory(&in, "t.csv", "a\nb\nc\nx\"", 8, NULL), 0);
    assert_int_equal(rf_csv_read(in, NULL, stop_at_second, &calls, &err), RF_GATE);
    assert_int_equal(calls, 2);
    assert_string_equal(err.msg, "enough");
    rf_input_close(in);
}

static void another_delimiter_may_be_given(void **state)
{
    (void)state;
    check("a\tb,c\n", 6, &(struct rf_csv_options){ .delimiter = '\t' }, "1:a|b,c\n", NULL);
}

static void columns_that_nobody_reads_keep_their_quotes_doubled(void **state)
{
    (void)state;
    const uint64_t second = 2;
    const struct rf_csv_options o = { .unread = &second };
    static const char text[] = "\"a\"\"\",\"b\"\"\",\"c\"\"\"\"d\"\n";
    check(text, sizeof text - 1, &o, "1:a\"|b\"\"|c\"\"d\n", NULL);
}

static void rows_do_not_depend_on_chunks(void **state)
{
    (void)state;
    const char text[] = "\"a\"\"\r\nb\",c\r\n\r\n\rd,\"e\n\"\n,\n\"\"\r\"x\ry\",z\n\n1\"\n";
    for (size_t chunk = 0; chunk < sizeof text; chunk++)
        check(text, sizeof text - 1, &(struct rf_csv_options){ .chunk = chunk },
              "1:a\"\r\nb|c\n5:d|e\n\n7:|\n8:\n9:x\ry|z\n",
              "t.csv:12: found a quote inside an unquoted field, expected the whole field in quotes and the quote "
              "doubled");
}

static void the_header_alone_is_read_for_sniffing(void **state)
{
    (void)state;
    struct rf_buf buf = { 0 };
    struct rf_str f[2];
    size_t n = 0;
    const char head[] = "\xEF\xBB\xBFid,\"a,b\",c\n1,2,\"cut";
    assert_int_equal(rf_csv_header((struct rf_str){ head, sizeof head - 1 }, &buf, f, 2, &n, NULL), 0);
    assert_int_equal(n, 3);
    assert_string_equal(f[0].s, "id");
    assert_string_equal(f[1].s, "a,b");
    assert_int_equal(f[1].len, 3);
    assert_int_equal(rf_csv_header((struct rf_str){ "{\"a\": 1}\n", 9 }, &buf, f, 2, &n, NULL), 0);
    assert_int_equal(n, 0);
    assert_int_equal(rf_csv_header((struct rf_str){ "", 0 }, &buf, f, 2, &n, NULL), 0);
    assert_int_equal(n, 0);
    rf_buf_release(&buf);
}

static void formulas_are_disarmed_and_numbers_are_not(void **state)
{
    (void)state;
    static const char *const known[][2] = {
        { "=1+1", "'=1+1" },
        { "+x", "'+x" },
        { "-x", "'-x" },
        { "@a", "'@a" },
        { "\tx", "\"'\tx\"" },
        { "\rx", "\"'\rx\"" },
        { "-1.5e-3", "-1.5e-3" },
        { "+7", "+7" },
        { "-.5", "-.5" },
        { "-1.", "-1." },
        { "-", "'-" },
        { "-1e", "'-1e" },
        { "-1e+", "'-1e+" },
        { "-.", "'-." },
        { "--1", "'--1" },
        { "-1.2.3", "'-1.2.3" },
        { "-1-1", "'-1-1" },
        { "a=b", "a=b" },
        { "", "" },
        { "=\"a\"", "\"'=\"\"a\"\"\"" },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char *text = NULL;
        size_t n;
        FILE *f = open_memstream(&text, &n);
        rf_csv_put(f, (struct rf_str){ known[i][0], strlen(known[i][0]) }, true);
        fclose(f);
        assert_string_equal(text, known[i][1]);
        free(text);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct rf_buf out = { 0 };
    for (long nth = 1;; nth++) {
        struct rf_input *in = NULL;
        struct rf_err err = { 0 };
        assert_int_equal(rf_input_memory(&in, "t.csv", "a,b\nc,d\n", 8, NULL), 0);
        rf_buf_release(&out);
        rf_mem_fail_at(nth, true);
        int calls = 0;
        const int rc = rf_csv_read(in, NULL, stop_at_second, &calls, &err);
        rf_mem_fail_at(0, false);
        rf_input_close(in);
        assert_true(rc == RF_FAIL || rc == RF_GATE);
        if (rc == RF_GATE)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trap_1_an_unclosed_quote_is_an_error),
        cmocka_unit_test(trap_2_blanks_around_fields_are_kept),
        cmocka_unit_test(trap_3_nul_bytes_are_kept),
        cmocka_unit_test(trap_4_a_byte_order_mark_is_removed),
        cmocka_unit_test(trap_5_blank_lines_and_all_line_ends_are_counted),
        cmocka_unit_test(trap_6_a_lone_cr_ends_a_row_and_ragged_rows_pass),
        cmocka_unit_test(trap_7_a_large_field_is_read_in_large_steps),
        cmocka_unit_test(trap_8_fields_have_a_cap_and_errors_a_place),
        cmocka_unit_test(quotes_and_line_ends_may_stand_at_chunk_borders),
        cmocka_unit_test(what_is_put_is_read_back),
        cmocka_unit_test(the_callback_may_stop),
        cmocka_unit_test(another_delimiter_may_be_given),
        cmocka_unit_test(columns_that_nobody_reads_keep_their_quotes_doubled),
        cmocka_unit_test(rows_do_not_depend_on_chunks),
        cmocka_unit_test(the_header_alone_is_read_for_sniffing),
        cmocka_unit_test(formulas_are_disarmed_and_numbers_are_not),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
