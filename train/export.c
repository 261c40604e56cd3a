/* Opens a weight file and writes its RouteLLM folder and its single vector; the text form stands in
 * train/export_text.c. */
#include "train/export.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/pick.h"

int rf_export_open(struct rf_export *e, const char *path, const struct routefit_pick *pick, struct rf_err *err)
{
    char why[ROUTEFIT_ERR];
    *e = (struct rf_export){ .path = path };
    int rc = rf_file_read(path, 0, &e->bytes, err);
    if (!rc && (routefit_tensors_open(&e->tensors, e->bytes.data, e->bytes.len, why) ||
                routefit_load(&e->router, e->bytes.data, e->bytes.len, pick, why)))
        rc = rf_fail(err, RF_CORRUPT, "%s: %s", path, why);
    if (rc) {
        rf_export_release(e);
        return rc;
    }
    const bool by_row = pick && pick->use_ids && !pick->strong && !pick->weak;
    e->strong = by_row ? NULL : pick && pick->strong ? pick->strong : routefit_meta(e->router, "routefit.strong");
    e->weak = by_row ? NULL : pick && pick->weak ? pick->weak : routefit_meta(e->router, "routefit.weak");
    return 0;
}

void rf_export_release(struct rf_export *e)
{
    routefit_free(e->router);
    routefit_tensors_close(e->tensors);
    rf_buf_release(&e->bytes);
    *e = (struct rf_export){ 0 };
}

size_t rf_export_carry(const struct rf_export *e, struct rf_meta *meta, size_t n)
{
    const struct rf_meta carried[RF_EXPORT_CARRIED] = {
        { "routefit.strong", e->strong },
        { "routefit.weak", e->weak },
        { "routefit.embedder", routefit_meta(e->router, "routefit.embedder") },
        { "routefit.embedder_sha256", routefit_meta(e->router, "routefit.embedder_sha256") },
    };
    for (size_t i = 0; i < RF_EXPORT_CARRIED; i++)
        if (carried[i].value)
            meta[n++] = carried[i];
    return n;
}

int rf_export_linear(const struct rf_export *e, double **w, double *intercept, struct rf_err *err)
{
    int rc = rf_pick_check(e->router, e->path, err);
    if (!rc)
        rc = RF_NEW(*w, routefit_dim(e->router), err);
    if (!rc && routefit_linear(e->router, *w, intercept) && routefit_meta(e->router, "routefit.recalibration"))
        return rf_fail(err, RF_USAGE,
                       "%s: its win rates are recalibrated by steps (isotonic), which are no linear function; "
                       "recalibrate it with --method platt",
                       e->path);
    if (!rc && routefit_linear(e->router, *w, intercept))
        return rf_fail(err, RF_USAGE, "%s: found a router of kind %s, which is no linear function of the vector",
                       e->path, routefit_kind(e->router));
    return rc;
}

/* ---- RouteLLM ---- */

/* A float32 copy of one of the file's tensors, all of rank 2; *copy is the caller's. */
static int copy_tensor(const struct rf_export *e, const char *name, struct rf_tensor *t, float **copy,
                       struct rf_err *err)
{
    const struct routefit_tensor *const from = routefit_tensors_find(e->tensors, name);
    char why[ROUTEFIT_ERR];
    int rc = RF_NEW(*copy, from->count, err);
    if (rc)
        return rc;
    if (routefit_tensor_floats(from, *copy, why))
        return rf_fail(err, RF_CORRUPT, "%s: %s", e->path, why);
    *t = (struct rf_tensor){ name, RF_F32, 2, { from->shape[0], from->shape[1] }, *copy };
    return 0;
}

static int save_in(const char *dir, const char *name, bool force, const struct rf_buf *bytes, struct rf_err *err)
{
    struct rf_buf path = { 0 };
    int rc = rf_buf_printf(&path, err, "%s/%s", dir, name);
    if (!rc)
        rc = rf_file_write(path.data, force, bytes->data, bytes->len, NULL, err);
    rf_buf_release(&path);
    return rc;
}

