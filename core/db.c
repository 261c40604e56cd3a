/* The one door to SQLite: opening and migrating, transactions that cannot be continued after an error, prepared
 * statements. Refuses: files of other applications, schemas newer than this program, damaged files, SQL text with
 * anything behind it. */
#include "core/db.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "core/input.h"

extern const char *const rf_ddl[]; /* texts of core/sql/NNNN-name.sql in order, NULL-terminated; made by the build */

enum {
    APPLICATION_ID = 0x72666974, /* "rfit" */
    BUSY_MS = 10000,
};

struct rf_db {
    sqlite3 *h;
    char *path;
    enum rf_db_mode mode;
    struct rf_outfile load; /* RF_DB_LOAD before its first commit: where the rows go instead of path; .temp NULL else */
    struct deferred *deferred; /* [ndeferred] indexes that wait for the end of the load */
    size_t ndeferred;
    bool in;    /* between begin and commit or rollback */
    int broken; /* rf_code of the first failure inside the transaction, 0 while there is none */
};

struct deferred {
    const char *name; /* borrowed */
    char *sql;        /* owned: what makes it */
};

struct rf_stmt {
    sqlite3_stmt *h;
    struct rf_db *db; /* borrowed */
    int bind_rc;      /* first failure of a bind since the last step, SQLITE_OK */
};

/* ---------------------------------------------------------------- failures */

/* What SQLite's primary result codes mean to the user; the codes that are not here are failures at run time. */
static const struct {
    int primary, code;
    const char *advice;
} meanings[] = {
    { SQLITE_FULL, RF_IO, "free some space and run the command again; what was stored before is whole" },
    { SQLITE_IOERR, RF_IO, "check the disk and run the command again; what was stored before is whole" },
    { SQLITE_CANTOPEN, RF_IO, "check the path and its permissions" },
    { SQLITE_READONLY, RF_IO,
      "the file or its folder cannot be written: change the permissions or name another with --db" },
    { SQLITE_PERM, RF_IO, "check the permissions of the file and its folder" },
    { SQLITE_CORRUPT, RF_CORRUPT,
      "the file is damaged: restore a copy, or ingest the files again into a new database" },
    { SQLITE_NOTADB, RF_CORRUPT, "expected a routefit database: name another file with --db" },
    { SQLITE_BUSY, RF_FAIL, "another process has been writing for 10 s: let it end, then run the command again" },
    { SQLITE_LOCKED, RF_FAIL, "another statement of this program holds the table" },
};

/* Turns SQLite's answer into an error. Inside a transaction it also bars the way on: SQLITE_FULL and its like have
 * already rolled back, and rows written after that would be stored one by one. doing: what failed, for the message. */
static int fail(struct rf_db *db, int rc, const char *doing, struct rf_err *err)
{
    const char *advice = NULL;
    int code = RF_FAIL;
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].primary == (rc & 0xff)) {
            code = meanings[i].code;
            advice = meanings[i].advice;
        }
    /* The handle's sentence says more than the code's, where it speaks of the same failure. */
    const char *what = sqlite3_extended_errcode(db->h) == rc ? sqlite3_errmsg(db->h) : sqlite3_errstr(rc);
    if (db->in && !db->broken)
        db->broken = code;
    if (code == RF_IO && (rc & 0xff) == SQLITE_READONLY) /* whatever it was that wanted to write */
        return rf_fail(err, code, "%s: %s", db->path, advice);
    return rf_fail(err, code, "%s: %.200s: %s%s%s", db->path, doing, what, advice ? "; " : "", advice ? advice : "");
}

/* 0 where statements may run, or the code of the failure that ended the transaction. */
static int usable(struct rf_db *db, struct rf_err *err)
{
    if (db->in && !db->broken && sqlite3_get_autocommit(db->h))
        db->broken = RF_FAIL; /* ended by somebody else than rf_db_commit */
    if (db->broken)
        return rf_fail(err, db->broken, "%s: an earlier step of this transaction failed, nothing of it is stored",
                       db->path);
    return 0;
}

