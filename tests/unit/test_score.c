/* Unit tests of core/routefit_score.h: which weight files are refused and why, and that every kind of router computes
 * what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/routefit_score.h"

/* A weight file in the making: header text and payload. */
struct file {
    unsigned char bytes[300000];
    size_t n;
};

static void make(struct file *f, const char *header, const void *payload, size_t n)
{
    const size_t len = strlen(header);
    assert_true(8 + len + n <= sizeof f->bytes);
    for (int i = 0; i < 8; i++)
        f->bytes[i] = (unsigned char)(len >> (8 * i));
    memcpy(f->bytes + 8, header, len);
    if (n)
        memcpy(f->bytes + 8 + len, payload, n);
    f->n = 8 + len + n;
}

static struct file file; /* too large for a stack */

static const struct refusal {
    const char *header;
    size_t payload;
    const char *why;
} refusals[] = {
    { "", 0, "found the end of the header" },
    { "[]", 0, "expected '{'" },
    { "{", 0, "expected '\"'" },
    { "{}x", 0, "blanks up to the end" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}", 4, "expected ',' or '}'" },
    { "{\"a\":{\"dtype\":\"F99\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "found dtype \"F99\"" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "one is missing" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
      "\"shape\" is unknown or stands twice" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4, "\"x\" is unknown" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "natural number" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}", 4, "natural number" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[01],\"data_offsets\":[0,4]}}", 4, "leading zeros" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[0,4]}}", 4, "below 2^62" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4294967296],\"data_offsets\":[0,4]}}", 4,
      "address space" },
    { "{\"a\":{\"dtype\":\"F64\",\"shape\":[4611686018427387903],\"data_offsets\":[0,4]}}", 4, "another length" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4, "no further number" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "another length" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,0]}}", 4, "begin <= end" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "begin <= end" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "a hole" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 3, "the file is cut" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 5, "1 bytes behind the last tensor" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_"
      "offsets\":[2,6]}}",
      6, "an overlap" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_"
      "offsets\":[1,2]}}",
      2, "tensor a stands twice" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"\\u0061\":{\"dtype\":\"U8\",\"shape\":[1],"
      "\"data_offsets\":[1,2]}}",
      2, "tensor a stands twice" },
    { "{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, "metadata key \"k\" stands twice" },
    { "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ stands twice" },
    { "{\"__metadata__\":{\"k\":1}}", 0, "expected '\"'" },
    { "{\"__metadata__\":{\"k\":\"\\u0000\"}}", 0, "neither U+0000" },
    { "{\"__metadata__\":{\"k\":\"\\ud800x\"}}", 0, "second half of a surrogate pair" },
    { "{\"__metadata__\":{\"k\":\"\\udc00\"}}", 0, "nor half of one" },
    { "{\"__metadata__\":{\"k\":\"\\x41\"}}", 0, "behind a backslash" },
    { "{\"__metadata__\":{\"k\":\"\xc0\xaf\"}}", 0, "UTF-8 text" },
    { "{\"__metadata__\":{\"k\":\"\xed\xa0\x80\"}}", 0, "UTF-8 text" },
    { "{\"__metadata__\":{\"k\":\"\t\"}}", 0, "control characters" },
    { "{\"__metadata__\":{\"k\":\"", 0, "found the end of the header" },
    { "{\"__metadata__\":{\"routefit.fnv1a64\":\"12\"}}", 0, "16 hexadecimal digits" },
    { "{\"__metadata__\":{\"routefit.fnv1a64\":\"0000000000000000\"}}", 0, "the file is damaged" },
};

static void malformed_files_are_refused_with_a_reason(void **state)
{
    (void)state;
    static const char zeros[16];
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct routefit_tensors *f = NULL;
        char err[ROUTEFIT_ERR] = "";
        make(&file, refusals[i].header, zeros, refusals[i].payload);
        const int rc = routefit_tensors_open(&f, file.bytes, file.n, err);
        if (rc != -1 || f || !strstr(err, refusals[i].why))
            fail_msg("row %zu: got %d \"%s\", expected \"%s\"", i, rc, err, refusals[i].why);
    }
}

