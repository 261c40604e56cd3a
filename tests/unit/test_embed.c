/* Unit tests of datasets/texts.h, embed_text.h and vectors.h on a small database. */
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

#include "core/db.h"
#include "core/input.h"
#include "core/mem.h"
#include "core/npy.h"
#include "core/routefit_score.h"
#include "datasets/embed_text.h"
#include "datasets/texts.h"
#include "datasets/vectors.h"

enum { PROMPTS = 60 };

/* A scratch folder with a database in it. */
struct scratch {
    char folder[64], path[96];
    struct rf_db *db;
};

static char *in_folder(const struct scratch *s, const char *name)
{
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    return path;
}

/* Prompts 1 .. PROMPTS with text and one without; source "votes" has five data rows: prompts 1, 2, (dropped), 1, 3. */
static void fill(struct rf_db *db)
{
    static const char *const word[] = { "sort", "poem", "integral", "kitchen", "python", "dragon", "proof", "tax" };
    struct rf_stmt *s = NULL;
    assert_int_equal(
        rf_stmt_new(&s, db, "INSERT INTO prompt (id, hash, text, turns, bytes) VALUES (?1, CAST(?1 AS BLOB), ?2, 1, 9)",
                    NULL),
        0);
    for (int i = 1; i <= PROMPTS + 1; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s a %s of %s %d", word[i % 8], word[i * i % 7], word[i / 3 % 8], i);
        rf_bind_int(s, 1, i);
        rf_bind_text(s, 2, i <= PROMPTS ? text : NULL);
        assert_int_equal(rf_run(s, NULL), 0);
    }
    rf_stmt_free(s);
    assert_int_equal(
        rf_db_exec(db,
                   "INSERT INTO source VALUES (1, 'votes', 'votes.csv', 'aa', 'arena', 1, 5, 4, 0, 1, 0, 'now', 0);"
                   "INSERT INTO source_row VALUES (1, 0, 1), (1, 1, 2), (1, 3, 1), (1, 4, 3);"
                   "INSERT INTO model VALUES (1, 'm'), (2, 'n');"
                   "INSERT INTO preference (source, line, origin, prompt, model_a, model_b, winner, judge) VALUES"
                   " (1, 2, 'x', 1, 1, 2, 'a', 'human'), (1, 3, 'x', 2, 1, 2, 'a', 'human'),"
                   " (1, 5, 'x', 61, 1, 2, 'a', 'human')",
                   NULL),
        0);
}

static int setup(void **state)
{
    struct scratch *s = calloc(1, sizeof *s);
    if (!s)
        return -1;
    snprintf(s->folder, sizeof s->folder, "%s", "/tmp/routefit_embed_XXXXXX");
    if (!mkdtemp(s->folder))
        return -1;
    snprintf(s->path, sizeof s->path, "%s/t.db", s->folder);
    if (rf_db_open(&s->db, s->path, RF_DB_CREATE, NULL))
        return -1;
    fill(s->db);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    static const char *const made[] = { "t.db",  "t.db-wal",      "t.db-shm",     "a.npy",
                                        "b.npy", "m.safetensors", "n.safetensors" };
    struct scratch *s = *state;
    rf_db_close(s->db);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        unlink(in_folder(s, made[i]));
    rmdir(s->folder);
    free(s);
    return 0;
}

/* ---- texts ---- */

static void texts_carry_their_marks(void **state)
{
    struct scratch *s = *state;
    struct rf_texts t = { 0 };
    struct rf_str *list = NULL;
    size_t n;
    assert_int_equal(rf_texts_read(s->db, 0, &t, NULL), 0);
    assert_int_equal(t.n, PROMPTS);
    assert_int_equal(t.prompt[PROMPTS - 1], PROMPTS);
    assert_memory_equal(t.text[0].s, "poem a poem of sort 1", t.text[0].len);
    assert_int_equal(rf_texts_mark_votes(s->db, &t, NULL), 0);
    assert_true(t.marked[0] && t.marked[1] && !t.marked[2]);
    assert_int_equal(rf_texts_mark_source(s->db, "votes", &t, NULL), 0);
    assert_int_equal(rf_texts_marked(&t, &list, &n, NULL), 0);
    assert_int_equal(n, 3);
    assert_ptr_equal(list[2].s, t.text[2].s);
    struct rf_err err = { 0 };
    assert_int_equal(rf_texts_mark_source(s->db, "vote", &t, &err), RF_USAGE);
    assert_non_null(strstr(err.msg, "votes"));
    rf_free(list);
    rf_texts_release(&t);
}

