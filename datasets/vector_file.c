/* The layouts of files of vectors by their first bytes, and those that are binary. The weights of a router are no
 * vectors of prompts: they are told as what they are. */
#include "datasets/vector_file.h"

#include <stdio.h>
#include <string.h>

#include "core/npy.h"
#include "core/routefit_score.h"
#include "datasets/field.h"
#include "datasets/sniff.h"

struct taker {
    rf_vector_take take;
    void *ctx;
};

/* ---- .npy ---- */

static int take_place(void *ctx, size_t row, size_t rows, const float *x, size_t dim, struct rf_err *err)
{
    const struct taker *const t = ctx;
    return t->take(t->ctx, &(struct rf_vector_row){ .row = row, .rows = rows, .x = x, .dim = dim }, err);
}

static int read_npy(struct rf_input *in, const char *tensor, rf_vector_take take, void *ctx, struct rf_err *err)
{
    struct taker t = { take, ctx };
    if (tensor)
        return rf_fail(err, RF_USAGE, "--tensor: %s is an .npy file, which has one array without a name",
                       rf_input_name(in));
    return rf_npy_rows(in, take_place, &t, err);
}

static int sniff_npy(struct rf_str head, struct rf_err *err)
{
    (void)err;
    return rf_npy_sniff(head);
}

/* ---- safetensors ---- */

enum { PREFIX = 8 /* bytes of the header's length */, LONGEST_HEADER = 100000000 };

static int sniff_safetensors(struct rf_str head, struct rf_err *err)
{
    uint64_t n = 0;
    (void)err;
    for (size_t i = 0; i < PREFIX && i < head.len; i++)
        n |= (uint64_t)(unsigned char)head.s[i] << (8 * i);
    return head.len > PREFIX + 1 && n >= 2 && n <= LONGEST_HEADER && head.s[PREFIX] == '{' &&
           (head.s[PREFIX + 1] == '"' || head.s[PREFIX + 1] == '}' || head.s[PREFIX + 1] == ' ');
}

static bool is_matrix(const struct routefit_tensor *t)
{
    return t->rank == 2 && (t->dtype == ROUTEFIT_F16 || t->dtype == ROUTEFIT_BF16 || t->dtype == ROUTEFIT_F32 ||
                            t->dtype == ROUTEFIT_F64);
}

/* Weights by their metadata or by the names of RouteLLM's parameters. */
static int refuse_weights(const struct routefit_tensors *f, struct rf_err *err)
{
    static const char expected[] = "vectors of prompts; weights are for routefit score, eval and export";
    const char *const kind = routefit_tensors_meta(f, "routefit.kind");
    if (kind)
        return rf_fail(err, RF_BAD_INPUT, "found routefit's weights of kind %.40s, expected %s", kind, expected);
    if (routefit_tensors_find(f, "P.weight") &&
        (routefit_tensors_find(f, "text_proj.0.weight") || routefit_tensors_find(f, "classifier.0.weight")))
        return rf_fail(err, RF_BAD_INPUT, "found RouteLLM's weights of a matrix factorization router, expected %s",
                       expected);
    return 0;
}

/* The names of the tensors, for a message; at most as many as fit. */
static void list_names(const struct routefit_tensors *f, char out[256])
{
    size_t n = 0;
    *out = '\0';
    for (size_t i = 0; i < routefit_tensors_count(f) && n < 200; i++)
        n += (size_t)snprintf(out + n, 256 - n, "%s%.40s", i ? ", " : "", routefit_tensors_at(f, i)->name);
}

static int choose(const struct routefit_tensors *f, const char *name, const struct routefit_tensor **out,
                  struct rf_err *err)
{
    char names[256];
    size_t n = 0;
    list_names(f, names);
    if (name) {
        *out = routefit_tensors_find(f, name);
        if (!*out)
            return rf_fail(err, RF_USAGE, "--tensor: found no tensor %.40s, expected one of: %s", name, names);
        return is_matrix(*out) ? 0
                               : rf_fail(err, RF_BAD_INPUT,
                                         "tensor %.40s: found another shape or type, expected two dimensions of F16, "
                                         "BF16, F32 or F64",
                                         name);
    }
    for (size_t i = 0; i < routefit_tensors_count(f); i++)
        if (is_matrix(routefit_tensors_at(f, i))) {
            *out = routefit_tensors_at(f, i);
            n++;
        }
    return n == 1 ? 0
                  : rf_fail(err, RF_BAD_INPUT,
                            "found %zu tensors of two dimensions of floats (%s), expected one: say which with --tensor",
                            n, names);
}