static void a_length_that_the_file_does_not_have_is_refused(void **state)
{
    (void)state;
    struct routefit_tensors *f = NULL;
    char err[ROUTEFIT_ERR];
    make(&file, "{}", NULL, 0);
    for (size_t n = 0; n < file.n; n++) {
        assert_int_equal(routefit_tensors_open(&f, file.bytes, n, err), -1);
        assert_int_equal(routefit_tensors_open(&f, file.bytes, n, NULL), -1);
    }
    memset(file.bytes, 0xff, 8);
    assert_int_equal(routefit_tensors_open(&f, file.bytes, file.n, err), -1);
    assert_non_null(strstr(err, "header"));
}

static void blanks_empty_tensors_and_scalars_are_read(void **state)
{
    (void)state;
    struct routefit_tensors *f = NULL;
    char err[ROUTEFIT_ERR];
    const float x = -2.5f;
    make(&file,
         " \t{ \"s\" : { \"data_offsets\" : [ 0 , 4 ] , \"shape\" : [ ] , \"dtype\" : \"F32\" } ,"
         "\"e\":{\"dtype\":\"F64\",\"shape\":[3,0],\"data_offsets\":[4,4]},"
         "\"__metadata__\":{\"g\":\"\\ud83d\\ude00\\u00e9\\n\",\"routefit.fnv1a64\":\"4cb8f67f9d721b95\"}}  \n",
         &x, sizeof x);
    const int rc = routefit_tensors_open(&f, file.bytes, file.n, err);
    if (rc)
        fail_msg("%s", err);
    assert_int_equal(routefit_tensors_count(f), 2);
    const struct routefit_tensor *s = routefit_tensors_find(f, "s"), *e = routefit_tensors_find(f, "e");
    assert_ptr_equal(routefit_tensors_at(f, 0), s);
    assert_ptr_equal(routefit_tensors_at(f, 1), e);
    assert_null(routefit_tensors_at(f, 2));
    assert_null(routefit_tensors_find(f, "t"));
    assert_int_equal(s->rank, 0);
    assert_int_equal(s->count, 1);
    assert_int_equal(e->count, 0);
    float back = 0;
    assert_int_equal(routefit_tensor_floats(s, &back, err), 0);
    assert_true(back == x);
    assert_string_equal(routefit_tensors_meta(f, "g"), "\xf0\x9f\x98\x80\xc3\xa9\n");
    routefit_tensors_close(f);
    file.bytes[file.n - 1] ^= 1;
    assert_int_equal(routefit_tensors_open(&f, file.bytes, file.n, err), -1);
    assert_non_null(strstr(err, "damaged"));
}

static void every_real_type_becomes_a_float(void **state)
{
    (void)state;
    static const struct {
        const char *dtype;
        unsigned char bytes[8];
        size_t size;
        float value; /* NaN: refused */
    } row[] = {
        { "F64", { 0, 0, 0, 0, 0, 0, 0xf8, 0x3f }, 8, 1.5f },
        { "F64", { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xef, 0x7f }, 8, NAN },
        { "F32", { 0, 0, 0x80, 0x7f }, 4, NAN },
        { "F32", { 0, 0, 0x20, 0xc0 }, 4, -2.5f },
        { "BF16", { 0x20, 0xc0 }, 2, -2.5f },
        { "BF16", { 0xc0, 0x7f }, 2, NAN },
        { "F16", { 0x00, 0x3c }, 2, 1 },
        { "F16", { 0xff, 0x7b }, 2, 65504 },
        { "F16", { 0x01, 0x80 }, 2, -0x1p-24f },
        { "F16", { 0xff, 0x03 }, 2, 1023 * 0x1p-24f },
        { "F16", { 0x00, 0x7c }, 2, NAN },
        { "F16", { 0x01, 0xfc }, 2, NAN },
        { "I8", { 0x80 }, 1, -128 },
        { "I8", { 0x7f }, 1, 127 },
        { "I32", { 0, 0, 0, 0 }, 4, NAN },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char header[200], err[ROUTEFIT_ERR] = "";
        struct routefit_tensors *f = NULL;
        float x = -1;
        snprintf(header, sizeof header, "{\"a\":{\"dtype\":\"%s\",\"shape\":[1],\"data_offsets\":[0,%zu]}}",
                 row[i].dtype, row[i].size);
        make(&file, header, row[i].bytes, row[i].size);
        assert_int_equal(routefit_tensors_open(&f, file.bytes, file.n, err), 0);
        const int rc = routefit_tensor_floats(routefit_tensors_at(f, 0), &x, err);
        if (isnan(row[i].value))
            assert_int_equal(rc, -1);
        else
            assert_true(rc == 0 && x == row[i].value);
        routefit_tensors_close(f);
    }
}

