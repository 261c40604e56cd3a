/* Unit tests of core/npy.h: types, orders and versions read, everything else refused with its byte. tests/golden holds
 * numpy's view. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/npy.h"
#include "core/rng.h"

/* A file of the given version: dictionary, then the data. */
static void make(struct rf_buf *b, int version, const char *dictionary, const void *data, size_t n)
{
    const size_t len = strlen(dictionary);
    b->len = 0;
    assert_int_equal(rf_buf_printf(b, NULL, "\x93NUMPY%c%c%c%c", version, 0, (int)(len & 255), (int)(len >> 8)), 0);
    if (version > 1)
        assert_int_equal(rf_buf_add(b, "\0\0", 2, NULL), 0);
    assert_int_equal(rf_buf_add(b, dictionary, len, NULL), 0);
    assert_int_equal(rf_buf_add(b, data, n, NULL), 0);
}

static void types_orders_and_versions_are_read(void **state)
{
    (void)state;
    static const float f4[] = { 1, -2, 3.5f, 0, 1e-3f, 1e30f };
    static const double f8[] = { 1, -2, 3.5, 0, 1e-3, 1e30 };
    static const unsigned char f2[] = { 0x3C, 0, 0xC0, 0, 0x43, 0, 0, 0, 0x80, 0, 0x7B, 0xFF }; /* big-endian */
    static const float halves[] = { 1, -2, 3.5f, 0, -0.f, 65504 };
    unsigned char swapped[sizeof f8];
    for (size_t i = 0; i < sizeof f8; i++)
        swapped[i] = ((const unsigned char *)f8)[i / 8 * 8 + 7 - i % 8];
    const struct {
        int version;
        const char *dictionary;
        const void *data;
        size_t n, rows, dim;
        const float *expected;
    } known[] = {
        { 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  \n", f4, sizeof f4, 2, 3, f4 },
        { 2, "{'shape': (3, 2), \"fortran_order\":False,'descr': '<f8'}", f8, sizeof f8, 3, 2, f4 },
        { 3, "{'descr': '>f8', 'fortran_order': False, 'shape': (6,)}", swapped, sizeof f8, 6, 1, f4 },
        { 1, "{'descr': '>f2', 'fortran_order': False, 'shape': (1, 6), }", f2, sizeof f2, 1, 6, halves },
        { 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", f4, sizeof f4, 2, 3,
          (const float[]){ 1, 3.5f, 1e-3f, -2, 0, 1e30f } },
        { 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", f4, 0, 0, 3, f4 },
    };
    struct rf_buf b = { 0 };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct rf_matrix m = { 0 };
        struct rf_err err = { 0 };
        make(&b, known[i].version, known[i].dictionary, known[i].data, known[i].n);
        if (rf_npy_parse(b.data, b.len, &m, &err))
            fail_msg("%s: %s", known[i].dictionary, err.msg);
        assert_int_equal(m.rows, known[i].rows);
        assert_int_equal(m.dim, known[i].dim);
        assert_memory_equal(m.x, known[i].expected, m.rows * m.dim * sizeof(float));
        assert_true(rf_npy_sniff((struct rf_str){ b.data, b.len }));
        /* one byte less, one more, and every shorter piece */
        assert_int_equal(rf_buf_add(&b, "x", 1, NULL), 0);
        rf_matrix_release(&m);
        assert_int_equal(rf_npy_parse(b.data, b.len, &m, NULL), RF_BAD_INPUT);
        for (size_t n = 0; n + 1 < b.len; n++)
            assert_int_equal(rf_npy_parse(b.data, n, &m, NULL), RF_BAD_INPUT);
        assert_null(m.x);
    }
    rf_buf_release(&b);
}

static void other_headers_are_refused_with_their_byte(void **state)
{
    (void)state;
#define TYPE  "expected a float type: '<f2', '<f4', '<f8', or with '>' (objects and structures are not read)"
#define SHAPE "expected a shape of one or two sizes: (rows,) or (rows, dim)"
#define KEYS  "expected each of the keys 'descr', 'fortran_order', 'shape' once"
    static const struct {
        const char *dictionary, *message;
    } bad[] = {
        { "", "byte 10: found the end, expected '{'" },
        { "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "byte 21: found '|', " TYPE },
        { "{'descr': '<i4', 'fortran_order': False, 'shape': (1,)}", "byte 21: found '<', " TYPE },
        { "{'descr': '|f4', 'fortran_order': False, 'shape': (1,)}", "byte 21: found '|', " TYPE },
        { "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "byte 20: found '[', " TYPE },
        { "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "byte 44: found '0', expected True or False" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': ()}", "byte 61: found ')', " SHAPE },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (1)}", "byte 62: found ')', " SHAPE },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3)}", "byte 67: found '3', " SHAPE },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
          "byte 61: found '-', expected a size that fits the memory" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
          "byte 80: found '9', expected a size that fits the memory" },
        { "{'descr': '<f4', 'fortran_order': False}", "byte 49: found '}', " KEYS },
        { "{'descr': '<f4', 'descr': '<f4', 'shape': (1,)}", "byte 27: found ''', " KEYS },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", "byte 66: found ''', " KEYS },
        { "{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}", "byte 26: found ''', expected ',' or '}'" },
        { "{'descr' '<f4'}", "byte 19: found ''', expected ':'" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
          "byte 66: found 'x', expected the end of the header" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
          "found the shape (4611686018427387904, 4), expected one that fits the memory" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000)}",
          "byte 79: found 4 bytes of numbers, expected 4000000000000 for the shape (1000000, 1000000)" },
    };
    struct rf_buf b = { 0 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rf_matrix m = { 0 };
        struct rf_err err = { 0 };
        make(&b, 1, bad[i].dictionary, "\0\0\0\0", 4);
        assert_int_equal(rf_npy_parse(b.data, b.len, &m, &err), RF_BAD_INPUT);
        assert_string_equal(err.msg, bad[i].message);
    }
    rf_buf_release(&b);
}