static int hand_out(const struct routefit_tensor *t, rf_vector_take take, void *ctx, struct rf_err *err)
{
    const size_t rows = t->shape[0], dim = t->shape[1];
    struct routefit_tensor row = *t; /* a view of one */
    char why[ROUTEFIT_ERR];
    float *x = NULL;
    int rc = dim > RF_VECTOR_WIDEST ? rf_fail(err, RF_BAD_INPUT, "found rows of %zu numbers, expected at most %d", dim,
                                              (int)RF_VECTOR_WIDEST)
                                    : RF_NEW(x, dim, err);
    const size_t bytes = dim * (t->dtype == ROUTEFIT_F64 ? 8 : t->dtype == ROUTEFIT_F32 ? 4 : 2);
    row.rank = 1;
    row.shape[0] = row.count = dim;
    for (size_t i = 0; !rc && i < rows; i++, row.data += bytes)
        rc = routefit_tensor_floats(&row, x, why)
                 ? rf_fail(err, RF_BAD_INPUT, "row %zu (from 0): %s", i, why)
                 : take(ctx, &(struct rf_vector_row){ .row = i, .rows = rows, .x = x, .dim = dim }, err);
    rf_free(x);
    return rc;
}

static int read_safetensors(struct rf_input *in, const char *tensor, rf_vector_take take, void *ctx, struct rf_err *err)
{
    struct routefit_tensors *f = NULL;
    const struct routefit_tensor *t = NULL;
    struct rf_buf whole = { 0 };
    char why[ROUTEFIT_ERR];
    int rc = rf_input_rest(in, 0, &whole, err);
    if (rc)
        goto out;
    if (routefit_tensors_open(&f, whole.data, whole.len, why))
        rc = rf_fail(err, !strcmp(why, "out of memory") ? RF_FAIL : RF_BAD_INPUT, "%s", why);
    else if (!(rc = refuse_weights(f, err)) && !(rc = choose(f, tensor, &t, err)))
        rc = hand_out(t, take, ctx, err);
    if (rc == RF_BAD_INPUT)
        rf_fail_in(err, "%s", rf_input_name(in));
out:
    routefit_tensors_close(f);
    rf_buf_release(&whole);
    return rc;
}

/* ---- JSON ---- */

static int read_json(struct rf_input *in, const char *tensor, rf_vector_take take, void *ctx, struct rf_err *err)
{
    if (tensor)
        return rf_fail(err, RF_USAGE, "--tensor: %s is JSON, which has no tensors", rf_input_name(in));
    return rf_json_vectors(in, NULL, take, ctx, err);
}

/* The keys of the first object say it, or, where it stands over several lines, the whole head. */
static int sniff_json(struct rf_str head, struct rf_err *err)
{
    struct rf_sniffed what = { 0 };
    const struct rf_reader *table = NULL;
    size_t object;
    int rc = rf_sniff_init(&what, "", head, err);
    if (!rc && what.s.json) {
        const bool spread = rf_sniff_shape(what.s.head, &object) == RF_SHAPE_JSON_SPREAD;
        const bool is = rf_sniff_has(&what.s, "embedding") ||
                        (rf_sniff_deep(&what.s, "embedding") && (spread || rf_sniff_has(&what.s, "data"))) ||
                        (rf_sniff_has(&what.s, "custom_id") && rf_sniff_has(&what.s, "response"));
        rc = is && !rf_sniff_deep(&what.s, "input_price") && !rf_sniff_pick(&what.s, &table, NULL) && !table;
    }
    rf_sniff_release(&what);
    return rc;
}

/* ---- which ---- */

static const struct {
    struct rf_vector_layout layout;
    int (*sniff)(struct rf_str head, struct rf_err *err); /* 1: it is; 0; or an rf_code */
} layouts[] = {
    { { "npy", read_npy }, sniff_npy },
    { { "safetensors", read_safetensors }, sniff_safetensors },
    { { "embeddings", read_json }, sniff_json },
};

int rf_vector_layout_of(struct rf_str head, const struct rf_vector_layout **out, struct rf_err *err)
{
    int rc = 0;
    *out = NULL;
    for (size_t i = 0; rc == 0 && i < sizeof layouts / sizeof *layouts; i++)
        if ((rc = layouts[i].sniff(head, err)) == 1)
            *out = &layouts[i].layout;
    return rc < 0 ? rc : 0;
}

int rf_vector_survey(const char *path, struct rf_vector_survey *out, struct rf_err *err)
{
    struct rf_input *in = NULL;
    struct rf_str head;
    *out = (struct rf_vector_survey){ 0 };
    int rc = rf_input_open(&in, path, err);
    if (!rc && !(rc = rf_input_head(in, &head, err)) && (rc = sniff_json(head, err)) == 1)
        rc = rf_json_vectors(in, out, NULL, NULL, err);
    rf_input_close(in);
    return rc;
}
