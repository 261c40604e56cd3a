/* What ingest of JSON lines costs, plain and packed: 100,000 rows of arena-55k with all their text (first100.csv a
 * thousand times over with distinct ids and texts), responses as length and hash, into a new database; sync and rename
 * included. Floor: unpacking, hashing and cutting the same file into lines, nothing parsed. Prints "name  measured
 * floor  ratio". */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/json.h"
#include "ingest_bench.h"

enum { COPIES = 1000, ROUNDS = 2, COLUMNS = 9 };

static int put_row(void *ctx, const struct rf_csv_row *row, struct rf_err *err)
{
    static const char *const name[COLUMNS] = { "id",         "model_a",    "model_b",        "prompt",
                                               "response_a", "response_b", "winner_model_a", "winner_model_b",
                                               "winner_tie" };
    enum { FIRST_TEXT = 3, FIRST_NUMBER = 6 };
    struct votes_copy *const c = ctx;
    struct rf_buf scratch = { 0 };
    const bool header = !c->header;
    c->header = true;
    if (header)
        return 0;
    if (row->n != COLUMNS)
        return rf_fail(err, RF_BAD_INPUT, "found %zu columns, expected %d", row->n, COLUMNS);
    fprintf(c->out, "{\"id\": \"%lld\"", strtoll(row->field[0].s, NULL, 10) + 10000000LL * c->number);
    for (size_t i = 1; i < COLUMNS; i++) {
        fprintf(c->out, ", \"%s\": ", name[i]);
        if (i < FIRST_NUMBER)
            rf_json_put_string(c->out, i < FIRST_TEXT ? row->field[i] : marked(c->number, row->field[i], &scratch));
        else
            fwrite(row->field[i].s, 1, row->field[i].len, c->out);
    }
    fputs("}\n", c->out);
    rf_buf_release(&scratch);
    return 0;
}

/* Best of the rounds, in seconds. */
static int cut_lines(const char *path, double *best, struct rf_err *err)
{
    int rc = 0;
    *best = 1e9;
    for (int i = 0; !rc && i < ROUNDS; i++) {
        struct rf_input *in = NULL;
        struct rf_str text;
        uint64_t line;
        const double start = rf_seconds();
        if (!(rc = rf_input_open(&in, path, err)))
            while ((rc = rf_input_line(in, &text, &line, err)) == 1)
                ;
        rf_input_close(in);
        if (rf_seconds() - start < *best)
            *best = rf_seconds() - start;
    }
    return rc;
}

/* One line of output, of a file that is removed. */
static int one(const char *what, const char *path, const char *db, struct rf_err *err)
{
    double best = 0, floor_s = 0;
    struct stat st;
    char name[64];
    int rc = stat(path, &st) ? rf_fail_errno(err, RF_IO, "cannot find %s", path) : 0;
    if (!rc && !(rc = cut_lines(path, &floor_s, err)) &&
        !(rc = measure(path, db, "arena55k", RF_KEEP_HASH, ROUNDS, &best, err))) {
        snprintf(name, sizeof name, "ingest 100,000 rows, %s, %.0f MB (s)", what, (double)st.st_size / 1e6);
        printf("%-44s  %.3f  %.3f  %.1f\n", name, best, floor_s, best / floor_s);
    }
    remove_db(db);
    unlink(path);
    return rc;
}

int main(void)
{
    static const struct {
        const char *what, *tail, *command; /* that makes it from the plain one; NULL: the plain one itself */
    } files[] = { { "gzip", ".gz", "gzip -k -1" },
                  { "zstd", ".zst", "zstd -q -3 --zstd=wlog=17" },
                  { "JSON lines", "", NULL } };
    const char *data = getenv("ROUTEFIT_DATA"), *tmp = getenv("TMPDIR");
    char from[1024], folder[256], plain[300], db[300], path[320], command[400];
    struct rf_err err = { 0 };
    snprintf(from, sizeof from, "%s/arena55k/first100.csv", data ? data : "../shared/data");
    snprintf(folder, sizeof folder, "%s/routefit-bench-XXXXXX", tmp ? tmp : "/tmp");
    if (access(from, R_OK)) {
        printf("SKIP jsonl: %s is not there\n", from);
        return 0;
    }
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    snprintf(plain, sizeof plain, "%s/votes.jsonl", folder);
    snprintf(db, sizeof db, "%s/bench.db", folder);
    int rc = copy_votes(from, plain, COPIES, put_row, &err);
    for (size_t k = 0; !rc && k < sizeof files / sizeof *files; k++) {
        snprintf(path, sizeof path, "%s%s", plain, files[k].tail);
        snprintf(command, sizeof command, "%s %s", files[k].command ? files[k].command : ":", plain);
        if (system(command))
            printf("SKIP jsonl: %s does not work here\n", files[k].command);
        else
            rc = one(files[k].what, path, db, &err);
    }
    printf("%-44s  %.1f\n", "ingest of JSON lines, peak memory (MB)", (double)rf_peak_rss() / 1e6);
    if (rc)
        fprintf(stderr, "bench_jsonl: %s\n", err.msg);
    unlink(plain);
    rmdir(folder);
    return rc ? 1 : 0;
}