/* ---------------------------------------------------------------- statements */

/* Compiles the first statement of sql; *tail is what follows. A text that holds only blanks or comments gives
 * *out = NULL. */
static int prepare(struct rf_db *db, const char *sql, sqlite3_stmt **out, const char **tail, struct rf_err *err)
{
    const int rc = sqlite3_prepare_v2(db->h, sql, -1, out, tail);
    return rc == SQLITE_OK ? 0 : fail(db, rc, sql, err);
}

int rf_stmt_new(struct rf_stmt **out, struct rf_db *db, const char *sql, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    const char *tail = NULL;
    int rc = usable(db, err);
    if (rc || (rc = RF_NEW(s, 1, err)) || (rc = prepare(db, sql, &s->h, &tail, err)))
        goto out;
    while (isspace((unsigned char)*tail))
        tail++;
    if (!s->h || *tail) {
        rc = rf_fail(err, RF_FAIL, "%s: found %s, expected one SQL statement: %s", db->path,
                     s->h ? "text behind a statement" : "no statement", sql);
        goto out;
    }
    s->db = db;
    *out = s;
    s = NULL;
out:
    rf_stmt_free(s);
    return rc;
}

void rf_stmt_free(struct rf_stmt *s)
{
    if (s)
        sqlite3_finalize(s->h);
    rf_free(s);
}

static void bound(struct rf_stmt *s, int rc)
{
    if (s->bind_rc == SQLITE_OK)
        s->bind_rc = rc;
}

void rf_bind_int(struct rf_stmt *s, int i, int64_t v)
{
    bound(s, sqlite3_bind_int64(s->h, i, v));
}

void rf_bind_real(struct rf_stmt *s, int i, double v)
{
    bound(s, isnan(v) ? sqlite3_bind_null(s->h, i) : sqlite3_bind_double(s->h, i, v));
}

void rf_lend_str(struct rf_stmt *s, int i, struct rf_str v)
{
    bound(s, v.s ? sqlite3_bind_text64(s->h, i, v.s, v.len, SQLITE_STATIC, SQLITE_UTF8) : sqlite3_bind_null(s->h, i));
}

void rf_bind_text(struct rf_stmt *s, int i, const char *v)
{
    rf_bind_str(s, i, (struct rf_str){ v, v ? strlen(v) : 0 });
}

void rf_bind_str(struct rf_stmt *s, int i, struct rf_str v)
{
    bound(s,
          v.s ? sqlite3_bind_text64(s->h, i, v.s, v.len, SQLITE_TRANSIENT, SQLITE_UTF8) : sqlite3_bind_null(s->h, i));
}

void rf_bind_blob(struct rf_stmt *s, int i, const void *v, size_t n)
{
    bound(s, n ? sqlite3_bind_blob64(s->h, i, v, n, SQLITE_TRANSIENT) : sqlite3_bind_zeroblob(s->h, i, 0));
}

void rf_bind_null(struct rf_stmt *s, int i)
{
    bound(s, sqlite3_bind_null(s->h, i));
}

int rf_step(struct rf_stmt *s, struct rf_err *err)
{
    int rc = usable(s->db, err);
    if (rc)
        return rc;
    if (s->bind_rc != SQLITE_OK) {
        rc = fail(s->db, s->bind_rc, sqlite3_sql(s->h), err);
        s->bind_rc = SQLITE_OK;
        rf_reset(s);
        return rc;
    }
    rc = sqlite3_step(s->h);
    if (rc == SQLITE_ROW)
        return 1;
    rc = rc == SQLITE_DONE ? 0 : fail(s->db, rc, sqlite3_sql(s->h), err);
    rf_reset(s);
    return rc;
}

