/* Each kind of set is a row below: the query that lists (prompt, source, rows), the prompt's rows in each file. */
#include "core/prompt_set.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/names.h"
#include "core/search.h"

struct kind {
    const char *prefix; /* before the name; NULL: the whole word is the name */
    const char *known;  /* 1 where ?1 is a name of this kind */
    const char *list;   /* prompt, source (0: no file), rows; ?1: the name; all rows of a prompt need not be together */
    bool bare;          /* the name alone will do */
    bool bench;
};

static const struct kind kinds[] = {
    { NULL, "SELECT 1 WHERE ?1 = 'all'",
      "SELECT prompt, source, count(*) FROM source_row GROUP BY prompt, source UNION ALL SELECT id, 0, 1 FROM prompt",
      true, false },
    { NULL, "SELECT 1 WHERE ?1 = 'votes'",
      "SELECT prompt, source, count(*) FROM preference WHERE prompt IS NOT NULL GROUP BY prompt, source", true, false },
    { "bench:", "SELECT 1 FROM item WHERE bench = ?1 LIMIT 1",
      "SELECT prompt, source, count(*) FROM source_row WHERE source IN (SELECT source FROM item WHERE bench = ?1 UNION"
      "  SELECT r.source FROM item i JOIN result r ON r.item = i.id WHERE i.bench = ?1)"
      " AND prompt IN (SELECT prompt FROM item WHERE bench = ?1) GROUP BY prompt, source UNION ALL"
      " SELECT prompt, 0, count(*) FROM item WHERE bench = ?1 AND prompt IS NOT NULL GROUP BY prompt",
      true, true },
    { "source:", "SELECT 1 FROM source WHERE name = ?1",
      "SELECT r.prompt, r.source, count(*) FROM source_row r JOIN source s ON s.id = r.source WHERE s.name = ?1"
      " GROUP BY r.prompt",
      true, false },
    /* NAME:PART before NAME: a name may hold a colon itself */
    { "split:",
      "SELECT 1 FROM split s JOIN split_prompt p ON p.split = s.id WHERE s.name || ':' || p.part = ?1 LIMIT 1",
      "SELECT p.prompt, 0, 1 FROM split s JOIN split_prompt p ON p.split = s.id WHERE s.name || ':' || p.part = ?1",
      false, false },
    { "split:", "SELECT 1 FROM split WHERE name = ?1",
      "SELECT p.prompt, 0, 1 FROM split s JOIN split_prompt p ON p.split = s.id WHERE s.name = ?1", false, false },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static int unknown(struct rf_db *db, const char *name, struct rf_err *err)
{
    struct rf_names all = { 0 };
    int rc = rf_names_read(&all, db,
                           "SELECT 'all' UNION SELECT 'votes' UNION SELECT DISTINCT bench FROM item UNION SELECT name "
                           "FROM source UNION SELECT DISTINCT 'split:' || s.name || ':' || p.part FROM split s JOIN "
                           "split_prompt p ON p.split = s.id",
                           NULL, err);
    if (!rc)
        rc = rf_names_unknown(&all, "set of prompts", name,
                              "expected a benchmark, a source, \"votes\", \"all\" or split:NAME:PART", err);
    rf_names_release(&all);
    return rc;
}

/* The kind that a word names, and the name without its prefix. */
static int find_kind(struct rf_db *db, const char *word, const struct kind **kind, const char **name,
                     struct rf_err *err)
{
    for (size_t i = 0; i < KINDS; i++) {
        const struct kind *const k = &kinds[i];
        const size_t n = k->prefix ? strlen(k->prefix) : 0;
        const bool prefixed = n && !strncmp(word, k->prefix, n);
        int64_t one;
        if (!prefixed && !k->bare)
            continue;
        *name = word + (prefixed ? n : 0);
        *kind = k;
        const int rc = rf_db_int(db, &one, err, k->known, 1, name);
        if (rc)
            return rc < 0 ? rc : 0;
    }
    return unknown(db, word, err);
}

/* ---- rows ---- */

/* A prompt's rows in one file; source 0: questions, not rows. */
struct place {
    int64_t prompt, source;
    uint32_t rows;
};

static int read_places(struct rf_db *db, const char *sql, const char *name, struct place **place, size_t *n,
                       struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    size_t room = 0;
    int rc = rf_stmt_new(&s, db, sql, err);
    if (rc)
        goto out;
    if (strstr(sql, "?1"))
        rf_bind_text(s, 1, name);
    while ((rc = rf_step(s, err)) > 0) {
        if (*n == room) {
            struct place *const more = rf_regrow(*place, room, 2 * room + 256, sizeof *more, err);
            if (!more) {
                rc = RF_FAIL;
                goto out;
            }
            *place = more;
            room = 2 * room + 256;
        }
        const int64_t rows = rf_col_int(s, 2);
        (*place)[(*n)++] =
            (struct place){ rf_col_int(s, 0), rf_col_int(s, 1), rows < UINT32_MAX ? (uint32_t)rows : UINT32_MAX };
    }
out:
    rf_stmt_free(s);
    return rc;
}

static int by_source(const void *a, const void *b)
{
    const struct place *const p = a, *const q = b;
    return (p->source > q->source) - (p->source < q->source);
}

static int by_prompt(const void *a, const void *b)
{
    const struct place *const p = a, *const q = b;
    return (p->prompt > q->prompt) - (p->prompt < q->prompt);
}

/* In files that have several rows for most prompts each prompt counts once. */
static void level_long_files(struct place *p, size_t n)
{
    qsort(p, n, sizeof *p, by_source);
    for (size_t i = 0, end; i < n; i = end) {
        size_t once = 0;
        for (end = i; end < n && p[end].source == p[i].source; end++)
            once += p[end].rows == 1;
        for (size_t j = i; p[i].source && 2 * once <= end - i && j < end; j++)
            p[j].rows = 1;
    }
}

/* A prompt out of its places. apart: each file has its own prompts, so that a prompt in two of them stands there twice;
 * else its files tell different things of the same questions, and the one with most rows counts. */
static struct rf_member gather(const struct place *p, size_t n, bool apart)
{
    struct rf_member m = { .prompt = p->prompt };
    uint32_t questions = 0;
    for (size_t i = 0; i < n; i++)
        if (p[i].source) {
            m.times = apart ? m.times + p[i].rows : m.times > p[i].rows ? m.times : p[i].rows;
            m.files++;
        } else {
            questions = p[i].rows;
        }
    m.times = m.times > questions ? m.times : questions;
    return m;
}

/* True where most prompts of place[n], sorted by prompt, stand in one file. */
static bool files_are_apart(const struct place *p, size_t n)
{
    size_t prompts = 0, shared = 0;
    for (size_t i = 0, end; i < n; i = end) {
        size_t files = 0;
        for (end = i; end < n && p[end].prompt == p[i].prompt; end++)
            files += p[end].source != 0;
        prompts++;
        shared += files > 1;
    }
    return 2 * shared <= prompts;
}

int rf_prompt_set_read(struct rf_prompt_set *s, struct rf_db *db, const char *word, struct rf_err *err)
{
    const struct kind *kind = NULL;
    const char *name = NULL;
    struct place *place = NULL;
    size_t places = 0;
    int rc;
    *s = (struct rf_prompt_set){ .name = word };
    if ((rc = find_kind(db, word, &kind, &name, err)) || (rc = read_places(db, kind->list, name, &place, &places, err)))
        goto out;
    if (!places) {
        rc = rf_fail(err, RF_BAD_INPUT, "the set \"%s\" has no prompt: its files have no text", word);
        goto out;
    }
    if ((rc = RF_NEW(s->member, places, err)))
        goto out;
    s->bench = kind->bench ? name : NULL;
    level_long_files(place, places);
    qsort(place, places, sizeof *place, by_prompt);
    const bool apart = files_are_apart(place, places);
    for (size_t i = 0, end; i < places; i = end) {
        for (end = i + 1; end < places && place[end].prompt == place[i].prompt; end++)
            ;
        s->member[s->n++] = gather(place + i, end - i, apart);
    }
out:
    rf_free(place);
    return rc;
}

const struct rf_member *rf_prompt_set_find(const struct rf_prompt_set *s, int64_t prompt)
{
    const size_t i = rf_first_with(s->member, sizeof *s->member, s->n, prompt);
    return i < s->n ? &s->member[i] : NULL;
}

void rf_prompt_set_release(struct rf_prompt_set *s)
{
    rf_free(s->member);
    *s = (struct rf_prompt_set){ 0 };
}
