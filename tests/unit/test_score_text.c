/* Unit tests of the text side of core/routefit_score.h: the frozen features, the embedder, and routers on text. The
 * bucket lists below were made by another program from the definition in the header; a change of any of them is a new
 * version of the features. */
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
#include "near.h"

enum { BUCKETS = 256, DIM = 24, WIDTH = DIM + ROUTEFIT_SHAPE };

struct features {
    const uint32_t *bucket;
    const float *value, *shape;
    size_t n;
};

static struct features features_of(struct routefit_features *pad, const char *text, size_t n)
{
    struct features x;
    x.n = routefit_features_of(pad, text, n, &x.bucket, &x.value, &x.shape);
    return x;
}

static const struct frozen {
    const char *text;
    size_t n;
    uint32_t bucket[32];
} frozen[] = {
    { "", 0, { 0 } },
    { " .,\n", 0, { 0 } },
    { "a", 2, { 26417, 30773 } },
    { "Hello, World!", 27, { 4615,  6103,  8403,  8434,  8560,  10432, 12760, 13116, 13253,
                             14529, 16246, 17274, 17404, 17579, 19316, 19902, 21479, 22178,
                             22225, 22634, 24280, 25017, 26224, 28320, 29891, 30206, 30815 } },
    { "the cat and the dog", 32, { 919,   3003,  3736,  5499,  6498,  9007,  9398,  9579,  10332, 10406, 10885,
                                   11622, 12120, 12983, 13822, 15328, 15516, 16429, 17327, 18532, 19372, 21481,
                                   21717, 22456, 27696, 28075, 29416, 29943, 30021, 30169, 30545, 31930 } },
    { "na\xc3\xafve 42", 21, { 1180,  2482,  7662,  7934,  9600,  15011, 16971, 20040, 20374, 20820, 22231,
                               24741, 26182, 26720, 27217, 27250, 28053, 30621, 31227, 32345, 32679 } },
};

static void buckets_of_known_texts_are_frozen(void **state)
{
    (void)state;
    struct routefit_features *pad = routefit_features_new(ROUTEFIT_BUCKETS);
    for (size_t i = 0; i < sizeof frozen / sizeof *frozen; i++) {
        const struct features x = features_of(pad, frozen[i].text, strlen(frozen[i].text));
        assert_int_equal(x.n, frozen[i].n);
        if (x.n)
            assert_memory_equal(x.bucket, frozen[i].bucket, x.n * sizeof *x.bucket);
    }
    routefit_features_free(pad);
}

static void values_are_one_plus_log_count_over_the_length(void **state)
{
    (void)state;
    static const uint32_t twice[] = { 919, 17327, 19372, 21717, 22456, 27696, 30021 };
    struct routefit_features *pad = routefit_features_new(ROUTEFIT_BUCKETS);
    const char *text = "the cat and the dog";
    const struct features x = features_of(pad, text, strlen(text));
    const double two = 1 + log(2), length = sqrt(7 * two * two + 25);
    for (size_t i = 0, k = 0; i < x.n; i++) {
        const int is_two = k < 7 && x.bucket[i] == twice[k];
        k += (size_t)is_two;
        assert_true(fabs(x.value[i] - (is_two ? two : 1) / length) < 1e-7);
    }
    routefit_features_free(pad);
}

static void values_have_unit_length_in_ascending_buckets(void **state)
{
    (void)state;
    static char text[20000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * i / 7 + i % 253);
    memset(text + 9000, 'x', 3000); /* one bucket counted thousands of times */
    for (size_t buckets = 256; buckets <= 65536; buckets *= 4) {
        struct routefit_features *pad = routefit_features_new(buckets);
        for (size_t n = 1; n <= sizeof text; n = n * 3 + 1) {
            const struct features x = features_of(pad, text, n);
            double sum = 0;
            for (size_t i = 0; i < x.n; i++) {
                sum += (double)x.value[i] * (double)x.value[i];
                assert_true(x.value[i] > 0 && x.bucket[i] < buckets && (!i || x.bucket[i] > x.bucket[i - 1]));
            }
            assert_true(!x.n || fabs(sum - 1) < 1e-6);
            for (int k = 0; k < ROUTEFIT_SHAPE; k++)
                assert_true(isfinite(x.shape[k]));
        }
        routefit_features_free(pad);
    }
}

static void shape_counts_what_the_header_says(void **state)
{
    (void)state;
    const char *text = "Ab 12\n\xc3\xa9-x!";
    const double n = 11, expected[ROUTEFIT_SHAPE] = { log(12), log(5), log(2), 2 / n, 1 / n, 2 / n, 2 / n, log(3) };
    struct routefit_features *pad = routefit_features_new(ROUTEFIT_BUCKETS);
    struct features x = features_of(pad, text, strlen(text));
    for (int k = 0; k < ROUTEFIT_SHAPE; k++)
        assert_true(fabs(x.shape[k] - expected[k]) < 1e-6);
    x = features_of(pad, "", 0);
    for (int k = 0; k < ROUTEFIT_SHAPE; k++)
        assert_true(x.shape[k] == 0);
    routefit_features_free(pad);
}