int rf_run(struct rf_stmt *s, struct rf_err *err)
{
    int rc;
    do
        rc = rf_step(s, err);
    while (rc == 1);
    return rc;
}

void rf_reset(struct rf_stmt *s)
{
    sqlite3_reset(s->h); /* repeats the answer of the last step, which has been reported */
}

bool rf_col_null(struct rf_stmt *s, int i)
{
    return sqlite3_column_type(s->h, i) == SQLITE_NULL;
}

int64_t rf_col_int(struct rf_stmt *s, int i)
{
    return sqlite3_column_int64(s->h, i);
}

double rf_col_real(struct rf_stmt *s, int i)
{
    return rf_col_null(s, i) ? (double)NAN : sqlite3_column_double(s->h, i);
}

struct rf_str rf_col_str(struct rf_stmt *s, int i)
{
    struct rf_str v = { NULL, 0 };
    const int type = sqlite3_column_type(s->h, i);
    if (type == SQLITE_NULL)
        return v;
    /* The pointer before the length: that order is the documented one. An empty blob has no pointer. */
    v.s = type == SQLITE_BLOB ? sqlite3_column_blob(s->h, i) : (const char *)sqlite3_column_text(s->h, i);
    v.len = (size_t)sqlite3_column_bytes(s->h, i);
    if (!v.s)
        v = (struct rf_str){ "", 0 };
    return v;
}

const char *rf_col_text(struct rf_stmt *s, int i)
{
    return (const char *)sqlite3_column_text(s->h, i);
}

int rf_db_exec(struct rf_db *db, const char *sql, struct rf_err *err)
{
    sqlite3_stmt *h = NULL;
    int rc = usable(db, err);
    while (!rc && *sql) {
        const char *tail = NULL;
        if ((rc = prepare(db, sql, &h, &tail, err)))
            break;
        int step = h ? SQLITE_ROW : SQLITE_DONE;
        while (step == SQLITE_ROW)
            step = sqlite3_step(h);
        if (step != SQLITE_DONE)
            rc = fail(db, step, sqlite3_sql(h), err);
        sqlite3_finalize(h);
        sql = tail;
    }
    return rc;
}

int rf_db_int(struct rf_db *db, int64_t *v, struct rf_err *err, const char *sql, size_t ntext, const char *const *text)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, sql, err);
    if (rc)
        goto out;
    for (size_t i = 0; i < ntext; i++)
        rf_bind_text(s, (int)i + 1, text[i]);
    rc = rf_step(s, err);
    if (rc == 1) {
        if (rf_col_null(s, 0))
            rc = 0;
        else
            *v = rf_col_int(s, 0);
    }
out:
    rf_stmt_free(s);
    return rc;
}

int64_t rf_db_last_id(const struct rf_db *db)
{
    return sqlite3_last_insert_rowid(db->h);
}

int64_t rf_db_changes(const struct rf_db *db)
{
    return sqlite3_changes64(db->h);
}

/* ---------------------------------------------------------------- indexes that wait */

static void forget_deferred(struct rf_db *db)
{
    for (size_t i = 0; i < db->ndeferred; i++)
        rf_free(db->deferred[i].sql);
    rf_free(db->deferred);
    db->deferred = NULL;
    db->ndeferred = 0;
}

/* 1: dropped; 0: the table has rows, and the index stays. */
static int drop_index(struct rf_db *db, const char *name, const char *table, struct rf_err *err)
{
    struct rf_buf sql = { 0 };
    int64_t row = 0;
    int rc = rf_buf_printf(&sql, err, "SELECT 1 FROM %s LIMIT 1", table);
    if (!rc && (rc = rf_db_int(db, &row, err, sql.data, 0, NULL)) == 0) {
        sql.len = 0;
        if (!(rc = rf_buf_printf(&sql, err, "DROP INDEX %s", name)) && !(rc = rf_db_exec(db, sql.data, err)))
            rc = 1;
    } else if (rc == 1) {
        rc = 0;
    }
    rf_buf_release(&sql);
    return rc;
}