/* Opening a router must fail with `why` in the message. */
static void refuse_router(const char *header, const void *payload, size_t n, const struct routefit_pick *pick,
                          const char *why)
{
    struct routefit_router *r = NULL;
    char err[ROUTEFIT_ERR] = "";
    make(&file, header, payload, n);
    const int rc = routefit_load(&r, file.bytes, file.n, pick, err);
    if (rc != -1 || r || !strstr(err, why))
        fail_msg("got %d \"%s\", expected \"%s\"", rc, err, why);
}

static struct routefit_router *load_router(const char *header, const void *payload, size_t n,
                                           const struct routefit_pick *pick)
{
    struct routefit_router *r = NULL;
    char err[ROUTEFIT_ERR];
    make(&file, header, payload, n);
    if (routefit_load(&r, file.bytes, file.n, pick, err))
        fail_msg("%s", err);
    return r;
}

#define LOGISTIC                                                                                                       \
    "\"__metadata__\":{\"routefit.kind\":\"logistic\",\"routefit.input\":\"vector\",\"routefit.strong\":\"S\"},"
#define VECTOR_3 "\"weight\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]},"
#define BIAS     "\"bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]}}"

static void logistic_is_a_dot_product(void **state)
{
    (void)state;
    const float w[4] = { 1, -2, 0.5f, 0.25f }, x[6] = { 3, 1, 2, 1, NAN, 1 };
    struct routefit_router *r = load_router("{" LOGISTIC VECTOR_3 BIAS, w, sizeof w, NULL);
    double p[2], u[3], bias;
    assert_string_equal(routefit_kind(r), "logistic");
    assert_int_equal(routefit_input(r), ROUTEFIT_VECTOR);
    assert_int_equal(routefit_dim(r), 3);
    assert_string_equal(routefit_meta(r, "routefit.strong"), "S");
    assert_null(routefit_meta(r, "routefit.weak"));
    assert_true(routefit_logit(r, x) == 2.25);
    assert_true(routefit_win_rate(r, x) == 1 / (1 + exp(-2.25)));
    routefit_win_rates(r, x, 2, p);
    assert_true(p[0] == routefit_win_rate(r, x));
    assert_true(isnan(p[1]));
    routefit_linear(r, u, &bias);
    assert_true(u[0] == 1 && u[1] == -2 && u[2] == 0.5 && bias == 0.25);
    routefit_free(r);
}

static void long_vectors_take_every_element_once(void **state)
{
    (void)state;
    enum { DIM = 1003, ROWS = 19 };
    static float w[DIM + 1], x[DIM], many[ROWS * DIM];
    char header[400];
    double logit = 0, p[ROWS];
    for (int i = 0; i < DIM; i++) {
        w[i] = (float)(1 + i % 7);
        x[i] = (float)(i % 11);
        logit += (double)(w[i] * x[i]);
    }
    snprintf(header, sizeof header,
             "{" LOGISTIC "\"weight\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[0,%d]},"
             "\"bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}}",
             DIM, 4 * DIM, 4 * DIM, 4 * DIM + 4);
    struct routefit_router *r = load_router(header, w, sizeof w, NULL);
    assert_true(routefit_logit(r, x) == logit);
    assert_true(routefit_win_rate(r, x) == 1);
    for (int i = 0; i < ROWS * DIM; i++)
        many[i] = sinf((float)i) / 100;
    routefit_win_rates(r, many, ROWS, p);
    for (int i = 0; i < ROWS; i++)
        assert_true(p[i] == routefit_win_rate(r, many + i * DIM));
    routefit_free(r);
}

