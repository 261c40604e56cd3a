/* Hulls and AIQ against RouterBench's own code (golden/README.md: routerbench_hull.json). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/hull.h"
#include "core/input.h"
#include "core/json.h"
#include "near.h"

enum { MOST = 64 };

/* [[cost, quality], ...] */
static size_t read_points(const json_t *list, struct rf_point *p)
{
    size_t i;
    json_t *pair;
    json_array_foreach(list, i, pair)
    {
        assert_true(i < MOST);
        p[i] =
            (struct rf_point){ json_number_value(json_array_get(pair, 0)), json_number_value(json_array_get(pair, 1)) };
    }
    return json_array_size(list);
}

static void hulls_and_aiq_equal_the_reference(void **state)
{
    (void)state;
    const char *const dir = getenv("ROUTEFIT_GOLDEN");
    char path[4096];
    const char *name;
    struct rf_buf text = { 0 };
    struct rf_err err = { 0 };
    json_t *all = NULL, *one;
    size_t compared = 0;
    snprintf(path, sizeof path, "%s/routerbench_hull.json", dir ? dir : "../shared/golden");
    if (rf_file_read(path, 0, &text, &err)) {
        printf("SKIP golden_hull: %s\n", err.msg);
        skip();
    }
    assert_int_equal(rf_json_parse(text.data, text.len, &all, &err), 0);
    json_object_foreach(all, name, one)
    {
        struct rf_point p[MOST], hull[MOST], want[MOST];
        size_t corners;
        double code, paper;
        const size_t n = read_points(json_object_get(one, "points"), p);
        const size_t m = read_points(json_object_get(one, "routerbench_hull"), want);
        assert_int_equal(rf_hull(p, n, hull, &corners, &err), 0);
        for (size_t i = 0; i < m; i++) /* every distinct cost up to the maximum */
            assert_near(rf_hull_quality(hull, corners, want[i].cost), want[i].quality, 1e-9);
        const double last = rf_hull_end(p, n);
        assert_near(last, want[m - 1].cost, 0);
        assert_int_equal(rf_json_get_number(one, "routerbench_aiq_own_range", &code, &err), 0);
        assert_int_equal(rf_json_get_number(one, "aiq_paper_own_range", &paper, &err), 0);
        assert_near(rf_aiq_code(hull, corners, last), code, 1e-9);
        assert_near(rf_aiq_paper(hull, corners, last), paper, 1e-9);
        compared++;
    }
    assert_true(compared >= 5);
    json_decref(all);
    rf_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(hulls_and_aiq_equal_the_reference) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
