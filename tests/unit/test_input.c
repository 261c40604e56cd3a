/* Unit tests of core/input.h: reading by head, chunk, line and whole, packed input too; atomic writing. Files live in a
 * folder of their own. */
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
#include <zlib.h>
#include <zstd.h>
#include <cmocka.h>

#include "core/input.h"
#include "core/unpack.h"

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
    enum { WHOLE = 300000, LEFT = 280000 }; /* more than is read at the opening */
    struct rf_input *in = NULL;
    struct rf_err err = { 0 };
    struct rf_str chunk;
    char *zeros = rf_calloc(WHOLE, 1, NULL);
    int rc;
    put("cut", zeros, WHOLE);
    assert_int_equal(rf_input_open(&in, "cut", &err), 0);
    assert_int_equal(truncate("cut", LEFT), 0);
    do
        rc = rf_input_chunk(in, SIZE_MAX, &chunk, &err);
    while (!rc && chunk.len);
    assert_int_equal(rc, RF_IO);
    assert_non_null(strstr(err.msg, "cut: found its end at byte 280000, expected 300000 bytes"));
    rf_input_close(in);
    rf_free(zeros);
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

static void whole_files_are_written_with_their_digest(void **state)
{
    (void)state;
    static const char sha256_of_abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    char hex[RF_SHA256_HEX] = "kept";
    struct rf_err err = { 0 };
    struct rlimit limit, small;
    static char big[100000];
    assert_int_equal(rf_file_write("x", false, "abc", 3, hex, &err), 0);
    assert_string_equal(hex, sha256_of_abc);
    assert_content("x", "abc");
    assert_int_equal(rf_file_write("x", false, "new", 3, NULL, &err), RF_USAGE);
    assert_int_equal(rf_file_write("x", true, NULL, 0, NULL, NULL), 0);
    assert_content("x", "");
    assert_int_equal(rf_file_write("x", true, "abc", 3, NULL, NULL), 0);
    /* no room: the old content and the digest stay, whether the data are buffered or not, and no temporary file is left
     */
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (size_t n = 100; n <= sizeof big; n *= 10) {
        err = (struct rf_err){ 0 };
        memcpy(hex, "kept", 5);
        small = (struct rlimit){ n / 2, limit.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        assert_int_equal(rf_file_write("x", true, big, n, hex, &err), RF_IO);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        assert_non_null(strstr(err.msg, "cannot write x (is the disk full?): "));
        assert_string_equal(hex, "kept");
        assert_content("x", "abc");
    }
    unlink("x");
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

/* ---- packed input ---- */

/* Text that does not pack to nothing. */
static void make_text(struct rf_buf *text, int lines)
{
    for (int i = 0; i < lines; i++)
        assert_int_equal(rf_buf_printf(text, NULL, "%d,%d\n", i, i * 7919 % 10007), 0);
}

static void add_gzip(struct rf_buf *out, const char *s, size_t n)
{
    z_stream z = { 0 };
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(rf_buf_reserve(out, deflateBound(&z, n), NULL), 0);
    z.next_in = (unsigned char *)(uintptr_t)s;
    z.avail_in = (unsigned)n;
    z.next_out = (unsigned char *)out->data + out->len;
    z.avail_out = (unsigned)(out->cap - out->len);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len = (size_t)((char *)z.next_out - out->data);
    deflateEnd(&z);
}

static void add_zstd(struct rf_buf *out, const char *s, size_t n)
{
    assert_int_equal(rf_buf_reserve(out, ZSTD_compressBound(n), NULL), 0);
    ZSTD_CCtx *const c = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    const size_t got = ZSTD_compress2(c, out->data + out->len, out->cap - out->len, s, n);
    ZSTD_freeCCtx(c);
    assert_false(ZSTD_isError(got));
    out->len += got;
}

static const struct {
    const char *name;
    void (*add)(struct rf_buf *out, const char *s, size_t n);
} packers[] = { { "gzip", add_gzip }, { "zstd", add_zstd } };
enum { PACKERS = sizeof packers / sizeof *packers };

/* The whole content of the file "packed", of which b is put there; expects rc, and the message to hold said. */
static void assert_unpacks(const struct rf_buf *b, int expected, const char *said, const struct rf_buf *content)
{
    struct rf_buf got = { 0 };
    struct rf_err err = { 0 };
    put("packed", b->data, b->len);
    assert_int_equal(rf_file_read("packed", 0, &got, &err), expected);
    if (expected)
        assert_non_null(strstr(err.msg, said));
    else
        assert_true(got.len == content->len && (!got.len || !memcmp(got.data, content->data, got.len)));
    rf_buf_release(&got);
    unlink("packed");
}

static void packed_files_are_their_content(void **state)
{
    (void)state;
    struct rf_buf text = { 0 };
    struct rf_input *in = NULL;
    struct rf_str line, head;
    uint64_t number = 0;
    uint8_t got[RF_SHA256_SIZE], expected[RF_SHA256_SIZE];
    make_text(&text, 200000);
    for (size_t k = 0; k < PACKERS; k++) {
        struct rf_buf b = { 0 };
        packers[k].add(&b, text.data, text.len);
        put("packed", b.data, b.len);
        assert_int_equal(rf_input_open(&in, "packed", NULL), 0);
        assert_true(rf_input_packed(in));
        assert_int_equal(rf_input_size(in), 0);
        assert_int_equal(rf_input_total(in), b.len);
        assert_int_equal(rf_input_claim(in), text.len);
        assert_int_equal(rf_input_head(in, &head, NULL), 0);
        assert_int_equal(head.len, RF_INPUT_HEAD);
        assert_int_equal(rf_input_bytes(in), 0);
        while (rf_input_line(in, &line, &number, NULL) == 1)
            ;
        assert_int_equal(number, 200000);
        assert_int_equal(rf_input_bytes(in), text.len);
        assert_int_equal(rf_input_done(in), b.len);
        assert_int_equal(rf_input_digest(in, got, NULL), 0);
        assert_int_equal(rf_sha256_of(text.data, text.len, expected, NULL), 0);
        assert_memory_equal(got, expected, sizeof got);
        rf_input_close(in);
        unlink("packed");
        rf_buf_release(&b);
    }
    rf_buf_release(&text);
}

static void members_in_a_row_are_one_content(void **state)
{
    (void)state;
    static const char skip[] = "\x5A\x2A\x4D\x18\x03\0\0\0abc", zeros[2000];
    for (size_t k = 0; k < PACKERS; k++) {
        struct rf_buf text = { 0 }, b = { 0 };
        for (int i = 0; i < 40; i++) {
            const size_t start = text.len;
            make_text(&text, i * 137);
            packers[k].add(&b, text.data + start, text.len - start); /* the first one is empty */
            if (packers[k].add == add_zstd)
                assert_int_equal(rf_buf_add(&b, skip, sizeof skip - 1, NULL), 0);
        }
        assert_unpacks(&b, 0, NULL, &text);
        if (packers[k].add == add_gzip) { /* tapes */
            assert_int_equal(rf_buf_add(&b, zeros, sizeof zeros, NULL), 0);
            assert_unpacks(&b, 0, NULL, &text);
        }
        assert_int_equal(rf_buf_add(&b, "x", 1, NULL), 0);
        assert_unpacks(&b, RF_BAD_INPUT, "packed: found other bytes behind the end of the", NULL);
        rf_buf_release(&text);
        rf_buf_release(&b);
    }
}

static void cut_and_damaged_streams_are_refused_with_their_place(void **state)
{
    (void)state;
    struct rf_buf text = { 0 };
    make_text(&text, 300);
    for (size_t k = 0; k < PACKERS; k++) {
        struct rf_buf b = { 0 };
        char said[80];
        packers[k].add(&b, text.data, text.len);
        for (size_t n = RF_UNPACK_MAGIC; n < b.len; n++) {
            const struct rf_buf cut = { b.data, n, 0 };
            snprintf(said, sizeof said, "packed: found its end at packed byte %zu, inside the %s data", n,
                     packers[k].name);
            assert_unpacks(&cut, RF_BAD_INPUT, said, NULL);
        }
        snprintf(said, sizeof said, "packed: found damaged %s data at packed byte ", packers[k].name);
        b.data[b.len - 3] ^= 1; /* of the checksum or, in gzip, of the length */
        assert_unpacks(&b, RF_BAD_INPUT, said, NULL);
        b.data[b.len - 3] ^= 1;
        b.data[b.len / 2] ^= 1;
        assert_unpacks(&b, RF_BAD_INPUT, said, NULL);
        rf_buf_release(&b);
    }
    rf_buf_release(&text);
}

static void bombs_are_refused_and_repetitive_text_is_not(void **state)
{
    (void)state;
    const size_t bomb = RF_UNPACK_FREE * 3, tame = RF_UNPACK_FREE;
    char *zeros = rf_calloc(bomb, 1, NULL);
    struct rf_buf b = { 0 }, content = { zeros, tame, 0 };
    add_zstd(&b, zeros, tame); /* far above the ratio, but small */
    assert_unpacks(&b, 0, NULL, &content);
    b.len = 0;
    add_zstd(&b, zeros, bomb);
    assert_unpacks(&b, RF_BAD_INPUT, "expected at most 1000 times as many", NULL);
    b.len = 0;
    add_gzip(&b, zeros, bomb); /* gzip packs zeros to one part in 1029 */
    assert_unpacks(&b, RF_BAD_INPUT, "if they are meant, unpack the file on the way: gzip -dc", NULL);
    rf_buf_release(&b);
    rf_free(zeros);
}

static void wide_windows_are_refused_with_the_way_out(void **state)
{
    (void)state;
    /* magic, a frame header without content size whose window is 2^(10 + 18) = 256 MiB, an empty last block */
    static const char wide[] = "\x28\xB5\x2F\xFD\x00\x90\x01\0\0", fits[] = "\x28\xB5\x2F\xFD\x00\x88\x01\0\0";
    struct rf_buf b = { (char *)(uintptr_t)wide, sizeof wide - 1, 0 };
    assert_unpacks(&b, RF_BAD_INPUT, "zstd -dc --long=31", NULL);
    b.data = (char *)(uintptr_t)fits;
    assert_unpacks(&b, 0, NULL, &(struct rf_buf){ 0 });
}

static void unpacking_may_lack_memory(void **state)
{
    (void)state;
    for (size_t k = 0; k < PACKERS; k++) {
        struct rf_buf b = { 0 }, out = { 0 };
        packers[k].add(&b, "abc", 3);
        put("packed", b.data, b.len);
        int rc = RF_FAIL;
        for (long nth = 1; rc; nth++) {
            struct rf_err err = { 0 };
            rf_buf_release(&out);
            rf_mem_fail_at(nth, true);
            rc = rf_file_read("packed", 0, &out, &err);
            rf_mem_fail_at(0, false);
            assert_true(rc == 0 || (rc == RF_FAIL && err.code == RF_FAIL));
        }
        assert_string_equal(out.data, "abc");
        rf_buf_release(&b);
        rf_buf_release(&out);
        unlink("packed");
    }
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
        cmocka_unit_test(packed_files_are_their_content),
        cmocka_unit_test(members_in_a_row_are_one_content),
        cmocka_unit_test(cut_and_damaged_streams_are_refused_with_their_place),
        cmocka_unit_test(bombs_are_refused_and_repetitive_text_is_not),
        cmocka_unit_test(wide_windows_are_refused_with_the_way_out),
        cmocka_unit_test(unpacking_may_lack_memory),
        cmocka_unit_test(existing_targets_need_force),
        cmocka_unit_test(links_folders_and_devices_are_never_replaced),
        cmocka_unit_test(an_unfinished_write_leaves_the_old_file),
        cmocka_unit_test(whole_files_are_written_with_their_digest),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
