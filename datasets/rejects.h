/* ingest --rejects: every dropped row as a line of JSON, in a file of its own or on standard output. */
#ifndef RF_DATASETS_REJECTS_H
#define RF_DATASETS_REJECTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_reject {
    const char *file, *source; /* path as given, name of the source */
    uint64_t line;
    const char *column;   /* at fault; NULL: the row as a whole */
    const char *reason;   /* a class in a few words */
    const char *found;    /* what stands there */
    const char *expected; /* NULL: found says all */
};

struct rf_rejects;
/* path "-": standard output, when all is known. RF_USAGE: it exists and force is not set. */
int rf_rejects_new(struct rf_rejects **out, const char *path, bool force, struct rf_err *err);
void rf_rejects_free(struct rf_rejects *r); /* NULL is fine; writes nothing */
int rf_rejects_add(struct rf_rejects *r, const struct rf_reject *v, struct rf_err *err);
/* A place to come back to: what was added since is forgotten. */
long rf_rejects_mark(const struct rf_rejects *r);
int rf_rejects_forget(struct rf_rejects *r, long mark, struct rf_err *err);
const char *rf_rejects_name(const struct rf_rejects *r); /* the path as given, "-" becomes "standard output" */
/* Puts the file under its name, whole; standard output is out. */
int rf_rejects_commit(struct rf_rejects *r, FILE *out, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
