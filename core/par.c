/* Fixed blocks over threads. Blocks are handed out in order from one counter, so that when one fails every lower one
 * has been taken already and the lowest failure is the same for any number of threads. Refuses to start blocks above a
 * failed one. */
#include "core/par.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "core/mem.h"

struct work {
    int (*fn)(void *ctx, size_t block, struct rf_err *err);
    void *ctx;
    size_t n;
    atomic_size_t next;   /* the block that is handed out next */
    atomic_size_t failed; /* lowest failed block so far, n where none */
    pthread_mutex_t lock; /* of the two below */
    struct rf_err err;    /* of the lowest failed block */
    int code;             /* what that block returned */
};

size_t rf_par_blocks(size_t rows)
{
    return rows / RF_BLOCK_ROWS + (rows % RF_BLOCK_ROWS != 0);
}

static void note_failure(struct work *w, size_t block, int code, const struct rf_err *err)
{
    pthread_mutex_lock(&w->lock);
    if (block < atomic_load(&w->failed)) {
        atomic_store(&w->failed, block);
        w->err = *err;
        w->code = code;
    }
    pthread_mutex_unlock(&w->lock);
}

static void *take_blocks(void *arg)
{
    struct work *w = arg;
    for (;;) {
        const size_t block = atomic_fetch_add(&w->next, 1);
        if (block >= w->n || block > atomic_load(&w->failed))
            return NULL;
        struct rf_err err = { 0 };
        const int code = w->fn(w->ctx, block, &err);
        if (code)
            note_failure(w, block, code, &err);
    }
}

static int run_alone(size_t n, int (*fn)(void *ctx, size_t block, struct rf_err *err), void *ctx, struct rf_err *err)
{
    int rc = 0;
    for (size_t b = 0; b < n && !rc; b++)
        rc = fn(ctx, b, err);
    return rc;
}

int rf_par_run(size_t n, int threads, int (*fn)(void *ctx, size_t block, struct rf_err *err), void *ctx,
               struct rf_err *err)
{
    if (threads <= 1 || n <= 1)
        return run_alone(n, fn, ctx, err);
    const size_t helpers = ((size_t)threads < n ? (size_t)threads : n) - 1;
    struct work w = { .fn = fn, .ctx = ctx, .n = n, .failed = n, .lock = PTHREAD_MUTEX_INITIALIZER };
    pthread_t *id = NULL;
    if (RF_NEW(id, helpers, err))
        return RF_FAIL;
    size_t started = 0;
    while (started < helpers && pthread_create(&id[started], NULL, take_blocks, &w) == 0)
        started++; /* where the system gives no more threads, those at hand do the work */
    take_blocks(&w);
    for (size_t i = 0; i < started; i++)
        pthread_join(id[i], NULL);
    rf_free(id);
    pthread_mutex_destroy(&w.lock);
    if (w.code && w.err.code)
        return rf_fail(err, w.err.code, "%s", w.err.msg);
    return w.code;
}

int rf_par_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set))
        return 1;
    const int n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}
