/* RouteLLM's evaluation on its own data files against the reference (golden/README.md: routellm_metrics.json): both
 * routers, all three benchmarks, every row, to 1e-9. Reads the files directly, without the database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/csv.h"
#include "core/input.h"
#include "core/json.h"
#include "core/rng.h"
#include "core/sha256.h"
#include "eval/boot.h"
#include "eval/compat.h"
#include "eval/curve.h"
#include "eval/floor.h"
#include "eval/metric.h"
#include "near.h"

#define STRONG "gpt-4-1106-preview"
#define WEAK   "mistralai/Mixtral-8x7B-Instruct-v0.1"

enum { MAX = 8192, FIRST_QUESTION = 81, QUESTIONS = 80, PATH = 4096 };

/* A benchmark as arrays; its routers' scores are made from the texts. */
static struct {
    size_t n;
    double strong[MAX], weak[MAX], length[MAX], sha256[MAX];
    size_t turns[MAX];
    size_t n_all;
    double strong_all[QUESTIONS], weak_all[QUESTIONS];
    bool right_wrong;
} bench;

static struct {
    size_t n;
    char *text[64];
} contaminated;

static const char *path_of(const char *variable, const char *standard, const char *name, char out[PATH])
{
    const char *dir = getenv(variable);
    snprintf(out, PATH, "%s/%s", dir ? dir : standard, name);
    return out;
}

static const char *data(const char *name, char out[PATH])
{
    return path_of("ROUTEFIT_DATA", "../shared/data", name, out);
}

static bool listed(struct rf_str s)
{
    for (size_t i = 0; i < contaminated.n; i++)
        if (strlen(contaminated.text[i]) == s.len && !memcmp(contaminated.text[i], s.s, s.len))
            return true;
    return false;
}

/* Calls take for every line of a file of JSON objects. */
static void each_line(const char *name, void (*take)(const json_t *row))
{
    char path[PATH];
    struct rf_err err = { 0 };
    struct rf_input *in = NULL;
    struct rf_str text;
    uint64_t line;
    assert_int_equal(rf_input_open(&in, data(name, path), &err), 0);
    while (rf_input_line(in, &text, &line, &err) == 1) {
        json_t *row = NULL;
        assert_int_equal(rf_json_parse(text.s, text.len, &row, &err), 0);
        take(row);
        json_decref(row);
    }
    assert_int_equal(err.code, 0);
    rf_input_close(in);
}

static void take_contaminated(const json_t *row)
{
    const char *text = json_string_value(json_object_get(row, "eval_prompt"));
    assert_non_null(text);
    assert_true(contaminated.n < 64);
    contaminated.text[contaminated.n++] = strdup(text);
}

static void start(const char *contaminated_name)
{
    while (contaminated.n)
        free(contaminated.text[--contaminated.n]);
    memset(&bench, 0, sizeof bench);
    if (contaminated_name)
        each_line(contaminated_name, take_contaminated);
}

static void score_text(size_t i, struct rf_str text)
{
    uint8_t d[RF_SHA256_SIZE];
    assert_int_equal(rf_sha256_of(text.s, text.len, d, NULL), 0);
    bench.length[i] = (double)text.len;
    bench.sha256[i] = (double)((uint32_t)d[0] << 24 | (uint32_t)d[1] << 16 | (uint32_t)d[2] << 8 | d[3]) / 4294967296.;
}

/* ---- MMLU and GSM8K: CSV tables of right and wrong ---- */

struct columns {
    bool known;
    size_t prompt, strong, weak;
};

static bool field_is(struct rf_str f, const char *s)
{
    return f.len == strlen(s) && !memcmp(f.s, s, f.len);
}

static int take_row(void *ctx, const struct rf_csv_row *row, struct rf_err *err)
{
    struct columns *c = ctx;
    (void)err;
    if (!c->known) {
        c->prompt = c->strong = c->weak = row->n;
        for (size_t i = 0; i < row->n; i++) {
            c->prompt = field_is(row->field[i], "prompt") ? i : c->prompt;
            c->strong = field_is(row->field[i], STRONG) ? i : c->strong;
            c->weak = field_is(row->field[i], WEAK) ? i : c->weak;
        }
        assert_true(c->prompt < row->n && c->strong < row->n && c->weak < row->n);
        c->known = true;
        return 0;
    }
    if (listed(row->field[c->prompt]))
        return 0;
    const size_t i = bench.n++;
    assert_true(i < MAX);
    score_text(i, row->field[c->prompt]);
    bench.strong[i] = field_is(row->field[c->strong], "True");
    bench.weak[i] = field_is(row->field[c->weak], "True");
    bench.turns[i] = 1;
    return 0;
}