/* ---- the text model ---- */

static const struct rf_text_fit_options usual = {
    .dim = 8, .buckets = 1024, .iterations = 6, .shape = 1, .seed = 3, .threads = 1
};

static void fit(const struct scratch *s, const char *name, const struct rf_text_fit_options *o, struct rf_text_fit *out)
{
    struct rf_texts t = { 0 };
    struct rf_err err = { 0 };
    assert_int_equal(rf_texts_read(s->db, 0, &t, NULL), 0);
    assert_int_equal(rf_text_fit(t.text, t.n, o, in_folder(s, name), out, &err), 0);
    rf_texts_release(&t);
}

/* Mean squared norm 1 for both parts, the shape part centred, and inner products near those of the TF-IDF rows. */
static void vectors_have_the_promised_scale(void **state)
{
    struct scratch *s = *state;
    struct rf_text_fit f;
    struct rf_text_fit_options o = usual;
    struct rf_texts t = { 0 };
    struct rf_text_model *m = NULL;
    size_t blank = 0;
    o.f32 = true;
    fit(s, "m.safetensors", &o, &f);
    assert_int_equal(f.dim, 8);
    assert_int_equal(f.texts, PROMPTS);
    assert_true(f.captured > 0.2 && f.captured < 1);
    assert_int_equal(rf_texts_read(s->db, 0, &t, NULL), 0);
    assert_int_equal(rf_text_model_open(&m, in_folder(s, "m.safetensors"), NULL), 0);
    assert_string_equal(rf_text_model_sha256(m), f.sha256);
    const size_t dim = rf_text_model_dim(m);
    assert_int_equal(dim, 8 + ROUTEFIT_SHAPE);
    float *x = rf_calloc(t.n * dim, sizeof *x, NULL);
    assert_int_equal(rf_text_model_embed(m, t.text, t.n, 2, x, &blank, NULL), 0);
    assert_int_equal(blank, 0);
    double grams = 0, shape = 0, varied = 0;
    for (size_t k = 0; k < dim; k++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < t.n; i++) {
            sum += (double)x[i * dim + k] / (double)t.n;
            squares += (double)x[i * dim + k] * (double)x[i * dim + k] / (double)t.n;
        }
        if (k < 8) {
            grams += squares;
        } else {
            assert_true(fabs(sum) < 1e-5);
            shape += squares;
            varied += squares > 0;
        }
    }
    assert_true(fabs(grams - 1) < 1e-4);
    assert_true(fabs(shape - varied / ROUTEFIT_SHAPE) < 1e-4);
    rf_free(x);
    rf_text_model_free(m);
    rf_texts_release(&t);
}

static void threads_do_not_change_the_file(void **state)
{
    struct scratch *s = *state;
    struct rf_text_fit one, many;
    struct rf_text_fit_options o = usual;
    fit(s, "m.safetensors", &o, &one);
    for (int threads = 2; threads <= 4; threads++) {
        o.threads = threads;
        o.force = true;
        fit(s, "n.safetensors", &o, &many);
        assert_string_equal(one.sha256, many.sha256);
    }
    o.seed++;
    fit(s, "n.safetensors", &o, &many);
    assert_string_not_equal(one.sha256, many.sha256);
}