int rf_db_defer_index(struct rf_db *db, const char *name, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    char *sql = NULL, *table = NULL;
    if (!db->load.temp)
        return 0;
    int rc = rf_stmt_new(&s, db, "SELECT sql, tbl_name FROM sqlite_schema WHERE type = 'index' AND name = ?1", err);
    if (rc)
        goto out;
    rf_bind_text(s, 1, name);
    if ((rc = rf_step(s, err)) <= 0)
        goto out;
    const struct rf_str make = rf_col_str(s, 0), on = rf_col_str(s, 1);
    if (!(sql = rf_strndup(make.s, make.len, err)) || !(table = rf_strndup(on.s, on.len, err))) {
        rc = RF_FAIL;
        goto out;
    }
    rf_reset(s);
    struct deferred *const more = rf_regrow(db->deferred, db->ndeferred, db->ndeferred + 1, sizeof *more, err);
    if (!more) {
        rc = RF_FAIL;
        goto out;
    }
    db->deferred = more;
    if ((rc = drop_index(db, name, table, err)) == 1) {
        more[db->ndeferred++] = (struct deferred){ name, sql };
        sql = NULL;
    }
out:
    rf_stmt_free(s);
    rf_free(table);
    rf_free(sql);
    return rc;
}

/* Asks the schema, not a note: a rollback to a savepoint may have undone the building. */
int rf_db_build_index(struct rf_db *db, const char *name, struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < db->ndeferred; i++) {
        const struct deferred *const d = &db->deferred[i];
        int64_t there = 0;
        if (name && strcmp(name, d->name) != 0)
            continue;
        rc = rf_db_int(db, &there, err, "SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?1", 1, &d->name);
        rc = rc < 0 ? rc : rc == 0 ? rf_db_exec(db, d->sql, err) : 0;
    }
    return rc;
}

/* ---------------------------------------------------------------- transactions */

int rf_db_begin(struct rf_db *db, struct rf_err *err)
{
    if (db->in)
        return rf_fail(err, RF_FAIL, "%s: a transaction is already open", db->path);
    const bool open = db->mode == RF_DB_TRIAL && !sqlite3_get_autocommit(db->h); /* by an earlier begin */
    const int rc = open ? 0 : rf_db_exec(db, db->mode == RF_DB_READ ? "BEGIN" : "BEGIN IMMEDIATE", err);
    db->in = !rc;
    return rc;
}

/* Ends the transaction in the file that is open, whatever its name. */
static int end(struct rf_db *db, struct rf_err *err)
{
    if (!db->in)
        return rf_fail(err, RF_FAIL, "%s: no transaction is open", db->path);
    int rc = rf_db_build_index(db, NULL, err);
    if (!rc)
        rc = db->mode == RF_DB_TRIAL ? usable(db, err) : rf_db_exec(db, "COMMIT", err);
    if (rc)
        rf_db_rollback(db);
    forget_deferred(db);
    db->in = false;
    return rc;
}

void rf_db_rollback(struct rf_db *db)
{
    if (db->h && !sqlite3_get_autocommit(db->h))
        sqlite3_exec(db->h, "ROLLBACK", NULL, NULL, NULL);
    forget_deferred(db);
    db->in = false;
    db->broken = db->h ? 0 : RF_FAIL;
}

/* ---------------------------------------------------------------- opening */

