/* JSON values without jansson's nodes: one walk over the text, which checks it and notes where everything stands. It
 * only says yes or no: jansson, asked again, puts a no into words. */
#include "core/json_nodes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/json.h"
#include "core/json_cursor.h"

struct walk {
    struct rf_json_cursor c;
    struct rf_json_nodes *t;
    size_t levels;
};

struct rf_str rf_json_key(const struct rf_json_nodes *t, size_t node)
{
    return (struct rf_str){ t->buf.data + t->node[node].key, t->node[node].key_len };
}

struct rf_str rf_json_text(const struct rf_json_nodes *t, size_t node)
{
    const struct rf_json_node *const v = &t->node[node];
    return (struct rf_str){ (v->kind == RF_JSON_STRING ? t->buf.data : t->source) + v->text, v->text_len };
}

static bool same(struct rf_str a, struct rf_str b)
{
    return a.len == b.len && !memcmp(a.s, b.s, a.len);
}

size_t rf_json_member(const struct rf_json_nodes *t, size_t node, struct rf_str key)
{
    if (t->node[node].kind == RF_JSON_OBJECT)
        RF_JSON_EACH(i, t, node)
    if (same(rf_json_key(t, i), key))
        return i;
    return 0;
}

/* Room for n elements of `size` bytes at *p, which has room for *cap. */
static int make_room(void **p, size_t *cap, size_t n, size_t size, struct rf_err *err)
{
    size_t more = *cap ? *cap : 32;
    while (more < n)
        if (!rf_mul(more, 2, &more))
            more = n;
    if (n <= *cap)
        return 0;
    void *const grown = rf_regrow(*p, *cap, more, size, err);
    if (!grown)
        return RF_FAIL;
    *p = grown;
    *cap = more;
    return 0;
}

static int by_length_and_bytes(const void *a, const void *b)
{
    const struct rf_str *const x = a, *const y = b;
    return x->len != y->len ? (x->len < y->len ? -1 : 1) : memcmp(x->s, y->s, x->len);
}

/* Refuses an object, whose members are all there, with a key that stands in it twice. */
static int check_keys(struct walk *w, size_t object)
{
    enum { FEW = 16 };
    struct rf_json_nodes *const t = w->t;
    size_t n = 0;
    RF_JSON_EACH(i, t, object)
    n++;
    void *keys = t->key;
    const int rc = make_room(&keys, &t->nkey, n, sizeof *t->key, w->c.err);
    t->key = keys;
    if (rc)
        return rc;
    n = 0;
    RF_JSON_EACH(i, t, object)
    t->key[n++] = rf_json_key(t, i);
    if (n > FEW)
        qsort(t->key, n, sizeof *t->key, by_length_and_bytes);
    for (size_t i = 1; i < n; i++)
        for (size_t k = n > FEW ? i - 1 : 0; k < i; k++)
            if (same(t->key[i], t->key[k]))
                return rf_json_refuse(&w->c, "every key once");
    return 0;
}

static bool digits(struct rf_json_cursor *c)
{
    const char *const from = c->p;
    while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
        c->p++;
    return c->p > from;
}

/* What is long or has an exponent is tried: out is the scratch for its text. */
static bool fits(const struct rf_json_cursor *c, const char *number, bool real)
{
    const size_t n = (size_t)(c->p - number);
    memcpy(c->out, number, n);
    c->out[n] = '\0';
    errno = 0;
    if (real)
        return isfinite(strtod(c->out, NULL));
    strtoll(c->out, NULL, 10);
    return !errno;
}

static int number(struct walk *w, enum rf_json_kind *kind)
{
    enum { SURE = 18 };
    struct rf_json_cursor *const c = &w->c;
    const char *const from = c->p;
    bool exponent = false;
    *kind = RF_JSON_INTEGER;
    rf_json_accept(c, "-");
    if (!rf_json_accept(c, "0") && !digits(c))
        return rf_json_refuse(c, "a JSON value");
    if (rf_json_accept(c, ".")) {
        *kind = RF_JSON_REAL;
        if (!digits(c))
            return rf_json_refuse(c, "a digit");
    }
    if (rf_json_accept(c, "e") || rf_json_accept(c, "E")) {
        *kind = RF_JSON_REAL;
        exponent = true;
        if (!rf_json_accept(c, "-"))
            rf_json_accept(c, "+");
        if (!digits(c))
            return rf_json_refuse(c, "a digit");
    }
    return (exponent || c->p - from > SURE) && !fits(c, from, *kind == RF_JSON_REAL)
               ? rf_json_refuse(c, "a number that fits 64 bits")
               : 0;
}

static int value(struct walk *w, size_t depth, struct rf_json_node member);

static int member_key(struct walk *w, struct rf_json_node *m)
{
    struct rf_json_cursor *const c = &w->c;
    const char *const key = c->out;
    if (!rf_json_accept(c, "\""))
        return rf_json_refuse(c, "a key");
    const int rc = rf_json_decode(c);
    if (rc)
        return rc;
    m->key = (uint32_t)(key - w->t->buf.data);
    m->key_len = (uint32_t)(c->out - key) - 1;
    if (memchr(key, '\0', m->key_len))
        return rf_json_refuse(c, "a key without NUL");
    rf_json_skip_blanks(c);
    if (!rf_json_accept(c, ":"))
        return rf_json_refuse(c, "':'");
    rf_json_skip_blanks(c);
    return 0;
}

