/* Unit tests of eval/bench.h, eval/router.h and eval/evaluate.h on a small database in memory's place: a file of its
 * own. */
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
#include "eval/evaluate.h"
#include "near.h"

/* Six items of bench "quiz": one without the weak score, one contaminated by its second turn; two models and two
 * routers' worth of vectors of width 2. A second bench has three models. */
static const char *const content =
    "INSERT INTO source VALUES (1, 's', 's.csv', 'x', 'f', 1, 6, 6, 0, 0, 0, '2026', 0);"
    "INSERT INTO model VALUES (1, 'big'), (2, 'small'), (3, 'other');"
    "INSERT INTO prompt VALUES (1, x'01', 'one', NULL, 1, 3), (2, x'02', 'two', NULL, 1, 3),"
    " (3, x'03', 'three', NULL, 1, 5), (4, x'04', 'first', '[\"abc\"]', 2, 5), (5, x'05', 'seventeen', NULL, 1, 9),"
    " (6, x'06', 'six', NULL, 1, 3);"
    "INSERT INTO item VALUES (1, 1, 1, 'quiz', NULL, 'a', 1), (2, 1, 2, 'quiz', NULL, 'b', 2), (3, 1, 3, 'quiz', NULL, "
    "'c', 3),"
    " (4, 1, 4, 'quiz', NULL, 'd', 4), (5, 1, 5, 'quiz', NULL, 'e', 5), (6, 1, 6, 'quiz', NULL, 'f', 6),"
    " (7, 1, 7, 'trio', NULL, 'a', 1), (8, 1, 8, 'graded', NULL, 'a', 1);"
    "INSERT INTO result(item, model, turn, score, source) VALUES (1, 1, 1, 1, 1), (1, 2, 1, 0, 1), (2, 1, 1, 1, 1), "
    "(2, 2, 1, 1, 1),"
    " (3, 1, 1, 0, 1), (3, 2, 1, 1, 1), (4, 1, 1, 1, 1), (4, 2, 1, 0, 1), (5, 1, 1, 1, 1), (5, 2, 1, 0, 1), (6, 1, 1, "
    "1, 1),"
    " (7, 1, 1, 1, 1), (7, 2, 1, 0, 1), (7, 3, 1, 0, 1), (8, 1, 1, 9, 1), (8, 1, 2, 7.5, 1), (8, 2, 1, 8, 1), (8, 2, "
    "2, 5, 1);"
    /* SHA-256 of "abc" (FIPS 180-2, appendix B.1) */
    "INSERT INTO contaminated VALUES (1, x'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');"
    "INSERT INTO embedder VALUES (1, 'pairs', 'npy', 2, NULL, NULL);"
    /* little-endian float32 (1, 0), (0, 1), (1, 1) */
    "INSERT INTO embedding(embedder, prompt, vector) VALUES (1, 1, x'0000803f00000000'), (1, 2, x'000000000000803f'),"
    " (1, 3, x'0000000000000000'), (1, 5, x'0000803f0000803f');";

struct place {
    char dir[32], db_path[64], router_path[64];
    struct rf_db *db;
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    struct rf_err err = { 0 };
    strcpy(p->dir, "/tmp/test_bench.XXXXXX");
    if (!p || !mkdtemp(p->dir))
        return -1;
    snprintf(p->db_path, sizeof p->db_path, "%s/x.db", p->dir);
    snprintf(p->router_path, sizeof p->router_path, "%s/two.safetensors", p->dir);
    if (rf_db_open(&p->db, p->db_path, RF_DB_CREATE, &err) || rf_db_exec(p->db, content, &err)) {
        print_error("%s\n", err.msg);
        return -1;
    }
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    rf_db_close(p->db);
    unlink(p->db_path);
    unlink(p->router_path);
    rmdir(p->dir);
    free(p);
    return 0;
}

