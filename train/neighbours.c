/* Tiles of queries against tiles of rows by GEMM, a short sorted list per query. Where rounding of floats might hide a
 * neighbour behind the end of the list, the query is searched again in doubles. */
#include "train/neighbours.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/par.h"
#include "train/rows.h"

enum { TILE = 1024, SLACK = 16, GROUP = 16, FEWEST = 64, MOST = 1024 }; /* the last two: queries in a block */

struct search {
    const float *x, *q;
    double *length; /* [rows] of x */
    float *inverse; /* [rows] 1 / length */
    size_t rows, queries, dim, k;
    size_t block;     /* queries in a block */
    size_t list;      /* candidates kept of a query: k + SLACK, or all rows */
    double margin;    /* of a cosine in floats */
    uint32_t *near;   /* [queries][k] */
    double *distance; /* the same, or NULL */
};

struct candidate {
    float cosine;
    uint32_t row;
};
struct exact {
    double distance; /* whole number of 1e-12 */
    uint32_t row;
};

/* The pair's rule: cosine in doubles, distance to 12 decimals. q[dim]: the query in double, of length 1 or all zero. */
static struct exact measure(const struct search *s, const double *q, uint32_t row)
{
    return (struct exact){ rint((1 - rf_row_dot_d(s->x + row * s->dim, q, s->dim) / s->length[row]) * 1e12), row };
}

static int by_distance(const void *a, const void *b)
{
    const struct exact *x = a, *y = b;
    return x->distance < y->distance ? -1 : x->distance > y->distance ? 1 : (x->row > y->row) - (x->row < y->row);
}

/* Takes in the rows first .. first + n - 1 by their products with a query of length 1; list[*count], best first. */
static void keep_best(const struct search *s, const float *product, size_t n, size_t first, struct candidate *list,
                      size_t *count)
{
    const float *const inverse = s->inverse + first;
    float cosine[TILE];
    for (size_t i = 0; i < n; i++)
        cosine[i] = product[i] * inverse[i];
    for (size_t g = 0; g < n; g += GROUP) {
        const size_t end = n - g < GROUP ? n : g + GROUP;
        const float bar = *count == s->list ? list[*count - 1].cosine : -INFINITY;
        int any = 0;
        for (size_t i = g; i < end; i++)
            any |= cosine[i] > bar;
        for (size_t i = g; any && i < end; i++) {
            size_t at = *count < s->list ? (*count)++ : s->list;
            if (at == s->list && !(cosine[i] > list[--at].cosine))
                continue;
            for (; at > 0 && cosine[i] > list[at - 1].cosine; at--)
                list[at] = list[at - 1];
            list[at] = (struct candidate){ cosine[i], (uint32_t)(first + i) };
        }
    }
}

/* The k nearest of a query's candidates, or of all rows where one beyond the candidates could be among them. room[rows]
 */
static void settle(const struct search *s, size_t query, const struct candidate *list, size_t count, struct exact *room,
                   double *q)
{
    const float *const from = s->q + query * s->dim;
    const double length = rf_row_norm(from, s->dim), inverse = length > 0 ? 1 / length : 0;
    const double least = (double)list[s->k - 1].cosine - s->margin; /* of a row that may be among the k nearest */
    const bool sure = count == s->rows || (double)list[count - 1].cosine < least;
    size_t n = sure ? count : s->rows;
    while (sure && (double)list[n - 1].cosine < least)
        n--;
    for (size_t i = 0; i < s->dim; i++)
        q[i] = (double)from[i] * inverse;
    for (size_t i = 0; i < n; i++)
        room[i] = measure(s, q, sure ? list[i].row : (uint32_t)i);
    qsort(room, n, sizeof *room, by_distance);
    for (size_t i = 0; i < s->k; i++)
        s->near[query * s->k + i] = room[i].row;
    for (size_t i = 0; i < s->k && s->distance; i++)
        s->distance[query * s->k + i] = room[i].distance;
}

static int search_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct search *const s = ctx;
    const size_t from = block * s->block, left = s->queries - from, n = left < s->block ? left : s->block;
    float *q = NULL, *product = NULL;
    struct candidate *list = NULL;
    struct exact *room = NULL;
    double *exact = NULL; /* a query */
    size_t *count = NULL;
    int rc;
    if ((rc = RF_NEW(q, n * s->dim, err)) || (rc = RF_ROOM(product, n * TILE, err)) ||
        (rc = RF_NEW(list, n * s->list, err)) || (rc = RF_NEW(room, s->rows, err)) || (rc = RF_NEW(count, n, err)) ||
        (rc = RF_NEW(exact, s->dim, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        rf_row_unit(s->q + (from + i) * s->dim, s->dim, q + i * s->dim);
    for (size_t first = 0; first < s->rows; first += TILE) {
        const size_t m = s->rows - first < TILE ? s->rows - first : TILE;
        rf_sgemm(false, true, n, m, s->dim, 1, q, s->dim, s->x + first * s->dim, s->dim, 0, product, TILE);
        for (size_t i = 0; i < n; i++)
            keep_best(s, product + i * TILE, m, first, list + i * s->list, &count[i]);
    }
    for (size_t i = 0; i < n; i++)
        settle(s, from + i, list + i * s->list, count[i], room, exact);
out:
    rf_free(q);
    rf_free(product);
    rf_free(list);
    rf_free(room);
    rf_free(exact);
    rf_free(count);
    return rc;
}

int rf_neighbours(const float *x, size_t rows, const float *q, size_t queries, size_t dim, size_t k, int threads,
                  uint32_t *near, double *distance, struct rf_err *err)
{
    struct search s = {
        .x = x, .q = q, .rows = rows, .queries = queries, .dim = dim, .k = k, .near = near, .distance = distance
    };
    int rc;
    if ((rc = RF_NEW(s.length, rows, err)) || (rc = RF_NEW(s.inverse, rows, err)))
        goto out;
    s.list = k + SLACK < rows ? k + SLACK : rows;
    s.margin = 4e-7 * sqrt((double)dim) + 1e-6; /* rounding of the rows' lengths and of the sums, with room to spare */
    for (size_t i = 0; i < rows; i++) {
        s.length[i] = rf_row_norm(x + i * dim, dim);
        s.inverse[i] = (float)(1 / s.length[i]);
        if (!(s.length[i] > 1e-18 && s.length[i] < 1e18)) /* floats may not hold its products: doubles throughout */
            s.margin = INFINITY;
    }
    /* Every block packs all rows anew, so each thread has one where it can: the answers are doubles', whatever the cut.
     */
    const size_t hands = threads > 1 ? (size_t)threads : 1, share = (queries + hands - 1) / hands;
    s.block = share < FEWEST ? FEWEST : share > MOST ? MOST : share;
    rc = rf_par_run((queries + s.block - 1) / s.block, threads, search_block, &s, err);
out:
    rf_free(s.length);
    rf_free(s.inverse);
    return rc;
}
