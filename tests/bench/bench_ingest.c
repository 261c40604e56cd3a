/* What ingest costs: votes.csv of arena-55k eleven times over with distinct ids and texts (152 MB), into a new
 * database, with responses as length and hash and with their text; sync and rename included. Floor: splitting the same
 * file into fields by libcsv, nothing kept. Prints "name  measured  floor  ratio". The line "all text" is the same work
 * as pandas' read_csv, JSON turns, winner and to_sql of whole rows (plus decoding and hashing the responses). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ingest_bench.h"

enum { COPIES = 11, ROUNDS = 3 };

static void put_marked(const struct votes_copy *c, struct rf_str text, struct rf_buf *scratch)
{
    rf_csv_put(c->out, marked(c->number, text, scratch), false);
}

static int put_row(void *ctx, const struct rf_csv_row *row, struct rf_err *err)
{
    struct votes_copy *const c = ctx;
    struct rf_buf scratch = { 0 };
    const bool header = !c->header;
    (void)err;
    c->header = true;
    for (size_t i = 0; i < row->n && (!header || c->number == 0); i++) {
        if (i)
            fputc(',', c->out);
        if (i == 0 && !header)
            fprintf(c->out, "%lld", strtoll(row->field[0].s, NULL, 10) + 10000000LL * c->number);
        else if (i >= 3 && i <= 5 && !header)
            put_marked(c, row->field[i], &scratch);
        else
            rf_csv_put(c->out, row->field[i], false);
    }
    if (!header || c->number == 0)
        fputc('\n', c->out);
    rf_buf_release(&scratch);
    return 0;
}

int main(void)
{
    static const struct {
        const char *name;
        enum rf_keep responses;
    } lines[] = {
        { "ingest 152 MB, prompts only (s)", RF_KEEP_NONE },
        { "ingest 152 MB, prompts and hashes (s)", RF_KEEP_HASH },
        { "ingest 152 MB, all text (s)", RF_KEEP_TEXT },
    };
    const char *data = getenv("ROUTEFIT_DATA"), *tmp = getenv("TMPDIR");
    char votes[1024], folder[256], big[300], db[300];
    struct rf_err err = { 0 };
    double floor_s = 1e9;
    snprintf(votes, sizeof votes, "%s/arena55k/votes.csv", data ? data : "../shared/data");
    snprintf(folder, sizeof folder, "%s/routefit-bench-XXXXXX", tmp ? tmp : "/tmp");
    if (access(votes, R_OK)) {
        printf("SKIP ingest: %s is not there\n", votes);
        return 0;
    }
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    snprintf(big, sizeof big, "%s/votes.csv", folder);
    snprintf(db, sizeof db, "%s/bench.db", folder);
    int rc = copy_votes(votes, big, COPIES, put_row, &err);
    if (!rc)
        rc = measure(big, db, NULL, RF_KEEP_NONE, ROUNDS, &floor_s, &err);
    for (size_t k = 0; !rc && k < sizeof lines / sizeof *lines; k++) {
        double best;
        rc = measure(big, db, "arena55k", lines[k].responses, ROUNDS, &best, &err);
        printf("%-40s  %.3f  %.3f  %.1f\n", lines[k].name, best, floor_s, best / floor_s);
    }
    printf("%-40s  %.1f\n", "ingest peak memory (MB)", (double)rf_peak_rss() / 1e6);
    if (rc)
        fprintf(stderr, "bench_ingest: %s\n", err.msg);
    remove_db(db);
    unlink(big);
    rmdir(folder);
    return rc ? 1 : 0;
}
