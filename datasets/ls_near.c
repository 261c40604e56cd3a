/* `routefit ls near`: names of models that may be one, by case, punctuation, a vendor before a slash or a date at the
 * end, each with the command that says so. Only candidates: nothing is taken for granted. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/shell.h"
#include "datasets/field.h"
#include "datasets/ls.h"

struct name {
    char *text; /* owned */
    char *key;  /* owned: small letters and digits behind the last slash, without the date */
    char date[9];
    int64_t uses; /* votes and results */
    bool measured, priced;
};

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool in_key(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static const char *behind_vendor(const char *text)
{
    const char *const slash = strrchr(text, '/');
    return slash && slash[1] ? slash + 1 : text;
}

/* Eight digits that are a day of this century. */
static bool is_date(const char *s)
{
    return strspn(s, "0123456789") == 8 && !strncmp(s, "20", 2) && s[4] <= '1' && s[6] <= '3';
}

static int make_key(struct name *n, struct rf_err *err)
{
    const char *from = behind_vendor(n->text);
    size_t len = 0;
    if (!(n->key = rf_calloc(strlen(from) + 1, 1, err)))
        return RF_FAIL;
    for (; *from; from++)
        if (in_key(small(*from)))
            n->key[len++] = small(*from);
    if (len > 8 && is_date(n->key + len - 8)) {
        memcpy(n->date, n->key + len - 8, 8);
        n->key[len - 8] = '\0';
    }
    return 0;
}

/* By key; in a group the name that others should be known as comes first: the one with most data, then the shortest. */
static int compare(const void *pa, const void *pb)
{
    const struct name *a = pa, *b = pb;
    const int by_key = strcmp(a->key, b->key);
    const size_t la = strlen(a->text), lb = strlen(b->text);
    if (by_key)
        return by_key;
    if (a->uses != b->uses)
        return a->uses < b->uses ? 1 : -1;
    if (a->measured != b->measured)
        return a->measured ? -1 : 1;
    return la != lb ? (la > lb) - (la < lb) : strcmp(a->text, b->text);
}

/* "vendor, date" */
static int differences(const struct name *a, const struct name *b, struct rf_buf *out, struct rf_err *err)
{
    const char *const ta = behind_vendor(a->text), *const tb = behind_vendor(b->text);
    const bool vendor = ta - a->text != tb - b->text || strncmp(a->text, b->text, (size_t)(ta - a->text)) != 0;
    const bool date = strcmp(a->date, b->date) != 0;
    bool letters = false, marks = false;
    const char *p = ta, *q = tb;
    while (*p && *q) { /* walks both to the next byte of their keys */
        const char *const p0 = p, *const q0 = q;
        while (*p && !in_key(small(*p)))
            p++;
        while (*q && !in_key(small(*q)))
            q++;
        marks = marks || (*p && *q && (p - p0 != q - q0 || memcmp(p0, q0, (size_t)(p - p0)) != 0));
        letters = letters || (*p && *q && *p != *q && small(*p) == small(*q));
        p += *p != 0;
        q += *q != 0;
    }
    const struct {
        bool is;
        const char *word;
    } all[] = { { vendor, "vendor" }, { date, "date" }, { letters, "case" }, { marks, "punctuation" } };
    out->len = 0;
    int rc = 0;
    for (size_t i = 0; !rc && i < sizeof all / sizeof *all; i++)
        if (all[i].is)
            rc = rf_buf_printf(out, err, "%s%s", out->len ? ", " : "", all[i].word);
    return rc || out->len ? rc : rf_buf_printf(out, err, "punctuation");
}

static int put(struct rf_table *t, const struct name *as, const struct name *n, struct rf_buf *pad, struct rf_err *err)
{
    struct rf_buf pair = { 0 };
    int rc;
    if ((rc = rf_table_text(t, as->text, err)) || (rc = rf_table_text(t, n->text, err)) ||
        (rc = differences(as, n, pad, err)) || (rc = rf_table_text(t, pad->data, err)))
        return rc;
    pad->len = 0;
    if (!(rc = rf_buf_printf(&pair, err, "%s=%s", n->text, as->text)) &&
        !(rc = rf_buf_printf(pad, err, "routefit alias ")) && !(rc = rf_shell_add(pad, pair.data, err)))
        rc = rf_table_text(t, pad->data, err);
    rf_buf_release(&pair);
    return rc;
}

/* One group of names with equal keys: measured ones among each other, and prices for a measured one that has none. */
static int put_group(struct rf_table *t, const struct name *n, size_t count, struct rf_buf *pad, struct rf_err *err)
{
    bool priced = false;
    int rc = 0;
    for (size_t i = 0; i < count; i++)
        priced = priced || (n[i].measured && n[i].priced);
    for (size_t i = 1; !rc && n[0].measured && i < count; i++) {
        const bool two_dates = n[0].date[0] && n[i].date[0] && strcmp(n[0].date, n[i].date);
        if (!two_dates && (n[i].measured || !priced))
            rc = put(t, &n[0], &n[i], pad, err);
    }
    return rc;
}

static int read_names(struct rf_db *db, struct name **out, size_t *count, struct rf_err *err)
{
    static const char sql[] =
        "WITH uses AS (SELECT model_a AS m, count(*) AS n FROM preference GROUP BY 1 UNION ALL SELECT model_b, "
        "count(*) "
        "FROM preference GROUP BY 1 UNION ALL SELECT model, count(*) FROM result GROUP BY 1) "
        "SELECT n.known_as, coalesce(sum(u.n), 0), 1, n.known_as IN (SELECT model FROM price) OR EXISTS (SELECT 1 FROM "
        "alias a JOIN price p ON p.model = a.name WHERE a.known_as = n.known_as) FROM model_name n LEFT JOIN uses u ON "
        "u.m = n.id GROUP BY n.known_as "
        "UNION ALL SELECT DISTINCT model, 0, 0, 1 FROM price WHERE model NOT IN (SELECT name FROM model UNION SELECT "
        "name FROM alias UNION SELECT known_as FROM alias)";
    struct rf_stmt *s = NULL;
    size_t cap = 0;
    int rc = rf_stmt_new(&s, db, sql, err);
    while (!rc && (rc = rf_step(s, err)) == 1) {
        const struct rf_str text = rf_col_str(s, 0);
        if (*count == cap) {
            struct name *grown = rf_regrow(*out, cap, cap ? 2 * cap : 64, sizeof *grown, err);
            if (!grown) {
                rc = RF_FAIL;
                break;
            }
            *out = grown;
            cap = cap ? 2 * cap : 64;
        }
        struct name *const n = &(*out)[(*count)++];
        n->uses = rf_col_int(s, 1);
        n->measured = rf_col_int(s, 2);
        n->priced = rf_col_int(s, 3);
        rc = (n->text = rf_strndup(text.s, text.len, err)) ? make_key(n, err) : RF_FAIL;
    }
    rf_stmt_free(s);
    return rc;
}

int rf_ls_near(struct rf_db *db, struct rf_table *t, struct rf_err *err)
{
    struct name *n = NULL;
    struct rf_buf pad = { 0 };
    size_t count = 0, end;
    int rc = read_names(db, &n, &count, err);
    if (!rc && count)
        qsort(n, count, sizeof *n, compare);
    for (size_t i = 0; !rc && i < count; i = end) {
        for (end = i + 1; end < count && !strcmp(n[i].key, n[end].key);)
            end++;
        rc = put_group(t, n + i, end - i, &pad, err);
    }
    for (size_t i = 0; i < count; i++) {
        rf_free(n[i].text);
        rf_free(n[i].key);
    }
    rf_free(n);
    rf_buf_release(&pad);
    return rc;
}