static void items_are_read_in_order_and_counted(void **state)
{
    struct place *p = *state;
    struct rf_bench b;
    struct rf_err err = { 0 };
    assert_int_equal(rf_bench_load(&b, p->db, &(struct rf_bench_options){ .name = "quiz" }, &err), 0);
    assert_string_equal(b.strong_name, "big");
    assert_string_equal(b.weak_name, "small");
    assert_int_equal(b.items, 6);
    assert_int_equal(b.missing, 1);
    assert_int_equal(b.contaminated, 1);
    assert_int_equal(b.n, 4);
    assert_int_equal(b.n_all, 5);
    assert_true(b.right_wrong);
    static const double strong[] = { 1, 1, 0, 1 }, weak[] = { 0, 1, 1, 0 }, bytes[] = { 3, 3, 5, 9 };
    static const int64_t prompt[] = { 1, 2, 3, 5 };
    for (size_t i = 0; i < 4; i++) {
        assert_near(b.strong[i], strong[i], 0);
        assert_near(b.weak[i], weak[i], 0);
        assert_near(b.bytes[i], bytes[i], 0);
        assert_int_equal(b.prompt[i], prompt[i]);
        assert_int_equal(rf_bench_text(&b, i).len, (size_t)bytes[i]);
    }
    assert_memory_equal(rf_bench_text(&b, 3).s, "seventeen", 9);
    rf_bench_release(&b);
}

static void contaminated_items_stay_on_request(void **state)
{
    struct place *p = *state;
    struct rf_bench b;
    struct rf_err err = { 0 };
    const struct rf_bench_options o = { .name = "quiz", .keep_contaminated = true };
    assert_int_equal(rf_bench_load(&b, p->db, &o, &err), 0);
    assert_int_equal(b.n, 5);
    assert_int_equal(b.contaminated, 0);
    rf_bench_release(&b);
}

static void turns_are_averaged(void **state)
{
    struct place *p = *state;
    struct rf_bench b;
    struct rf_err err = { 0 };
    assert_int_equal(rf_bench_load(&b, p->db, &(struct rf_bench_options){ .name = "graded" }, &err), 0);
    assert_int_equal(b.n, 1);
    assert_int_equal(b.turns[0], 2);
    assert_near(b.strong[0], 8.25, 0);
    assert_near(b.weak_sum[0], 13, 0);
    assert_false(b.right_wrong);
    assert_near(rf_bench_scale(&b), 1, 0);
    rf_bench_release(&b);
}