static void read_table(const char *name)
{
    char path[PATH];
    struct rf_err err = { 0 };
    struct rf_input *in = NULL;
    struct columns c = { 0 };
    assert_int_equal(rf_input_open(&in, data(name, path), &err), 0);
    assert_int_equal(rf_csv_read(in, NULL, take_row, &c, &err), 0);
    rf_input_close(in);
}

static void read_gsm8k(void)
{
    start("routellm/gsm8k/contaminated_prompts.jsonl");
    bench.right_wrong = true;
    read_table("routellm/gsm8k/gsm8k_responses.csv");
}

static int is_table(const struct dirent *d)
{
    const char *dot = strrchr(d->d_name, '.');
    return dot && !strcmp(dot, ".csv");
}

static void read_mmlu(void)
{
    char path[PATH];
    struct dirent **file = NULL;
    start("routellm/mmlu/contaminated_prompts.jsonl");
    bench.right_wrong = true;
    const int n = scandir(data("routellm/mmlu", path), &file, is_table, alphasort);
    assert_int_equal(n, 29);
    for (int i = 0; i < n; i++) {
        char name[PATH];
        snprintf(name, sizeof name, "routellm/mmlu/%s", file[i]->d_name);
        read_table(name);
        free(file[i]);
    }
    free(file);
}

/* ---- MT-Bench: questions and judgements ---- */

static struct {
    char *text;
    bool dirty;
    double strong, weak; /* sums over the two turns */
} question[QUESTIONS];

static size_t question_of(const json_t *row)
{
    const json_int_t id = json_integer_value(json_object_get(row, "question_id")) - FIRST_QUESTION;
    assert_true(id >= 0 && id < QUESTIONS);
    return (size_t)id;
}

static void take_question(const json_t *row)
{
    const size_t q = question_of(row);
    const json_t *turns = json_object_get(row, "turns");
    for (size_t i = 0; i < json_array_size(turns); i++) {
        const char *text = json_string_value(json_array_get(turns, i));
        question[q].dirty |= listed((struct rf_str){ text, strlen(text) });
        if (!i)
            question[q].text = strdup(text);
    }
}

static void take_judgement(const json_t *row)
{
    const size_t q = question_of(row);
    const double score = json_number_value(json_object_get(row, "score"));
    if (!strcmp(json_string_value(json_object_get(row, "model")), STRONG))
        question[q].strong += score;
    else
        question[q].weak += score;
}

static void read_mt_bench(void)
{
    start("routellm/mt_bench/contaminated_prompts.jsonl");
    memset(question, 0, sizeof question);
    each_line("routellm/mt_bench/question.jsonl", take_question);
    each_line("routellm/mt_bench/judgements.jsonl", take_judgement);
    for (size_t q = 0; q < QUESTIONS; q++) {
        bench.strong_all[bench.n_all] = question[q].strong / 2;
        bench.weak_all[bench.n_all] = question[q].weak / 2;
        bench.n_all++;
        if (!question[q].dirty) {
            const size_t i = bench.n++;
            score_text(i, (struct rf_str){ question[q].text, strlen(question[q].text) });
            bench.strong[i] = question[q].strong;
            bench.weak[i] = question[q].weak;
            bench.turns[i] = 2;
        }
        free(question[q].text);
    }
}

/* ---- against the reference ---- */

static void near(double got, const json_t *want)
{
    assert_true(json_is_number(want));
    const double w = json_number_value(want);
    if (!(fabs(got - w) <= 1e-9 * fmax(1, fabs(w))))
        fail_msg("found %.17g, expected %.17g", got, w);
}

static void check(const json_t *all, const char *key, const double *score)
{
    const json_t *want = json_object_get(all, key), *rows = json_object_get(want, "rows"),
                 *optimal = json_object_get(want, "optimal");
    assert_non_null(want);
    const struct rf_compat_data d = { .n = bench.n,
                                      .score = score,
                                      .strong = bench.strong,
                                      .weak = bench.weak,
                                      .turns = bench.turns,
                                      .right_wrong = bench.right_wrong,
                                      .n_all = bench.n_all,
                                      .strong_all = bench.strong_all,
                                      .weak_all = bench.weak_all };
    struct rf_compat got;
    struct rf_err err = { 0 };
    assert_int_equal(rf_compat_of(&d, &got, &err), 0);
    assert_int_equal(got.outcomes, json_integer_value(json_object_get(want, "n")));
    near(got.cpt20, json_object_get(want, "cpt20"));
    near(got.cpt50, json_object_get(want, "cpt50"));
    near(got.cpt80, json_object_get(want, "cpt80"));
    near(got.auc, json_object_get(want, "auc"));
    near(got.apgr, json_object_get(want, "apgr"));
    near(got.weak, json_object_get(want, "weak"));
    near(got.strong, json_object_get(want, "strong"));
    assert_int_equal(json_array_size(rows), RF_COMPAT_POINTS);
    for (size_t i = 0; i < RF_COMPAT_POINTS; i++) {
        const json_t *row = json_array_get(rows, i);
        char percent[8];
        assert_true(got.threshold[i] == json_number_value(json_object_get(row, "threshold"))); /* bit for bit */
        near(got.strong_pct[i], json_object_get(row, "strong_percentage"));
        near(got.quality[i], json_object_get(row, "accuracy"));
        snprintf(percent, sizeof percent, "%zu", 10 * i);
        near(got.optimal[i], json_object_get(optimal, percent));
    }
}

