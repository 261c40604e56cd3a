/* Where readers emit to: the sink of one ingest writes all rows of all its files, inside the caller's transaction. */
#ifndef RF_DATASETS_SINK_H
#define RF_DATASETS_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/input.h"
#include "core/sha256.h"
#include "datasets/reader.h"
#include "datasets/rejects.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_DETAIL = 512 };

struct rf_sink_options {
    const char *bench; /* --bench, NULL: from the file */
    const char *date;  /* --date: from when prices hold that say no date; NULL: not said */
    const char *judge; /* judge of votes that name none; NULL: "human" */
    enum rf_keep responses;
    int64_t max_errors; /* dropped rows that a file may have; -1: 1% of its rows, or 10 if that is more, and never all
                           of them */
    struct rf_mapping *mapping; /* --map, borrowed; NULL: none */
    struct rf_rejects *rejects; /* --rejects, borrowed; NULL: none */
};

/* What became of a file. */
struct rf_sink_count {
    uint64_t rows;        /* data rows read */
    uint64_t kept, known; /* rows that added something; rows that added nothing, since the database had all of it */
    uint64_t dropped;     /* rows of table dropped: whole rows, or single cells of a wide row */
    uint64_t repaired;    /* lone surrogates replaced */
    uint64_t votes, ties; /* added; ties (bothbad too) are votes */
    uint64_t unjudged;    /* of the votes added, those that named no judge */
    uint64_t unparsed;    /* of the votes added, those whose judge's reply could not be read */
    uint64_t items, results, prompts, contaminated, prices, scores; /* added */
    uint64_t missing; /* results whose score is blank: nothing is stored of them */
};
struct rf_sink_reason {
    const char *reason;     /* constant */
    uint64_t n;             /* how often */
    uint64_t line;          /* the first time */
    char detail[RF_DETAIL]; /* the first time: "FIELD: found ..., expected ..." */
};

int rf_sink_new(struct rf_sink **out, struct rf_db *db, const struct rf_sink_options *o, struct rf_err *err);
void rf_sink_free(struct rf_sink *s);

/* Opens a file: a row of table source under this name (unique by the caller). All strings and `in` are borrowed until
 * rf_sink_end. */
int rf_sink_begin(struct rf_sink *s, const struct rf_input *in, const char *name, const char *path, const char *format,
                  struct rf_err *err);
/* Closes the file: judges the share of dropped rows, stores what waited for company and completes the source's row,
 * whose sha256 becomes "HEX", or "HEX@DATE" of prices with the option date. Returns 0 or an rf_code. */
int rf_sink_end(struct rf_sink *s, const uint8_t sha256[RF_SHA256_SIZE], uint64_t bytes, struct rf_err *err);
/* Forgets a file that the caller has undone by rolling back to a savepoint. */
int rf_sink_undo(struct rf_sink *s, struct rf_err *err);

/* Of the file begun last. */
const struct rf_sink_count *rf_sink_counts(const struct rf_sink *s);
const struct rf_sink_reason *rf_sink_reasons(const struct rf_sink *s, size_t *n);
/* What rf_sink_note said, by kind. */
const struct rf_sink_reason *rf_sink_notes(const struct rf_sink *s, size_t *n);
const char *rf_sink_unused_names(const struct rf_sink *s); /* "num, question_id", or "" */

#ifdef __cplusplus
}
#endif
#endif
