/* Unit tests of train/export.h: whatever the shape, the exported weights give the win rates of the router that they
 * came from. */
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

#include "core/safetensors.h"
#include "core/sha256.h"
#include "train/export.h"

enum { BUCKETS = 256, PROJECTED = 12, DIM = PROJECTED + ROUTEFIT_SHAPE, K = 4, MODELS = 3, PROMPTS = 20 };

static float wave(size_t i, double speed)
{
    return (float)sin((double)i * speed + 0.7);
}

static void fill(float *x, size_t n, double speed)
{
    for (size_t i = 0; i < n; i++)
        x[i] = wave(i, speed);
}

/* mf.safetensors, own.safetensors (the same without metadata, as RouteLLM's), text.safetensors, logistic.safetensors.
 */
static int write_files(void **state)
{
    static char folder[] = "/tmp/test_export.XXXXXX";
    static float P[MODELS * K], W[K * DIM], c[K], projection[BUCKETS * PROJECTED], mean[ROUTEFIT_SHAPE],
        scale[ROUTEFIT_SHAPE], bias;
    const struct rf_tensor mf[] = { { "P.weight", RF_F32, 2, { MODELS, K }, P },
                                    { "text_proj.0.weight", RF_F32, 2, { K, DIM }, W },
                                    { "classifier.0.weight", RF_F32, 2, { 1, K }, c } };
    const struct rf_tensor text[] = { { "projection", RF_F32, 2, { BUCKETS, PROJECTED }, projection },
                                      { "shape_mean", RF_F32, 1, { ROUTEFIT_SHAPE }, mean },
                                      { "shape_scale", RF_F32, 1, { ROUTEFIT_SHAPE }, scale } };
    const struct rf_tensor logistic[] = { { "weight", RF_F32, 1, { DIM }, W }, { "bias", RF_F32, 1, { 1 }, &bias } };
    const struct rf_meta text_meta[] = { { "routefit.kind", "text-embedder" },
                                         { "routefit.features", ROUTEFIT_FEATURES } };
    const struct rf_meta logistic_meta[] = { { "routefit.kind", "logistic" }, { "routefit.input", "vector" } };
    char sha256[RF_SHA256_HEX];
    fill(P, MODELS * K, 1.3);
    fill(W, K * DIM, 0.9);
    fill(c, K, 2.1);
    fill(projection, BUCKETS * PROJECTED, 1.7);
    fill(mean, ROUTEFIT_SHAPE, 0.3);
    fill(scale, ROUTEFIT_SHAPE, 0.5);
    bias = 0.25f;
    *state = mkdtemp(folder);
    if (!*state || chdir(folder) ||
        rf_safetensors_write("text.safetensors", text, 3, text_meta, 2, false, sha256, NULL))
        return -1;
    const struct rf_meta mf_meta[] = { { "routefit.kind", "mf" },
                                       { "routefit.input", "vector" },
                                       { "routefit.strong", "big" },
                                       { "routefit.weak", "small" },
                                       { "routefit.models", "[\"small\", \"middle\", \"big\"]" },
                                       { "routefit.embedder", "text" },
                                       { "routefit.embedder_sha256", sha256 } };
    return rf_safetensors_write("mf.safetensors", mf, 3, mf_meta, 7, false, NULL, NULL) ||
                   rf_safetensors_write("own.safetensors", mf, 3, NULL, 0, false, NULL, NULL) ||
                   rf_safetensors_write("logistic.safetensors", logistic, 2, logistic_meta, 2, false, NULL, NULL)
               ? -1
               : 0;
}

static int remove_files(void **state)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", (const char *)*state);
    return chdir("/") || system(command) ? -1 : 0;
}

static struct rf_export open_export(const char *path, const struct routefit_pick *pick)
{
    struct rf_export e;
    struct rf_err err = { 0 };
    if (rf_export_open(&e, path, pick, &err))
        fail_msg("%s", err.msg);
    return e;
}

static struct routefit_router *load(const char *path)
{
    struct routefit_router *r = NULL;
    char why[ROUTEFIT_ERR];
    if (routefit_load_file(&r, path, NULL, why))
        fail_msg("%s", why);
    return r;
}