static void texts_without_words_are_blank(void **state)
{
    struct scratch *s = *state;
    const struct rf_str odd[] = { { "", 0 }, { "?! ...", 6 }, { "poem", 4 } };
    struct rf_text_fit f;
    struct rf_text_model *m = NULL;
    size_t blank = 0;
    fit(s, "m.safetensors", &usual, &f);
    assert_int_equal(rf_text_model_open(&m, in_folder(s, "m.safetensors"), NULL), 0);
    float x[3 * (8 + ROUTEFIT_SHAPE)];
    assert_int_equal(rf_text_model_embed(m, odd, 3, 1, x, &blank, NULL), 0);
    assert_int_equal(blank, 2);
    for (size_t i = 0; i < 3 * (8 + ROUTEFIT_SHAPE); i++)
        assert_true(isfinite(x[i]));
    rf_text_model_free(m);
    struct rf_err err = { 0 };
    assert_int_equal(rf_text_fit(odd, 2, &usual, in_folder(s, "n.safetensors"), &f, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "none of the 2 texts has a word"));
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_text_fit(odd, 0, &usual, in_folder(s, "n.safetensors"), &f, &err), RF_BAD_INPUT);
}

static void few_texts_give_fewer_directions(void **state)
{
    struct scratch *s = *state;
    struct rf_text_fit f;
    struct rf_text_fit_options o = usual;
    o.dim = 4000;
    fit(s, "m.safetensors", &o, &f);
    assert_true(f.dim <= PROMPTS && f.dim > PROMPTS / 2);
    assert_true(f.captured > 0.999 && f.captured < 1.001);
}

static void damaged_models_are_refused(void **state)
{
    struct scratch *s = *state;
    struct rf_text_fit f;
    struct rf_text_model *m = NULL;
    struct rf_err err = { 0 };
    fit(s, "m.safetensors", &usual, &f);
    assert_int_equal(truncate(in_folder(s, "m.safetensors"), 1000), 0);
    assert_int_equal(rf_text_model_open(&m, in_folder(s, "m.safetensors"), &err), RF_CORRUPT);
    assert_non_null(strstr(err.msg, "m.safetensors"));
    assert_null(m);
}

/* ---- vectors ---- */

static int64_t number(struct rf_db *db, const char *sql)
{
    int64_t v = -1;
    assert_int_equal(rf_db_int(db, &v, NULL, sql, 0, NULL), 1);
    return v;
}

/* Row 3 repeats the prompt of row 0 a little off, row 1 is zero, row 2 was dropped. */
static const float five[5][2] = { { 1, 2 }, { 0, 0 }, { 9, 9 }, { 1, 2.25f }, { 5, 6 } };

static void npy_rows_find_their_prompts(void **state)
{
    struct scratch *s = *state;
    struct rf_vectors_count c;
    struct rf_matrix back = { 0 };
    const char *path = in_folder(s, "a.npy");
    assert_int_equal(rf_npy_write(path, &five[0][0], 5, 2, RF_NPY_F4, 0, NULL), 0);
    assert_int_equal(rf_vectors_load(s->db, path, "votes", "mine", &c, NULL), 0);
    assert_true(c.rows == 5 && c.dim == 2 && c.added == 3 && c.repeated == 1 && c.dropped == 1 && c.zero == 1);
    assert_true(fabs(c.max_difference - 0.25) < 1e-12);
    assert_int_equal(number(s->db, "SELECT count(*) FROM embedding"), 3);
    /* again: nothing new */
    assert_int_equal(rf_vectors_load(s->db, path, "votes", "mine", &c, NULL), 0);
    assert_true(c.added == 0 && c.repeated == 4);
    assert_int_equal(number(s->db, "SELECT count(*) FROM embedder"), 1);

    path = in_folder(s, "b.npy");
    assert_int_equal(rf_vectors_save(s->db, "votes", "mine", path, true, false, &c, NULL), 0);
    assert_true(c.rows == 5 && c.dim == 2 && c.dropped == 1 && c.zero == 1);
    assert_int_equal(rf_npy_read(path, &back, NULL), 0);
    const float want[5][2] = { { 1, 2 }, { 0, 0 }, { 0, 0 }, { 1, 2 }, { 5, 6 } };
    assert_memory_equal(back.x, want, sizeof want);
    rf_matrix_release(&back);
}

