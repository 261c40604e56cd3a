/* Sparse rows in growing arrays, and their transpose by one counting pass and one scattering pass. */
#include "core/csr.h"

#include <string.h>

#include "core/mem.h"

enum { FIRST_ROOM = 1024 };

size_t rf_csr_entries(const struct rf_csr *a)
{
    return a->rows ? a->ptr[a->rows] : 0;
}

/* Room for at least n elements: doubled, so that pushing stays linear. */
static size_t wider(size_t room, size_t n)
{
    size_t r = room ? room : FIRST_ROOM;
    while (r < n && rf_mul(r, 2, &r))
        ;
    return r < n ? n : r;
}

static int reserve_row(struct rf_csr *a, struct rf_err *err)
{
    if (a->ptr && a->rows + 2 <= a->room_rows)
        return 0;
    const size_t room = wider(a->room_rows, a->rows + 2);
    size_t *ptr = rf_regrow(a->ptr, a->rows + 1, room, sizeof *ptr, err);
    if (!ptr)
        return RF_FAIL;
    a->ptr = ptr;
    a->room_rows = room;
    return 0;
}

static int reserve_entries(struct rf_csr *a, size_t used, size_t n, struct rf_err *err)
{
    size_t need;
    if (!rf_add(used, n, &need))
        return rf_fail(err, RF_FAIL, "out of memory: a sparse matrix of more than %zu entries", used);
    if (need <= a->room_entries)
        return 0;
    const size_t room = wider(a->room_entries, need);
    uint32_t *col = rf_widen(a->col, used, room, sizeof *col, err);
    if (!col)
        return RF_FAIL;
    a->col = col;
    float *val = rf_widen(a->val, used, room, sizeof *val, err);
    if (!val)
        return RF_FAIL;
    a->val = val;
    a->room_entries = room;
    return 0;
}

int rf_csr_push(struct rf_csr *a, const uint32_t *col, const float *val, size_t n, struct rf_err *err)
{
    const size_t used = rf_csr_entries(a);
    int rc;
    if ((rc = reserve_row(a, err)) || (rc = reserve_entries(a, used, n, err)))
        return rc;
    if (n) {
        memcpy(a->col + used, col, n * sizeof *col);
        memcpy(a->val + used, val, n * sizeof *val);
    }
    a->ptr[++a->rows] = used + n;
    return 0;
}

int rf_csr_transpose(const struct rf_csr *part, size_t nparts, struct rf_csr *out, struct rf_err *err)
{
    struct rf_csr t = { .rows = nparts ? part[0].cols : 0 };
    size_t *next = NULL, entries = 0;
    int rc = 0;
    for (size_t p = 0; p < nparts; p++) {
        t.cols += part[p].rows;
        entries += rf_csr_entries(&part[p]);
    }
    if (t.cols > UINT32_MAX || t.rows > UINT32_MAX) {
        rc = rf_fail(err, RF_FAIL, "a sparse matrix of %zu x %zu: at most %u rows and columns", t.cols, t.rows,
                     UINT32_MAX);
        goto out;
    }
    if ((rc = RF_NEW(t.ptr, t.rows + 1, err)) || (rc = RF_ROOM(t.col, entries, err)) ||
        (rc = RF_ROOM(t.val, entries, err)) || (rc = RF_NEW(next, t.rows + 1, err)))
        goto out;
    t.room_rows = t.rows + 1;
    t.room_entries = entries;
    for (size_t p = 0; p < nparts; p++)
        for (size_t e = 0; e < rf_csr_entries(&part[p]); e++)
            t.ptr[part[p].col[e] + 1]++;
    for (size_t i = 0; i < t.rows; i++) {
        t.ptr[i + 1] += t.ptr[i];
        next[i] = t.ptr[i];
    }
    for (size_t p = 0, row = 0; p < nparts; p++)
        for (size_t i = 0; i < part[p].rows; i++, row++)
            for (size_t e = part[p].ptr[i]; e < part[p].ptr[i + 1]; e++) {
                const size_t at = next[part[p].col[e]]++;
                t.col[at] = (uint32_t)row;
                t.val[at] = part[p].val[e];
            }
    *out = t;
    t = (struct rf_csr){ 0 };
out:
    rf_free(next);
    rf_csr_release(&t);
    return rc;
}

void rf_csr_release(struct rf_csr *a)
{
    rf_free(a->ptr);
    rf_free(a->col);
    rf_free(a->val);
    *a = (struct rf_csr){ 0 };
}
