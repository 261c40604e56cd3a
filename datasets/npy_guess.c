/* Guesses the source of an .npy file by the words of its name, and says so where the guess is not the only one. */
#include "datasets/npy_guess.h"

#include <stdbool.h>
#include <string.h>

#include "datasets/benchname.h"
#include "datasets/field.h"

static bool in_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Next word of s from *at on; .len 0 at the end. */
static struct rf_str next_word(struct rf_str s, size_t *at)
{
    while (*at < s.len && !in_word(s.s[*at]))
        ++*at;
    const size_t start = *at;
    while (*at < s.len && in_word(s.s[*at]))
        ++*at;
    return (struct rf_str){ s.s + start, *at - start };
}

static bool has_word(struct rf_str s, struct rf_str word)
{
    size_t at = 0;
    struct rf_str w;
    while ((w = next_word(s, &at)).len)
        if (rf_str_same(w, word))
            return true;
    return false;
}

/* How many words of stem stand in name; *end = where the last of them ends. */
static size_t shared(struct rf_str stem, struct rf_str name, size_t *end)
{
    size_t at = 0, n = 0;
    struct rf_str w;
    while ((w = next_word(stem, &at)).len)
        if (has_word(name, w)) {
            n++;
            *end = at;
        }
    return n;
}

int rf_npy_guess(struct rf_db *db, const char *path, struct rf_buf *source, struct rf_buf *embedder, struct rf_err *err)
{
    const struct rf_str stem = rf_path_stem(path);
    struct rf_stmt *names = NULL;
    struct rf_buf rival = { 0 };
    size_t most = 0, end = 0;
    int rc = rf_stmt_new(
        &names, db,
        "SELECT name FROM source s WHERE EXISTS (SELECT 1 FROM source_row r WHERE r.source = s.id) ORDER BY id", err);
    while (!rc && (rc = rf_step(names, err)) == 1) {
        const struct rf_str name = rf_col_str(names, 0);
        size_t here = 0;
        const size_t n = shared(stem, name, &here);
        struct rf_buf *const to = n > most ? source : n && n == most ? &rival : NULL;
        rc = 0;
        if (n > most) {
            most = n;
            end = here;
            rival.len = 0;
        }
        if (to) {
            to->len = 0;
            rc = rf_buf_add(to, name.s, name.len, err);
        }
    }
    if (rc)
        goto out;
    if (!most || rival.len) {
        rc = most ? rf_fail(err, RF_BAD_INPUT, "%s: its name fits the sources %s and %s: say which with --for NAME",
                            path, source->data, rival.data)
                  : rf_fail(err, RF_BAD_INPUT,
                            "%s: its name fits no source that is here: ingest the source first, or name it with --for "
                            "NAME (routefit ls)",
                            path);
        goto out;
    }
    if (!embedder)
        goto out;
    const struct rf_str rest = { stem.s + end, stem.len - end };
    size_t at = 0;
    const struct rf_str word = next_word(rest, &at);
    if (!word.len) {
        rc = rf_fail(
            err, RF_BAD_INPUT,
            "%s: found no word behind the name of source %s, expected the embedder's: name it with --embedder NAME",
            path, source->data);
        goto out;
    }
    rc = rf_buf_add(embedder, word.s, (size_t)(stem.s + stem.len - word.s), err);
out:
    rf_stmt_free(names);
    rf_buf_release(&rival);
    return rc;
}
