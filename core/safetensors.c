/* The writer of safetensors files (format: github.com/huggingface/safetensors, README). Everything is sorted, so that
 * equal tensors and metadata give equal bytes. Refuses: names or keys that stand twice or are not UTF-8, reserved ones,
 * values that are not finite. */
#include "core/safetensors.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/input.h"
#include "core/json.h"

enum { PREFIX = 8 /* bytes of the header's length, and what the header is padded to */ };
static const char checksum_key[] = "routefit.fnv1a64";

/* Each of these gives the index of the first element of x[n] that is not finite, n where there is none. */
static size_t finite_floats(const void *x, size_t n)
{
    size_t i = 0;
    while (i < n && isfinite(((const float *)x)[i]))
        i++;
    return i;
}

static size_t finite_doubles(const void *x, size_t n)
{
    size_t i = 0;
    while (i < n && isfinite(((const double *)x)[i]))
        i++;
    return i;
}

static size_t finite_halves(const void *x, size_t n)
{
    size_t i = 0;
    while (i < n && (((const uint16_t *)x)[i] & 0x7C00) != 0x7C00)
        i++;
    return i;
}

static size_t finite_bytes(const void *x, size_t n)
{
    (void)x;
    return n;
}

static const struct {
    const char *name;
    size_t size;
    size_t (*finite)(const void *x, size_t n);
} types[] = {
    [RF_F32] = { "F32", 4, finite_floats },
    [RF_F16] = { "F16", 2, finite_halves },
    [RF_I8] = { "I8", 1, finite_bytes },
    [RF_F64] = { "F64", 8, finite_doubles },
};

static int by_size_and_name(const void *pa, const void *pb)
{
    const struct rf_tensor *a = pa, *b = pb;
    const size_t sa = types[a->dtype].size, sb = types[b->dtype].size;
    return sa != sb ? (sa < sb) - (sa > sb) : strcmp(a->name, b->name);
}

static int by_name(const void *pa, const void *pb)
{
    return strcmp(((const struct rf_tensor *)pa)->name, ((const struct rf_tensor *)pb)->name);
}

static int by_key(const void *pa, const void *pb)
{
    return strcmp(((const struct rf_meta *)pa)->key, ((const struct rf_meta *)pb)->key);
}

/* *bytes of the tensor's data; refuses sizes that do not fit and elements that are not finite. */
static int measure(const struct rf_tensor *t, size_t *bytes, struct rf_err *err)
{
    size_t n = 1, first;
    for (size_t i = 0; i < t->rank; i++)
        if (!rf_mul(n, t->shape[i], &n))
            return rf_fail(err, RF_FAIL, "tensor %s: its shape does not fit the memory", t->name);
    if (!rf_mul(n, types[t->dtype].size, bytes))
        return rf_fail(err, RF_FAIL, "tensor %s: its shape does not fit the memory", t->name);
    first = types[t->dtype].finite(t->data, n);
    if (first < n)
        return rf_fail(err, RF_FAIL,
                       "tensor %s: found an infinite value or NaN at element %zu (from 0), expected finite ones; "
                       "nothing is written",
                       t->name, first);
    return 0;
}

/* t[nt] and m[nm] in their order; refuses bad names. t is left sorted by size and name. */
static int sort_and_check(struct rf_tensor *t, size_t nt, struct rf_meta *m, size_t nm, struct rf_err *err)
{
    qsort(m, nm, sizeof *m, by_key);
    for (size_t i = 0; i < nm; i++) {
        if (!rf_utf8_valid(m[i].key, strlen(m[i].key)) || !rf_utf8_valid(m[i].value, strlen(m[i].value)))
            return rf_fail(err, RF_FAIL, "metadata: found a key or value that is not UTF-8, expected UTF-8");
        if (i && !strcmp(m[i - 1].key, m[i].key))
            return rf_fail(err, RF_FAIL, "metadata: found the key %s twice, expected it once", m[i].key);
    }
    qsort(t, nt, sizeof *t, by_name);
    for (size_t i = 0; i < nt; i++) {
        if (!rf_utf8_valid(t[i].name, strlen(t[i].name)) || !strcmp(t[i].name, "__metadata__"))
            return rf_fail(err, RF_FAIL, "found a tensor name that is reserved or not UTF-8, expected another name");
        if (i && !strcmp(t[i - 1].name, t[i].name))
            return rf_fail(err, RF_FAIL, "found two tensors named %s, expected one", t[i].name);
    }
    qsort(t, nt, sizeof *t, by_size_and_name);
    return 0;
}

