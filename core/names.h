/* Lists of names, and what to say to a name that is on none: the one nearest to it. */
#ifndef RF_CORE_NAMES_H
#define RF_CORE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/db.h"
#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The candidate nearest to word by edit distance, or NULL where none is near (distance <= 1 + length / 3). */
const char *rf_nearest(const char *word, const char *const *candidate, size_t n);

/* RF_USAGE: unknown WHAT 'NAME', with the nearest of known[n], or all where they are few, or advice.
 * what: the kind of thing, "benchmark"; advice: what to do where no name is near, "`routefit ls` lists them". */
int rf_unknown(const char *what, const char *name, const char *const *known, size_t n, const char *advice,
               struct rf_err *err);

struct rf_names {
    char **v; /* [n], owned */
    size_t n;
};

/* Adds the first column of a query to a zeroed list; text is bound to ?1 where it is not NULL. Release also after a
 * failure. */
int rf_names_read(struct rf_names *l, struct rf_db *db, const char *sql, const char *text, struct rf_err *err);
bool rf_names_have(const struct rf_names *l, const char *name);
/* rf_unknown() with this list. */
int rf_names_unknown(const struct rf_names *l, const char *what, const char *name, const char *advice,
                     struct rf_err *err);
void rf_names_release(struct rf_names *l); /* a zeroed list is fine */

/* Table alias: name.v[i] is counted as known_as.v[i]. Zero-initialise; release also after a failed read. */
struct rf_aliases {
    struct rf_names name, known_as;
};
int rf_aliases_read(struct rf_aliases *a, struct rf_db *db, struct rf_err *err);
/* The name as which a model is counted: borrowed from *a, or name itself where that is no alias. */
const char *rf_known_as(const struct rf_aliases *a, const char *name);
void rf_aliases_release(struct rf_aliases *a);

#ifdef __cplusplus
}
#endif
#endif
