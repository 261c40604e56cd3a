/* What ingest says: a table with a row for each source on stdout, and lines about files on stderr. */
#ifndef RF_DATASETS_SUMMARY_H
#define RF_DATASETS_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/table.h"
#include "datasets/sink.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_summary {
    FILE *chat; /* where lines go */
    bool dry;   /* sources are not stored, but would be */
    struct rf_table *table;
    size_t done;           /* rows of the table */
    struct rf_buf folder;  /* of the files skipped last, its slash included; "": the working folder */
    struct rf_buf skipped; /* their names, with commas */
    size_t nskipped;
};
int rf_summary_init(struct rf_summary *s, FILE *chat, bool dry, struct rf_err *err);
void rf_summary_release(struct rf_summary *s); /* a zeroed one is fine */

/* A line; names of files and columns in it cannot steer the terminal. */
void rf_summary_say(const struct rf_summary *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A file that no reader knows: one line for all that follow each other in a folder. */
int rf_summary_skip(struct rf_summary *s, const char *path, struct rf_err *err);
/* Says what was skipped and not said yet. */
void rf_summary_skipped(struct rf_summary *s);
/* A row: a source with nothing but a status; format NULL: unknown. */
int rf_summary_status(struct rf_summary *s, const char *source, const char *format, const char *status,
                      struct rf_err *err);
/* A row: the source that the sink ended last, with what became of it. */
int rf_summary_stored(struct rf_summary *s, const char *source, const char *format, const struct rf_sink *sink,
                      struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
