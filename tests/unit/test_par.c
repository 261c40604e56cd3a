/* Unit tests of core/par.h: every block once, the same bits for any number of threads, the lowest failure reported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/par.h"

enum { ROWS = 5000, DIM = 24, BLOCKS = (ROWS + RF_BLOCK_ROWS - 1) / RF_BLOCK_ROWS };

static void blocks_cover_the_rows(void **state)
{
    (void)state;
    assert_int_equal(rf_par_blocks(0), 0);
    assert_int_equal(rf_par_blocks(1), 1);
    assert_int_equal(rf_par_blocks(RF_BLOCK_ROWS), 1);
    assert_int_equal(rf_par_blocks(RF_BLOCK_ROWS + 1), 2);
    assert_int_equal(rf_par_blocks(SIZE_MAX), SIZE_MAX / RF_BLOCK_ROWS + 1);
    assert_true(rf_par_cores() >= 1);
}

struct count {
    int seen[1000];
};

static int count_block(void *ctx, size_t block, struct rf_err *err)
{
    struct count *c = ctx;
    (void)err;
    c->seen[block]++;
    return 0;
}

static void every_block_runs_once(void **state)
{
    (void)state;
    static const int threads[] = { 0, 1, 2, 4, 7 };
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++)
        for (size_t n = 0; n <= 1000; n = n * 3 + 1) {
            struct count c = { { 0 } };
            assert_int_equal(rf_par_run(n, threads[t], count_block, &c, NULL), 0);
            for (size_t i = 0; i < 1000; i++)
                assert_int_equal(c.seen[i], i < n);
        }
}

struct gram {
    const float *x;
    float *part; /* [BLOCKS][DIM][DIM] */
};

static int gram_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct gram *g = ctx;
    const size_t from = block * RF_BLOCK_ROWS, rows = from + RF_BLOCK_ROWS < ROWS ? RF_BLOCK_ROWS : ROWS - from;
    (void)err;
    rf_ssyrk_t(rows, DIM, 1, g->x + from * DIM, DIM, 0, g->part + block * DIM * DIM, DIM);
    return 0;
}

static void threads_give_the_same_bits(void **state)
{
    (void)state;
    float *x = rf_calloc(ROWS * DIM, sizeof *x, NULL), *part = rf_calloc(BLOCKS * DIM * DIM, sizeof *part, NULL);
    float sum[3][DIM * DIM] = { { 0 } };
    static const int threads[] = { 1, 2, 4 };
    assert_int_equal(rf_blas_init(NULL), 0);
    for (size_t i = 0; i < ROWS * DIM; i++)
        x[i] = (float)sin((double)i);
    for (size_t t = 0; t < 3; t++) {
        struct gram g = { x, part };
        assert_int_equal(rf_par_run(BLOCKS, threads[t], gram_block, &g, NULL), 0);
        for (size_t b = 0; b < BLOCKS; b++)
            for (size_t i = 0; i < DIM * DIM; i++)
                sum[t][i] += part[b * DIM * DIM + i];
        assert_memory_equal(sum[0], sum[t], sizeof sum[0]);
    }
    rf_free(x);
    rf_free(part);
}

static int fail_from_five(void *ctx, size_t block, struct rf_err *err)
{
    (void)ctx;
    return block >= 5 ? rf_fail(err, RF_BAD_INPUT, "block %zu", block) : 0;
}

static void lowest_failure_is_reported(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 8; threads *= 2)
        for (int again = 0; again < 50; again++) {
            struct rf_err err = { 0 };
            assert_int_equal(rf_par_run(100, threads, fail_from_five, NULL, &err), RF_BAD_INPUT);
            assert_string_equal(err.msg, "block 5");
        }
}

static int fail_without_words(void *ctx, size_t block, struct rf_err *err)
{
    (void)ctx;
    (void)err;
    return block == 3 ? RF_INTERRUPTED : 0;
}

static void code_without_message_is_kept(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    assert_int_equal(rf_par_run(9, 3, fail_without_words, NULL, &err), RF_INTERRUPTED);
    assert_int_equal(err.code, 0);
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    struct count c = { { 0 } };
    rf_mem_fail_at(1, false);
    assert_int_equal(rf_par_run(10, 2, count_block, &c, &err), RF_FAIL);
    rf_mem_fail_at(0, false);
    assert_int_equal(c.seen[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_cover_the_rows),        cmocka_unit_test(every_block_runs_once),
        cmocka_unit_test(threads_give_the_same_bits),   cmocka_unit_test(lowest_failure_is_reported),
        cmocka_unit_test(code_without_message_is_kept), cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
