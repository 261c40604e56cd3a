/* Any bytes as a weight file: opened as tensors, loaded as a router (as the file says, and with two rows named) and as
 * an embedder. What loads must score to a probability. */
#include <stdint.h>
#include <stdlib.h>

#include "core/routefit_score.h"

enum { LARGEST = 1 << 16 };

static void score(struct routefit_router *r)
{
    const size_t dim = routefit_dim(r);
    float *x = dim <= LARGEST ? calloc(dim, sizeof *x) : NULL;
    if (x && routefit_input(r) == ROUTEFIT_VECTOR) {
        const double p = routefit_win_rate(r, x);
        if (!(p >= 0 && p <= 1))
            abort();
    }
    free(x);
    routefit_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct routefit_pick pick = { NULL, NULL, 1, 0, 1 };
    struct routefit_tensors *f = NULL;
    struct routefit_router *r = NULL;
    struct routefit_embedder *e = NULL;
    char err[ROUTEFIT_ERR];
    if (!routefit_tensors_open(&f, data, n, err)) {
        for (size_t i = 0; i < routefit_tensors_count(f); i++) {
            const struct routefit_tensor *t = routefit_tensors_at(f, i);
            float *x = t->count <= LARGEST ? calloc(t->count + 1, sizeof *x) : NULL;
            if (x)
                routefit_tensor_floats(t, x, err);
            free(x);
        }
        routefit_tensors_close(f);
    }
    if (!routefit_load(&r, data, n, NULL, err))
        score(r);
    if (!routefit_load(&r, data, n, &pick, err))
        score(r);
    if (!routefit_embedder_load(&e, data, n, err))
        routefit_embedder_free(e);
    return 0;
}
