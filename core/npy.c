/* The numbers of .npy files: read in blocks, turned to float32 in row-major order, and written as numpy.save writes
 * them. Refuses: files that are shorter or longer than their header says, values that are not finite as the type they
 * are turned into. */
#include "core/npy.h"

#include <math.h>
#include <string.h>

#include "core/half.h"
#include "core/npy_header.h"

enum { BLOCK = 8192 /* elements converted at a time */, WIDEST = 1 << 20 /* row that is read by itself */ };

void rf_matrix_release(struct rf_matrix *m)
{
    rf_free(m->x);
    *m = (struct rf_matrix){ 0 };
}

int rf_npy_sniff(struct rf_str head)
{
    return head.len >= 6 && !memcmp(head.s, "\x93NUMPY", 6);
}

/* Exactly n bytes, which the caller knows to be there. */
static int read_fully(struct rf_input *in, void *to, size_t n, struct rf_err *err)
{
    char *p = to;
    while (n) {
        size_t got;
        const int rc = rf_input_read(in, p, n, &got, err);
        if (rc)
            return rc;
        if (!got)
            return rf_fail(err, RF_BAD_INPUT, "found the end of the file, expected %zu more bytes", n);
        p += got;
        n -= got;
    }
    return 0;
}

static float element(const unsigned char *p, const struct rf_npy_header *h)
{
    uint64_t u = 0;
    float f;
    double d;
    for (size_t k = 0; k < h->width; k++)
        u |= (uint64_t)p[h->big_endian ? h->width - 1 - k : k] << (8 * k);
    if (h->width == 2)
        return rf_half_to_float((uint16_t)u);
    if (h->width == 4) {
        const uint32_t low = (uint32_t)u;
        memcpy(&f, &low, sizeof f);
        return f;
    }
    memcpy(&d, &u, sizeof d);
    return (float)d;
}

static int read_elements(struct rf_input *in, const struct rf_npy_header *h, const struct rf_matrix *m,
                         struct rf_err *err)
{
    const size_t count = m->rows * m->dim;
    unsigned char block[BLOCK * 8];
    if (h->width == sizeof(float) && !h->big_endian && !h->fortran)
        return read_fully(in, m->x, count * sizeof(float), err);
    for (size_t done = 0; done < count;) {
        const size_t n = count - done < BLOCK ? count - done : BLOCK;
        const int rc = read_fully(in, block, n * h->width, err);
        if (rc)
            return rc;
        for (size_t i = 0; i < n; i++, done++) {
            const size_t at = h->fortran ? done % m->rows * m->dim + done / m->rows : done;
            m->x[at] = element(block + i * h->width, h);
        }
    }
    return 0;
}

/* x[rows][dim], of which the first is row `first` of the file. */
static int check_finite(const float *x, size_t first, size_t rows, size_t dim, struct rf_err *err)
{
    for (size_t i = 0; i < rows * dim; i++)
        if (!isfinite(x[i]))
            return rf_fail(err, RF_BAD_INPUT,
                           "row %zu, column %zu (from 0): found %g, expected a finite float32 number", first + i / dim,
                           i % dim, (double)x[i]);
    return 0;
}

/* Reads the header; size: of the input, which must be what the header says, 0: not known. in stands at the numbers. */
static int start(struct rf_input *in, uint64_t size, struct rf_npy_header *h, struct rf_err *err)
{
    struct rf_str head;
    char skipped[RF_NPY_MAX_HEADER + 12];
    size_t bytes;
    int rc = rf_input_head(in, &head, err);
    if (rc || (rc = rf_npy_header_parse(head, h, err)))
        return rc;
    if (!rf_mul(h->shape[0], h->shape[1], &bytes) || !rf_mul(bytes, sizeof(double), &bytes))
        return rf_fail(err, RF_BAD_INPUT, "found the shape (%zu, %zu), expected one that fits the memory", h->shape[0],
                       h->shape[1]);
    bytes = bytes / sizeof(double) * h->width;
    if (size && size - h->start != bytes)
        return rf_fail(err, RF_BAD_INPUT,
                       "byte %zu: found %llu bytes of numbers, expected %zu for the shape (%zu, %zu)", h->start,
                       (unsigned long long)size - h->start, bytes, h->shape[0], h->shape[1]);
    return read_fully(in, skipped, h->start, err);
}

/* in: at its start, size bytes long. */
static int load(struct rf_input *in, uint64_t size, struct rf_matrix *out, struct rf_err *err)
{
    struct rf_matrix m = { 0 };
    struct rf_npy_header h;
    int rc = start(in, size, &h, err);
    if (rc)
        goto out;
    m.rows = h.shape[0];
    m.dim = h.shape[1];
    if ((rc = RF_NEW(m.x, m.rows * m.dim, err)) || (rc = read_elements(in, &h, &m, err)) ||
        (rc = check_finite(m.x, 0, m.rows, m.dim, err)))
        goto out;
    *out = m;
    m = (struct rf_matrix){ 0 };
out:
    rf_matrix_release(&m);
    return rc;
}

int rf_npy_parse(const void *data, size_t n, struct rf_matrix *out, struct rf_err *err)
{
    struct rf_input *in = NULL;
    int rc = rf_input_memory(&in, "memory", data, n, err);
    if (!rc)
        rc = load(in, n, out, err);
    rf_input_close(in);
    return rc;
}

