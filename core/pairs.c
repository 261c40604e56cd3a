/* Lists of pairs, and union-find over indices in which the smaller index is always the root: groups then look the same
 * in whatever order they were joined. */
#include "core/pairs.h"

#include <stdlib.h>

#include "core/mem.h"

static int make_room(struct rf_pairs *p, size_t more, struct rf_err *err)
{
    if (more > RF_PAIRS_MOST - p->n)
        return rf_fail(err, RF_FAIL,
                       "more than %d pairs are that alike: a higher threshold, or other vectors, would tell more",
                       RF_PAIRS_MOST);
    if (p->n + more <= p->cap)
        return 0;
    const size_t cap = 2 * (p->n + more);
    struct rf_pair *const v = rf_regrow(p->v, p->cap, cap, sizeof *v, err);
    if (!v)
        return RF_FAIL;
    p->v = v;
    p->cap = cap;
    return 0;
}

int rf_pairs_add(struct rf_pairs *p, uint32_t a, uint32_t b, double similarity, struct rf_err *err)
{
    const int rc = make_room(p, 1, err);
    if (!rc)
        p->v[p->n++] = (struct rf_pair){ a, b, similarity };
    return rc;
}

int rf_pairs_append(struct rf_pairs *p, const struct rf_pairs *more, struct rf_err *err)
{
    const int rc = make_room(p, more->n, err);
    for (size_t i = 0; !rc && i < more->n; i++)
        p->v[p->n++] = more->v[i];
    return rc;
}

static int by_indices(const void *x, const void *y)
{
    const struct rf_pair *const p = x, *const q = y;
    if (p->a != q->a)
        return p->a < q->a ? -1 : 1;
    return (p->b > q->b) - (p->b < q->b);
}

void rf_pairs_sort(struct rf_pairs *p)
{
    size_t n = 0;
    if (p->n)
        qsort(p->v, p->n, sizeof *p->v, by_indices);
    for (size_t i = 0; i < p->n; i++)
        if (!n || by_indices(&p->v[n - 1], &p->v[i]))
            p->v[n++] = p->v[i];
    p->n = n;
}

void rf_pairs_release(struct rf_pairs *p)
{
    rf_free(p->v);
    *p = (struct rf_pairs){ 0 };
}

int rf_groups_new(uint32_t **root, size_t n, struct rf_err *err)
{
    const int rc = RF_NEW(*root, n, err);
    for (size_t i = 0; !rc && i < n; i++)
        (*root)[i] = (uint32_t)i;
    return rc;
}

uint32_t rf_groups_find(uint32_t *root, uint32_t i)
{
    while (root[i] != i) {
        root[i] = root[root[i]];
        i = root[i];
    }
    return i;
}

void rf_groups_join(uint32_t *root, uint32_t a, uint32_t b)
{
    a = rf_groups_find(root, a);
    b = rf_groups_find(root, b);
    if (a < b)
        root[b] = a;
    else
        root[a] = b;
}