static void the_pair_can_be_named(void **state)
{
    struct place *p = *state;
    static const struct {
        const char *strong, *weak, *found_strong, *found_weak;
    } cases[] = { { "small", NULL, "small", "big" },
                  { NULL, "big", "small", "big" },
                  { "big", "small", "big", "small" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rf_bench b;
        struct rf_err err = { 0 };
        const struct rf_bench_options o = { "quiz", cases[i].strong, cases[i].weak, false };
        assert_int_equal(rf_bench_load(&b, p->db, &o, &err), 0);
        assert_string_equal(b.strong_name, cases[i].found_strong);
        assert_string_equal(b.weak_name, cases[i].found_weak);
        rf_bench_release(&b);
    }
}

static void aliases_are_one_model(void **state)
{
    struct place *p = *state;
    struct rf_bench b;
    struct rf_err err = { 0 };
    assert_int_equal(rf_db_exec(p->db, "INSERT INTO alias VALUES ('other', 'tiny'), ('small', 'tiny')", NULL), 0);
    assert_int_equal(rf_bench_load(&b, p->db, &(struct rf_bench_options){ .name = "trio" }, &err), 0);
    assert_string_equal(b.weak_name, "tiny");
    assert_int_equal(b.n, 1); /* two names with the same score count once */
    assert_int_equal(b.turns[0], 1);
    rf_bench_release(&b);
    assert_int_equal(
        rf_bench_load(&b, p->db, &(struct rf_bench_options){ .name = "quiz", .strong = "small", .weak = "big" }, &err),
        0);
    assert_string_equal(b.strong_name, "tiny");
    rf_bench_release(&b);
    assert_int_equal(rf_db_exec(p->db, "DELETE FROM alias; INSERT INTO alias VALUES ('small', 'big')", NULL), 0);
    assert_int_equal(rf_bench_load(&b, p->db, &(struct rf_bench_options){ .name = "trio" }, &err), RF_BAD_INPUT);
    assert_string_equal(err.msg,
                        "benchmark \"trio\": found two scores of big on question a, under its names big and small, "
                        "expected one: take the alias back with routefit alias --remove");
    rf_bench_release(&b);
}

static void wrong_names_are_refused_with_the_known_ones(void **state)
{
    struct place *p = *state;
    static const struct {
        struct rf_bench_options o;
        const char *says;
    } cases[] = {
        { { .name = "quizz" }, "did you mean quiz?" },
        { { .name = "nothing like it" }, "expected one of graded, quiz, trio" },
        { { .name = "trio" }, "results of 3 models" },
        { { .name = "quiz", .strong = "bigg" }, "did you mean big?" },
        { { .name = "quiz", .strong = "big", .weak = "big" }, "expected two models" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rf_bench b;
        struct rf_err err = { 0 };
        assert_int_equal(rf_bench_load(&b, p->db, &cases[i].o, &err), RF_USAGE);
        assert_non_null(strstr(err.msg, cases[i].says));
        rf_bench_release(&b);
    }
}

/* A router file by hand: logit = 2 x0 - x1 + bias. */
static void write_router(const char *path, float bias, const char *extra)
{
    char header[512];
    const float weight[] = { 2, -1 };
    int len = snprintf(header, sizeof header,
                       "{\"__metadata__\":{\"routefit.kind\":\"logistic\",\"routefit.input\":\"vector\"%s},"
                       "\"weight\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                       "\"bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}",
                       extra);
    while (len % 8)
        header[len++] = ' ';
    const uint64_t n = (uint64_t)len;
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(&n, sizeof n, 1, f), 1);
    assert_int_equal(fwrite(header, 1, (size_t)len, f), (size_t)len);
    assert_int_equal(fwrite(weight, sizeof weight, 1, f), 1);
    assert_int_equal(fwrite(&bias, sizeof bias, 1, f), 1);
    assert_int_equal(fclose(f), 0);
}

static void routers_score_the_stored_vectors(void **state)
{
    struct place *p = *state;
    struct rf_bench b;
    struct rf_router *r = NULL;
    struct rf_err err = { 0 };
    struct rf_router_options o = { 0 };
    const char *path = p->router_path;
    double score[4];
    write_router(path, .5f, ",\"routefit.embedder\":\"pairs\"");
    assert_int_equal(rf_routers_load(&r, p->db, &path, 1, &o, rf_baseline_names, RF_BASELINES, &err), 0);
    assert_string_equal(r->name, "two");
    assert_int_equal(rf_bench_load(&b, p->db, &(struct rf_bench_options){ .name = "quiz" }, &err), 0);
    assert_int_equal(rf_router_score(r, p->db, &b, &o, score, &err), 0);
    static const double logit[] = { 2.5, -.5, .5, 1.5 };
    for (size_t i = 0; i < 4; i++)
        assert_near(score[i], 1 / (1 + exp(-logit[i])), 1e-12);
    rf_bench_release(&b);

    const struct rf_bench_options all = { .name = "quiz", .keep_contaminated = true };
    double five[5];
    assert_int_equal(rf_bench_load(&b, p->db, &all, &err), 0);
    assert_int_equal(rf_router_score(r, p->db, &b, &o, five, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "1 of the 5 prompts"));
    assert_non_null(strstr(err.msg, "routefit embed"));
    rf_bench_release(&b);
    rf_routers_free(r, 1);
}

static void routers_that_do_not_fit_are_refused(void **state)
{
    struct place *p = *state;
    static const struct {
        const char *extra, *embedder, *says;
    } cases[] = {
        { "", NULL, "--embedder" },
        { "", "lost", "does not have" },
        { ",\"routefit.embedder\":\"wide\"", NULL, "width 3, expected 2" },
        { ",\"routefit.embedder\":\"text\",\"routefit.embedder_sha256\":\"bb\"", NULL, "embed again" },
        { ",\"routefit.embedder\":\"text\",\"routefit.embedder_sha256\":\"aa\"", NULL, "embed apply m.st --name text" },
    };
    struct rf_bench b;
    struct rf_err err = { 0 };
    assert_int_equal(rf_db_exec(p->db,
                                "INSERT INTO embedder VALUES (2, 'wide', 'npy', 3, NULL, NULL), "
                                "(3, 'text', 'text', 2, 'aa', 'm.st');",
                                &err),
                     0);
    assert_int_equal(rf_bench_load(&b, p->db, &(struct rf_bench_options){ .name = "quiz" }, &err), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rf_router *r = NULL;
        struct rf_err e = { 0 };
        struct rf_router_options o = { .embedder = cases[i].embedder };
        const char *path = p->router_path;
        double score[4];
        write_router(path, 0, cases[i].extra);
        assert_int_equal(rf_routers_load(&r, p->db, &path, 1, &o, NULL, 0, &e), 0);
        assert_true(rf_router_score(r, p->db, &b, &o, score, &e) < 0);
        assert_non_null(strstr(e.msg, cases[i].says));
        rf_routers_free(r, 1);
    }
    rf_bench_release(&b);
}

static void a_router_given_twice_is_refused(void **state)
{
    struct place *p = *state;
    struct rf_router *r = NULL;
    struct rf_err err = { 0 };
    const struct rf_router_options o = { 0 };
    const char *const twice[] = { p->router_path, p->router_path };
    write_router(p->router_path, 0, "");
    assert_int_equal(rf_routers_load(&r, p->db, twice, 2, &o, NULL, 0, &err), RF_USAGE);
    assert_null(r);
    const char *const taken[] = { "two" };
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_routers_load(&r, p->db, twice, 1, &o, taken, 1, &err), 0);
    assert_string_equal(r->name, p->router_path);
    rf_routers_free(r, 1);
}

