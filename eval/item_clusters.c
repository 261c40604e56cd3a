/* Questions are joined by sorted keys: prompt ids first, hashes of texts next, pairs of table overlap last. */
#include "eval/item_clusters.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/mix.h"
#include "core/normal.h"
#include "core/pairs.h"

struct keyed {
    uint64_t key;
    uint32_t i;
};

static int by_key(const void *pa, const void *pb)
{
    const struct keyed *a = pa, *b = pb;
    return a->key != b->key ? (a->key > b->key) - (a->key < b->key) : (a->i > b->i) - (a->i < b->i);
}

static void join_equal(struct keyed *k, size_t n, uint32_t *root)
{
    qsort(k, n, sizeof *k, by_key);
    for (size_t i = 1; i < n; i++)
        if (k[i].key == k[i - 1].key)
            rf_groups_join(root, k[i].i, k[i - 1].i);
}

/* k: room for n; left sorted by prompt, *prompts of them. */
static void join_prompts(const struct rf_bench *b, struct keyed *k, size_t *prompts, uint32_t *root)
{
    *prompts = 0;
    for (size_t i = 0; i < b->n; i++)
        if (b->prompt[i])
            k[(*prompts)++] = (struct keyed){ (uint64_t)b->prompt[i], (uint32_t)i };
    join_equal(k, *prompts, root);
}

static int join_texts(const struct rf_bench *b, struct keyed *k, uint32_t *root, struct rf_err *err)
{
    struct rf_normal pad = { 0 };
    struct rf_buf text = { 0 };
    size_t n = 0;
    int rc = 0;
    for (size_t i = 0; i < b->n && !rc; i++) {
        text.len = 0;
        if (!b->text_len[i] || (rc = rf_normal_add(&pad, rf_bench_text(b, i), &text, err)) || !text.len)
            continue;
        k[n++] = (struct keyed){ rf_mix_bytes(0, text.data, text.len), (uint32_t)i };
    }
    if (!rc)
        join_equal(k, n, root);
    rf_normal_release(&pad);
    rf_buf_release(&text);
    return rc;
}

/* The first question with a prompt; SIZE_MAX: none. */
static size_t find(const struct keyed *k, size_t n, int64_t prompt)
{
    size_t low = 0, high = n;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (k[mid].key < (uint64_t)prompt)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && k[low].key == (uint64_t)prompt ? k[low].i : SIZE_MAX;
}

static int join_overlaps(const struct keyed *k, size_t n, struct rf_db *db, const char *bench, uint32_t *root,
                         struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db,
                         "SELECT DISTINCT prompt_a, prompt_b FROM overlap WHERE prompt_a IN (SELECT prompt FROM item "
                         "WHERE bench = ?1) AND prompt_b IN (SELECT prompt FROM item WHERE bench = ?1)",
                         err);
    if (rc)
        return rc;
    rf_bind_text(s, 1, bench);
    while ((rc = rf_step(s, err)) == 1) {
        const size_t a = find(k, n, rf_col_int(s, 0)), b = find(k, n, rf_col_int(s, 1));
        if (a != SIZE_MAX && b != SIZE_MAX)
            rf_groups_join(root, (uint32_t)a, (uint32_t)b);
    }
    rf_stmt_free(s);
    return rc;
}

int rf_clusters_find(struct rf_clusters *c, const struct rf_bench *b, struct rf_db *db, struct rf_err *err)
{
    struct keyed *prompt = NULL, *text = NULL;
    uint32_t *root = NULL;
    size_t prompts;
    int rc;
    *c = (struct rf_clusters){ 0 };
    if (b->n > UINT32_MAX)
        return rf_fail(err, RF_BAD_INPUT, "found %zu questions, expected fewer than 2^32", b->n);
    if ((rc = RF_NEW(prompt, b->n, err)) || (rc = RF_NEW(text, b->n, err)) || (rc = RF_NEW(c->of, b->n, err)) ||
        (rc = rf_groups_new(&root, b->n, err)))
        goto out;
    join_prompts(b, prompt, &prompts, root);
    if ((rc = join_texts(b, text, root, err)) || (rc = join_overlaps(prompt, prompts, db, b->name, root, err)))
        goto out;
    for (size_t i = 0; i < b->n; i++) {
        const size_t first = rf_groups_find(root, (uint32_t)i);
        c->of[i] = first == i ? c->n++ : c->of[first];
    }
out:
    if (rc || c->n == b->n) {
        rf_free(c->of);
        c->of = NULL;
    }
    rf_free(prompt);
    rf_free(text);
    rf_free(root);
    return rc;
}

void rf_clusters_release(struct rf_clusters *c)
{
    rf_free(c->of);
    *c = (struct rf_clusters){ 0 };
}