static void npy_files_that_do_not_fit_are_refused(void **state)
{
    struct scratch *s = *state;
    struct rf_vectors_count c;
    struct rf_err err = { 0 };
    const char *path = in_folder(s, "a.npy");
    assert_int_equal(rf_npy_write(path, &five[0][0], 4, 2, RF_NPY_F4, 0, NULL), 0);
    assert_int_equal(rf_vectors_load(s->db, path, "votes", "mine", &c, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "found 4 rows, expected 5"));
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_vectors_load(s->db, path, "vtes", "mine", &c, &err), RF_USAGE);
    assert_non_null(strstr(err.msg, "did you mean votes?"));

    assert_int_equal(rf_npy_write(path, &five[0][0], 5, 2, RF_NPY_F4, 1, NULL), 0);
    assert_int_equal(rf_vectors_load(s->db, path, "votes", "mine", &c, NULL), 0);
    assert_int_equal(rf_npy_write(path, &five[0][0], 5, 1, RF_NPY_F4, 1, NULL), 0);
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_vectors_load(s->db, path, "votes", "mine", &c, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "found vectors of 1, expected 2"));

    int64_t id;
    assert_int_equal(rf_db_begin(s->db, NULL), 0);
    assert_int_equal(rf_embedder_add(s->db, "text", "text", 1, "abc", NULL, &id, NULL), 0);
    assert_int_equal(rf_db_commit(s->db, NULL), 0);
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_vectors_load(s->db, path, "votes", "text", &c, &err), RF_USAGE);
    /* nothing half done: the lock is free */
    assert_int_equal(rf_db_begin(s->db, NULL), 0);
    rf_db_rollback(s->db);
}

static void saving_needs_every_vector(void **state)
{
    struct scratch *s = *state;
    struct rf_vectors_count c;
    struct rf_err err = { 0 };
    struct rf_embedder e;
    assert_int_equal(rf_embedder_need(s->db, "mine", &e, &err), RF_USAGE);
    const char *path = in_folder(s, "a.npy");
    assert_int_equal(rf_npy_write(path, &five[0][0], 5, 2, RF_NPY_F4, 0, NULL), 0);
    assert_int_equal(rf_vectors_load(s->db, path, "votes", "mine", &c, NULL), 0);
    assert_int_equal(rf_db_exec(s->db, "DELETE FROM embedding WHERE prompt = 3", NULL), 0);
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_vectors_save(s->db, "votes", "mine", in_folder(s, "b.npy"), false, false, &c, &err),
                     RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "data row 4"));
    assert_int_not_equal(access(in_folder(s, "b.npy"), F_OK), 0);
}

static void dropping_takes_the_vectors_along(void **state)
{
    struct scratch *s = *state;
    struct rf_vectors_count c;
    struct rf_embedder e;
    const char *path = in_folder(s, "a.npy");
    assert_int_equal(rf_npy_write(path, &five[0][0], 5, 2, RF_NPY_F4, 0, NULL), 0);
    assert_int_equal(rf_vectors_load(s->db, path, "votes", "mine", &c, NULL), 0);
    assert_int_equal(rf_embedder_find(s->db, "mine", &e, NULL), 1);
    assert_true(e.dim == 2 && strcmp(e.kind, "npy") == 0 && !*e.sha256);
    assert_int_equal(rf_db_begin(s->db, NULL), 0);
    assert_int_equal(rf_embedder_drop(s->db, e.id, NULL), 0);
    assert_int_equal(rf_db_commit(s->db, NULL), 0);
    assert_int_equal(number(s->db, "SELECT count(*) FROM embedding"), 0);
    assert_int_equal(rf_embedder_find(s->db, "mine", &e, NULL), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(texts_carry_their_marks),         TEST(vectors_have_the_promised_scale),
        TEST(threads_do_not_change_the_file),  TEST(texts_without_words_are_blank),
        TEST(few_texts_give_fewer_directions), TEST(damaged_models_are_refused),
        TEST(npy_rows_find_their_prompts),     TEST(npy_files_that_do_not_fit_are_refused),
        TEST(saving_needs_every_vector),       TEST(dropping_takes_the_vectors_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