static int add_text(struct rf_buf *b, const char *s, struct rf_err *err)
{
    return rf_json_add_string(b, (struct rf_str){ s, strlen(s) }, err);
}

static int add_metadata(struct rf_buf *b, const struct rf_meta *m, size_t nm, struct rf_err *err)
{
    int rc = rf_buf_printf(b, err, "{\"__metadata__\":{");
    for (size_t i = 0; i < nm && !rc; i++)
        if ((!i || !(rc = rf_buf_add(b, ",", 1, err))) && !(rc = add_text(b, m[i].key, err)) &&
            !(rc = rf_buf_add(b, ":", 1, err)))
            rc = add_text(b, m[i].value, err);
    return rc ? rc : rf_buf_add(b, "}", 1, err);
}

static int add_tensor(struct rf_buf *b, const struct rf_tensor *t, size_t begin, size_t end, struct rf_err *err)
{
    int rc;
    if ((rc = rf_buf_add(b, ",", 1, err)) || (rc = add_text(b, t->name, err)) ||
        (rc = rf_buf_printf(b, err, ":{\"dtype\":\"%s\",\"shape\":[", types[t->dtype].name)))
        return rc;
    for (size_t i = 0; i < t->rank; i++)
        if ((rc = rf_buf_printf(b, err, "%s%zu", i ? "," : "", t->shape[i])))
            return rc;
    return rf_buf_printf(b, err, "],\"data_offsets\":[%zu,%zu]}", begin, end);
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo): xor the byte, multiply by the prime. */
static uint64_t fnv1a64(uint64_t h, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001b3);
    return h;
}

int rf_safetensors_build(const struct rf_tensor *t, size_t nt, const struct rf_meta *m, size_t nm, struct rf_buf *buf,
                         struct rf_err *err)
{
    struct rf_tensor *ts = NULL; /* t, sorted */
    struct rf_meta *ms = NULL;   /* m and the checksum, sorted */
    size_t *bytes = NULL;        /* of ts[i] */
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    char hex[17] = "";
    size_t end = 0;
    int rc = 0;
    if ((rc = RF_NEW(ts, nt, err)) || (rc = RF_NEW(ms, nm + 1, err)) || (rc = RF_NEW(bytes, nt, err)))
        goto out;
    if (nt)
        memcpy(ts, t, nt * sizeof *ts);
    if (nm)
        memcpy(ms, m, nm * sizeof *ms);
    ms[nm] = (struct rf_meta){ checksum_key, hex };
    if ((rc = sort_and_check(ts, nt, ms, nm + 1, err)))
        goto out;
    for (size_t i = 0; i < nt; i++) {
        if ((rc = measure(&ts[i], &bytes[i], err)))
            goto out;
        sum = fnv1a64(sum, ts[i].data, bytes[i]);
    }
    snprintf(hex, sizeof hex, "%016" PRIx64, sum);
    buf->len = 0;
    if ((rc = rf_buf_add(buf, "\0\0\0\0\0\0\0\0", PREFIX, err)) || (rc = add_metadata(buf, ms, nm + 1, err)))
        goto out;
    for (size_t i = 0; i < nt; i++) {
        const size_t begin = end;
        if (!rf_add(begin, bytes[i], &end)) {
            rc = rf_fail(err, RF_FAIL, "the tensors do not fit the memory");
            goto out;
        }
        if ((rc = add_tensor(buf, &ts[i], begin, end, err)))
            goto out;
    }
    if ((rc = rf_buf_add(buf, "}", 1, err)) ||
        (rc = rf_buf_printf(buf, err, "%*s", (int)((PREFIX - buf->len % PREFIX) % PREFIX), "")))
        goto out;
    for (size_t i = 0; i < PREFIX; i++)
        buf->data[i] = (char)((uint64_t)(buf->len - PREFIX) >> (8 * i) & 255);
    if ((rc = rf_buf_reserve(buf, end, err)))
        goto out;
    for (size_t i = 0; i < nt; i++)
        if ((rc = rf_buf_add(buf, ts[i].data, bytes[i], err)))
            goto out;
out:
    rf_free(ts);
    rf_free(ms);
    rf_free(bytes);
    return rc;
}

int rf_safetensors_write(const char *path, const struct rf_tensor *t, size_t nt, const struct rf_meta *m, size_t nm,
                         bool force, char *sha256hex, struct rf_err *err)
{
    struct rf_buf file = { 0 };
    int rc = rf_safetensors_build(t, nt, m, nm, &file, err);
    if (!rc)
        rc = rf_file_write(path, force, file.data, file.len, sha256hex, err);
    rf_buf_release(&file);
    return rc;
}