/* What stands between the brackets of node i, the first of which is passed; depth: of its elements. */
static int elements(struct walk *w, size_t i, size_t depth, bool object)
{
    struct rf_json_cursor *const c = &w->c;
    const char *const close = object ? "}" : "]";
    char *const out = c->out;
    const bool passing = depth > w->levels;
    int rc = 0;
    if (depth > RF_JSON_DEEPEST)
        return rf_json_refuse(c, "fewer levels");
    rf_json_skip_blanks(c);
    for (bool more = !rf_json_accept(c, close); more;) {
        struct rf_json_node m = { 0 };
        if ((object && (rc = member_key(w, &m))) || (rc = value(w, depth, m)))
            return rc;
        if (passing && !object) {
            w->t->n = i + 1;
            c->out = out;
        }
        rf_json_skip_blanks(c);
        more = rf_json_accept(c, ",");
        if (!more && !rf_json_accept(c, close))
            return rf_json_refuse(c, "',' or the end");
        if (more)
            rf_json_skip_blanks(c);
    }
    w->t->node[i].next = (uint32_t)w->t->n;
    rc = object ? check_keys(w, i) : 0;
    if (passing) {
        w->t->n = i + 1;
        w->t->node[i].next = (uint32_t)w->t->n;
        c->out = out;
    }
    return rc;
}

/* The value at p becomes a node; depth: 0 for the whole, 1 for what stands within it. */
static int value(struct walk *w, size_t depth, struct rf_json_node v)
{
    static const struct {
        const char *word;
        enum rf_json_kind kind;
    } known[] = { { "\"", RF_JSON_STRING }, { "{", RF_JSON_OBJECT },    { "[", RF_JSON_ARRAY },
                  { "null", RF_JSON_NULL }, { "false", RF_JSON_FALSE }, { "true", RF_JSON_TRUE } };
    enum { KNOWN = sizeof known / sizeof *known };
    struct rf_json_cursor *const c = &w->c;
    struct rf_json_nodes *const t = w->t;
    const char *const from = c->p;
    const size_t at = t->n;
    size_t k = 0;
    void *nodes = t->node;
    int rc = make_room(&nodes, &t->cap, t->n + 1, sizeof v, c->err);
    t->node = nodes;
    if (rc)
        return rc;
    while (k < KNOWN && !rf_json_accept(c, known[k].word))
        k++;
    if (k < KNOWN)
        v.kind = known[k].kind;
    else if ((rc = number(w, &v.kind)))
        return rc;
    v.text = (uint32_t)(v.kind == RF_JSON_STRING ? c->out - t->buf.data : from - t->source);
    v.next = (uint32_t)++t->n;
    t->node[at] = v;
    if (v.kind == RF_JSON_STRING)
        rc = rf_json_decode(c);
    else if (v.kind >= RF_JSON_ARRAY)
        rc = elements(w, at, depth + 1, v.kind == RF_JSON_OBJECT);
    t->node[at].text_len =
        (uint32_t)(v.kind == RF_JSON_STRING ? c->out - 1 - t->buf.data - (ptrdiff_t)v.text : c->p - from);
    return rc;
}

static int read_all(struct rf_json_nodes *t, const char *s, size_t n, size_t levels, struct rf_err *err)
{
    struct walk w = { .t = t, .levels = levels };
    t->n = 0;
    t->source = s;
    int rc = rf_json_cursor_init(&w.c, s, n, &t->buf, err);
    if (rc)
        return rc;
    rf_json_skip_blanks(&w.c);
    if ((rc = value(&w, 0, (struct rf_json_node){ 0 })))
        return rc;
    rf_json_skip_blanks(&w.c);
    t->repaired = w.c.repaired;
    return w.c.p == w.c.end ? 0 : rf_json_refuse(&w.c, "the end of the text");
}

int rf_json_nodes_read(struct rf_json_nodes *t, const char *s, size_t n, size_t levels, struct rf_err *err)
{
    struct rf_err why = { 0 };
    json_t *v = NULL;
    if (n >= UINT32_MAX)
        return rf_fail(err, RF_BAD_INPUT, "found a JSON value of %zu bytes, expected less than 4 GiB", n);
    int rc = read_all(t, s, n, levels, &why);
    if (!rc)
        return 0;
    if (rc == RF_BAD_INPUT && (rc = rf_json_parse(s, n, &v, err)))
        return rc;
    json_decref(v);
    return rf_fail(err, why.code, "%s", why.msg);
}

void rf_json_nodes_release(struct rf_json_nodes *t)
{
    rf_free(t->node);
    rf_buf_release(&t->buf);
    rf_free(t->key);
    *t = (struct rf_json_nodes){ 0 };
}
