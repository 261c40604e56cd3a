/* What the benchmarks of ingest share: the floor (splitting a CSV file into fields, nothing kept) and the work itself,
 * of one file into a new database, sync and rename included. */
#ifndef RF_TESTS_INGEST_BENCH_H
#define RF_TESTS_INGEST_BENCH_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/csv.h"
#include "core/progress.h"
#include "datasets/sink.h"
#include "datasets/sniff.h"

/* A list of turns, its first one with the number of the copy in front; text that is none as it is. */
static inline struct rf_str marked(int number, struct rf_str text, struct rf_buf *scratch)
{
    scratch->len = 0;
    if (text.len < 2 || memcmp(text.s, "[\"", 2) != 0 || rf_buf_printf(scratch, NULL, "[\"%d-", number) ||
        rf_buf_add(scratch, text.s + 2, text.len - 2, NULL))
        return text;
    return (struct rf_str){ scratch->data, scratch->len };
}

/* One copy of a file: ids 10 million apart, a mark in front of every first turn. */
struct votes_copy {
    FILE *out;
    int number;  /* from 0 */
    bool header; /* it has been seen */
};

/* to = so many copies of the CSV file from, by put_row(struct votes_copy *, ...). */
static inline int copy_votes(const char *from, const char *to, int copies,
                             int (*put_row)(void *ctx, const struct rf_csv_row *row, struct rf_err *err),
                             struct rf_err *err)
{
    FILE *out = fopen(to, "w");
    int rc = out ? 0 : rf_fail_errno(err, RF_IO, "cannot write %s", to);
    for (int i = 0; !rc && i < copies; i++) {
        struct rf_input *in = NULL;
        struct votes_copy c = { out, i, false };
        if (!(rc = rf_input_open(&in, from, err)))
            rc = rf_csv_read(in, NULL, put_row, &c, err);
        rf_input_close(in);
    }
    if (out && fclose(out) && !rc)
        rc = rf_fail_errno(err, RF_IO, "cannot write %s", to);
    return rc;
}

static inline int nothing(void *ctx, const struct rf_csv_row *row, struct rf_err *err)
{
    (void)ctx;
    (void)row;
    (void)err;
    return 0;
}

static inline int split(const char *path, struct rf_err *err)
{
    struct rf_input *in = NULL;
    int rc = rf_input_open(&in, path, err);
    if (!rc)
        rc = rf_csv_read(in, NULL, nothing, NULL, err);
    rf_input_close(in);
    return rc;
}

static inline int ingest(const char *path, const char *db_path, const char *format, enum rf_keep responses,
                         struct rf_err *err)
{
    const struct rf_sink_options o = { .responses = responses, .max_errors = -1 };
    const struct rf_reader *r = NULL;
    struct rf_db *db = NULL;
    struct rf_sink *sink = NULL;
    struct rf_input *in = NULL;
    uint8_t digest[RF_SHA256_SIZE];
    int rc;
    if (!(rc = rf_db_open(&db, db_path, RF_DB_LOAD, err)) && !(rc = rf_reader_need(format, &r, err)) &&
        !(rc = rf_input_open(&in, path, err)) && !(rc = rf_db_begin(db, err)) &&
        !(rc = rf_sink_new(&sink, db, &o, err)) && !(rc = rf_sink_begin(sink, in, "bench", path, r->name, err)) &&
        !(rc = r->read(in, sink, err)) && !(rc = rf_input_digest(in, digest, err)))
        rc = rf_sink_end(sink, digest, rf_input_bytes(in), err);
    rf_sink_free(sink);
    rf_input_close(in);
    if (!rc)
        rc = rf_db_commit(db, err);
    rf_db_close(db);
    return rc;
}

/* Removes a database and what SQLite keeps beside it. */
static inline void remove_db(const char *path)
{
    static const char *const tails[] = { "", "-wal", "-shm" };
    char name[512];
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        snprintf(name, sizeof name, "%s%s", path, tails[i]);
        unlink(name);
    }
}

/* Best of `rounds` splits and of `rounds` ingests, in seconds. */
static inline int measure(const char *path, const char *db_path, const char *format, enum rf_keep responses, int rounds,
                          double *best, struct rf_err *err)
{
    int rc = 0;
    *best = 1e9;
    for (int i = 0; !rc && i < rounds; i++) {
        remove_db(db_path);
        const double start = rf_seconds();
        rc = format ? ingest(path, db_path, format, responses, err) : split(path, err);
        if (rf_seconds() - start < *best)
            *best = rf_seconds() - start;
    }
    return rc;
}

#endif
