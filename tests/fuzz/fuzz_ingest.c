/* The readers over a sink and a database in memory: any bytes are rows, dropped rows or a refusal that names the file.
 * The first line says which reader, and by "b" and "r" behind it whether --bench and --responses are given: "votes r".
 * Everything is rolled back: each input meets an empty database. */
#include <string.h>

#include "core/db.h"
#include "core/input.h"
#include "datasets/foreign.h"
#include "datasets/sink.h"
#include "datasets/sniff.h"
#include "fuzz/fuzz.h"

/* Content sniffing comes to an answer, whatever it is. */
static void sniff(struct rf_str head)
{
    struct rf_sniffed what = { 0 };
    const struct rf_reader *r = NULL;
    struct rf_err err = { 0 };
    rf_foreign_bytes(head);
    PROMISE(rf_sniff_init(&what, "fuzz", head, &err) == 0);
    const int rc = rf_sniff_pick(&what.s, &r, &err);
    PROMISE(rc == 0 || (rc == RF_BAD_INPUT && strstr(err.msg, "--as")));
    rf_foreign_names(&what.s);
    rf_sniff_release(&what);
}

static int64_t ask(struct rf_db *db, const char *sql)
{
    int64_t v = -1;
    PROMISE(rf_db_int(db, &v, NULL, sql, 0, NULL) == 1);
    return v;
}

/* Reads data[n] as the source of this name; *c = what became of it. */
static int read_once(struct rf_sink *sink, const struct rf_reader *r, const char *name, const uint8_t *data, size_t n,
                     struct rf_sink_count *c, struct rf_err *err)
{
    uint8_t sha256[RF_SHA256_SIZE];
    struct rf_input *in = NULL;
    int rc = rf_input_memory(&in, "fuzz", data, n, err);
    if (!rc && !(rc = rf_sink_begin(sink, in, name, "fuzz", r->name, err)) && !(rc = r->read(in, sink, err)) &&
        !(rc = rf_input_digest(in, sha256, err))) {
        sha256[0] ^= (uint8_t)name[0]; /* of two sources, no two digests are equal */
        rc = rf_sink_end(sink, sha256, rf_input_bytes(in), err);
    }
    *c = *rf_sink_counts(sink);
    rf_input_close(in);
    return rc;
}

static void check(struct rf_db *db, const struct rf_sink_count *c)
{
    PROMISE(c->kept + c->known <= c->rows && c->ties + c->unparsed <= c->votes && c->unjudged <= c->votes);
    PROMISE(ask(db, "SELECT count(*) FROM price") == (int64_t)c->prices);
    PROMISE(ask(db, "SELECT count(*) FROM external_score") == (int64_t)c->scores);
    PROMISE(ask(db, "SELECT count(*) FROM dropped") == (int64_t)c->dropped);
    PROMISE(ask(db, "SELECT count(*) FROM preference") == (int64_t)c->votes);
    PROMISE(ask(db, "SELECT count(*) FROM item") == (int64_t)c->items);
    PROMISE(ask(db, "SELECT count(*) FROM result") == (int64_t)c->results);
    PROMISE(ask(db, "SELECT count(*) FROM prompt") == (int64_t)c->prompts);
    PROMISE(ask(db, "SELECT count(*) FROM contaminated") == (int64_t)c->contaminated);
    PROMISE(ask(db, "SELECT count(*) FROM model WHERE name = ''") == 0);
    PROMISE(ask(db, "SELECT count(*) FROM result WHERE abs(score) > 1.8e308 OR cost < 0 OR abs(cost) > 1.8e308") == 0);
    PROMISE(ask(db, "SELECT count(*) FROM prompt WHERE turns < 1 OR bytes < 0") == 0);
}

enum { CHOICES = 4 }; /* --bench or not, --responses or not */

/* A sink with these options, made once: preparing its statements costs more than most inputs. */
static struct rf_sink *sink_of(struct rf_db *db, unsigned choice)
{
    static struct rf_sink *sink[CHOICES];
    const struct rf_sink_options o = { .bench = choice & 1 ? "b" : NULL,
                                       .responses = choice & 2 ? RF_KEEP_TEXT : RF_KEEP_HASH,
                                       .max_errors = 1 << 20 };
    PROMISE(sink[choice] || rf_sink_new(&sink[choice], db, &o, NULL) == 0);
    return sink[choice];
}

/* The reader that the first line names, NULL: none. */
static const struct rf_reader *reader_of(const char *line, size_t n, unsigned *choice)
{
    const char *const blank = memchr(line, ' ', n);
    const size_t len = blank ? (size_t)(blank - line) : n;
    *choice = (memchr(line + len, 'b', n - len) ? 1U : 0) | (memchr(line + len, 'r', n - len) ? 2U : 0);
    for (size_t i = 0; rf_readers[i]; i++)
        if (strlen(rf_readers[i]->name) == len && !memcmp(rf_readers[i]->name, line, len))
            return rf_readers[i];
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct rf_db *db;
    struct rf_sink_count once, again;
    struct rf_err err = { 0 };
    unsigned choice;
    const uint8_t *const end = n ? memchr(data, '\n', n) : NULL;
    const struct rf_reader *const r = end ? reader_of((const char *)data, (size_t)(end - data), &choice) : NULL;
    if (!r)
        return 0;
    n -= (size_t)(end + 1 - data);
    data = end + 1;
    PROMISE(db || rf_db_open(&db, ":memory:", RF_DB_CREATE, NULL) == 0);
    struct rf_sink *const sink = sink_of(db, choice);
    sniff((struct rf_str){ (const char *)data, n });
    PROMISE(rf_db_begin(db, &err) == 0);
    const int rc = read_once(sink, r, "once", data, n, &once, &err);
    PROMISE(rc == 0 || (rc == RF_BAD_INPUT && !strncmp(err.msg, "fuzz", 4)));
    if (rc == 0) {
        check(db, &once);
        PROMISE(read_once(sink, r, "again", data, n, &again, &err) == 0);
        PROMISE(again.rows == once.rows && again.prompts == 0);
        PROMISE(again.kept + again.known <=
                once.kept + once.known); /* fewer where a row added a part and dropped one */
        PROMISE(again.dropped >= once.dropped && again.votes <= once.votes && again.results <= once.results);
    }
    rf_db_rollback(db);
    PROMISE(rf_sink_undo(sink, NULL) == 0);
    return 0;
}