#define RUN_ROW                                                                                                        \
    "INSERT INTO run VALUES (1, 'fit', '[]', '{}', 1, 'v', 'b', 1, '2026', 'done', NULL, NULL, 'd1', NULL, NULL);"

/* Out-of-fold scores stand in a router's place: of one pair as they are, of many models by the pair's rule. */
static void stored_scores_stand_for_a_router(void **state)
{
    struct place *p = *state;
    struct rf_bench b;
    struct rf_router *r = NULL;
    struct rf_err err = { 0 };
    const struct rf_router_options o = { 0 };
    const char *const names[] = { "pair:cv2", "scores:many:cv2" };
    const char *const ghost = "ghost";
    double score[4], cost[12], many[12];
    assert_int_equal(rf_db_exec(p->db,
                                RUN_ROW
                                "INSERT INTO crossval VALUES (1, 'pair:cv2', 1, 2, 1, NULL), (2, 'many:cv2', 1, 2, 0, "
                                "2);"
                                "INSERT INTO fold_score VALUES (1, 1, 0, .9), (1, 2, 1, .1), (1, 3, 0, .5), (1, 5, 1, "
                                ".7);"
                                "INSERT INTO fold_prediction SELECT 2, q.id, m.id, q.id / 10.0 + m.id, m.id / 100.0 "
                                "FROM prompt q, model m WHERE q.id <> 6",
                                &err),
                     0);
    assert_int_equal(rf_bench_load(&b, p->db, &(struct rf_bench_options){ .name = "quiz" }, &err), 0);
    assert_int_equal(rf_routers_load(&r, p->db, names, 2, &o, NULL, 0, &err), 0);
    assert_string_equal(r[0].name, "pair:cv2");
    assert_string_equal(r[1].name, "many:cv2");
    assert_true(r[0].stored->tuned && !r[1].stored->tuned);
    assert_string_equal(r[0].stored->data_sha256, "d1");
    assert_int_equal(rf_router_score(&r[0], p->db, &b, &o, score, &err), 0);
    static const double want[] = { .9, .1, .5, .7 };
    for (size_t i = 0; i < 4; i++)
        assert_near(score[i], want[i], 0);
    assert_int_equal(rf_router_models(&r[0]), 0);
    assert_int_equal(rf_router_models(&r[1]), 3);
    assert_string_equal(rf_router_model(&r[1], 2), "small"); /* by name: big 1, other 3, small 2 */
    assert_int_equal(rf_router_score(&r[1], p->db, &b, &o, score, &err), 0);
    for (size_t i = 0; i < 4; i++) /* 4 (big - small) / 2 = -2 */
        assert_near(score[i], 1 / (1 + exp(2)), 1e-12);
    assert_int_equal(rf_router_predict(&r[1], p->db, "quiz", b.prompt, 4, &o, many, cost, &err), 0);
    assert_near(many[3 * 3 + 1], 3.5, 1e-12);
    assert_near(cost[3 * 3 + 2], .02, 1e-12);
    assert_int_equal(rf_router_predict(&r[0], p->db, "quiz", b.prompt, 4, &o, many, cost, &err), RF_USAGE);
    rf_routers_free(r, 2);

    struct rf_err missing = { 0 };
    assert_int_equal(rf_db_exec(p->db, "DELETE FROM fold_score WHERE prompt = 3", NULL), 0);
    assert_int_equal(rf_routers_load(&r, p->db, names, 1, &o, NULL, 0, NULL), 0);
    assert_int_equal(rf_router_score(r, p->db, &b, &o, score, &missing), RF_BAD_INPUT);
    assert_non_null(strstr(missing.msg, "1 of the 4 prompts"));
    rf_routers_free(r, 1);
    assert_int_equal(rf_routers_load(&r, p->db, &ghost, 1, &o, NULL, 0, NULL), RF_IO);
    rf_bench_release(&b);
}

