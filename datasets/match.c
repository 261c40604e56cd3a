/* Level by level into one list of pairs of corpus indices, which is then sorted, rid of repeats, and counted. */
#include "datasets/match.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "datasets/cosine.h"
#include "core/minhash.h"
#include "datasets/vectors.h"

const char *const rf_likeness_name[RF_LIKENESSES] = { "exact", "normalised", "near", "cosine" };

/* The members of a set by text: those of text t are prompt[start[t]] .. prompt[start[t + 1] - 1]. */
struct by_text {
    uint32_t *start;  /* [texts + 1] */
    uint32_t *prompt; /* [members] indices into the corpus */
};

struct finder {
    const struct rf_corpus *c;
    const struct rf_prompt_set *set[2]; /* of one set: twice the same */
    struct by_text side[2];
    bool self;
    struct rf_pairs level[RF_LIKENESSES]; /* pairs of corpus indices: a of the first set, b of the second */
    struct rf_pairs texts;                /* near pairs of texts */
};

static int members_by_text(struct by_text *t, const struct rf_corpus *c, const struct rf_prompt_set *s,
                           struct rf_err *err)
{
    if (RF_NEW(t->start, c->texts + 2, err) || RF_NEW(t->prompt, s->n, err))
        return RF_FAIL;
    /* counts stand two places up, so that filling leaves each start at its own place */
    for (size_t i = 0; i < s->n; i++)
        t->start[c->text_of[rf_corpus_find(c, s->member[i].prompt)] + 2]++;
    for (size_t i = 2; i < c->texts + 2; i++)
        t->start[i] += t->start[i - 1];
    for (size_t i = 0; i < s->n; i++) {
        const size_t p = rf_corpus_find(c, s->member[i].prompt);
        t->prompt[t->start[c->text_of[p] + 1]++] = (uint32_t)p;
    }
    return 0;
}

static int add(struct finder *f, enum rf_likeness kind, uint32_t a, uint32_t b, double similarity, struct rf_err *err)
{
    if (f->self && a > b)
        return rf_pairs_add(&f->level[kind], b, a, similarity, err);
    return rf_pairs_add(&f->level[kind], a, b, similarity, err);
}

static int find_exact(struct finder *f, struct rf_err *err)
{
    const struct rf_prompt_set *const a = f->set[0];
    int rc = 0;
    for (size_t i = 0; i < a->n && !rc; i++) {
        if (f->self ? a->member[i].times < 2 : !rf_prompt_set_find(f->set[1], a->member[i].prompt))
            continue;
        const uint32_t p = (uint32_t)rf_corpus_find(f->c, a->member[i].prompt);
        rc = add(f, RF_EXACT, p, p, 1, err);
    }
    return rc;
}

/* Each member of text x in the first set with the first one of text y in the second, and the other way round. */
static int pair_members(struct finder *f, enum rf_likeness kind, size_t x, size_t y, double similarity,
                        struct rf_err *err)
{
    const struct by_text *const s = &f->side[0], *const t = &f->side[1];
    const uint32_t a = s->start[x], a_end = s->start[x + 1], b = t->start[y], b_end = t->start[y + 1];
    int rc = 0;
    if (a == a_end || b == b_end)
        return 0;
    for (uint32_t i = a; i < a_end && !rc; i++)
        if (s->prompt[i] != t->prompt[b])
            rc = add(f, kind, s->prompt[i], t->prompt[b], similarity, err);
    for (uint32_t j = b + 1; j < b_end && !rc; j++)
        if (s->prompt[a] != t->prompt[j])
            rc = add(f, kind, s->prompt[a], t->prompt[j], similarity, err);
    return rc;
}

static int find_normalised(struct finder *f, struct rf_err *err)
{
    int rc = 0;
    for (size_t t = 0; t < f->c->texts && !rc; t++)
        rc = pair_members(f, RF_NORMALISED, t, t, 1, err);
    return rc;
}

static int find_near(struct finder *f, const struct rf_match_options *o, struct rf_err *err)
{
    uint8_t *side = NULL;
    int rc = RF_NEW(side, f->c->texts, err);
    for (size_t t = 0; side && t < f->c->texts; t++)
        side[t] = (uint8_t)((f->side[0].start[t + 1] > f->side[0].start[t] ? RF_NEAR_LEFT : 0) |
                            (f->side[1].start[t + 1] > f->side[1].start[t] ? RF_NEAR_RIGHT : 0));
    if (!rc)
        rc = rf_corpus_near(f->c, o->jaccard, side, o->threads, &f->texts, err);
    for (size_t i = 0; i < f->texts.n && !rc; i++) {
        const struct rf_pair *const p = &f->texts.v[i];
        rc = pair_members(f, RF_NEAR, p->a, p->b, p->similarity, err);
        if (!rc && !f->self)
            rc = pair_members(f, RF_NEAR, p->b, p->a, p->similarity, err);
    }
    rf_free(side);
    return rc;
}