int rf_npy_input(struct rf_input *in, struct rf_matrix *out, struct rf_err *err)
{
    struct rf_buf whole = { 0 };
    struct rf_str chunk;
    int rc = 0;
    if (rf_input_size(in)) {
        rc = load(in, rf_input_size(in), out, err);
        goto out;
    }
    /* A pipe: what it holds is known only when it was read. A header alone must not make us allocate. */
    do {
        if ((rc = rf_input_chunk(in, SIZE_MAX, &chunk, err)) || (rc = rf_buf_add(&whole, chunk.s, chunk.len, err)))
            goto out;
    } while (chunk.len);
    rc = rf_npy_parse(whole.data, whole.len, out, err);
out:
    rf_buf_release(&whole);
    if (rc == RF_BAD_INPUT)
        rf_fail_in(err, "%s", rf_input_name(in));
    return rc;
}

int rf_npy_read(const char *path, struct rf_matrix *out, struct rf_err *err)
{
    struct rf_input *in = NULL;
    int rc = rf_input_open(&in, path, err);
    if (!rc)
        rc = rf_npy_input(in, out, err);
    rf_input_close(in);
    return rc;
}

/* ---- row by row ---- */

typedef int (*take_row)(void *ctx, size_t row, size_t rows, const float *x, size_t dim, struct rf_err *err);

static int hand_out(const struct rf_matrix *m, size_t first, size_t rows, take_row take, void *ctx, struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < m->rows; i++)
        rc = take(ctx, first + i, rows, m->x + i * m->dim, m->dim, err);
    return rc;
}

/* The rows of an array in C order, block by block. */
static int rows_in_order(struct rf_input *in, const struct rf_npy_header *h, take_row take, void *ctx,
                         struct rf_err *err)
{
    const size_t dim = h->shape[1], most = dim && dim < BLOCK ? BLOCK / dim : 1;
    struct rf_matrix m = { .dim = dim };
    struct rf_str more;
    int rc = dim > WIDEST ? rf_fail(err, RF_BAD_INPUT, "found rows of %zu numbers, expected at most %d", dim, WIDEST)
                          : RF_NEW(m.x, most * dim, err);
    for (size_t row = 0; !rc && row < h->shape[0]; row += m.rows) {
        m.rows = h->shape[0] - row < most ? h->shape[0] - row : most;
        if (!(rc = read_elements(in, h, &m, err)) && !(rc = check_finite(m.x, row, m.rows, dim, err)))
            rc = hand_out(&m, row, h->shape[0], take, ctx, err);
    }
    if (!rc && !(rc = rf_input_chunk(in, SIZE_MAX, &more, err)) && more.len)
        rc =
            rf_fail(err, RF_BAD_INPUT, "found more bytes behind the numbers, expected the end for the shape (%zu, %zu)",
                    h->shape[0], dim);
    rf_matrix_release(&m);
    return rc;
}

int rf_npy_rows(struct rf_input *in, take_row take, void *ctx, struct rf_err *err)
{
    struct rf_matrix m = { 0 };
    struct rf_npy_header h;
    struct rf_str head;
    int rc = rf_input_head(in, &head, err);
    if (rc || (rc = rf_npy_header_parse(head, &h, err)))
        goto out;
    if (h.fortran && h.shape[0] > 1 && h.shape[1] > 1) {
        if (!(rc = rf_npy_input(in, &m, err)))
            rc = hand_out(&m, 0, m.rows, take, ctx, err);
        rf_matrix_release(&m);
        return rc;
    }
    h.fortran = false;
    if (!(rc = start(in, rf_input_size(in), &h, err)))
        rc = rows_in_order(in, &h, take, ctx, err);
out:
    if (rc == RF_BAD_INPUT)
        rf_fail_in(err, "%s", rf_input_name(in));
    return rc;
}

/* ---- writing ---- */

static int write_halves(FILE *f, const float *x, size_t rows, size_t dim, struct rf_err *err)
{
    uint16_t block[BLOCK];
    const size_t count = rows * dim;
    for (size_t done = 0; done < count;) {
        const size_t n = count - done < BLOCK ? count - done : BLOCK;
        for (size_t i = 0; i < n; i++, done++) {
            block[i] = rf_half_from_float(x[done]);
            if ((block[i] & 0x7C00) == 0x7C00)
                return rf_fail(
                    err, RF_BAD_INPUT,
                    "row %zu, column %zu (from 0): found %g, expected at most 65504 for float16; write float32",
                    done / dim, done % dim, (double)x[done]);
        }
        fwrite(block, sizeof *block, n, f);
    }
    return 0;
}

int rf_npy_write(const char *path, const float *x, size_t rows, size_t dim, enum rf_npy_type type, int force,
                 struct rf_err *err)
{
    const struct rf_npy_header h = { .width = type == RF_NPY_F2 ? 2 : 4, .rank = 2, .shape = { rows, dim } };
    struct rf_outfile o = { 0 };
    struct rf_buf head = { 0 };
    int rc = check_finite(x, 0, rows, dim, err);
    if (rc || (rc = rf_npy_header_build(&h, &head, err)) || (rc = rf_outfile_open(&o, path, force, err)))
        goto out;
    fwrite(head.data, 1, head.len, o.f); /* commit asks the stream whether all went well */
    if (type == RF_NPY_F4)
        fwrite(x, sizeof *x, rows * dim, o.f);
    else if ((rc = write_halves(o.f, x, rows, dim, err)))
        goto out;
    rc = rf_outfile_commit(&o, err);
out:
    rf_outfile_release(&o);
    rf_buf_release(&head);
    return rc;
}