/* A prompt counts by itself, by its text among the fit's, and by its first turn; not where another data set did it. */
static void prompts_that_fitted_a_router_are_counted(void **state)
{
    struct place *p = *state;
    struct rf_router *r = NULL;
    struct rf_err err = { 0 };
    const struct rf_router_options o = { 0 };
    static const int64_t prompt[] = { 1, 2, 3, 0, 5, 6 };
    const char *path = p->router_path, *const names[] = { "tuned", "plain", "mine" };
    int64_t count = 0;
    write_router(path, 0, ",\"routefit.data_sha256\":\"d1\"");
    assert_int_equal(rf_routers_load(&r, p->db, &path, 1, &o, NULL, 0, &err), 0);
    assert_int_equal(rf_fitted_on(r, p->db, prompt, 6, &count, &err), 0);
    assert_int_equal(count, -1);
    /* 7 has two turns, the first that of 2 with the hash of no prompt; 8 is a stranger */
    assert_int_equal(rf_db_exec(p->db,
                                "INSERT INTO prompt VALUES (7, x'07', 'two', '[\"again\"]', 2, 3), (8, x'08', 'eight', "
                                "NULL, 1, 5);"
                                "INSERT INTO fit_data VALUES (1, 'd1'), (2, 'd2');"
                                "INSERT INTO fit_prompt VALUES (1, 1), (1, 7), (1, 8), (2, 3), (2, 5), (2, 6)",
                                &err),
                     0);
    assert_int_equal(rf_fitted_on(r, p->db, prompt, 6, &count, &err), 0);
    assert_int_equal(count, 2);
    rf_routers_free(r, 1);
    assert_int_equal(rf_db_exec(p->db,
                                RUN_ROW
                                "INSERT INTO crossval VALUES (1, 'tuned', 1, 2, 1, NULL), (2, 'plain', 1, 2, 0, "
                                "NULL); INSERT INTO external_score VALUES (1, 'mine', 1, .5)",
                                &err),
                     0);
    static const int64_t want[] = { 2, 0, -1 };
    assert_int_equal(rf_routers_load(&r, p->db, names, 3, &o, NULL, 0, &err), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rf_fitted_on(&r[i], p->db, prompt, 6, &count, &err), 0);
        assert_int_equal(count, want[i]);
    }
    rf_routers_free(r, 3);
}

