/* Unit tests of core/safetensors.h: the bytes written, that the pair reads them, refusals. tests/golden holds numpy's
 * view. */
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

#include "core/input.h"
#include "core/routefit_score.h"
#include "core/safetensors.h"
#include "core/sha256.h"

static const float f32[] = { 1, -2, .5f, 3, 4, 5 };
static const double f64[] = { 1. / 3 };
static const uint16_t f16[] = { 0x3C00, 0xC000 };
static const int8_t i8[] = { -128, 127, 0 };
static const struct rf_tensor tensors[] = {
    { "b", RF_F32, 2, { 2, 3 }, f32 },
    { "bytes", RF_I8, 1, { 3 }, i8 },
    { "scalar", RF_F64, 0, { 0 }, f64 },
    { "a", RF_F32, 1, { 0 }, f32 },
    { "half \"h\"\xc3\xa9", RF_F16, 1, { 2 }, f16 },
};
static const struct rf_meta meta[] = { { "z", "1" }, { "a", "quote \" and\nline" } };
enum { TENSORS = sizeof tensors / sizeof *tensors, META = 2 };

static void the_header_is_sorted_padded_and_starts_with_a_brace(void **state)
{
    (void)state;
    struct rf_buf b = { 0 };
    assert_int_equal(rf_safetensors_build(tensors, TENSORS, meta, META, &b, NULL), 0);
    const size_t n = (unsigned char)b.data[0] | (size_t)(unsigned char)b.data[1] << 8;
    static const char expected[] = "{\"__metadata__\":{\"a\":\"quote \\\" and\\nline\",\"routefit.fnv1a64\":\"";
    static const char after[] = "\",\"z\":\"1\"},\"scalar\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]},"
                                "\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,8]},\"b\":{\"dtype\":"
                                "\"F32\",\"shape\":[2,3],\"data_offsets\":[8,32]},"
                                "\"half \\\"h\\\"\xc3\xa9\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[32,36]},"
                                "\"bytes\":{\"dtype\":\"I8\",\"shape\":[3],\"data_offsets\":[36,39]}}";
    assert_memory_equal(b.data + 8, expected, sizeof expected - 1);
    assert_memory_equal(b.data + 8 + sizeof expected - 1 + 16, after, sizeof after - 1);
    assert_int_equal((8 + n) % 8, 0);
    for (size_t i = sizeof expected - 1 + 16 + sizeof after - 1; i < n; i++)
        assert_int_equal(b.data[8 + i], ' ');
    assert_int_equal(b.len, 8 + n + 39);
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 8 + n; i < b.len; i++) {
        h ^= (unsigned char)b.data[i];
        h *= UINT64_C(1099511628211);
    }
    char hex[17];
    snprintf(hex, sizeof hex, "%016llx", (unsigned long long)h);
    assert_memory_equal(b.data + 8 + sizeof expected - 1, hex, 16);
    rf_buf_release(&b);
}

static void the_pair_reads_what_was_written(void **state)
{
    (void)state;
    struct rf_buf b = { 0 };
    struct routefit_tensors *f = NULL;
    char err[ROUTEFIT_ERR] = "";
    float x[6];
    assert_int_equal(rf_safetensors_build(tensors, TENSORS, meta, META, &b, NULL), 0);
    if (routefit_tensors_open(&f, b.data, b.len, err))
        fail_msg("%s", err);
    assert_int_equal(routefit_tensors_count(f), TENSORS);
    for (size_t i = 0; i < TENSORS; i++) {
        const struct routefit_tensor *t = routefit_tensors_find(f, tensors[i].name);
        assert_non_null(t);
        assert_int_equal(t->rank, tensors[i].rank);
        if (t->count)
            assert_memory_equal(t->data, tensors[i].data, t->count);
    }
    assert_int_equal(routefit_tensor_floats(routefit_tensors_find(f, "b"), x, err), 0);
    assert_memory_equal(x, f32, sizeof f32);
    assert_string_equal(routefit_tensors_meta(f, "a"), meta[1].value);
    routefit_tensors_close(f);
    f = NULL;
    b.data[b.len - 1] ^= 1; /* a flipped bit of the payload is found */
    assert_int_equal(routefit_tensors_open(&f, b.data, b.len, err), -1);
    rf_buf_release(&b);
}

static void order_of_arguments_does_not_matter(void **state)
{
    (void)state;
    struct rf_buf a = { 0 }, b = { 0 };
    struct rf_tensor reversed[TENSORS];
    const struct rf_meta swapped[] = { meta[1], meta[0] };
    for (size_t i = 0; i < TENSORS; i++)
        reversed[i] = tensors[TENSORS - 1 - i];
    assert_int_equal(rf_safetensors_build(tensors, TENSORS, meta, META, &a, NULL), 0);
    assert_int_equal(rf_safetensors_build(reversed, TENSORS, swapped, META, &b, NULL), 0);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    assert_int_equal(rf_safetensors_build(NULL, 0, NULL, 0, &b, NULL), 0);
    rf_buf_release(&a);
    rf_buf_release(&b);
}