static void case_and_a_used_pad_change_nothing(void **state)
{
    (void)state;
    const char *low = "write a haiku about c99", *mixed = "Write A HAIKU, about -- C99!";
    struct routefit_features *fresh = routefit_features_new(ROUTEFIT_BUCKETS),
                             *used = routefit_features_new(ROUTEFIT_BUCKETS);
    features_of(used, "something else", 14);
    const struct features a = features_of(fresh, low, strlen(low)), b = features_of(used, mixed, strlen(mixed));
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.bucket, b.bucket, a.n * sizeof *a.bucket);
    assert_memory_equal(a.value, b.value, a.n * sizeof *a.value);
    routefit_features_free(fresh);
    routefit_features_free(used);
}

static void a_pad_needs_a_power_of_two(void **state)
{
    (void)state;
    static const size_t wrong[] = { 0, 1, 128, 255, 257, 3 << 10, 1 << 23 };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_null(routefit_features_new(wrong[i]));
}

/* Header and payload of a weight file; every text router and embedder here has BUCKETS buckets. */
static size_t make(unsigned char *out, const char *header, const void *payload, size_t n)
{
    const size_t len = strlen(header);
    for (int i = 0; i < 8; i++)
        out[i] = (unsigned char)(len >> (8 * i));
    memcpy(out + 8, header, len);
    memcpy(out + 8 + len, payload, n);
    return 8 + len + n;
}

static unsigned char bytes[100000];
static struct {
    float projection[BUCKETS][DIM], mean[ROUTEFIT_SHAPE], scale[ROUTEFIT_SHAPE];
} net;

static double wave(size_t i)
{
    return sin((double)i * 1.7 + 0.3);
}

static struct routefit_embedder *load_embedder(const char *features, size_t rows, char *err)
{
    char header[1000];
    struct routefit_embedder *e = NULL;
    const size_t a = sizeof net.projection, b = a + sizeof net.mean, c = b + sizeof net.scale;
    for (size_t i = 0; i < BUCKETS * DIM; i++)
        net.projection[i / DIM][i % DIM] = (float)wave(i);
    for (size_t k = 0; k < ROUTEFIT_SHAPE; k++) {
        net.mean[k] = (float)(0.1 * (double)k);
        net.scale[k] = (float)(2 - 0.2 * (double)k);
    }
    snprintf(header, sizeof header,
             "{\"__metadata__\":{\"routefit.kind\":\"text-embedder\",\"routefit.features\":\"%s\"},"
             "\"projection\":{\"dtype\":\"F32\",\"shape\":[%zu,%zu],\"data_offsets\":[0,%zu]},"
             "\"shape_mean\":{\"dtype\":\"F32\",\"shape\":[8],\"data_offsets\":[%zu,%zu]},"
             "\"shape_scale\":{\"dtype\":\"F32\",\"shape\":[8],\"data_offsets\":[%zu,%zu]}}",
             features, rows, BUCKETS * DIM / rows, a, a, b, b, c);
    return routefit_embedder_load(&e, bytes, make(bytes, header, &net, sizeof net), err) ? NULL : e;
}

static void embedding_is_projection_times_features(void **state)
{
    (void)state;
    char err[ROUTEFIT_ERR];
    const char *text = "Prove that sqrt(2) is irrational.";
    struct routefit_embedder *e = load_embedder(ROUTEFIT_FEATURES, BUCKETS, err);
    struct routefit_features *pad = routefit_features_new(BUCKETS);
    float out[WIDTH];
    assert_non_null(e);
    assert_int_equal(routefit_embedder_dim(e), WIDTH);
    assert_int_equal(routefit_embedder_buckets(e), BUCKETS);
    routefit_embed(e, pad, text, strlen(text), out);
    const struct features x = features_of(pad, text, strlen(text));
    for (size_t d = 0; d < DIM; d++) {
        double sum = 0;
        for (size_t i = 0; i < x.n; i++)
            sum += (double)(x.value[i] * net.projection[x.bucket[i]][d]);
        assert_true(fabs(sum - (double)out[d]) < 1e-6);
    }
    for (int k = 0; k < ROUTEFIT_SHAPE; k++)
        assert_true(fabsf(out[DIM + k] - (x.shape[k] - net.mean[k]) * net.scale[k]) < 1e-6f);
    routefit_embed(e, pad, "", 0, out);
    for (int d = 0; d < DIM; d++)
        assert_true(out[d] == 0);
    routefit_features_free(pad);
    routefit_embedder_free(e);
}