static void routers_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    const float w[4] = { 1, INFINITY, 0.5f, 0.25f }, zero[4] = { 0 };
    const struct routefit_pick pick = { .use_ids = 1, .weak_id = 1 };
    refuse_router("{" LOGISTIC VECTOR_3 BIAS, w, sizeof w, NULL, "expected a finite number");
    refuse_router("{" LOGISTIC VECTOR_3 BIAS, zero, sizeof zero, &pick, "one pair of models");
    refuse_router("{" VECTOR_3 BIAS, zero, sizeof zero, NULL, "no kind of router");
    refuse_router("{" LOGISTIC "\"weight\":{\"dtype\":\"F32\",\"shape\":[1,3],\"data_offsets\":[0,12]}," BIAS, zero,
                  sizeof zero, NULL, "rank 2");
    refuse_router("{" LOGISTIC "\"weights\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}," BIAS, zero,
                  sizeof zero, NULL, "expected a tensor weight");
    refuse_router("{" LOGISTIC "\"weight\":{\"dtype\":\"I8\",\"shape\":[12],\"data_offsets\":[0,12]}," BIAS, zero,
                  sizeof zero, NULL, "weight_scale");
    refuse_router("{\"__metadata__\":{\"routefit.kind\":\"logistic\",\"routefit.input\":\"picture\"}," VECTOR_3 BIAS,
                  zero, sizeof zero, NULL, "found picture");
    refuse_router("{\"__metadata__\":{\"routefit.kind\":\"logistic\",\"routefit.input\":\"text\"}," VECTOR_3 BIAS, zero,
                  sizeof zero, NULL, "routefit.features: found nothing");
    refuse_router("{\"__metadata__\":{\"routefit.kind\":\"logistic\",\"routefit.input\":\"text\",\"routefit.features\":"
                  "\"rf-text-1\"}," VECTOR_3 BIAS,
                  zero, sizeof zero, NULL, "power of two");
    refuse_router("{\"__metadata__\":{\"routefit.kind\":\"\x1b[31m\"}}", NULL, 0, NULL, "control characters");
}

static void control_characters_of_a_file_do_not_reach_the_message(void **state)
{
    (void)state;
    refuse_router("{\"__metadata__\":{\"routefit.kind\":\"\\u001b[31m\\u009b\"}}", NULL, 0, NULL, "found ?[31m??,");
}

#define MF_TENSORS                                                                                                     \
    "\"P.weight\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]},"                                        \
    "\"text_proj.0.weight\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[24,40]},"                             \
    "\"classifier.0.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[40,48]}}"
#define MF(models)                                                                                                     \
    "{\"__metadata__\":{\"routefit.kind\":\"mf\",\"routefit.strong\":\"a\",\"routefit.weak\":\"c\",\"routefit."        \
    "models\":\"" models "\"}," MF_TENSORS
static const float mf[12] = { 3, 4, 1, 1, 0, 2, /* W */ 1, 2, 3, 4, /* c */ 10, 100 };

static void mf_compares_two_rows_of_unit_length(void **state)
{
    (void)state;
    const float x[2] = { 1, -1 };
    const double logit = 10 * (0.6 - 0) * -1 + 100 * (0.8 - 1) * -1;
    const struct routefit_pick ids = { .use_ids = 1, .strong_id = 2, .weak_id = 0 },
                               names = { .strong = "c", .weak = "a", .use_ids = 1 };
    struct routefit_router *own = load_router(MF("[\\\"a\\\",\\\"b\\\", \\\"c\\\"]"), mf, sizeof mf, NULL);
    assert_true(fabs(routefit_logit(own, x) - logit) < 1e-12);
    routefit_free(own);
    struct routefit_router *by_id = load_router("{" MF_TENSORS, mf, sizeof mf, &ids);
    assert_true(fabs(routefit_logit(by_id, x) + logit) < 1e-12);
    routefit_free(by_id);
    struct routefit_router *by_name = load_router(MF("[\\\"a\\\",\\\"b\\\",\\\"c\\\"]"), mf, sizeof mf, &names);
    assert_true(fabs(routefit_logit(by_name, x) + logit) < 1e-12);
    routefit_free(by_name);
}

static void mf_files_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    const struct routefit_pick far = { .use_ids = 1, .strong_id = 3 },
                               same = { .use_ids = 1, .strong_id = 1, .weak_id = 1 }, unknown = { .strong = "z" };
    refuse_router("{" MF_TENSORS, mf, sizeof mf, NULL, "use_ids");
    refuse_router("{" MF_TENSORS, mf, sizeof mf, &far, "below 3");
    refuse_router("{" MF_TENSORS, mf, sizeof mf, &same, "two different ones");
    refuse_router(MF("[\\\"a\\\",\\\"b\\\",\\\"c\\\"]"), mf, sizeof mf, &unknown, "model z: found 0 times");
    refuse_router(MF("[\\\"a\\\",\\\"c\\\",\\\"a\\\"]"), mf, sizeof mf, NULL, "found 2 times");
    refuse_router(MF("[\\\"a\\\",\\\"c\\\"]"), mf, sizeof mf, NULL, "found 2 names, expected 3");
    refuse_router(MF("[]"), mf, sizeof mf, NULL, "expected '\"'");
    refuse_router(MF("{}"), mf, sizeof mf, NULL, "expected '['");
    const float huge[12] = { 1, 0, 0, 1, 0, 1, 3e38f, 3e38f, 3e38f, 3e38f, 3e38f, 3e38f };
    struct routefit_router *r = load_router(MF("[\\\"a\\\",\\\"b\\\",\\\"c\\\"]"), huge, sizeof huge, NULL);
    assert_true(isfinite(routefit_win_rate(r, (const float[]){ 1, 1 })));
    routefit_free(r);
}