static const struct {
    const char *length, *sha256;
    void (*read)(void);
} benches[] = {
    { "mmlu29/length", "mmlu29/sha256", read_mmlu },
    { "gsm8k/length", "gsm8k/sha256", read_gsm8k },
    { "mt-bench/length", "mt-bench/sha256", read_mt_bench },
};

static bool have(const char *name, const char *path)
{
    if (access(path, R_OK) == 0)
        return true;
    printf("SKIP %s: no %s\n", name, path);
    return false;
}

static void figures_equal_routellms(void **state)
{
    (void)state;
    char path[PATH], folder[PATH];
    struct rf_err err = { 0 };
    struct rf_buf file = { 0 };
    json_t *all = NULL;
    path_of("ROUTEFIT_GOLDEN", "../shared/golden", "routellm_metrics.json", path);
    if (!have("golden_routellm", path) || !have("golden_routellm", data("routellm/mmlu", folder)))
        skip();
    assert_int_equal(rf_file_read(path, 0, &file, &err), 0);
    assert_int_equal(rf_json_parse(file.data, file.len, &all, &err), 0);
    for (size_t i = 0; i < sizeof benches / sizeof *benches; i++) {
        benches[i].read();
        check(all, benches[i].length, bench.length);
        check(all, benches[i].sha256, bench.sha256);
    }
    start(NULL);
    json_decref(all);
    rf_buf_release(&file);
}

/* The published exact APGR of prompt length on GSM8K and its bootstrap error: .5978, .0210, .557 to .640. */
static void length_on_gsm8k_has_its_published_error(void **state)
{
    (void)state;
    char path[PATH];
    if (!have("golden_routellm", data("routellm/gsm8k/gsm8k_responses.csv", path)))
        skip();
    read_gsm8k();
    const struct rf_scored s = { bench.n, bench.length, bench.strong, bench.weak };
    const struct rf_boot_options o = { .resamples = 4000, .seed = 1, .threads = 2, .areas_only = true };
    struct rf_curve c;
    struct rf_boot b;
    struct rf_err err = { 0 };
    double m[RF_METRICS];
    assert_int_equal(rf_curve_init(&c, &s, &err), 0);
    rf_metrics_of(&c, m);
    assert_int_equal(rf_boot_of(&c, &o, &b, &err), 0);
    assert_true(fabs(m[RF_APGR] - .5978) < 2e-3); /* bytes here, characters there */
    assert_true(fabs(b.se[RF_APGR] - .0210) < 1e-3);
    assert_true(fabs(b.low[RF_APGR] - .557) < 4e-3 && fabs(b.high[RF_APGR] - .640) < 4e-3);
    rf_curve_release(&c);
    start(NULL);
}

/* The constants of the two benchmarks (MMLU's are those of 57 subjects, of which 29 are here): means, counts, and the
 * oracle by RouteLLM's eleven thresholds. */
static const struct constants {
    void (*read)(void);
    const char *file;
    size_t n, better, worse;
    double scale, weak, strong, kept95, apgr, cpt50, cpt80, most, share95;
} constants[] = {
    { read_gsm8k, "routellm/gsm8k/gsm8k_responses.csv", 1307, 382, 94, 100, 63.7337, 85.7689, .8054, 1.1146, 11.02,
      17.63, 92.961, 17.75 },
    { read_mt_bench, "routellm/mt_bench/judgements.jsonl", 72, 37, 7, .5, 8.2812, 9.2118, .5050, .9527, 9.08, 18.01,
      9.316, 8.33 },
};

