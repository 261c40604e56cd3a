/* The views of `routefit ls`, as rows: a new one is a row in datasets/ls_views.c. */
#ifndef RF_DATASETS_LS_H
#define RF_DATASETS_LS_H

#include <stddef.h>

#include "core/db.h"
#include "core/err.h"
#include "core/table.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_VIEW_COLUMNS = 13 };

struct rf_view {
    const char *name;
    const char *sql; /* constant query that yields the columns; ?1: most rows, -1 for all; NULL: fill does it */
    int (*fill)(struct rf_db *db, struct rf_table *t, struct rf_err *err); /* NULL: sql does it */
    struct rf_column column[RF_VIEW_COLUMNS + 1];                          /* up to one without a name */
};

extern const struct rf_view rf_views[]; /* up to one without a name; the first is the default */

/* Prints a view; limit: most rows of the views that may be long, 0 for all. */
int rf_view_print(const struct rf_view *v, struct rf_db *db, int64_t limit, FILE *f, enum rf_format format,
                  struct rf_err *err);
/* The view of this name; RF_USAGE with the nearest. */
int rf_view_need(const char *name, const struct rf_view **v, struct rf_err *err);

/* Fills of views that no query gives. */
int rf_ls_prompts(struct rf_db *db, struct rf_table *t, struct rf_err *err);   /* datasets/ls_prompts.c */
int rf_ls_agreement(struct rf_db *db, struct rf_table *t, struct rf_err *err); /* datasets/ls_agreement.c */
int rf_ls_near(struct rf_db *db, struct rf_table *t, struct rf_err *err);      /* datasets/ls_near.c */

#ifdef __cplusplus
}
#endif
#endif