static void prefixes_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *message;
    } bad[] = {
        { "PK\3\4 zip", 8, "byte 0: found other bytes, expected an .npy file, which starts with \\x93NUMPY" },
        { "\x93NUMPY\1\0", 8, "byte 8: found the end of the file, expected an .npy header" },
        { "\x93NUMPY\4\0\0\0\0\0", 12, "byte 6: found format version 4.0, expected 1.0, 2.0 or 3.0" },
        { "\x93NUMPY\2\0\xff\xff\xff\xff", 12, "byte 8: found a header of 4294967295 bytes, expected at most 10000" },
        { "\x93NUMPY\1\0\x10\0{}", 12, "byte 12: found the end of the file, expected a header of 16 bytes" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rf_matrix m = { 0 };
        struct rf_err err = { 0 };
        assert_int_equal(rf_npy_parse(bad[i].bytes, bad[i].n, &m, &err), RF_BAD_INPUT);
        assert_string_equal(err.msg, bad[i].message);
    }
}

static void numbers_that_are_not_finite_are_refused_with_their_row(void **state)
{
    (void)state;
    const double x[] = { 1, 2, 3, 1e39 }, y[] = { 1, 2, NAN, 4 };
    struct rf_buf b = { 0 };
    struct rf_matrix m = { 0 };
    struct rf_err err = { 0 };
    make(&b, 1, "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2)}", x, sizeof x);
    assert_int_equal(rf_npy_parse(b.data, b.len, &m, &err), RF_BAD_INPUT);
    assert_string_equal(err.msg, "row 1, column 1 (from 0): found inf, expected a finite float32 number");
    err = (struct rf_err){ 0 };
    make(&b, 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2)}", y, sizeof y);
    assert_int_equal(rf_npy_parse(b.data, b.len, &m, &err), RF_BAD_INPUT);
    assert_string_equal(err.msg, "row 1, column 0 (from 0): found nan, expected a finite float32 number");
    rf_buf_release(&b);
}