/* Brings the schema from `version` to that of this program, all in one transaction. */
static int migrate(struct rf_db *db, int64_t known, struct rf_err *err)
{
    int64_t version = 0;
    char done[96];
    int rc = rf_db_begin(db, err);
    /* Read again under the write lock: another process may have made the tables meanwhile. */
    if (rc || (rc = rf_db_int(db, &version, err, "PRAGMA user_version", 0, NULL)) < 0)
        goto out;
    rc = 0;
    for (int64_t i = version; !rc && i < known; i++)
        rc = rf_db_exec(db, rf_ddl[i], err);
    snprintf(done, sizeof done, "PRAGMA application_id = %d; PRAGMA user_version = %lld", APPLICATION_ID,
             (long long)known);
    if (!rc && version < known)
        rc = rf_db_exec(db, done, err);
    if (!rc)
        rc = end(db, err);
out:
    if (rc)
        rf_db_rollback(db);
    return rc;
}

/* Write-ahead logging, so that readers and one writer do not wait for each other. A file keeps it once set; where
 * another process uses the file at this moment the next opening sets it. */
static int log_ahead(struct rf_db *db, struct rf_err *err)
{
    const int rc = sqlite3_exec(db->h, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    return rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY ? 0 : fail(db, rc, "cannot switch to a write-ahead log", err);
}

static bool creates(const struct rf_db *db)
{
    return db->mode == RF_DB_CREATE || db->mode == RF_DB_LOAD || db->mode == RF_DB_TRIAL;
}

/* Looks at what the file is: 1 = it has tables of this program, 0 = empty and may be filled, negative: refused. */
static int recognise(struct rf_db *db, int64_t *version, int64_t known, struct rf_err *err)
{
    int64_t app = 0, tables = 0;
    /* The three answers are of one moment: another process may be making the tables. */
    int rc = rf_db_exec(db, "BEGIN", err);
    if (!rc && (rc = rf_db_int(db, &app, err, "PRAGMA application_id", 0, NULL)) >= 0 &&
        (rc = rf_db_int(db, version, err, "PRAGMA user_version", 0, NULL)) >= 0)
        rc = rf_db_int(db, &tables, err, "SELECT count(*) FROM sqlite_schema", 0, NULL);
    rf_db_rollback(db);
    if (rc < 0)
        return rc;
    if (app == APPLICATION_ID && *version > known)
        return rf_fail(
            err, RF_CORRUPT,
            "%s: found schema %lld, this program knows schemas up to %lld: a newer routefit made it, use that one",
            db->path, (long long)*version, (long long)known);
    if (app == APPLICATION_ID && *version > 0)
        return 1;
    if (app || tables || *version)
        return rf_fail(
            err, RF_CORRUPT,
            "%s: found a database of another application (application_id %lld, %lld tables and indexes), expected "
            "one of routefit: name another file with --db; this one was left as it is",
            db->path, (long long)app, (long long)tables);
    if (!creates(db))
        return rf_fail(
            err, RF_IO,
            "%s: found an empty database: fill it with `routefit --db %s ingest FILE`, or name another with --db",
            db->path, db->path);
    return 0;
}

/* Nothing at all under this name, not even a link. */
static bool absent(const char *path)
{
    struct stat st;
    return strcmp(path, ":memory:") != 0 && lstat(path, &st) && errno == ENOENT;
}

/* Opens what stands under the name, or in its place the file that is being loaded. */
static int open_file(struct rf_db *db, struct rf_err *err)
{
    /* A connection stays on one thread: no locks inside it. */
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX | (creates(db) ? SQLITE_OPEN_CREATE : 0);
    const char *const name = db->load.temp                                 ? db->load.temp
                             : db->mode == RF_DB_TRIAL && absent(db->path) ? ":memory:"
                                                                           : db->path;
    const int rc = sqlite3_open_v2(name, &db->h, flags, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(db->h, BUSY_MS);
        sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        return 0;
    }
    if (!db->h)
        return rf_fail(err, RF_FAIL, "out of memory: cannot open %s", db->path);
    if ((rc & 0xff) != SQLITE_CANTOPEN)
        return fail(db, rc, "cannot open", err);
    errno = sqlite3_system_errno(db->h);
    if (errno == ENOENT && !creates(db))
        return rf_fail(err, RF_IO,
                       "%s: no such database: make it with `routefit --db %s ingest FILE`, or name another with --db",
                       db->path, db->path);
    return rf_fail_errno(err, RF_IO, "cannot open the database %s", db->path);
}

/* Opens, recognises and migrates; the connection has its settings behind. */
static int connect_file(struct rf_db *db, struct rf_err *err)
{
    /* The journal stays in memory, where it costs nothing: the pages of a new file have no earlier content to keep. */
    static const char loading[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY;"
                                  "PRAGMA synchronous = OFF";
    int64_t version = 0, known = 0;
    int rc;
    while (rf_ddl[known])
        known++;
    if ((rc = open_file(db, err)) || (rc = recognise(db, &version, known, err)) < 0)
        return rc;
    const bool fresh = rc == 0;
    /* A reader upgrades too: SQLite opens write-protected files as read-only by itself, and the DDL
     * refuses those. */
    if ((fresh && (rc = rf_db_exec(db, "PRAGMA page_size = 8192", err))) ||
        (rc = rf_db_exec(db,
                         "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF;"
                         "PRAGMA cell_size_check = ON; PRAGMA cache_size = -16384",
                         err)) ||
        (db->load.temp && (rc = rf_db_exec(db, loading, err))) ||
        (db->mode == RF_DB_TRIAL && (rc = rf_db_exec(db, "PRAGMA cache_spill = OFF", err))) ||
        (version < known && (rc = migrate(db, known, err))) ||
        /* Last: a migration replaces tables that others refer to. */
        (!db->load.temp && (rc = rf_db_exec(db, "PRAGMA foreign_keys = ON", err))))
        return rc;
    return db->load.temp || db->mode == RF_DB_TRIAL ? 0
           : db->mode == RF_DB_READ                 ? rf_db_exec(db, "PRAGMA query_only = ON", err)
                                                    : log_ahead(db, err);
}

/* The loaded file, whole and synced, takes its name; from now on this is a database like any other. */
static int publish(struct rf_db *db, struct rf_err *err)
{
    int rc = sqlite3_close(db->h);
    if (rc != SQLITE_OK)
        return fail(db, rc, "cannot end the load: a statement is left", err);
    db->h = NULL;
    rc = rf_outfile_commit(&db->load, err);
    if (!rc)
        rc = connect_file(db, err);
    if (rc)
        db->broken = rc;
    return rc;
}

int rf_db_commit(struct rf_db *db, struct rf_err *err)
{
    const int rc = end(db, err);
    return rc || !db->load.temp ? rc : publish(db, err);
}

int rf_db_open(struct rf_db **out, const char *path, enum rf_db_mode mode, struct rf_err *err)
{
    struct rf_db *db = NULL;
    int rc;
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS,
                   0); /* no lock and no count at every allocation; refused, and done, after the first opening */
    if (!*path)        /* to SQLite an empty name is a temporary file */
        return rf_fail(err, RF_USAGE, "found an empty database name, expected a file: give one with --db");
    if ((rc = RF_NEW(db, 1, err)))
        goto out;
    db->mode = mode;
    if (!(db->path = rf_strndup(path, strlen(path), err))) {
        rc = RF_FAIL;
        goto out;
    }
    if ((mode == RF_DB_LOAD && absent(path) && (rc = rf_outfile_open(&db->load, path, false, err))) ||
        (rc = connect_file(db, err)))
        goto out;
    *out = db;
    db = NULL;
out:
    rf_db_close(db);
    return rc;
}

void rf_db_close(struct rf_db *db)
{
    if (!db)
        return;
    if (db->h)
        rf_db_rollback(db);
    forget_deferred(db);
    sqlite3_close_v2(db->h); /* waits for statements that are still there; NULL is fine */
    rf_outfile_release(&db->load);
    rf_free(db->path);
    rf_free(db);
}

const char *rf_db_version(void)
{
    return sqlite3_libversion();
}