static void refused(struct rf_tensor a, struct rf_tensor b, struct rf_meta m, const char *message)
{
    struct rf_buf buf = { 0 };
    struct rf_err err = { 0 };
    const struct rf_tensor t[] = { a, b };
    const struct rf_meta ms[] = { m, meta[0] };
    assert_int_equal(rf_safetensors_build(t, 2, ms, 2, &buf, &err), RF_FAIL);
    assert_string_equal(err.msg, message);
    rf_buf_release(&buf);
}

static void bad_names_and_numbers_are_refused(void **state)
{
    (void)state;
    const float inf[] = { 0, 1, INFINITY };
    const double nan[] = { NAN };
    const uint16_t half[] = { 0, 0x7E00 };
    const struct rf_tensor ok = { "ok", RF_F32, 1, { 1 }, f32 };
    const struct rf_tensor b = { "b", RF_F32, 1, { 1 }, f32 };
    refused(ok, ok, meta[1], "found two tensors named ok, expected one");
    refused(ok, (struct rf_tensor){ "x", RF_F32, 1, { 3 }, inf }, meta[1],
            "tensor x: found an infinite value or NaN at element 2 (from 0), expected finite ones; nothing is written");
    refused(ok, (struct rf_tensor){ "x", RF_F64, 1, { 1 }, nan }, meta[1],
            "tensor x: found an infinite value or NaN at element 0 (from 0), expected finite ones; nothing is written");
    refused(ok, (struct rf_tensor){ "x", RF_F16, 1, { 2 }, half }, meta[1],
            "tensor x: found an infinite value or NaN at element 1 (from 0), expected finite ones; nothing is written");
    refused(ok, (struct rf_tensor){ "x", RF_F32, 2, { SIZE_MAX, 2 }, f32 }, meta[1],
            "tensor x: its shape does not fit the memory");
    refused(ok, (struct rf_tensor){ "__metadata__", RF_F32, 1, { 1 }, f32 }, meta[1],
            "found a tensor name that is reserved or not UTF-8, expected another name");
    refused(ok, b, meta[0], "metadata: found the key z twice, expected it once");
    refused(ok, b, (struct rf_meta){ "routefit.fnv1a64", "0" },
            "metadata: found the key routefit.fnv1a64 twice, expected it once");
    refused(ok, b, (struct rf_meta){ "k", "\xff" }, "metadata: found a key or value that is not UTF-8, expected UTF-8");
}

static void files_are_written_whole_with_their_digest(void **state)
{
    (void)state;
    char path[] = "/tmp/routefit-safetensors-XXXXXX", hex[RF_SHA256_HEX], expected[RF_SHA256_HEX];
    struct rf_buf file = { 0 }, built = { 0 };
    uint8_t digest[RF_SHA256_SIZE];
    close(mkstemp(path));
    assert_int_equal(rf_safetensors_write(path, tensors, TENSORS, meta, META, false, hex, NULL), RF_USAGE);
    assert_int_equal(rf_safetensors_write(path, tensors, TENSORS, meta, META, true, hex, NULL), 0);
    assert_int_equal(rf_file_read(path, 0, &file, NULL), 0);
    assert_int_equal(rf_safetensors_build(tensors, TENSORS, meta, META, &built, NULL), 0);
    assert_int_equal(file.len, built.len);
    assert_memory_equal(file.data, built.data, file.len);
    assert_int_equal(rf_sha256_of(file.data, file.len, digest, NULL), 0);
    rf_sha256_hex(digest, expected);
    assert_string_equal(hex, expected);
    unlink(path);
    rf_buf_release(&file);
    rf_buf_release(&built);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    int rc = RF_FAIL;
    for (long nth = 1; rc; nth++) {
        struct rf_buf b = { 0 };
        rf_mem_fail_at(nth, true);
        rc = rf_safetensors_build(tensors, TENSORS, meta, META, &b, NULL);
        rf_mem_fail_at(0, false);
        rf_buf_release(&b);
        assert_true(rc == 0 || rc == RF_FAIL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_is_sorted_padded_and_starts_with_a_brace),
        cmocka_unit_test(the_pair_reads_what_was_written),
        cmocka_unit_test(order_of_arguments_does_not_matter),
        cmocka_unit_test(bad_names_and_numbers_are_refused),
        cmocka_unit_test(files_are_written_whole_with_their_digest),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
