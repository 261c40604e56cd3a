/* What ingest of a wide result table costs: RouterBench's ARC and MBPP rows over and over, with ids and prompts made
 * distinct, until there are 36,497 rows of 11 models (the whole of RouterBench), into a new database. Floor: splitting
 * the same file into fields by libcsv, nothing kept. Prints "name  measured  floor  ratio" and the peak of memory. The
 * same work in pandas: read_csv, melt of scores and costs, to_sql of prompts and of one row per model and question. */
#include <stdlib.h>
#include <string.h>

#include "ingest_bench.h"

enum { ROWS = 36497, ROUNDS = 3 };

struct copy {
    FILE *out;
    int number;            /* of the pass over the files */
    bool header;           /* of the file being read has been seen */
    size_t rows;           /* written */
    size_t sample, prompt; /* columns */
};

/* The field with a mark at its end; of a list literal, at the end of its last string. */
static void put_marked(const struct copy *c, struct rf_str text, struct rf_buf *scratch)
{
    const size_t in = text.len > 2 && text.s[0] == '[' ? text.len - 2 : text.len;
    scratch->len = 0;
    rf_buf_add(scratch, text.s, in, NULL);
    rf_buf_printf(scratch, NULL, "-%d", c->number);
    rf_buf_add(scratch, text.s + in, text.len - in, NULL);
    rf_csv_put(c->out, (struct rf_str){ scratch->data, scratch->len }, false);
}

static int put_row(void *ctx, const struct rf_csv_row *row, struct rf_err *err)
{
    struct copy *const c = ctx;
    struct rf_buf scratch = { 0 };
    const bool header = !c->header;
    (void)err;
    c->header = true;
    for (size_t i = 0; header && i < row->n; i++) {
        c->sample = !strcmp(row->field[i].s, "sample_id") ? i : c->sample;
        c->prompt = !strcmp(row->field[i].s, "prompt") ? i : c->prompt;
    }
    if (header ? c->rows > 0 : c->rows > ROWS)
        return 0;
    for (size_t i = 0; i < row->n; i++) {
        if (i)
            fputc(',', c->out);
        if (!header && (i == c->sample || i == c->prompt))
            put_marked(c, row->field[i], &scratch);
        else
            rf_csv_put(c->out, row->field[i], false);
    }
    fputc('\n', c->out);
    c->rows++;
    rf_buf_release(&scratch);
    return 0;
}

static int make_file(const char *data, const char *to, struct rf_err *err)
{
    static const char *const files[] = { "arc_challenge_test", "arc_challenge_train", "mbpp_test", "mbpp_train" };
    struct copy c = { .out = fopen(to, "w") };
    char from[1200];
    int rc = c.out ? 0 : rf_fail_errno(err, RF_IO, "cannot write %s", to);
    for (size_t i = 0; !rc && c.rows <= ROWS; i++) {
        struct rf_input *in = NULL;
        c.number = (int)(i / 4);
        c.header = false;
        snprintf(from, sizeof from, "%s/routerbench_0shot/%s.csv", data, files[i % 4]);
        if (!(rc = rf_input_open(&in, from, err)))
            rc = rf_csv_read(in, NULL, put_row, &c, err);
        rf_input_close(in);
    }
    if (c.out && fclose(c.out) && !rc)
        rc = rf_fail_errno(err, RF_IO, "cannot write %s", to);
    return rc;
}

int main(void)
{
    const char *data = getenv("ROUTEFIT_DATA"), *tmp = getenv("TMPDIR"), *keep = getenv("BENCH_KEEP");
    char folder[256], big[300], db[300], probe[1200];
    struct rf_err err = { 0 };
    double floor_s = 0, none = 0, hash = 0;
    data = data ? data : "../shared/data";
    snprintf(folder, sizeof folder, "%s/routefit-bench-XXXXXX", tmp ? tmp : "/tmp");
    snprintf(probe, sizeof probe, "%s/routerbench_0shot/mbpp_train.csv", data);
    if (access(probe, R_OK)) {
        printf("SKIP results: %s is not there\n", probe);
        return 0;
    }
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    snprintf(big, sizeof big, "%s/wide.csv", folder);
    snprintf(db, sizeof db, "%s/bench.db", folder);
    int rc = make_file(data, big, &err);
    if (!rc && !(rc = measure(big, db, NULL, RF_KEEP_NONE, ROUNDS, &floor_s, &err)) &&
        !(rc = measure(big, db, "routerbench", RF_KEEP_NONE, ROUNDS, &none, &err)) &&
        !(rc = measure(big, db, "routerbench", RF_KEEP_HASH, ROUNDS, &hash, &err))) {
        printf("%-40s  %.3f  %.3f  %.1f\n", "ingest 401,467 results, prompts only (s)", none, floor_s, none / floor_s);
        printf("%-40s  %.3f  %.3f  %.1f\n", "ingest 401,467 results, hashes (s)", hash, floor_s, hash / floor_s);
        printf("%-40s  %.1f\n", "ingest results peak memory (MB)", (double)rf_peak_rss() / 1e6);
    }
    if (rc)
        fprintf(stderr, "bench_results: %s\n", err.msg);
    remove_db(db);
    if (!keep)
        unlink(big);
    rmdir(folder);
    return rc ? 1 : 0;
}