static void written_files_are_read_back(void **state)
{
    (void)state;
    enum { ROWS = 3000, DIM = 7 }; /* more than a block */
    static float x[ROWS * DIM];
    char path[] = "/tmp/routefit-npy-XXXXXX";
    struct rf_matrix m = { 0 };
    struct rf_err err = { 0 };
    struct rf_rng r;
    rf_rng_init(&r, 4, 0);
    for (size_t i = 0; i < ROWS * DIM; i++)
        x[i] = (float)rf_rng_normal(&r);
    close(mkstemp(path));
    assert_int_equal(rf_npy_write(path, x, ROWS, DIM, RF_NPY_F4, 0, &err), RF_USAGE); /* it exists */
    assert_int_equal(rf_npy_write(path, x, ROWS, DIM, RF_NPY_F4, 1, NULL), 0);
    assert_int_equal(rf_npy_read(path, &m, NULL), 0);
    assert_int_equal(m.rows, ROWS);
    assert_int_equal(m.dim, DIM);
    assert_memory_equal(m.x, x, sizeof x);
    rf_matrix_release(&m);
    assert_int_equal(rf_npy_write(path, x, ROWS, DIM, RF_NPY_F2, 1, NULL), 0);
    assert_int_equal(rf_npy_read(path, &m, NULL), 0);
    for (size_t i = 0; i < ROWS * DIM; i++)
        assert_true(fabsf(m.x[i] - x[i]) <= fabsf(x[i]) * 0x1p-11f + 0x1p-25f);
    rf_matrix_release(&m);
    err = (struct rf_err){ 0 };
    x[20] = 65520;
    assert_int_equal(rf_npy_write(path, x, ROWS, DIM, RF_NPY_F2, 1, &err), RF_BAD_INPUT);
    assert_string_equal(err.msg,
                        "row 2, column 6 (from 0): found 65520, expected at most 65504 for float16; write float32");
    x[20] = INFINITY;
    assert_int_equal(rf_npy_write(path, x, ROWS, DIM, RF_NPY_F4, 1, NULL), RF_BAD_INPUT);
    unlink(path);
}

/* Standard input of unknown size: a pipe. */
static void pipes_are_read(void **state)
{
    (void)state;
    struct rf_buf b = { 0 };
    struct rf_input *in = NULL;
    struct rf_matrix m = { 0 };
    struct rf_err err = { 0 };
    const float x[] = { 1, 2 };
    int end[2], keep = dup(STDIN_FILENO);
    make(&b, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", x, sizeof x);
    for (size_t cut = 0; cut < 2; cut++) {
        assert_int_equal(pipe(end), 0);
        assert_int_equal(write(end[1], b.data, b.len - cut), b.len - cut);
        close(end[1]);
        assert_int_equal(dup2(end[0], STDIN_FILENO), STDIN_FILENO);
        close(end[0]);
        assert_int_equal(rf_input_open(&in, "-", NULL), 0);
        assert_int_equal(rf_npy_input(in, &m, &err), cut ? RF_BAD_INPUT : 0);
        rf_input_close(in);
    }
    assert_string_equal(err.msg, "standard input: byte 65: found 7 bytes of numbers, expected 8 for the shape (2, 1)");
    assert_memory_equal(m.x, x, sizeof x);
    dup2(keep, STDIN_FILENO);
    close(keep);
    rf_matrix_release(&m);
    rf_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_orders_and_versions_are_read),
        cmocka_unit_test(other_headers_are_refused_with_their_byte),
        cmocka_unit_test(prefixes_are_checked),
        cmocka_unit_test(numbers_that_are_not_finite_are_refused_with_their_row),
        cmocka_unit_test(written_files_are_read_back),
        cmocka_unit_test(pipes_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