static void collapsing_equals_embedding_first(void **state)
{
    (void)state;
    char err[ROUTEFIT_ERR];
    const char *text = "Translate 'good morning' into French, please";
    struct routefit_embedder *e = load_embedder(ROUTEFIT_FEATURES, BUCKETS, err);
    struct routefit_features *pad = routefit_features_new(BUCKETS);
    double w[WIDTH], bucket_w[BUCKETS], shape_w[ROUTEFIT_SHAPE], bias, direct = 0, size = 0;
    assert_non_null(e);
    for (size_t i = 0; i < WIDTH; i++)
        w[i] = wave(3 * i);
    routefit_embedder_collapse(e, w, bucket_w, shape_w, &bias);
    const struct features x = features_of(pad, text, strlen(text));
    double collapsed = bias;
    for (size_t i = 0; i < x.n; i++)
        collapsed += bucket_w[x.bucket[i]] * (double)x.value[i];
    for (int k = 0; k < ROUTEFIT_SHAPE; k++)
        collapsed += shape_w[k] * (double)x.shape[k];
    for (size_t d = 0; d < DIM; d++)
        for (size_t i = 0; i < x.n; i++) {
            const double term = w[d] * (double)net.projection[x.bucket[i]][d] * (double)x.value[i];
            direct += term;
            size += fabs(term);
        }
    for (int k = 0; k < ROUTEFIT_SHAPE; k++)
        direct += w[DIM + k] * ((double)x.shape[k] - (double)net.mean[k]) * (double)net.scale[k];
    assert_true(fabs(collapsed - direct) < 1e-9 * size);
    routefit_features_free(pad);
    routefit_embedder_free(e);
}

static void embedders_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    char err[ROUTEFIT_ERR];
    struct routefit_router *r = NULL;
    assert_null(load_embedder("rf-text-2", BUCKETS, err));
    assert_non_null(strstr(err, "expected rf-text-1"));
    assert_null(load_embedder(ROUTEFIT_FEATURES, BUCKETS * 3, err));
    assert_non_null(strstr(err, "power of two"));
    struct routefit_embedder *e = load_embedder(ROUTEFIT_FEATURES, BUCKETS, err);
    assert_non_null(e);
    routefit_embedder_free(e);
    assert_int_equal(routefit_load(&r, bytes, sizeof bytes, NULL, err), -1);
}

#define TEXT_ROUTER                                                                                                    \
    "{\"__metadata__\":{\"routefit.kind\":\"logistic\",\"routefit.input\":\"text\",\"routefit.features\":\"rf-text-"   \
    "1\"},"                                                                                                            \
    "\"shape_weight\":{\"dtype\":\"F32\",\"shape\":[8],\"data_offsets\":[0,32]},"                                      \
    "\"bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[32,36]},"

static struct routefit_router *load_text_router(const char *header, const void *payload, size_t n)
{
    char err[ROUTEFIT_ERR];
    struct routefit_router *r = NULL;
    if (routefit_load(&r, bytes, make(bytes, header, payload, n), NULL, err))
        fail_msg("%s", err);
    return r;
}

static void text_routers_sum_weights_of_features(void **state)
{
    (void)state;
    static struct {
        float shape[ROUTEFIT_SHAPE], bias, weight[BUCKETS];
    } real;
    static struct {
        float shape[ROUTEFIT_SHAPE], bias, scale;
        int8_t weight[BUCKETS];
    } whole;
    const char *text = "How many r are in strawberry?";
    struct routefit_features *pad = routefit_features_new(BUCKETS);
    const struct features x = features_of(pad, text, strlen(text));
    real.bias = whole.bias = -0.25f;
    whole.scale = 0.5f;
    double logit = -0.25;
    for (int k = 0; k < ROUTEFIT_SHAPE; k++) {
        real.shape[k] = whole.shape[k] = (float)(k - 3) / 8;
        logit += (double)(real.shape[k] * x.shape[k]);
    }
    for (int b = 0; b < BUCKETS; b++) {
        whole.weight[b] = (int8_t)(b - 128);
        real.weight[b] = (float)(b - 128) / 2;
    }
    for (size_t i = 0; i < x.n; i++)
        logit += ((double)x.bucket[i] - 128) / 2 * (double)x.value[i];
    struct routefit_router *f32 = load_text_router(
        TEXT_ROUTER "\"weight\":{\"dtype\":\"F32\",\"shape\":[256],\"data_offsets\":[36,1060]}}", &real, sizeof real);
    struct routefit_router *i8 =
        load_text_router(TEXT_ROUTER "\"weight_scale\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[36,40]},"
                                     "\"weight\":{\"dtype\":\"I8\",\"shape\":[256],\"data_offsets\":[40,296]}}",
                         &whole, sizeof whole);
    assert_int_equal(routefit_input(f32), ROUTEFIT_TEXT);
    assert_int_equal(routefit_dim(i8), BUCKETS);
    assert_true(fabs(routefit_win_rate_text(f32, pad, text, strlen(text)) - 1 / (1 + exp(-logit))) < 1e-6);
    assert_true(routefit_win_rate_text(i8, pad, text, strlen(text)) ==
                routefit_win_rate_text(f32, pad, text, strlen(text)));
    routefit_free(f32);
    routefit_free(i8);
    routefit_features_free(pad);
}

