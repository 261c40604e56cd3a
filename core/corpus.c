/* One query over the prompts, then arrays: normalise, sort by content, merge what is the same, cut templates. */
#include "core/corpus.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/minhash.h"
#include "core/mix.h"
#include "core/normal.h"
#include "core/search.h"
#include "core/template.h"

/* A normalised text on its way into order. */
struct entry {
    uint64_t hash;
    struct rf_str text;
    uint32_t prompt; /* index */
};

/* Columns id, text, hash of table prompt: the normalised text, or where there is none the hash in hex. */
static int add_text(struct rf_stmt *s, struct rf_normal *pad, struct rf_buf *out, struct rf_err *err)
{
    const struct rf_str text = rf_col_str(s, 1), hash = rf_col_str(s, 2);
    char hex[RF_SHA256_HEX];
    if (text.s)
        return rf_normal_add(pad, text, out, err);
    if (hash.len != RF_SHA256_SIZE)
        return rf_fail(err, RF_CORRUPT, "found a hash of %zu bytes, expected %d", hash.len, RF_SHA256_SIZE);
    rf_sha256_hex((const uint8_t *)hash.s, hex);
    return rf_buf_add(out, hex, RF_SHA256_HEX - 1, err);
}

/* All texts, one behind the other in c->bytes; entry[i] is that of prompt i. */
static int read_texts(struct rf_corpus *c, struct rf_db *db, struct entry *entry, size_t room, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    struct rf_normal pad = { 0 };
    size_t at = 0;
    int rc = rf_stmt_new(&s, db, "SELECT id, text, hash FROM prompt ORDER BY id", err);
    if (rc)
        goto out;
    while (c->n < room && (rc = rf_step(s, err)) > 0) {
        const size_t start = c->bytes.len;
        const int64_t id = rf_col_int(s, 0);
        if ((rc = add_text(s, &pad, &c->bytes, err))) {
            rf_fail_in(err, "prompt %lld", (long long)id);
            goto out;
        }
        entry[c->n] = (struct entry){ .text.len = c->bytes.len - start, .prompt = (uint32_t)c->n };
        c->prompt[c->n++] = id;
    }
    rc = rc < 0 ? rc : 0;
    for (size_t i = 0; i < c->n; i++) {
        entry[i].text.s = c->bytes.data ? c->bytes.data + at : "";
        entry[i].hash = rf_mix_bytes(0, entry[i].text.s, entry[i].text.len);
        at += entry[i].text.len;
    }
out:
    rf_stmt_free(s);
    rf_normal_release(&pad);
    return rc;
}

static int by_text(const struct entry *p, const struct entry *q)
{
    if (p->hash != q->hash)
        return p->hash < q->hash ? -1 : 1;
    if (p->text.len != q->text.len)
        return p->text.len < q->text.len ? -1 : 1;
    return p->text.len ? memcmp(p->text.s, q->text.s, p->text.len) : 0;
}

static int by_text_and_prompt(const void *a, const void *b)
{
    const struct entry *const p = a, *const q = b;
    const int c = by_text(p, q);
    return c ? c : (p->prompt > q->prompt) - (p->prompt < q->prompt);
}

static int merge_texts(struct rf_corpus *c, struct entry *entry, struct rf_err *err)
{
    if (RF_NEW(c->text_of, c->n, err) || RF_NEW(c->text, c->n, err) || RF_NEW(c->hash, c->n, err))
        return RF_FAIL;
    qsort(entry, c->n, sizeof *entry, by_text_and_prompt);
    for (size_t i = 0; i < c->n; i++) {
        if (!i || by_text(&entry[i - 1], &entry[i])) {
            c->text[c->texts] = entry[i].text;
            c->hash[c->texts++] = entry[i].hash;
        }
        c->text_of[entry[i].prompt] = (uint32_t)(c->texts - 1);
    }
    return 0;
}

static int cut_templates(struct rf_corpus *c, struct rf_err *err)
{
    struct rf_template t = { 0 };
    int rc;
    if ((rc = RF_NEW(c->content, c->texts, err)) || (rc = rf_template_find(&t, c->text, c->texts, err)) ||
        (rc = rf_buf_reserve(&c->cut, t.n ? c->bytes.len : 0, err)))
        goto out;
    for (size_t i = 0; i < c->texts; i++) {
        size_t cut;
        c->content[i] = rf_template_content(&t, i, c->text[i], &c->cut, &cut);
        c->templated += cut > 0;
    }
out:
    rf_template_release(&t);
    return rc;
}

