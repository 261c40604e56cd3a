/* Reads with the pair, writes with core/safetensors.c. */
#include "eval/recal_file.h"

#include <stdbool.h>
#include <string.h>

static const char prefix[] = "recalibration.", said[] = "routefit.recalibrat", checksum[] = "routefit.fnv1a64";
enum { TENSORS = 2 }; /* that recalibration adds at most */

void rf_recal_file_release(struct rf_recal_file *p)
{
    for (size_t i = 0; i < p->copies; i++)
        rf_free(p->copy[i]);
    rf_free(p->copy);
    rf_free(p->tensor);
    rf_free(p->meta);
    routefit_tensors_close(p->file);
    rf_buf_release(&p->bytes);
    *p = (struct rf_recal_file){ 0 };
}

static int add_tensor(struct rf_recal_file *p, const struct routefit_tensor *t, struct rf_err *err)
{
    static const struct {
        enum routefit_dtype from;
        enum rf_dtype to;
        size_t size;
    } types[] = {
        { ROUTEFIT_F64, RF_F64, 8 }, { ROUTEFIT_F32, RF_F32, 4 }, { ROUTEFIT_F16, RF_F16, 2 }, { ROUTEFIT_I8, RF_I8, 1 }
    };
    enum { TYPES = sizeof types / sizeof *types };
    struct rf_tensor *const to = &p->tensor[p->tensors];
    size_t k = 0;
    while (k < TYPES && types[k].from != t->dtype)
        k++;
    if (k == TYPES || t->rank > sizeof to->shape / sizeof *to->shape)
        return rf_fail(err, RF_USAGE,
                       "%s: tensor %s is of a type or rank that routefit does not write; `export vector` writes the "
                       "router anew",
                       p->name, t->name);
    void *const copy = rf_calloc(t->count, types[k].size, err);
    if (!copy)
        return RF_FAIL;
    p->copy[p->copies++] = copy;
    memcpy(copy, t->data, t->count * types[k].size);
    *to = (struct rf_tensor){ t->name, types[k].to, t->rank, { 0 }, copy };
    memcpy(to->shape, t->shape, t->rank * sizeof *to->shape);
    p->tensors++;
    return 0;
}

void rf_recal_file_meta(struct rf_recal_file *p, const char *key, const char *value)
{
    size_t i = 0;
    while (i < p->metas && strcmp(p->meta[i].key, key) != 0)
        i++;
    p->meta[i] = (struct rf_meta){ key, value };
    p->metas += i == p->metas;
}

/* p->origin: the file's own digest, or what an earlier recalibration says. */
static int find_origin(struct rf_recal_file *p, struct rf_err *err)
{
    const char *const from = routefit_tensors_meta(p->file, "routefit.recalibrated_from");
    int rc = 0;
    if (from && strlen(from) == sizeof p->origin - 1)
        memcpy(p->origin, from, sizeof p->origin);
    else
        rc = rf_sha256_hex_of(p->bytes.data, p->bytes.len, p->origin, err);
    return rc;
}

int rf_recal_file_open(struct rf_recal_file *p, const char *name, struct rf_buf *bytes, struct rf_err *err)
{
    char why[ROUTEFIT_ERR];
    const char *key, *value;
    size_t keys = 0;
    int rc;
    *p = (struct rf_recal_file){ .name = name, .bytes = *bytes };
    *bytes = (struct rf_buf){ 0 };
    if (routefit_tensors_open(&p->file, p->bytes.data, p->bytes.len, why))
        return rf_fail(err, RF_CORRUPT, "%s: %s", name, why);
    const size_t n = routefit_tensors_count(p->file);
    while (routefit_tensors_meta_at(p->file, keys, &value))
        keys++;
    if ((rc = find_origin(p, err)) || (rc = RF_NEW(p->tensor, n + TENSORS, err)) || (rc = RF_NEW(p->copy, n, err)) ||
        (rc = RF_NEW(p->meta, keys + RF_RECAL_KEYS, err)))
        return rc;
    for (size_t i = 0; i < n && !rc; i++) {
        const struct routefit_tensor *const t = routefit_tensors_at(p->file, i);
        if (strncmp(t->name, prefix, sizeof prefix - 1) != 0)
            rc = add_tensor(p, t, err);
    }
    for (size_t i = 0; (key = routefit_tensors_meta_at(p->file, i, &value)); i++)
        if (strncmp(key, said, sizeof said - 1) != 0 && strcmp(key, checksum) != 0)
            rf_recal_file_meta(p, key, value);
    return rc;
}

void rf_recal_file_set(struct rf_recal_file *p, const struct rf_recal *r)
{
    const bool platt = r->method == RF_RECAL_PLATT;
    p->platt[0] = r->slope;
    p->platt[1] = r->bias;
    rf_recal_file_meta(p, "routefit.recalibration", platt ? "platt" : "isotonic");
    rf_recal_file_meta(p, "routefit.recalibrated_from", p->origin);
    if (platt) {
        p->tensor[p->tensors++] = (struct rf_tensor){ "recalibration.platt", RF_F64, 1, { 2 }, p->platt };
    } else {
        p->tensor[p->tensors++] = (struct rf_tensor){ "recalibration.logit", RF_F64, 1, { r->knots }, r->logit };
        p->tensor[p->tensors++] = (struct rf_tensor){ "recalibration.win_rate", RF_F64, 1, { r->knots }, r->rate };
    }
}

int rf_recal_file_load(const struct rf_recal_file *p, const struct routefit_pick *pick, struct rf_buf *bytes,
                       struct routefit_router **out, struct rf_err *err)
{
    char why[ROUTEFIT_ERR];
    const int rc = rf_safetensors_build(p->tensor, p->tensors, p->meta, p->metas, bytes, err);
    if (!rc && routefit_load(out, bytes->data, bytes->len, pick, why))
        return rf_fail(err, RF_CORRUPT, "%s: %s", p->name, why);
    return rc;
}
