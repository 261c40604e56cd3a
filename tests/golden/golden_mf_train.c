/* RouteLLM's training objective against PyTorch: 25 steps of the recipe without noise from the same start. Losses to
 * 1e-5, final parameters to 1e-4, the first step's gradients to 1e-6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "core/input.h"
#include "core/mem.h"
#include "core/npy.h"
#include "core/routefit_score.h"
#include "near.h"
#include "train/mf_step.h"

static const char *golden(const char *file, char path[4096])
{
    const char *dir = getenv("ROUTEFIT_GOLDEN");
    snprintf(path, 4096, "%s/mf_train/%s", dir ? dir : "../shared/golden", file);
    return path;
}

static size_t size_of(const json_t *j, const char *key)
{
    return (size_t)json_integer_value(json_object_get(j, key));
}

static void read_tensor(const struct routefit_tensors *f, const char *name, float *out)
{
    char why[ROUTEFIT_ERR];
    const struct routefit_tensor *t = routefit_tensors_find(f, name);
    assert_non_null(t);
    assert_int_equal(routefit_tensor_floats(t, out, why), 0);
}

static void read_model(const char *file, struct rf_mf_model *m, const json_t *j)
{
    char path[4096], why[ROUTEFIT_ERR];
    struct rf_buf bytes = { 0 };
    struct routefit_tensors *f = NULL;
    assert_int_equal(rf_mf_model_init(m, size_of(j, "models"), size_of(j, "dim"), size_of(j, "text_dim"), NULL), 0);
    assert_int_equal(rf_file_read(golden(file, path), 0, &bytes, NULL), 0);
    assert_int_equal(routefit_tensors_open(&f, bytes.data, bytes.len, why), 0);
    read_tensor(f, "P.weight", m->p);
    read_tensor(f, "text_proj.0.weight", m->w);
    read_tensor(f, "classifier.0.weight", m->c);
    routefit_tensors_close(f);
    rf_buf_release(&bytes);
}

static struct rf_mf_pair *read_pairs(const json_t *pairs)
{
    struct rf_mf_pair *pair = rf_calloc(json_array_size(pairs), sizeof *pair, NULL);
    size_t i;
    json_t *v;
    json_array_foreach(pairs, i, v)
    {
        const uint32_t a = (uint32_t)size_of(v, "model_a"), b = (uint32_t)size_of(v, "model_b");
        const bool a_won = !strcmp(json_string_value(json_object_get(v, "winner")), "model_a");
        pair[i] = (struct rf_mf_pair){ a_won ? a : b, a_won ? b : a, (uint32_t)size_of(v, "idx"), 1 };
    }
    return pair;
}

/* A gradient tensor as nested lists of any depth, in order. */
static size_t compare_numbers(const json_t *want, const float *got, size_t at)
{
    size_t i;
    json_t *v;
    if (!json_is_array(want)) {
        assert_near(got[at], json_number_value(want), 1e-6);
        return at + 1;
    }
    json_array_foreach(want, i, v) at = compare_numbers(v, got, at);
    return at;
}

static void compare_floats(const float *got, const float *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_near(got[i], want[i], 1e-4);
}

static void twenty_five_steps_equal_pytorchs(void **state)
{
    (void)state;
    const struct rf_adam adam = { 0.03, 0.9, 0.999, 1e-8, 1e-5 };
    char path[4096];
    json_t *j = json_load_file(golden("expected.json", path), 0, NULL);
    if (!j) {
        printf("SKIP golden_mf_train: %s is not here\n", path);
        skip();
    }
    const json_t *losses = json_object_get(j, "loss_per_step"), *first = json_object_get(j, "first_step_gradients");
    const size_t n = json_array_size(json_object_get(j, "pairs")), batch = size_of(j, "batch");
    struct rf_mf_pair *pair = read_pairs(json_object_get(j, "pairs"));
    struct rf_matrix x = { 0 };
    struct rf_mf_model m, final;
    struct rf_mf_step *s = NULL;
    size_t step = 0;
    double loss;
    read_model("initial.safetensors", &m, j);
    read_model("final.safetensors", &final, j);
    assert_int_equal(rf_npy_read(golden("embeddings.npy", path), &x, NULL), 0);
    assert_int_equal(rf_mf_step_new(&s, &m, x.x, n, NULL), 0);
    for (size_t epoch = 0; epoch < size_of(j, "epochs"); epoch++)
        for (size_t from = 0; from < n; from += batch, step++) {
            const size_t k = n - from < batch ? n - from : batch;
            assert_int_equal(rf_mf_step_gradient(s, &m, pair + from, k, &loss, NULL), 0);
            assert_near(loss, json_real_value(json_array_get(losses, step)), 1e-5);
            if (step == 0) {
                const struct rf_mf_model *g = rf_mf_step_last(s);
                assert_int_equal(compare_numbers(json_object_get(first, "P.weight"), g->p, 0), m.models * m.k);
                assert_int_equal(compare_numbers(json_object_get(first, "text_proj.0.weight"), g->w, 0), m.k * m.dim);
                assert_int_equal(compare_numbers(json_object_get(first, "classifier.0.weight"), g->c, 0), m.k);
            }
            rf_mf_step_update(s, &m, &adam);
        }
    assert_int_equal(step, json_array_size(losses));
    compare_floats(m.p, final.p, m.models * m.k);
    compare_floats(m.w, final.w, m.k * m.dim);
    compare_floats(m.c, final.c, m.k);
    assert_int_equal(rf_mf_step_gradient(s, &m, pair, n, &loss, NULL), 0);
    assert_near(loss, json_real_value(json_object_get(j, "final_loss_all_pairs")), 1e-5);
    rf_mf_step_free(s);
    rf_mf_model_release(&m);
    rf_mf_model_release(&final);
    rf_matrix_release(&x);
    rf_free(pair);
    json_decref(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(twenty_five_steps_equal_pytorchs) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