/* On vectors, a and b give the same win rates. */
static void assert_same(const struct routefit_router *a, const struct routefit_router *b)
{
    float x[PROMPTS * DIM];
    fill(x, PROMPTS * DIM, 3.1);
    assert_int_equal(routefit_dim(a), routefit_dim(b));
    for (size_t i = 0; i < PROMPTS; i++)
        assert_true(fabs(routefit_win_rate(a, x + i * DIM) - routefit_win_rate(b, x + i * DIM)) < 1e-6);
}

static void routellm_folder_holds_the_same_router(void **state)
{
    (void)state;
    struct rf_export e = open_export("mf.safetensors", NULL);
    struct rf_exported x;
    struct rf_err err = { 0 };
    assert_int_equal(rf_export_routellm(&e, "folder", false, &x, NULL), 0);
    struct routefit_router *back = load("folder/model.safetensors");
    assert_same(e.router, back);
    assert_string_equal(routefit_meta(back, "routefit.strong"), "big");
    assert_string_equal(routefit_meta(back, "routefit.embedder"), "text");
    assert_string_equal(routefit_meta(back, "format"), "pt");
    struct rf_buf text = { 0 };
    assert_int_equal(rf_file_read("folder/config.json", 0, &text, NULL), 0);
    assert_string_equal(text.data,
                        "{\"dim\": 4, \"num_models\": 3, \"text_dim\": 20, \"num_classes\": 1, \"use_proj\": true}\n");
    assert_int_equal(rf_file_read("folder/models.json", 0, &text, NULL), 0);
    assert_string_equal(text.data, "[\"small\", \"middle\", \"big\"]\n");
    assert_int_equal(rf_export_routellm(&e, "folder", false, &x, &err), RF_USAGE);
    assert_int_equal(rf_export_routellm(&e, "folder", true, &x, NULL), 0);
    rf_buf_release(&text);
    routefit_free(back);
    rf_export_release(&e);
}

static void a_vector_gives_the_same_win_rates(void **state)
{
    (void)state;
    const struct routefit_pick rows = { .use_ids = 1, .strong_id = 2, .weak_id = 0 }, names = { .strong = "middle" };
    struct rf_export e = open_export("mf.safetensors", NULL), own = open_export("own.safetensors", &rows),
                     other = open_export("mf.safetensors", &names);
    struct rf_exported x;
    assert_int_equal(rf_export_vector(&e, "vector", false, &x, NULL), 0);
    assert_int_equal(rf_export_vector(&own, "own-vector", false, &x, NULL), 0);
    assert_int_equal(rf_export_vector(&other, "other-vector", false, &x, NULL), 0);
    struct routefit_router *a = load("vector"), *b = load("own-vector"), *c = load("other-vector");
    assert_string_equal(routefit_kind(a), "logistic");
    assert_int_equal(x.dim, DIM);
    assert_same(e.router, a);
    assert_same(e.router, b);
    assert_same(other.router, c);
    assert_string_equal(routefit_meta(a, "routefit.strong"), "big");
    assert_null(routefit_meta(b, "routefit.strong"));
    assert_string_equal(routefit_meta(c, "routefit.strong"), "middle");
    routefit_free(a);
    routefit_free(b);
    routefit_free(c);
    rf_export_release(&e);
    rf_export_release(&own);
    rf_export_release(&other);
}

