/* Files of vectors: any bytes are rows of finite numbers that each say whose they are, or a refusal with file, line,
 * found and expected. A layout that its first bytes tell is read by that
 * layout too, with a tensor named and without. */
#include <math.h>
#include <string.h>

#include "datasets/vector_file.h"
#include "fuzz/fuzz.h"

static const struct rf_vector_layout *sniffed(const uint8_t *data, size_t n)
{
    const struct rf_vector_layout *layout = NULL;
    PROMISE(rf_vector_layout_of((struct rf_str){ (const char *)data, n }, &layout, NULL) == 0);
    return layout;
}

static int take(void *ctx, const struct rf_vector_row *r, struct rf_err *err)
{
    size_t *const rows = ctx;
    (void)err;
    ++*rows;
    if (!r->x)
        return 0;
    for (size_t i = 0; i < r->dim; i++)
        PROMISE(isfinite(r->x[i]));
    PROMISE(r->dim <= RF_VECTOR_WIDEST && (r->owner < RF_OWNER_ID || r->text.s || !r->text.len));
    return 0;
}

static int read_by(const struct rf_vector_layout *layout, const char *tensor, const uint8_t *data, size_t n,
                   size_t *rows, struct rf_err *err)
{
    struct rf_input *in = NULL;
    *rows = 0;
    PROMISE(rf_input_memory(&in, "fuzz", data, n, NULL) == 0);
    const int rc = layout ? layout->read(in, tensor, take, rows, err) : rf_json_vectors(in, NULL, take, rows, err);
    rf_input_close(in);
    PROMISE(rc == 0 || (*err->msg && (rc == RF_BAD_INPUT || (tensor && rc == RF_USAGE))));
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct rf_vector_layout *const layout = sniffed(data, n);
    struct rf_vector_survey said = { 0 };
    struct rf_err err = { 0 }, other = { 0 };
    struct rf_input *in = NULL;
    size_t rows;
    if (layout && strcmp(layout->name, "embeddings") != 0) {
        read_by(layout, NULL, data, n, &rows, &err);
        read_by(layout, "t", data, n, &rows, &other);
        return 0;
    }
    const int rc = read_by(NULL, NULL, data, n, &rows, &err);
    PROMISE(rc == 0 || (!strncmp(err.msg, "fuzz:", 5) && strstr(err.msg, "found") && strstr(err.msg, "expected")));
    PROMISE(rf_input_memory(&in, "fuzz", data, n, NULL) == 0);
    const int first = rf_json_vectors(in, &said, NULL, NULL, &other);
    rf_input_close(in);
    PROMISE(rc ? first == 0 || first == rc : first == 0); /* it sees less of the file */
    PROMISE(rc || said.any == (rows > 0));
    return 0;
}
