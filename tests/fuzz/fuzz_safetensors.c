/* Any bytes as a weight file: opened as tensors, loaded as a router (as the file says, and with two rows named) and as
 * an embedder. What loads as a router of one pair must score to a probability. */
#include <string.h>

#include "core/routefit_score.h"
#include "fuzz/fuzz.h"

enum { LARGEST = 1 << 16 };
static const char text[] = "Some words, 12 of them?";

/* Weights of any size may overflow on a text; the origin gives the bias alone. */
static void score(struct routefit_router *r)
{
    const size_t dim = routefit_dim(r);
    float *x = dim <= LARGEST ? calloc(dim, sizeof *x) : NULL;
    struct routefit_features *pad = routefit_features_new(dim);
    if (x && routefit_input(r) == ROUTEFIT_VECTOR) {
        const size_t models = routefit_models(r);
        const double p = routefit_win_rate(r, x); /* of many: NaN where no two are picked */
        double *const room = models ? calloc(2 * models, sizeof *room) : NULL;
        PROMISE(models || (p >= 0 && p <= 1));
        if (room)
            routefit_predict(r, x, room, room + models);
        free(room);
    }
    if (pad && routefit_input(r) == ROUTEFIT_TEXT)
        routefit_win_rate_task(r, pad, text, strlen(text), "law");
    routefit_features_free(pad);
    free(x);
    routefit_free(r);
}

static void embed(struct routefit_embedder *e)
{
    const size_t dim = routefit_embedder_dim(e);
    float *x = dim <= LARGEST ? calloc(dim, sizeof *x) : NULL;
    struct routefit_features *pad = routefit_features_new(routefit_embedder_buckets(e));
    if (x && pad)
        routefit_embed(e, pad, text, strlen(text), x);
    routefit_features_free(pad);
    free(x);
    routefit_embedder_free(e);
}

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
        embed(e);
    return 0;
}