int rf_corpus_read(struct rf_corpus *c, struct rf_db *db, struct rf_err *err)
{
    struct entry *entry = NULL;
    int64_t n = 0;
    int rc = rf_db_int(db, &n, err, "SELECT count(*) FROM prompt", 0, NULL);
    *c = (struct rf_corpus){ 0 };
    if (rc < 0)
        return rc;
    if (n >= UINT32_MAX)
        return rf_fail(err, RF_FAIL, "found %lld prompts, expected fewer than 2^32", (long long)n);
    if (!(rc = RF_NEW(entry, (size_t)n, err)) && !(rc = RF_NEW(c->prompt, (size_t)n, err)) &&
        !(rc = read_texts(c, db, entry, (size_t)n, err)) && !(rc = merge_texts(c, entry, err)))
        rc = cut_templates(c, err);
    rf_free(entry);
    return rc;
}

size_t rf_corpus_find(const struct rf_corpus *c, int64_t prompt)
{
    const size_t i = rf_first_with(c->prompt, sizeof *c->prompt, c->n, prompt);
    if (i == c->n)
        abort(); /* sets come out of the same database */
    return i;
}

int rf_corpus_sha256(const struct rf_corpus *c, const struct rf_prompt_set *set, size_t nsets, char hex[RF_SHA256_HEX],
                     struct rf_err *err)
{
    struct rf_sha256 *h = NULL;
    bool *in = NULL;
    int rc;
    if ((rc = RF_NEW(in, c->texts, err)) || (rc = rf_sha256_new(&h, err)))
        goto out;
    for (size_t i = 0; i < nsets; i++)
        for (size_t k = 0; k < set[i].n; k++)
            in[c->text_of[rf_corpus_find(c, set[i].member[k].prompt)]] = true;
    for (size_t t = 0; t < c->texts && !rc; t++)
        if (in[t] && !(rc = rf_sha256_add(h, &c->text[t].len, sizeof c->text[t].len, err)))
            rc = rf_sha256_add(h, c->text[t].s, c->text[t].len, err);
    if (!rc)
        rc = rf_sha256_end_hex(h, hex, err);
out:
    rf_sha256_free(h);
    rf_free(in);
    return rc;
}

int rf_corpus_near(const struct rf_corpus *c, double jaccard, const uint8_t *side, int threads, struct rf_pairs *out,
                   struct rf_err *err)
{
    struct rf_near_options o = { .jaccard = jaccard, .threads = threads };
    struct rf_str *text = NULL; /* those that take part */
    uint32_t *at = NULL;        /* their indices */
    uint8_t *of = NULL;         /* their sides */
    bool any = true;            /* all stand on both sides */
    size_t n = 0;
    int rc;
    if (!side)
        return rf_near_pairs(c->content, c->texts, &o, out, err);
    if ((rc = RF_NEW(text, c->texts, err)) || (rc = RF_NEW(at, c->texts, err)) || (rc = RF_NEW(of, c->texts, err)))
        goto out;
    for (size_t t = 0; t < c->texts; t++)
        if (side[t]) {
            text[n] = c->content[t];
            at[n] = (uint32_t)t;
            any &= side[t] == (RF_NEAR_LEFT | RF_NEAR_RIGHT);
            of[n++] = side[t];
        }
    o.side = any ? NULL : of;
    rc = rf_near_pairs(text, n, &o, out, err);
    for (size_t i = 0; i < out->n; i++)
        out->v[i] = (struct rf_pair){ at[out->v[i].a], at[out->v[i].b], out->v[i].similarity };
out:
    rf_free(text);
    rf_free(at);
    rf_free(of);
    return rc;
}

void rf_corpus_release(struct rf_corpus *c)
{
    rf_free(c->prompt);
    rf_free(c->text_of);
    rf_free(c->text);
    rf_free(c->hash);
    rf_free(c->content);
    rf_buf_release(&c->bytes);
    rf_buf_release(&c->cut);
    *c = (struct rf_corpus){ 0 };
}
