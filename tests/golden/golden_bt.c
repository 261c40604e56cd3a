/* Bradley-Terry ratings and tiers of 26,919 arena votes against the reference (golden/README.md:
 * bradley_terry_33k.json). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/input.h"
#include "core/json.h"
#include "near.h"
#include "train/bt.h"

enum { MODELS = 20 };

static const char *path_of(const char *variable, const char *standard, const char *name, char out[4096])
{
    const char *dir = getenv(variable);
    snprintf(out, 4096, "%s/%s", dir ? dir : standard, name);
    return out;
}

static size_t model_index(const char **model, size_t *models, const char *name)
{
    size_t i = 0;
    while (i < *models && strcmp(model[i], name) != 0)
        i++;
    if (i == *models) {
        assert_true(i < MODELS);
        model[(*models)++] = strdup(name);
    }
    return i;
}

static size_t count_votes(const char *path, const char **model, size_t *models, double *win)
{
    struct rf_err err = { 0 };
    struct rf_input *in = NULL;
    struct rf_str text;
    uint64_t line;
    size_t votes = 0;
    assert_int_equal(rf_input_open(&in, path, &err), 0);
    while (rf_input_line(in, &text, &line, &err) == 1) {
        json_t *row = NULL;
        struct rf_str a, b, winner;
        assert_int_equal(rf_json_parse(text.s, text.len, &row, &err), 0);
        assert_int_equal(rf_json_get_string(row, "model_a", &a, &err), 0);
        assert_int_equal(rf_json_get_string(row, "model_b", &b, &err), 0);
        assert_int_equal(rf_json_get_string(row, "winner", &winner, &err), 0);
        const size_t i = model_index(model, models, a.s), j = model_index(model, models, b.s);
        const double share = strcmp(winner.s, "model_a") == 0 ? 1 : strcmp(winner.s, "model_b") == 0 ? 0 : 0.5;
        win[i * MODELS + j] += share;
        win[j * MODELS + i] += 1 - share;
        votes++;
        json_decref(row);
    }
    assert_int_equal(err.code, 0);
    rf_input_close(in);
    return votes;
}

static void ratings_and_tiers_equal_the_reference(void **state)
{
    (void)state;
    char votes[4096], golden[4096];
    const char *model[MODELS] = { NULL };
    double win[MODELS * MODELS] = { 0 }, rating[MODELS];
    int tier[MODELS];
    size_t models = 0, rated;
    struct rf_err err = { 0 };
    struct rf_buf text = { 0 };
    json_t *want = NULL;
    path_of("ROUTEFIT_DATA", "../shared/data", "chatbot_arena_33k/human.json", votes);
    path_of("ROUTEFIT_GOLDEN", "../shared/golden", "bradley_terry_33k.json", golden);
    if (rf_file_read(golden, 0, &text, &err)) {
        printf("SKIP golden_bt: %s\n", err.msg);
        skip();
    }
    assert_int_equal(rf_json_parse(text.data, text.len, &want, &err), 0);
    assert_int_equal(count_votes(votes, model, &models, win), 26919);
    assert_int_equal(models, MODELS);
    assert_int_equal(rf_bt_fit(MODELS, win, rating, &rated, &err), 0);
    assert_int_equal(rated, MODELS);
    assert_int_equal(rf_bt_tiers(MODELS, rating, RF_TIERS, tier, &err), 0);
    for (size_t i = 0; i < MODELS; i++) {
        double r;
        int64_t t;
        assert_int_equal(rf_json_get_number(json_object_get(want, "ratings"), model[i], &r, &err), 0);
        assert_int_equal(rf_json_get_int(json_object_get(want, "tiers"), model[i], &t, &err), 0);
        assert_near(rating[i], r, 1e-9);
        assert_int_equal(tier[i], t);
        free((void *)(uintptr_t)model[i]);
    }
    json_decref(want);
    rf_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(ratings_and_tiers_equal_the_reference) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