int rf_export_routellm(const struct rf_export *e, const char *dir, bool force, struct rf_exported *out,
                       struct rf_err *err)
{
    static const char *const names[] = { "P.weight", "text_proj.0.weight", "classifier.0.weight" };
    struct rf_meta meta[4 + RF_EXPORT_CARRIED] = { { "format", "pt" } };
    struct rf_tensor t[3];
    float *copy[3] = { NULL, NULL, NULL };
    struct rf_buf bytes = { 0 }, config = { 0 }, list = { 0 };
    const char *const models = routefit_meta(e->router, "routefit.models");
    size_t metas = 1;
    int rc = 0;
    if (strcmp(routefit_kind(e->router), "mf")) {
        rc = rf_fail(err, RF_USAGE,
                     "%s: found a %s router, expected mf: RouteLLM has no place for another kind; `export vector` "
                     "writes it as one vector",
                     e->path, routefit_kind(e->router));
        goto out;
    }
    if (routefit_meta(e->router, "routefit.recalibration")) {
        rc = rf_fail(err, RF_USAGE,
                     "%s: its win rates are recalibrated, for which RouteLLM's server has no place; `export vector` "
                     "writes the router as one vector",
                     e->path);
        goto out;
    }
    if (routefit_tensors_find(e->tensors, "text_proj.0.bias")) {
        rc = rf_fail(err, RF_USAGE,
                     "%s: its projection has a bias, for which RouteLLM's server has no place; `export vector` writes "
                     "the router as one vector",
                     e->path);
        goto out;
    }
    for (int i = 0; i < 3; i++)
        if ((rc = copy_tensor(e, names[i], &t[i], &copy[i], err)))
            goto out;
    if (models) { /* without the names of the rows the file stays RouteLLM's own, whose rows are named by the caller */
        meta[metas++] = (struct rf_meta){ "routefit.kind", "mf" };
        meta[metas++] = (struct rf_meta){ "routefit.input", "vector" };
        meta[metas++] = (struct rf_meta){ "routefit.models", models };
    }
    metas = rf_export_carry(e, meta, metas);
    if ((rc = rf_safetensors_build(t, 3, meta, metas, &bytes, err)) ||
        (rc = rf_buf_printf(
             &config, err,
             "{\"dim\": %zu, \"num_models\": %zu, \"text_dim\": %zu, \"num_classes\": 1, \"use_proj\": true}\n",
             t[0].shape[1], t[0].shape[0], t[1].shape[1])) ||
        (models && (rc = rf_buf_printf(&list, err, "%s\n", models))))
        goto out;
    if (mkdir(dir, 0777) && errno != EEXIST) {
        rc = rf_fail_errno(err, RF_IO, "cannot make the folder %s", dir);
        goto out;
    }
    if ((rc = save_in(dir, "config.json", force, &config, err)) ||
        (models && (rc = save_in(dir, "models.json", force, &list, err))) ||
        (rc = save_in(dir, "model.safetensors", force, &bytes, err)))
        goto out;
    *out = (struct rf_exported){ t[1].shape[1], bytes.len, NAN, 0 };
out:
    for (int i = 0; i < 3; i++)
        rf_free(copy[i]);
    rf_buf_release(&bytes);
    rf_buf_release(&config);
    rf_buf_release(&list);
    return rc;
}

/* ---- one vector ---- */

int rf_export_vector(const struct rf_export *e, const char *path, bool force, struct rf_exported *out,
                     struct rf_err *err)
{
    struct rf_meta meta[2 + RF_EXPORT_CARRIED] = { { "routefit.kind", "logistic" }, { "routefit.input", "vector" } };
    const size_t dim = routefit_dim(e->router), metas = rf_export_carry(e, meta, 2);
    struct rf_buf bytes = { 0 };
    double *w = NULL, intercept;
    float *weight = NULL, bias;
    int rc = 0;
    if (routefit_input(e->router) != ROUTEFIT_VECTOR) {
        rc = rf_fail(err, RF_USAGE,
                     "%s: found a router on text, expected one on vectors: it is one weight per bucket already",
                     e->path);
        goto out;
    }
    if ((rc = rf_export_linear(e, &w, &intercept, err)) || (rc = RF_NEW(weight, dim, err)))
        goto out;
    for (size_t i = 0; i < dim; i++)
        weight[i] = (float)w[i];
    bias = (float)intercept;
    const struct rf_tensor t[] = { { "weight", RF_F32, 1, { dim }, weight }, { "bias", RF_F32, 1, { 1 }, &bias } };
    if ((rc = rf_safetensors_build(t, 2, meta, metas, &bytes, err)) ||
        (rc = rf_file_write(path, force, bytes.data, bytes.len, NULL, err)))
        goto out;
    *out = (struct rf_exported){ dim, bytes.len, NAN, 0 };
out:
    rf_buf_release(&bytes);
    rf_free(w);
    rf_free(weight);
    return rc;
}
