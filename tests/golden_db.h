/* Golden tests that go through a database: where the reference results and the public data lie, a database of their
 * own, and tables read into it with their vectors. Include after cmocka.h. */
#ifndef RF_TESTS_GOLDEN_DB_H
#define RF_TESTS_GOLDEN_DB_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/blas.h"
#include "core/db.h"
#include "core/input.h"
#include "core/json.h"
#include "core/sha256.h"
#include "datasets/sink.h"
#include "datasets/sniff.h"
#include "datasets/vectors.h"

static struct rf_db *golden_db;
static json_t *golden; /* NULL: the reference or the data are not here, and tests skip */
static char golden_path[64];

static inline const char *golden_file(const char *variable, const char *standard, const char *name, char out[4096])
{
    const char *const dir = getenv(variable);
    snprintf(out, 4096, "%s/%s", dir ? dir : standard, name);
    return out;
}

static inline const char *golden_data(const char *name, char out[4096])
{
    return golden_file("ROUTEFIT_DATA", "../shared/data", name, out);
}

/* Opens everything where reference (a file of golden/) and needed (one of data/) are there; else says why not. */
static inline void golden_open(const char *reference, const char *needed)
{
    struct rf_buf text = { 0 };
    struct rf_err err = { 0 };
    char path[4096], probe[4096];
    golden_file("ROUTEFIT_GOLDEN", "../shared/golden", reference, path);
    if (access(path, R_OK) || access(golden_data(needed, probe), R_OK)) {
        printf("SKIP %s: %s or data/%s is not here\n", reference, path, needed);
        return;
    }
    snprintf(golden_path, sizeof golden_path, "/tmp/routefit-golden-%ld.db", (long)getpid());
    if (rf_file_read(path, 0, &text, &err) || rf_json_parse(text.data, text.len, &golden, &err) || rf_blas_init(&err) ||
        rf_db_open(&golden_db, golden_path, RF_DB_CREATE, &err))
        fail_msg("%s", err.msg);
    rf_buf_release(&text);
}

static inline void golden_close(void)
{
    static const char *const end[] = { "", "-wal", "-shm" };
    rf_db_close(golden_db);
    json_decref(golden);
    for (size_t i = 0; i < 3; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", golden_path, end[i]);
        unlink(name);
    }
}

/* data/FILE through a reader into the source of this name, and data/VECTORS as its vectors "lsa64". */
static inline void golden_ingest(const char *format, const char *source, const char *file, const char *vectors)
{
    static const struct rf_sink_options o = { .max_errors = -1 };
    char path[4096], npy[4096];
    struct rf_input *in = NULL;
    struct rf_sink *sink = NULL;
    struct rf_vectors_count n;
    uint8_t digest[RF_SHA256_SIZE];
    struct rf_err err = { 0 };
    const struct rf_reader *r = NULL;
    if (rf_reader_need(format, &r, &err) || rf_db_begin(golden_db, &err) ||
        rf_input_open(&in, golden_data(file, path), &err) || rf_sink_new(&sink, golden_db, &o, &err) ||
        rf_sink_begin(sink, in, source, path, r->name, &err) || r->read(in, sink, &err) ||
        rf_input_digest(in, digest, &err) || rf_sink_end(sink, digest, rf_input_bytes(in), &err))
        fail_msg("%s", err.msg);
    rf_sink_free(sink);
    rf_input_close(in);
    if (rf_db_commit(golden_db, &err) ||
        rf_vectors_load(golden_db, golden_data(vectors, npy), source, "lsa64", &n, &err))
        fail_msg("%s", err.msg);
}

#endif
