/* Unit tests of core/input.h: reading by head, chunk, line and whole; atomic writing. Files live in a folder of their
 * own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/input.h"

static char folder[] = "/tmp/routefit-input-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    return chdir("/") || rmdir(folder); /* fails where a test left a file behind */
}

static void put(const char *path, const void *data, size_t n)
{
    struct rf_outfile o;
    assert_int_equal(rf_outfile_open(&o, path, true, NULL), 0);
    assert_int_equal(fwrite(data, 1, n, o.f), n);
    assert_int_equal(rf_outfile_commit(&o, NULL), 0);
}

static void assert_content(const char *path, const char *expected)
{
    struct rf_buf b = { 0 };
    assert_int_equal(rf_file_read(path, 0, &b, NULL), 0);
    assert_string_equal(b.data, expected);
    rf_buf_release(&b);
}

static void lines_are_numbered_and_the_last_needs_no_line_feed(void **state)
{
    (void)state;
    static const char text[] = "one\r\n\n\0three\nlast";
    static const struct rf_str expected[] = { { "one\r", 4 }, { "", 0 }, { "\0three", 6 }, { "last", 4 } };
    struct rf_input *in = NULL;
    struct rf_str line;
    uint64_t number;
    assert_int_equal(rf_input_memory(&in, "m", text, sizeof text - 1, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(rf_input_line(in, &line, &number, NULL), 1);
        assert_int_equal(number, i + 1);
        assert_int_equal(line.len, expected[i].len);
        assert_memory_equal(line.s, expected[i].s, line.len);
    }
    assert_int_equal(rf_input_bytes(in), sizeof text - 1);
    assert_int_equal(rf_input_line(in, &line, &number, NULL), 0);
    assert_int_equal(rf_input_line(in, &line, &number, NULL), 0);
    rf_input_close(in);
}

/* Lines of 0..3000 bytes over many buffers, with a head and chunks between them: nothing is lost, the digest is of all
 * bytes. */
static void head_chunks_and_lines_share_one_stream(void **state)
{
    (void)state;
    enum { LINES = 700 };
    struct rf_buf text = { 0 };
    struct rf_input *in = NULL;
    struct rf_str head, line;
    uint8_t got[RF_SHA256_SIZE], expected[RF_SHA256_SIZE];
    uint64_t number;
    size_t at = 0;
    for (int i = 0; i < LINES; i++)
        assert_int_equal(rf_buf_printf(&text, NULL, "%*d\n", i * 13 % 3000 + 1, i), 0);
    put("lines", text.data, text.len);
    assert_int_equal(rf_input_open(&in, "lines", NULL), 0);
    assert_int_equal(rf_input_size(in), text.len);
    for (int i = 0; i < LINES; i++) {
        assert_int_equal(rf_input_head(in, &head, NULL), 0);
        assert_int_equal(head.len, text.len - at < RF_INPUT_HEAD ? text.len - at : RF_INPUT_HEAD);
        assert_memory_equal(head.s, text.data + at, head.len);
        if (i % 7 == 0) { /* this line by pieces */
            char piece[11];
            size_t n;
            do {
                assert_int_equal(rf_input_read(in, piece, 1, &n, NULL), 0);
                assert_int_equal(n, 1);
                assert_int_equal(piece[0], text.data[at++]);
            } while (piece[0] != '\n');
            continue;
        }
        assert_int_equal(rf_input_line(in, &line, &number, NULL), 1);
        assert_memory_equal(line.s, text.data + at, line.len);
        at += line.len + 1;
        assert_int_equal(rf_input_bytes(in), at);
        if (i == LINES / 2)
            break;
    }
    for (int again = 0; again < 2; again++) {
        assert_int_equal(rf_input_digest(in, got, NULL), 0); /* reads the other half by itself */
        assert_int_equal(rf_sha256_of(text.data, text.len, expected, NULL), 0);
        assert_memory_equal(got, expected, sizeof got);
    }
    assert_int_equal(rf_input_line(in, &line, &number, NULL), 0);
    rf_input_close(in);
    rf_buf_release(&text);
    unlink("lines");
}

static void long_lines_are_refused_with_their_number(void **state)
{
    (void)state;
    const size_t n = (64u << 20) + 3;
    char *text = rf_calloc(n, 1, NULL);
    struct rf_input *in = NULL;
    struct rf_err err = { 0 };
    struct rf_str line;
    uint64_t number;
    memset(text, 'x', n);
    text[1] = '\n';
    assert_int_equal(rf_input_memory(&in, "long.jsonl", text, n, NULL), 0);
    assert_int_equal(rf_input_line(in, &line, &number, &err), 1);
    assert_int_equal(rf_input_line(in, &line, &number, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "long.jsonl:2: found a line of more than 67108864 bytes"));
    rf_input_close(in);
    in = NULL;
    assert_int_equal(rf_input_memory(&in, "long.jsonl", text, n - 1, NULL),
                     0); /* a line of exactly the limit is read */
    assert_int_equal(rf_input_line(in, &line, &number, NULL), 1);
    assert_int_equal(rf_input_line(in, &line, &number, NULL), 1);
    assert_int_equal(line.len, 64 << 20);
    rf_input_close(in);
    rf_free(text);
}

static void absent_files_and_folders_are_refused_by_name(void **state)
{
    (void)state;
    struct rf_input *in = NULL;
    struct rf_buf b = { 0 };
    struct rf_err err = { 0 };
    assert_int_equal(rf_input_open(&in, "absent.csv", &err), RF_IO);
    assert_string_equal(err.msg, "cannot open absent.csv: No such file or directory");
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_file_read(".", 0, &b, &err), RF_IO);
    assert_string_equal(err.msg, "cannot read .: found a directory, expected a file");
    rf_buf_release(&b);
}