static void check_constants(const struct constants *k)
{
    double gain[MAX], strong[MAX], weak[MAX], rank[MAX], most = 0;
    size_t better = 0, worse = 0;
    struct rf_curve c;
    struct rf_compat oracle;
    k->read();
    for (size_t i = 0; i < bench.n; i++) {
        strong[i] = bench.strong[i] * k->scale;
        weak[i] = bench.weak[i] * k->scale;
        gain[i] = strong[i] - weak[i];
        better += gain[i] > 0;
        worse += gain[i] < 0;
    }
    const struct rf_scored s = { bench.n, gain, strong, weak };
    assert_int_equal(rf_curve_init(&c, &s, NULL), 0);
    assert_int_equal(bench.n, k->n);
    assert_int_equal(better, k->better);
    assert_int_equal(worse, k->worse);
    assert_near(c.weak, k->weak, 6e-5);
    assert_near(c.strong, k->strong, 6e-5);
    assert_near(rf_pgr(.95 * c.strong, c.weak, c.strong), k->kept95, 6e-5);
    for (size_t v = 0; v <= c.groups; v++)
        most = fmax(most, rf_curve_quality(&c, v));
    assert_near(most, k->most, 6e-4);
    const double whole = ceil(rf_curve_share_for(&c, .95 * c.strong) * (double)bench.n); /* prompts */
    assert_near(100 * whole / (double)bench.n, k->share95, 6e-3);
    for (size_t i = 0; i < bench.n; i++) /* equal gains in any order: the eleven thresholds then lie apart */
        rank[c.order[i]] = (double)(bench.n - i);
    const struct rf_compat_data d = { .n = bench.n,
                                      .score = rank,
                                      .strong = bench.strong,
                                      .weak = bench.weak,
                                      .turns = bench.turns,
                                      .right_wrong = bench.right_wrong,
                                      .n_all = bench.n_all,
                                      .strong_all = bench.strong_all,
                                      .weak_all = bench.weak_all };
    assert_int_equal(rf_compat_of(&d, &oracle, NULL), 0);
    assert_near(oracle.apgr, k->apgr, 6e-5);
    assert_near(oracle.cpt50, k->cpt50, 6e-3);
    assert_near(oracle.cpt80, k->cpt80, 6e-3);
    rf_curve_release(&c);
}

static void the_constants_of_the_benchmarks(void **state)
{
    (void)state;
    char path[PATH];
    if (!have("golden_routellm", data(constants[0].file, path)) ||
        !have("golden_routellm", data(constants[1].file, path)))
        skip();
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        check_constants(&constants[i]);
    start(NULL);
}

/* A threshold for a floor out of one half of GSM8K, measured on the other half, 500 times. */
static void a_floor_holds_on_the_other_half(void **state)
{
    (void)state;
    enum { HALVES = 500 };
    static const double keep[] = { .8, .9, .95 };
    char path[PATH];
    uint32_t order[MAX];
    double score[MAX], strong[MAX], weak[MAX];
    if (!have("golden_routellm", data("routellm/gsm8k/gsm8k_responses.csv", path)))
        skip();
    read_gsm8k();
    for (size_t k = 0; k < sizeof keep / sizeof *keep; k++) {
        const struct rf_floor_options o = { .keep = keep[k], .low = 0, .high = 1, .delta = .05 };
        const size_t half = bench.n / 2;
        int broken = 0;
        double calls = 0;
        for (uint64_t h = 0; h < HALVES; h++) {
            struct rf_rng rng;
            struct rf_curve c;
            struct rf_floor f;
            double routed = 0, best = 0;
            rf_rng_init(&rng, 1, h);
            for (size_t i = 0; i < bench.n; i++)
                order[i] = (uint32_t)i;
            rf_rng_shuffle(&rng, order, bench.n);
            for (size_t i = 0; i < half; i++) {
                score[i] = bench.length[order[i]];
                strong[i] = bench.strong[order[i]];
                weak[i] = bench.weak[order[i]];
            }
            const struct rf_scored s = { half, score, strong, weak };
            assert_int_equal(rf_curve_init(&c, &s, NULL), 0);
            assert_int_equal(rf_floor_find(&c, &o, &f, NULL), 0);
            assert_true(f.certain);
            for (size_t i = half; i < bench.n; i++) {
                const uint32_t j = order[i];
                routed += bench.length[j] >= c.threshold[f.vertex] ? bench.strong[j] : bench.weak[j];
                best += bench.strong[j];
                calls += bench.length[j] >= c.threshold[f.vertex];
            }
            broken += routed < keep[k] * best;
            rf_curve_release(&c);
        }
        printf("keep %g: broken on %d of %d other halves, %.1f%% strong calls\n", keep[k], broken, HALVES,
               100 * calls / HALVES / (double)(bench.n - half));
        assert_true(broken <= .05 * HALVES);
    }
    start(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_equal_routellms),
        cmocka_unit_test(length_on_gsm8k_has_its_published_error),
        cmocka_unit_test(the_constants_of_the_benchmarks),
        cmocka_unit_test(a_floor_holds_on_the_other_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
