/* The one door to SQLite. Opens and migrates the database, runs constant SQL with bound values, and names every
 * failure. Refuses: SQL text made from data, files of another application, schemas newer than this program. */
#ifndef RF_CORE_DB_H
#define RF_CORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_db;
struct rf_stmt;

enum rf_db_mode {
    RF_DB_READ,   /* must exist; statements that write are refused (an older schema is upgraded, as by all modes) */
    RF_DB_WRITE,  /* must exist */
    RF_DB_CREATE, /* made where absent */
    /* As RF_DB_CREATE, but where nothing stands under the name the database comes into being with its first commit,
     * whole: until then it grows beside it, without journal, sync and checks of foreign keys (the caller writes only
     * ids that it made itself), and is then synced and renamed. Killed before, it leaves nothing but a file
     * ".NAME.PID-0". Statements must be freed before that commit. */
    RF_DB_LOAD,
    /* As RF_DB_WRITE, or in memory where nothing stands under the name; never writes: a commit leaves the changes where
     * this connection alone sees them, in memory, and closing forgets them all. */
    RF_DB_TRIAL
};

/* Sets application_id, WAL, foreign keys, busy timeout; applies the DDL of core/sql in one transaction where
 * user_version is behind. RF_IO: cannot open (says how to make one); RF_CORRUPT: not a routefit database, damaged, or
 * newer than this program. */
int rf_db_open(struct rf_db **out, const char *path, enum rf_db_mode mode, struct rf_err *err);
void rf_db_close(struct rf_db *db); /* rolls back what is open; NULL is fine */
const char *rf_db_version(void);    /* SQLite's, "3.40.1": static */

/* One transaction at a time. Begin takes the write lock at once (with RF_DB_READ: none, only one view of the data).
 * After any error inside, only rollback is possible: every later step fails (SQLITE_FULL ends a transaction by itself;
 * going on would store rows outside of it). */
int rf_db_begin(struct rf_db *db, struct rf_err *err);
int rf_db_commit(struct rf_db *db, struct rf_err *err);
void rf_db_rollback(struct rf_db *db);

/* In a database that is being loaded and where the index's table has no row yet: the index is left out until the
 * commit, which builds it, or an earlier rf_db_build_index. 1: it is; 0: it stays as it is. A caller with 1 knows by
 * itself what is in the table, for a unique index is checked only when it is built. name: constant, borrowed until
 * then. */
int rf_db_defer_index(struct rf_db *db, const char *name, struct rf_err *err);
/* Builds it now, if it was left out and is not there; name NULL: all. 0 or an rf_code. */
int rf_db_build_index(struct rf_db *db, const char *name, struct rf_err *err);

/* Runs one or more constant statements without values. */
int rf_db_exec(struct rf_db *db, const char *sql, struct rf_err *err);
int64_t rf_db_last_id(const struct rf_db *db);
int64_t rf_db_changes(const struct rf_db *db); /* rows changed by the last statement */

/* Prepared statements. i counts from 1 for values, from 0 for columns. Text and blobs are copied when bound. */
int rf_stmt_new(struct rf_stmt **out, struct rf_db *db, const char *sql, struct rf_err *err);
void rf_stmt_free(struct rf_stmt *s); /* NULL is fine */
/* A failed bind (no such i, too long, out of memory) is reported by the next step. */
void rf_bind_int(struct rf_stmt *s, int i, int64_t v);
void rf_bind_real(struct rf_stmt *s, int i, double v);       /* NaN binds NULL */
void rf_bind_text(struct rf_stmt *s, int i, const char *v);  /* NULL binds NULL */
void rf_bind_str(struct rf_stmt *s, int i, struct rf_str v); /* v.s = NULL binds NULL */
/* Without a copy: what v points to stays until the statement has run, and is bound anew before it runs again. */
void rf_lend_str(struct rf_stmt *s, int i, struct rf_str v);
void rf_bind_blob(struct rf_stmt *s, int i, const void *v, size_t n);
void rf_bind_null(struct rf_stmt *s, int i);
/* 1: a row is there; 0: done (and reset, bindings kept); negative: rf_code. */
int rf_step(struct rf_stmt *s, struct rf_err *err);
/* For statements without rows: step to the end; 0 or rf_code. */
int rf_run(struct rf_stmt *s, struct rf_err *err);
void rf_reset(struct rf_stmt *s);
bool rf_col_null(struct rf_stmt *s, int i);
int64_t rf_col_int(struct rf_stmt *s, int i);
double rf_col_real(struct rf_stmt *s, int i);       /* NaN for NULL */
struct rf_str rf_col_str(struct rf_stmt *s, int i); /* borrowed until the next step; .s NULL for NULL */
const char *rf_col_text(struct rf_stmt *s, int i);  /* the same as a C string */

/* One value of one row; 1, 0 (no row or NULL: *v untouched) or rf_code. text[i] are bound in order. */
int rf_db_int(struct rf_db *db, int64_t *v, struct rf_err *err, const char *sql, size_t ntext, const char *const *text);

#ifdef __cplusplus
}
#endif
#endif