static void whole_files_have_a_limit(void **state)
{
    (void)state;
    struct rf_buf b = { 0 };
    struct rf_err err = { 0 };
    put("ten", "0123456789", 10);
    assert_int_equal(rf_file_read("ten", 10, &b, &err), 0);
    assert_int_equal(b.len, 10);
    assert_int_equal(rf_file_read("ten", 9, &b, &err), RF_BAD_INPUT);
    assert_string_equal(err.msg, "ten: found more than 9 bytes, expected at most so many");
    rf_buf_release(&b);
    unlink("ten");
}

static void truncated_files_are_noticed(void **state)
{
    (void)state;
    struct rf_input *in = NULL;
    struct rf_err err = { 0 };
    struct rf_str chunk;
    put("cut", "0123456789", 10);
    assert_int_equal(rf_input_open(&in, "cut", &err), 0);
    assert_int_equal(truncate("cut", 4), 0);
    assert_int_equal(rf_input_chunk(in, 100, &chunk, &err), 0);
    assert_int_equal(rf_input_chunk(in, 100, &chunk, &err), RF_IO);
    assert_non_null(strstr(err.msg, "cut: found its end at byte 4, expected 10 bytes"));
    rf_input_close(in);
    unlink("cut");
}

static void existing_targets_need_force(void **state)
{
    (void)state;
    struct rf_outfile o, late;
    struct rf_err err = { 0 };
    put("old", "old", 3);
    assert_int_equal(rf_outfile_open(&o, "old", false, &err), RF_USAGE);
    assert_non_null(strstr(err.msg, "cannot write old: it exists"));
    put("old", "new", 3);
    assert_content("old", "new");
    unlink("old");
    /* a target that comes up while we write is kept */
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_outfile_open(&late, "old", false, &err), 0);
    put("old", "first", 5);
    assert_int_equal(rf_outfile_commit(&late, &err), RF_IO);
    assert_content("old", "first");
    unlink("old");
}

static void links_folders_and_devices_are_never_replaced(void **state)
{
    (void)state;
    struct rf_outfile o;
    struct rf_err err = { 0 };
    assert_int_equal(symlink("nowhere", "link"), 0);
    assert_int_equal(rf_outfile_open(&o, "link", true, &err), RF_USAGE);
    assert_int_equal(rf_outfile_open(&o, "/dev/null", true, &err), RF_USAGE);
    assert_int_equal(rf_outfile_open(&o, ".", true, &err), RF_USAGE);
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_outfile_open(&o, "absent/x", false, &err), RF_IO);
    assert_non_null(strstr(err.msg, "No such file or directory"));
    unlink("link");
}

static void an_unfinished_write_leaves_the_old_file(void **state)
{
    (void)state;
    struct rf_outfile o;
    struct rf_err err = { 0 };
    struct rlimit limit, small;
    static char big[100000];
    put("-rf x", "old", 3);
    assert_int_equal(rf_outfile_open(&o, "-rf x", true, NULL), 0);
    fputs("half", o.f);
    rf_outfile_release(&o);
    assert_content("./-rf x", "old");
    /* no room: the write fails, the old content stays, no temporary file is left (leave_folder checks) */
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){ 5000, limit.rlim_max };
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(rf_outfile_open(&o, "-rf x", true, NULL), 0);
    fwrite(big, 1, sizeof big, o.f);
    assert_int_equal(rf_outfile_commit(&o, &err), RF_IO);
    assert_non_null(strstr(err.msg, "cannot write -rf x (is the disk full?)"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_content("./-rf x", "old");
    unlink("./-rf x");
    rf_outfile_release(&o);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct rf_buf b = { 0 };
    put("x", "abc", 3);
    for (long nth = 1;; nth++) {
        struct rf_err err = { 0 };
        rf_buf_release(&b);
        rf_mem_fail_at(nth, true);
        const int rc = rf_file_read("x", 0, &b, &err);
        rf_mem_fail_at(0, false);
        assert_true(rc == 0 || (rc == RF_FAIL && err.code == RF_FAIL));
        if (!rc)
            break;
    }
    for (long nth = 1;; nth++) {
        struct rf_outfile o;
        rf_mem_fail_at(nth, true);
        const int rc = rf_outfile_open(&o, "x", true, NULL);
        rf_mem_fail_at(0, false);
        rf_outfile_release(&o);
        if (!rc)
            break;
    }
    rf_buf_release(&b);
    unlink("x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_numbered_and_the_last_needs_no_line_feed),
        cmocka_unit_test(head_chunks_and_lines_share_one_stream),
        cmocka_unit_test(long_lines_are_refused_with_their_number),
        cmocka_unit_test(absent_files_and_folders_are_refused_by_name),
        cmocka_unit_test(whole_files_have_a_limit),
        cmocka_unit_test(truncated_files_are_noticed),
        cmocka_unit_test(existing_targets_need_force),
        cmocka_unit_test(links_folders_and_devices_are_never_replaced),
        cmocka_unit_test(an_unfinished_write_leaves_the_old_file),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