#define TASK_ROUTER(kind, tasks, weights)                                                                              \
    "{\"__metadata__\":{\"routefit.kind\":\"" kind                                                                     \
    "\",\"routefit.input\":\"text\",\"routefit.features\":\"rf-text-1, task-1\"" tasks "},"                            \
    "\"shape_weight\":{\"dtype\":\"F32\",\"shape\":[8],\"data_offsets\":[0,32]},"                                      \
    "\"bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[32,36]}," weights                                     \
    "\"weight\":{\"dtype\":\"F32\",\"shape\":[256],\"data_offsets\":[44,1068]}}"
#define TASK_NAMES   ",\"routefit.tasks\":\"[\\\"algebra\\\",\\\"law\\\"]\""
#define TASK_WEIGHTS "\"task_weight\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[36,44]},"

static double logit(double p)
{
    return log(p / (1 - p));
}

static void a_task_adds_its_weight(void **state)
{
    (void)state;
    static struct {
        float shape[ROUTEFIT_SHAPE], bias, task[2], weight[BUCKETS];
    } all = { .bias = 0.5f, .task = { 1.5f, -2 } };
    struct routefit_features *pad = routefit_features_new(BUCKETS);
    struct routefit_router *r = load_text_router(TASK_ROUTER("ngram", TASK_NAMES, TASK_WEIGHTS), &all, sizeof all);
    assert_int_equal(routefit_tasks(r), 2);
    assert_near(logit(routefit_win_rate_task(r, pad, "x", 1, "algebra")), 2, 1e-9);
    assert_near(logit(routefit_win_rate_task(r, pad, "x", 1, "law")), -1.5, 1e-9);
    assert_near(logit(routefit_win_rate_task(r, pad, "x", 1, "poetry")), 0.5, 1e-9);
    assert_near(logit(routefit_win_rate_task(r, pad, "x", 1, NULL)), 0.5, 1e-9);
    assert_near(logit(routefit_win_rate_text(r, pad, "x", 1)), 0.5, 1e-9);
    routefit_free(r);
    routefit_features_free(pad);
}

static void tasks_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header, *why;
    } bad[] = {
        { TASK_ROUTER("ngram", "", TASK_WEIGHTS), "routefit.tasks: expected the names" },
        { TASK_ROUTER("ngram", ",\"routefit.tasks\":\"[\\\"law\\\"]\"", TASK_WEIGHTS), "found 1 names, expected 2" },
        { TASK_ROUTER("ngram", ",\"routefit.tasks\":\"[\\\"law\\\",\\\"law\\\"]\"", TASK_WEIGHTS), "stands twice" },
        { TASK_ROUTER("ngram", ",\"routefit.tasks\":\"law\"", TASK_WEIGHTS), "[" },
        { TASK_ROUTER("ngram", TASK_NAMES, "\"other\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[36,44]},"),
          "task_weight" },
        { TASK_ROUTER("logistic", TASK_NAMES, TASK_WEIGHTS), "expected rf-text-1" },
    };
    static float zeros[ROUTEFIT_SHAPE + 1 + 2 + BUCKETS];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char err[ROUTEFIT_ERR] = "";
        struct routefit_router *r = NULL;
        assert_int_equal(routefit_load(&r, bytes, make(bytes, bad[i].header, zeros, sizeof zeros), NULL, err), -1);
        if (!strstr(err, bad[i].why))
            fail_msg("%zu: found \"%s\", expected \"%s\"", i, err, bad[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_of_known_texts_are_frozen),
        cmocka_unit_test(values_are_one_plus_log_count_over_the_length),
        cmocka_unit_test(values_have_unit_length_in_ascending_buckets),
        cmocka_unit_test(shape_counts_what_the_header_says),
        cmocka_unit_test(case_and_a_used_pad_change_nothing),
        cmocka_unit_test(a_pad_needs_a_power_of_two),
        cmocka_unit_test(embedding_is_projection_times_features),
        cmocka_unit_test(collapsing_equals_embedding_first),
        cmocka_unit_test(embedders_that_do_not_fit_are_refused),
        cmocka_unit_test(text_routers_sum_weights_of_features),
        cmocka_unit_test(a_task_adds_its_weight),
        cmocka_unit_test(tasks_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