/* ---- cosine ---- */

/* Vectors of a set's members, in rising order of prompts. */
struct vectors {
    float *x;         /* [n][dim] */
    uint32_t *prompt; /* [n] corpus index */
    size_t n;
};

static int read_vectors(struct vectors *v, struct rf_db *db, const struct rf_embedder *e, const struct rf_corpus *c,
                        const struct rf_prompt_set *set, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    size_t at = 0, cells;
    int rc;
    if (!rf_mul(set->n, e->dim, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu vectors of %zu", set->n, e->dim);
    if ((rc = RF_NEW(v->x, cells, err)) || (rc = RF_NEW(v->prompt, set->n, err)) ||
        (rc = rf_stmt_new(&s, db, "SELECT prompt, vector FROM embedding WHERE embedder = ?1 ORDER BY prompt", err)))
        goto out;
    rf_bind_int(s, 1, e->id);
    while (at < set->n && (rc = rf_step(s, err)) > 0) {
        const int64_t prompt = rf_col_int(s, 0);
        const struct rf_str blob = rf_col_str(s, 1);
        while (at < set->n && set->member[at].prompt < prompt)
            at++;
        if (at == set->n || set->member[at].prompt != prompt)
            continue;
        if (blob.len != e->dim * sizeof *v->x) {
            rc = rf_fail(err, RF_CORRUPT, "the vector of prompt %lld has %zu bytes, expected %zu", (long long)prompt,
                         blob.len, e->dim * sizeof *v->x);
            goto out;
        }
        memcpy(v->x + v->n * e->dim, blob.s, blob.len);
        v->prompt[v->n++] = (uint32_t)rf_corpus_find(c, prompt);
    }
    rc = rc < 0 ? rc : 0;
out:
    rf_stmt_free(s);
    return rc;
}

/* The pair stands on an earlier level, itself or by way of the first prompt with its text. */
static bool found_by_text(const struct finder *f, uint32_t a, uint32_t b)
{
    const uint32_t x = f->c->text_of[a], y = f->c->text_of[b], low = x < y ? x : y, high = x < y ? y : x;
    size_t from = 0, end = f->texts.n;
    if (x == y)
        return true;
    while (from < end) {
        const size_t mid = from + (end - from) / 2;
        const struct rf_pair *const p = &f->texts.v[mid];
        if (p->a < low || (p->a == low && p->b < high))
            from = mid + 1;
        else
            end = mid;
    }
    return from < f->texts.n && f->texts.v[from].a == low && f->texts.v[from].b == high;
}

static int find_cosine(struct finder *f, struct rf_db *db, const struct rf_match_options *o, size_t vectorless[2],
                       struct rf_err *err)
{
    struct vectors v[2] = { { 0 } };
    struct rf_pairs found = { 0 };
    struct rf_embedder e;
    int rc;
    if ((rc = rf_embedder_need(db, o->embedder, &e, err)))
        goto out;
    for (int i = 0; i < (f->self ? 1 : 2); i++) {
        if ((rc = read_vectors(&v[i], db, &e, f->c, f->set[i], err)))
            goto out;
        vectorless[i] = f->set[i]->n - v[i].n;
        if (!v[i].n) {
            rc = rf_fail(err, RF_BAD_INPUT,
                         "no prompt of \"%s\" has a vector of embedder \"%s\"; `routefit embed` makes them",
                         f->set[i]->name, o->embedder);
            goto out;
        }
    }
    const struct vectors *const w = f->self ? &v[0] : &v[1];
    if ((rc = rf_cosine_pairs(v[0].x, v[0].n, f->self ? NULL : w->x, w->n, e.dim, o->cosine, o->threads, &found, err)))
        goto out;
    for (size_t i = 0; i < found.n && !rc; i++) {
        const uint32_t a = v[0].prompt[found.v[i].a], b = w->prompt[found.v[i].b];
        if (a != b && !found_by_text(f, a, b))
            rc = add(f, RF_COSINE, a, b, found.v[i].similarity, err);
    }
out:
    rf_pairs_release(&found);
    for (int i = 0; i < 2; i++) {
        rf_free(v[i].x);
        rf_free(v[i].prompt);
    }
    return rc;
}

/* ---- results ---- */

/* Counts the pairs of levels [from, end). mark[n]: scratch. */
static int count_levels(const struct finder *f, size_t from, size_t end, uint8_t *mark, struct rf_match_count *count,
                        struct rf_err *err)
{
    uint32_t *root = NULL;
    if (rf_groups_new(&root, f->c->n, err))
        return RF_FAIL;
    memset(mark, 0, f->c->n);
    for (size_t k = from; k < end; k++)
        for (size_t i = 0; i < f->level[k].n; i++) {
            const struct rf_pair *const p = &f->level[k].v[i];
            count->pairs++;
            mark[p->a] |= 1;
            mark[p->b] |= f->self ? 1 : 2;
            rf_groups_join(root, p->a, p->b);
        }
    for (size_t i = 0; i < f->c->n; i++) {
        count->a += mark[i] & 1;
        count->b += mark[i] >> 1;
        if (mark[i])
            mark[rf_groups_find(root, (uint32_t)i)] |= 4;
    }
    for (size_t i = 0; i < f->c->n; i++)
        count->groups += mark[i] >> 2;
    rf_free(root);
    return 0;
}

static int by_rank(const void *a, const void *b)
{
    const struct rf_match *const p = a, *const q = b;
    if (p->kind != q->kind)
        return p->kind < q->kind ? -1 : 1;
    if (p->similarity < q->similarity || p->similarity > q->similarity)
        return p->similarity > q->similarity ? -1 : 1;
    if (p->a != q->a)
        return p->a < q->a ? -1 : 1;
    return (p->b > q->b) - (p->b < q->b);
}

static int collect(struct rf_matches *m, struct finder *f, struct rf_err *err)
{
    uint8_t *mark = NULL;
    size_t room = 0;
    int rc = RF_NEW(mark, f->c->n, err);
    for (size_t k = 0; k < RF_LIKENESSES && !rc; k++) {
        rf_pairs_sort(&f->level[k]);
        room += f->level[k].n;
        rc = count_levels(f, k, k + 1, mark, &m->count[k], err);
    }
    if (rc || (rc = count_levels(f, 0, RF_LIKENESSES, mark, &m->count[RF_LIKENESSES], err)) ||
        (rc = RF_NEW(m->v, room, err)))
        goto out;
    for (size_t k = 0; k < RF_LIKENESSES; k++)
        for (size_t i = 0; i < f->level[k].n; i++) {
            const struct rf_pair *const p = &f->level[k].v[i];
            m->v[m->n++] =
                (struct rf_match){ f->c->prompt[p->a], f->c->prompt[p->b], (enum rf_likeness)k, p->similarity };
        }
    if (m->n)
        qsort(m->v, m->n, sizeof *m->v, by_rank);
out:
    rf_free(mark);
    return rc;
}

int rf_matches_find(struct rf_matches *m, struct rf_db *db, const struct rf_corpus *corpus,
                    const struct rf_prompt_set *a, const struct rf_prompt_set *b, const struct rf_match_options *o,
                    struct rf_err *err)
{
    struct finder f = { .c = corpus, .set = { a, b ? b : a }, .self = !b };
    int rc = 0;
    *m = (struct rf_matches){ 0 };
    for (int i = 0; i < 2 && !rc; i++)
        rc = members_by_text(&f.side[i], corpus, f.set[i], err);
    if (!rc && !(rc = find_exact(&f, err)) && o->level >= RF_NORMALISED)
        rc = find_normalised(&f, err);
    if (!rc && o->level >= RF_NEAR)
        rc = find_near(&f, o, err);
    if (!rc && o->embedder)
        rc = find_cosine(&f, db, o, m->vectorless, err);
    if (!rc)
        rc = collect(m, &f, err);
    for (int i = 0; i < 2; i++) {
        rf_free(f.side[i].start);
        rf_free(f.side[i].prompt);
    }
    for (size_t k = 0; k < RF_LIKENESSES; k++)
        rf_pairs_release(&f.level[k]);
    rf_pairs_release(&f.texts);
    return rc;
}

void rf_matches_release(struct rf_matches *m)
{
    rf_free(m->v);
    *m = (struct rf_matches){ 0 };
}