/* The whole: router and baselines on the four items. By length the order is 5, 3, then 1 and 2 tied. */
static void an_evaluation_holds_routers_and_baselines(void **state)
{
    struct place *p = *state;
    struct rf_router *r = NULL;
    struct rf_evaluation e;
    struct rf_err err = { 0 };
    const struct rf_evaluate_options o = { .resamples = 200, .router = { .embedder = "pairs" } };
    const char *path = p->router_path;
    struct rf_ctx ctx = { .db = p->db, .threads = 1, .seed = 1, .chat = tmpfile() };
    assert_non_null(ctx.chat);
    write_router(path, 0, "");
    assert_int_equal(rf_routers_load(&r, p->db, &path, 1, &o.router, rf_baseline_names, RF_BASELINES, &err), 0);
    assert_int_equal(rf_evaluate(&e, &ctx, "quiz", &o, r, 1, &err), 0);
    assert_int_equal(e.n, 5); /* no tasks, one script */
    /* router: items 1, 5, 3, 2 with gains 1, 1, -1, 0 over a gap of 1 */
    assert_near(e.entry[0].metric[RF_APGR], 1.125, 1e-12);
    assert_near(e.entry[1].metric[RF_APGR], .5, 1e-12);
    assert_near(e.entry[2].metric[RF_APGR], .5, 1e-12); /* items 5, 3, {1, 2}: 0 1 0 . 1 */
    assert_string_equal(e.entry[3].name, "shorter");    /* {1, 2}, 3, 5: the mirror image */
    assert_near(e.entry[3].metric[RF_APGR], .5, 1e-12);
    assert_string_equal(e.entry[4].name, "oracle");
    assert_near(e.entry[4].metric[RF_APGR], 1.375, 1e-12);
    for (size_t i = 0; i < e.n; i++)
        assert_int_equal(e.entry[i].fitted_on, -1);
    for (size_t i = 0; i < e.n; i++)
        assert_near(e.entry[i].boot.low[RF_WEAK], e.entry[0].boot.low[RF_WEAK], 0);
    assert_int_equal(
        rf_db_exec(p->db,
                   "INSERT INTO run VALUES (1, 'eval', '[]', '{}', 1, 'v', 'b', 1, '2026', 'done', NULL, NULL, "
                   "NULL, NULL, NULL);",
                   &err),
        0);
    char sha256[RF_SHA256_HEX], of_digests[RF_SHA256_HEX];
    assert_int_equal(rf_evaluations_store(&e, 1, p->db, 1, sha256, &err), 0);
    assert_int_equal(rf_sha256_hex_of(e.bench.sha256, RF_SHA256_HEX - 1, of_digests, &err), 0);
    assert_string_equal(sha256, of_digests);
    int64_t n = 0;
    assert_int_equal(rf_db_int(p->db, &n, &err, "SELECT count(*) FROM curve WHERE router = 'two'", 0, NULL), 1);
    assert_int_equal(n, 5);
    assert_int_equal(rf_db_int(p->db, &n, &err, "SELECT count(*) FROM metric WHERE name = 'apgr'", 0, NULL), 1);
    assert_int_equal(n, 5);
    rf_evaluation_release(&e);

    const struct rf_evaluate_options swapped = { .strong = "small", .resamples = 200, .router = o.router };
    assert_int_equal(rf_evaluate(&e, &ctx, "quiz", &swapped, r, 1, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "swap the pair"));
    rf_evaluation_release(&e);
    rf_routers_free(r, 1);
    fclose(ctx.chat);
}

#define IN_A_PLACE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_PLACE(items_are_read_in_order_and_counted),
        IN_A_PLACE(contaminated_items_stay_on_request),
        IN_A_PLACE(turns_are_averaged),
        IN_A_PLACE(the_pair_can_be_named),
        IN_A_PLACE(aliases_are_one_model),
        IN_A_PLACE(wrong_names_are_refused_with_the_known_ones),
        IN_A_PLACE(routers_score_the_stored_vectors),
        IN_A_PLACE(stored_scores_stand_for_a_router),
        IN_A_PLACE(prompts_that_fitted_a_router_are_counted),
        IN_A_PLACE(routers_that_do_not_fit_are_refused),
        IN_A_PLACE(a_router_given_twice_is_refused),
        IN_A_PLACE(an_evaluation_holds_routers_and_baselines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