#define MLP(meta, hidden)                                                                                              \
    "{\"__metadata__\":{\"routefit.kind\":\"mlp\"" meta "}," hidden                                                    \
    "\"hidden.0.bias\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[24,32]},"                                  \
    "\"output.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[32,40]},"                                  \
    "\"output.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[40,44]}}"
#define HIDDEN(shape) "\"hidden.0.weight\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[0,24]},"
static const float mlp[11] = { 1, 2, 3, -1, 0, 1, /* biases */ 0.5f, 0.25f, /* output */ 2, 8, -1 };

static void mlp_is_two_layers_of_dot_products(void **state)
{
    (void)state;
    const float left[3] = { 1, 1, -1 }, both[3] = { 0, 0, 1 };
    struct routefit_router *r = load_router(MLP("", HIDDEN("[1,2,3]")), mlp, sizeof mlp, NULL);
    assert_true(routefit_dim(r) == 3 && routefit_models(r) == 0);
    assert_true(routefit_logit(r, left) == 2 * 0.5 - 1); /* the second unit, -1.75, is rectified */
    assert_true(routefit_logit(r, both) == 2 * 3.5 + 8 * 1.25 - 1);
    routefit_free(r);
}

static void mlp_files_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    const struct routefit_pick pick = { .strong = "a", .weak = "b" };
    refuse_router(MLP("", HIDDEN("[1,2,3]")), mlp, sizeof mlp, &pick, "one pair of models");
    refuse_router(MLP("", HIDDEN("[2,1,3]")), mlp, sizeof mlp, NULL, "found length 2 in dimension 0, expected 1");
    refuse_router(MLP("", HIDDEN("[1,3,2]")), mlp, sizeof mlp, NULL, "hidden.0.bias: found length 2 in dimension 1");
    refuse_router(MLP("", HIDDEN("[2,3]")), mlp, sizeof mlp, NULL, "rank 2");
    refuse_router(MLP(",\"routefit.input\":\"text\",\"routefit.features\":\"rf-text-1\"", HIDDEN("[1,2,3]")), mlp,
                  sizeof mlp, NULL, "expected vector for kind mlp");
    refuse_router(MLP(",\"routefit.models\":\"[]\"", HIDDEN("[1,2,3]")), mlp, sizeof mlp, NULL, "cost_weight");
}

static void files_that_cannot_be_read_say_so(void **state)
{
    (void)state;
    struct routefit_router *r = NULL;
    char err[ROUTEFIT_ERR];
    assert_int_equal(routefit_load_file(&r, "no/such/file", NULL, err), -1);
    assert_non_null(strstr(err, "no/such/file: No such file"));
    assert_int_equal(routefit_load_file(&r, "/dev/null", NULL, err), -1);
    assert_non_null(strstr(err, "/dev/null: found 0 bytes"));
    assert_int_equal(routefit_load_file(&r, ".", NULL, err), -1);
    routefit_free(NULL);
    routefit_tensors_close(NULL);
    routefit_embedder_free(NULL);
    routefit_features_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_files_are_refused_with_a_reason),
        cmocka_unit_test(a_length_that_the_file_does_not_have_is_refused),
        cmocka_unit_test(blanks_empty_tensors_and_scalars_are_read),
        cmocka_unit_test(every_real_type_becomes_a_float),
        cmocka_unit_test(logistic_is_a_dot_product),
        cmocka_unit_test(long_vectors_take_every_element_once),
        cmocka_unit_test(routers_that_do_not_fit_are_refused),
        cmocka_unit_test(control_characters_of_a_file_do_not_reach_the_message),
        cmocka_unit_test(mf_compares_two_rows_of_unit_length),
        cmocka_unit_test(mf_files_that_do_not_fit_are_refused),
        cmocka_unit_test(mlp_is_two_layers_of_dot_products),
        cmocka_unit_test(mlp_files_that_do_not_fit_are_refused),
        cmocka_unit_test(files_that_cannot_be_read_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
