/* The prompts that have text, out of the database into memory, with the marks of those on which an embedder is fitted.
 * Only first turns: a router sees a prompt before any answer. */
#ifndef RF_DATASETS_TEXTS_H
#define RF_DATASETS_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero-initialise; release with rf_texts_release. */
struct rf_texts {
    size_t n;
    int64_t *prompt;     /* [n] row of table prompt, ascending */
    struct rf_str *text; /* [n] into bytes */
    bool *marked;        /* [n] */
    struct rf_buf bytes;
};

/* All prompts with text that have no vector of `embedder` (0: all prompts with text); none is marked. */
int rf_texts_read(struct rf_db *db, int64_t embedder, struct rf_texts *t, struct rf_err *err);
/* Marks those that stand in the rows of a source; RF_USAGE for an unknown name. */
int rf_texts_mark_source(struct rf_db *db, const char *source, struct rf_texts *t, struct rf_err *err);
/* Marks those on which there are votes. */
int rf_texts_mark_votes(struct rf_db *db, struct rf_texts *t, struct rf_err *err);
void rf_texts_mark_all(struct rf_texts *t);
/* The marked texts in order, packed into *list (rf_free), *n of them. */
int rf_texts_marked(const struct rf_texts *t, struct rf_str **list, size_t *n, struct rf_err *err);
void rf_texts_release(struct rf_texts *t);

#ifdef __cplusplus
}
#endif
#endif
