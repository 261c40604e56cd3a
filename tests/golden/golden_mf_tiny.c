/* RouteLLM's matrix factorisation router in its own layout: the pair's win rates against the reference's float64 ones,
 * to 1e-9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "core/routefit_score.h"

enum { PROMPTS = 20, DIM = 48 };

static const char *golden(const char *file, char path[4096])
{
    const char *dir = getenv("ROUTEFIT_GOLDEN");
    snprintf(path, 4096, "%s/%s", dir ? dir : "../shared/golden", file);
    return path;
}

/* The rows of an .npy of version 1.0 with little-endian float32 in C order, which this file is known to be. */
static void read_rows(float *x, size_t count)
{
    char path[4096];
    unsigned char head[10];
    FILE *f = fopen(golden("mf_prompt_embeddings.npy", path), "rb");
    assert_non_null(f);
    assert_int_equal(fread(head, 1, sizeof head, f), sizeof head);
    assert_int_equal(fseek(f, 10 + head[8] + 256 * head[9], SEEK_SET), 0);
    assert_int_equal(fread(x, sizeof *x, count, f), count);
    assert_int_equal(fgetc(f), EOF);
    fclose(f);
}

static void win_rates_equal_the_reference(void **state)
{
    (void)state;
    char path[4096], err[ROUTEFIT_ERR];
    json_t *j = json_load_file(golden("mf_tiny.json", path), 0, NULL);
    if (!j) {
        printf("SKIP golden_mf_tiny: %s is not here\n", path);
        skip();
    }
    struct routefit_pick pick = { .use_ids = 1 };
    pick.strong_id = (size_t)json_integer_value(json_object_get(j, "strong_id"));
    pick.weak_id = (size_t)json_integer_value(json_object_get(j, "weak_id"));
    struct routefit_router *r = NULL;
    if (routefit_load_file(&r, golden("mf_tiny.safetensors", path), &pick, err))
        fail_msg("%s", err);
    assert_string_equal(routefit_kind(r), "mf");
    assert_int_equal(routefit_dim(r), DIM);

    float x[PROMPTS * DIM];
    double p[PROMPTS], w[DIM], bias;
    read_rows(x, PROMPTS * DIM);
    routefit_win_rates(r, x, PROMPTS, p);
    routefit_linear(r, w, &bias);
    const json_t *rates = json_object_get(j, "win_rate");
    assert_int_equal(json_array_size(rates), PROMPTS);
    for (size_t i = 0; i < PROMPTS; i++) {
        double logit = bias;
        for (size_t k = 0; k < DIM; k++)
            logit += w[k] * (double)x[i * DIM + k];
        assert_true(fabs(p[i] - json_real_value(json_array_get(rates, i))) < 1e-9);
        assert_true(fabs(routefit_logit(r, x + i * DIM) - logit) < 1e-12);
    }
    routefit_free(r);
    json_decref(j);
}

static void without_rows_the_error_names_the_call(void **state)
{
    (void)state;
    char path[4096], err[ROUTEFIT_ERR];
    FILE *f = fopen(golden("mf_tiny.safetensors", path), "rb");
    if (!f) {
        printf("SKIP golden_mf_tiny: %s is not here\n", path);
        skip();
    }
    fclose(f);
    struct routefit_router *r = NULL;
    assert_int_equal(routefit_load_file(&r, path, NULL, err), -1);
    assert_null(r);
    assert_non_null(strstr(err, "use_ids"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(win_rates_equal_the_reference),
        cmocka_unit_test(without_rows_the_error_names_the_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
