/* Reads a text through one reader into a database in memory and asks it questions: shared by the tests of the readers.
 */
#ifndef RF_TESTS_READER_FIXTURE_H
#define RF_TESTS_READER_FIXTURE_H

#include <string.h>

#include "core/db.h"
#include "core/input.h"
#include "datasets/reader.h"
#include "datasets/sink.h"
#include "datasets/sniff.h"

static const struct rf_sink_options plain_options = { .max_errors = -1 };

static inline struct rf_db *new_db(void)
{
    struct rf_db *db = NULL;
    assert_int_equal(rf_db_open(&db, ":memory:", RF_DB_CREATE, NULL), 0);
    return db;
}

/* Name of the reader that content sniffing picks, "" for none, "?" for two. */
static inline const char *picked(const char *text)
{
    struct rf_sniffed s = { 0 };
    const struct rf_reader *r = NULL;
    struct rf_err err = { 0 };
    assert_int_equal(rf_sniff_init(&s, "x", (struct rf_str){ text, strlen(text) }, &err), 0);
    const int rc = rf_sniff_pick(&s.s, &r, &err);
    rf_sniff_release(&s);
    return rc ? "?" : r ? r->name : "";
}

/* Reads text as the format under the path; committed if all went well. Returns the code; *count gets the summary. */
static inline int read_with(struct rf_db *db, const char *format, const char *path, const char *text,
                            const struct rf_sink_options *o, struct rf_sink_count *count, struct rf_err *err)
{
    const struct rf_reader *r = NULL;
    struct rf_sink *sink = NULL;
    struct rf_input *in = NULL;
    uint8_t digest[RF_SHA256_SIZE];
    int rc;
    if (!(rc = rf_reader_need(format, &r, err)) && !(rc = rf_input_memory(&in, path, text, strlen(text), err)) &&
        !(rc = rf_db_begin(db, err)) && !(rc = rf_sink_new(&sink, db, o, err)) &&
        !(rc = rf_sink_begin(sink, in, path, path, r->name, err)) && !(rc = r->read(in, sink, err)) &&
        !(rc = rf_input_digest(in, digest, err)) && !(rc = rf_sink_end(sink, digest, strlen(text), err)))
        *count = *rf_sink_counts(sink);
    rf_sink_free(sink);
    rf_input_close(in);
    if (rc || (rc = rf_db_commit(db, err)))
        rf_db_rollback(db);
    return rc;
}

/* The same where nothing may go wrong. */
static inline struct rf_sink_count read_text(struct rf_db *db, const char *format, const char *path, const char *text)
{
    struct rf_sink_count count = { 0 };
    struct rf_err err = { 0 };
    if (read_with(db, format, path, text, &plain_options, &count, &err))
        fail_msg("%s", err.msg);
    return count;
}

static inline int64_t ask(struct rf_db *db, const char *sql)
{
    int64_t v = -1;
    struct rf_err err = { 0 };
    if (rf_db_int(db, &v, &err, sql, 0, NULL) < 0)
        fail_msg("%s", err.msg);
    return v;
}

#endif