static void text_weights_equal_embedding_first(void **state)
{
    (void)state;
    static const char *const prompts[] = { "", "Write a sonnet.", "What is 12 * 12?", "caf\xc3\xa9 \xe2\x82\xac",
                                           "a\nb\nc" };
    struct rf_export e = open_export("mf.safetensors", NULL);
    struct rf_exported real, whole;
    struct rf_err err = { 0 };
    if (rf_export_text(&e, "text.safetensors", false, NULL, 1, "real", false, &real, &err) ||
        rf_export_text(&e, "text.safetensors", true, NULL, 1, "whole", false, &whole, &err))
        fail_msg("%s", err.msg);
    assert_true(isnan(real.difference));
    assert_true(whole.texts == 1000 && whole.difference > 0 && whole.difference < 0.05);
    assert_true(whole.bytes < real.bytes - 2 * BUCKETS);
    struct routefit_router *a = load("real"), *b = load("whole");
    struct routefit_features *pad = routefit_features_new(BUCKETS);
    struct routefit_embedder *net = NULL;
    struct rf_buf file = { 0 };
    char why[ROUTEFIT_ERR];
    assert_int_equal(rf_file_read("text.safetensors", 0, &file, NULL), 0);
    assert_int_equal(routefit_embedder_load(&net, file.data, file.len, why), 0);
    for (size_t i = 0; i < sizeof prompts / sizeof *prompts; i++) {
        float v[DIM];
        const size_t n = strlen(prompts[i]);
        routefit_embed(net, pad, prompts[i], n, v);
        const double p = routefit_win_rate(e.router, v);
        assert_true(fabs(routefit_win_rate_text(a, pad, prompts[i], n) - p) < 1e-6);
        assert_true(fabs(routefit_win_rate_text(b, pad, prompts[i], n) - p) < 0.05);
    }
    rf_buf_release(&file);
    routefit_embedder_free(net);
    routefit_features_free(pad);
    routefit_free(a);
    routefit_free(b);
    rf_export_release(&e);
}

static void given_texts_are_compared_line_by_line(void **state)
{
    (void)state;
    struct rf_export e = open_export("mf.safetensors", NULL);
    struct rf_input *texts = NULL;
    struct rf_exported x;
    assert_int_equal(rf_input_memory(&texts, "texts", "one\ntwo\nthree", 13, NULL), 0);
    assert_int_equal(rf_export_text(&e, "text.safetensors", true, texts, 1, "lines", false, &x, NULL), 0);
    assert_int_equal(x.texts, 3);
    rf_input_close(texts);
    rf_export_release(&e);
}

static void shapes_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct rf_export mf = open_export("mf.safetensors", NULL), logistic = open_export("logistic.safetensors", NULL), e;
    struct rf_exported x;
    struct rf_err err = { 0 };
    assert_int_equal(rf_export_routellm(&logistic, "none", false, &x, &err), RF_USAGE);
    assert_non_null(strstr(err.msg, "found a logistic router, expected mf"));
    assert_int_not_equal(access("none", F_OK), 0);
    assert_int_equal(rf_export_open(&e, "own.safetensors", NULL, NULL), RF_CORRUPT);
    assert_int_equal(rf_export_open(&e, "absent", NULL, NULL), RF_IO);
    assert_int_equal(rf_export_text(&mf, "mf.safetensors", false, NULL, 1, "none", false, &x, NULL), RF_CORRUPT);
    assert_int_equal(rf_export_text(&mf, "text.safetensors", false, NULL, 1, "input", false, &x, NULL), 0);
    struct rf_export on_text = open_export("input", NULL);
    assert_int_equal(rf_export_vector(&on_text, "none", false, &x, NULL), RF_USAGE);
    assert_int_equal(rf_export_text(&on_text, "text.safetensors", false, NULL, 1, "none", false, &x, NULL), RF_USAGE);
    struct rf_buf file = { 0 };
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_file_read("text.safetensors", 0, &file, NULL), 0);
    FILE *f = fopen("other.safetensors", "wb");
    assert_non_null(f);
    file.data[0]++; /* the same embedder with one blank more in its header */
    assert_int_equal(fwrite(file.data, 1, 8, f), 8);
    assert_int_equal(fputc(' ', f), ' ');
    assert_int_equal(fwrite(file.data + 8, 1, file.len - 8, f), file.len - 8);
    fclose(f);
    assert_int_equal(rf_export_text(&mf, "other.safetensors", false, NULL, 1, "none", false, &x, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "another embedder file"));
    rf_buf_release(&file);
    rf_export_release(&on_text);
    rf_export_release(&mf);
    rf_export_release(&logistic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routellm_folder_holds_the_same_router),
        cmocka_unit_test(a_vector_gives_the_same_win_rates),
        cmocka_unit_test(text_weights_equal_embedding_first),
        cmocka_unit_test(given_texts_are_compared_line_by_line),
        cmocka_unit_test(shapes_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, write_files, remove_files);
}
