/* The scoring pair: a strict safetensors reader, the text features "rf-text-1", the text embedder, and the routers.
 * Refuses every file that breaks a rule of the format: header of a wrong length or not UTF-8 JSON, a name that stands
 * twice, an unknown field, a shape that does not give the length, a hole, overlap or tail, a wrong checksum, a number
 * that is not finite. Nothing read from a file is used as a length before it is checked. The grammar of the header is
 * fixed, so no input makes the parser recurse. */
#include "routefit_score.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PREFIX = 8, MAX_HEADER = 100000000, MIN_BUCKETS = 256, MAX_BUCKETS = 1 << 22 };

/* ---- errors and sizes ---- */

/* Fills err, with what could drive a terminal replaced, since names in it come from files. Always -1. */
static int fail(char *err, const char *fmt, ...)
{
    va_list ap;
    if (!err)
        return -1;
    va_start(ap, fmt);
    vsnprintf(err, ROUTEFIT_ERR, fmt, ap);
    va_end(ap);
    for (unsigned char *c = (unsigned char *)err; *c; c++) {
        if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
            memset(c++, '?', 2);
        else if (*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
    return -1;
}

static int no_memory(char *err)
{
    return fail(err, "out of memory");
}

static int product(size_t a, size_t b, size_t *out)
{
    if (b && a > SIZE_MAX / b)
        return -1;
    *out = a * b;
    return 0;
}

/* n elements of size bytes; never NULL for n = 0. */
static void *array(size_t n, size_t size)
{
    size_t bytes;
    return product(n ? n : 1, size, &bytes) ? NULL : calloc(bytes, 1);
}

/* ---- element types: little-endian bytes to double ---- */

static uint64_t little_endian(const unsigned char *b, int n)
{
    uint64_t x = 0;
    for (int i = n; i-- > 0;)
        x = x << 8 | b[i];
    return x;
}

static double from_f64(const unsigned char *b)
{
    const uint64_t bits = little_endian(b, 8);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double from_bits32(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double from_f32(const unsigned char *b)
{
    return from_bits32((uint32_t)little_endian(b, 4));
}

static double from_bf16(const unsigned char *b)
{
    return from_bits32((uint32_t)little_endian(b, 2) << 16);
}

/* Shifted into place, a binary16 is a binary32 whose exponent is 112 too small: one exact multiplication mends it,
 * subnormals included. */
static double from_f16(const unsigned char *b)
{
    const uint32_t h = (uint32_t)little_endian(b, 2), sign = (h & 0x8000u) << 16, rest = (h & 0x7fffu) << 13;
    if (rest >= 0x7c00u << 13)
        return from_bits32(sign | 0x7f800000u | rest);
    return from_bits32(sign | rest) * 0x1p112;
}

static double from_i8(const unsigned char *b)
{
    return *b < 128 ? *b : *b - 256;
}

static const struct dtype {
    const char *name;
    size_t size;
    double (*get)(const unsigned char *); /* NULL: not read as a real number */
} dtypes[] = {
    [ROUTEFIT_F64] = { "F64", 8, from_f64 }, [ROUTEFIT_F32] = { "F32", 4, from_f32 },
    [ROUTEFIT_F16] = { "F16", 2, from_f16 }, [ROUTEFIT_BF16] = { "BF16", 2, from_bf16 },
    [ROUTEFIT_I64] = { "I64", 8, NULL },     [ROUTEFIT_I32] = { "I32", 4, NULL },
    [ROUTEFIT_I16] = { "I16", 2, NULL },     [ROUTEFIT_I8] = { "I8", 1, from_i8 },
    [ROUTEFIT_U8] = { "U8", 1, NULL },       [ROUTEFIT_BOOL] = { "BOOL", 1, NULL },
};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

/* ---- JSON, as much as a header needs: objects, strings, natural numbers ---- */

struct json {
    const unsigned char *s;
    size_t at, end; /* the next byte, one behind the last */
    size_t base;    /* file offset of s, for messages */
    char *
        put; /* where the next decoded string goes; no longer than its raw form, so an arena of `end` bytes holds all */
    char *err;
};

static int unexpected(struct json *j, const char *expected)
{
    if (j->at >= j->end)
        return fail(j->err, "byte %zu: found the end of the header, expected %s", j->base + j->at, expected);
    return fail(j->err, "byte %zu: found 0x%02x, expected %s", j->base + j->at, j->s[j->at], expected);
}

static void skip_blanks(struct json *j)
{
    while (j->at < j->end && memchr(" \t\r\n", j->s[j->at], 4))
        j->at++;
}

/* True where the next sign is c, which is then taken. */
static int take(struct json *j, char c)
{
    skip_blanks(j);
    if (j->at >= j->end || j->s[j->at] != (unsigned char)c)
        return 0;
    j->at++;
    return 1;
}

static int expect(struct json *j, char c)
{
    const char what[] = { '\'', c, '\'', '\0' };
    return take(j, c) ? 0 : unexpected(j, what);
}

/* Behind an element of a list or object: 1 = another follows, 0 = closed by c, -1 = neither. */
static int another(struct json *j, char c)
{
    const char what[] = { '\'', ',', '\'', ' ', 'o', 'r', ' ', '\'', c, '\'', '\0' };
    return take(j, ',') ? 1 : take(j, c) ? 0 : unexpected(j, what);
}

static int natural(struct json *j, size_t *out)
{
    size_t x = 0, digits = 0;
    skip_blanks(j);
    for (; j->at < j->end && j->s[j->at] >= '0' && j->s[j->at] <= '9'; j->at++, digits++) {
        if ((digits && !x) || x > (SIZE_MAX / 2 - 9) / 10)
            return unexpected(j, "a natural number below 2^62 without leading zeros");
        x = x * 10 + (size_t)(j->s[j->at] - '0');
    }
    if (!digits || (j->at < j->end && memchr(".eE", j->s[j->at], 3)))
        return unexpected(j, "a natural number");
    *out = x;
    return 0;
}

/* Length of the well-formed UTF-8 sequence at s[n], 0 for none (overlong forms, surrogates and values above U+10FFFF
 * are none). */
static size_t utf8_length(const unsigned char *s, size_t n)
{
    const size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (!len || len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
        (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return len;
}

static int hex(const unsigned char *s, size_t digits, uint64_t *out)
{
    static const char digit[] = "0123456789abcdef";
    uint64_t x = 0;
    for (size_t i = 0; i < digits; i++) {
        const unsigned char low = s[i] >= 'A' && s[i] <= 'F' ? (unsigned char)(s[i] | 0x20) : s[i];
        const char *d = low ? strchr(digit, low) : NULL;
        if (!d)
            return -1;
        x = x << 4 | (uint64_t)(d - digit);
    }
    *out = x;
    return 0;
}

/* The four digits behind "\u"; a high surrogate takes its other half too. */
static int code_point(struct json *j, uint32_t *out)
{
    uint64_t hi, lo;
    if (j->end - j->at < 4 || hex(j->s + j->at, 4, &hi) || !hi || (hi >= 0xdc00 && hi < 0xe000))
        return unexpected(j, "four hexadecimal digits of a character that is neither U+0000 nor half of one");
    j->at += 4;
    if (hi >= 0xd800 && hi < 0xdc00) {
        if (j->end - j->at < 6 || memcmp(j->s + j->at, "\\u", 2) || hex(j->s + j->at + 2, 4, &lo) || lo < 0xdc00 ||
            lo > 0xdfff)
            return unexpected(j, "the second half of a surrogate pair");
        j->at += 6;
        hi = 0x10000 + ((hi - 0xd800) << 10) + (lo - 0xdc00);
    }
    *out = (uint32_t)hi;
    return 0;
}

static void put_utf8(struct json *j, uint32_t c)
{
    const int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };
    *j->put++ = (char)(lead[more] | c >> (6 * more));
    for (int i = more; i-- > 0;)
        *j->put++ = (char)(0x80 | (c >> (6 * i) & 0x3f));
}

static int escape(struct json *j)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    uint32_t c = 0;
    const char *k;
    if (j->at < j->end && j->s[j->at] == 'u') {
        j->at++;
        if (code_point(j, &c))
            return -1;
        put_utf8(j, c);
        return 0;
    }
    k = j->at < j->end && j->s[j->at] ? strchr(from, j->s[j->at]) : NULL;
    if (!k)
        return unexpected(j, "one of \" \\ / b f n r t u behind a backslash");
    j->at++;
    *j->put++ = to[k - from];
    return 0;
}

/* A string, decoded into the arena with a NUL behind; it holds no other NUL. */
static int string(struct json *j, const char **out)
{
    if (expect(j, '"'))
        return -1;
    *out = j->put;
    while (j->at < j->end && j->s[j->at] != '"') {
        const unsigned char *s = j->s + j->at;
        const size_t len = *s < 0x20 ? 0 : utf8_length(s, j->end - j->at);
        if (!len)
            return unexpected(j, "UTF-8 text without control characters");
        if (*s == '\\') {
            j->at++;
            if (escape(j))
                return -1;
        } else {
            memcpy(j->put, s, len);
            j->put += len;
            j->at += len;
        }
    }
    *j->put++ = '\0';
    return expect(j, '"');
}

/* ---- safetensors ---- */

struct entry {
    struct routefit_tensor t;
    size_t begin, end; /* "data_offsets" */
};
struct pair {
    const char *key, *value;
};
struct metadata {
    char *arena; /* every string of the header */
    struct pair *pair;
    size_t n;
};
struct routefit_tensors {
    struct entry *entry; /* [n] in file order */
    size_t n;
    struct metadata meta;
};

static void metadata_release(struct metadata *m)
{
    free(m->arena);
    free(m->pair);
}

static const char *metadata_get(const struct metadata *m, const char *key)
{
    for (size_t i = 0; i < m->n; i++)
        if (!strcmp(m->pair[i].key, key))
            return m->pair[i].value;
    return NULL;
}

/* Room for one more element in an array of n; the lengths double. */
static int room(void **a, size_t n, size_t size)
{
    void *p;
    if (n & (n - 1)) /* n is no power of two and not 0: still room */
        return 0;
    if (n > SIZE_MAX / 4 / size || !(p = realloc(*a, (n ? 2 * n : 1) * size)))
        return -1;
    *a = p;
    return 0;
}

static int read_metadata(struct json *j, struct metadata *m)
{
    int more;
    if (expect(j, '{'))
        return -1;
    if (take(j, '}'))
        return 0;
    do {
        void *p = m->pair;
        struct pair *kv;
        if (room(&p, m->n, sizeof *m->pair))
            return no_memory(j->err);
        m->pair = p;
        kv = &m->pair[m->n++];
        if (string(j, &kv->key) || expect(j, ':') || string(j, &kv->value))
            return -1;
    } while ((more = another(j, '}')) > 0);
    return more;
}

/* A list of at most max natural numbers; *n receives how many. */
static int naturals(struct json *j, size_t *v, size_t max, size_t *n)
{
    int more;
    *n = 0;
    if (expect(j, '['))
        return -1;
    if (take(j, ']'))
        return 0;
    do {
        if (*n == max)
            return unexpected(j, "no further number in this list");
        if (natural(j, &v[*n]))
            return -1;
        ++*n;
    } while ((more = another(j, ']')) > 0);
    return more;
}

static int read_dtype(struct json *j, struct entry *e)
{
    const char *name;
    int d = 0;
    if (string(j, &name))
        return -1;
    while (d < DTYPES && strcmp(dtypes[d].name, name))
        d++;
    if (d == DTYPES)
        return fail(j->err,
                    "tensor %.60s: found dtype \"%.20s\", expected one of F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL",
                    e->t.name, name);
    e->t.dtype = (enum routefit_dtype)d;
    return 0;
}

static int read_shape(struct json *j, struct entry *e)
{
    return naturals(j, e->t.shape, ROUTEFIT_MAX_RANK, &e->t.rank);
}

static int read_offsets(struct json *j, struct entry *e)
{
    size_t v[2] = { 0, 0 }, n;
    if (naturals(j, v, 2, &n))
        return -1;
    if (n != 2 || v[0] > v[1])
        return fail(j->err, "tensor %.60s: data_offsets are not [begin, end] with begin <= end", e->t.name);
    e->begin = v[0];
    e->end = v[1];
    return 0;
}

static const struct {
    const char *name;
    int (*read)(struct json *, struct entry *);
} fields[] = { { "dtype", read_dtype }, { "shape", read_shape }, { "data_offsets", read_offsets } };
enum { FIELDS = sizeof fields / sizeof *fields };

/* The object behind a tensor's name: each field exactly once, and a shape that gives the length. */
static int read_entry(struct json *j, struct entry *e)
{
    unsigned seen = 0;
    size_t bytes;
    int more;
    if (expect(j, '{'))
        return -1;
    do {
        const char *key;
        int k = 0;
        if (string(j, &key) || expect(j, ':'))
            return -1;
        while (k < FIELDS && strcmp(fields[k].name, key))
            k++;
        if (k == FIELDS || seen >> k & 1u)
            return fail(j->err, "tensor %.60s: field \"%.40s\" is unknown or stands twice", e->t.name, key);
        seen |= 1u << k;
        if (fields[k].read(j, e))
            return -1;
    } while ((more = another(j, '}')) > 0);
    if (more)
        return -1;
    if (seen != (1u << FIELDS) - 1)
        return fail(j->err, "tensor %.60s: expected dtype, shape and data_offsets, one is missing", e->t.name);
    e->t.count = 1;
    for (size_t i = 0; i < e->t.rank; i++)
        if (product(e->t.count, e->t.shape[i], &e->t.count))
            return fail(j->err, "tensor %.60s: its shape does not fit the address space", e->t.name);
    if (product(e->t.count, dtypes[e->t.dtype].size, &bytes) || bytes != e->end - e->begin)
        return fail(j->err, "tensor %.60s: data_offsets span %zu bytes, its shape and dtype need another length",
                    e->t.name, e->end - e->begin);
    return 0;
}

static int read_header(struct json *j, struct routefit_tensors *f)
{
    int more, metadata_seen = 0;
    if (expect(j, '{'))
        return -1;
    more = !take(j, '}');
    while (more > 0) {
        const char *name;
        if (string(j, &name) || expect(j, ':'))
            return -1;
        if (!strcmp(name, "__metadata__")) {
            if (metadata_seen++)
                return fail(j->err, "__metadata__ stands twice in the header");
            if (read_metadata(j, &f->meta))
                return -1;
        } else {
            void *p = f->entry;
            if (room(&p, f->n, sizeof *f->entry))
                return no_memory(j->err);
            f->entry = p;
            memset(&f->entry[f->n], 0, sizeof *f->entry);
            f->entry[f->n].t.name = name;
            if (read_entry(j, &f->entry[f->n++]))
                return -1;
        }
        more = another(j, '}');
    }
    skip_blanks(j);
    return more ? -1 : j->at < j->end ? unexpected(j, "blanks up to the end of the header") : 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->t.name, ((const struct entry *)b)->t.name);
}

static int by_place(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return x->begin != y->begin ? (x->begin > y->begin) - (x->begin < y->begin) : (x->end > y->end) - (x->end < y->end);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct pair *)a)->key, ((const struct pair *)b)->key);
}

/* No name twice; the tensors lie one behind the other and fill the payload. Leaves them in file order. */
static int check_layout(struct routefit_tensors *f, const unsigned char *payload, size_t n, char *err)
{
    size_t at = 0;
    if (f->meta.n)
        qsort(f->meta.pair, f->meta.n, sizeof *f->meta.pair, by_key);
    for (size_t i = 1; i < f->meta.n; i++)
        if (!by_key(&f->meta.pair[i - 1], &f->meta.pair[i]))
            return fail(err, "metadata key \"%.60s\" stands twice", f->meta.pair[i].key);
    if (f->n)
        qsort(f->entry, f->n, sizeof *f->entry, by_name);
    for (size_t i = 1; i < f->n; i++)
        if (!by_name(&f->entry[i - 1], &f->entry[i]))
            return fail(err, "tensor %.60s stands twice", f->entry[i].t.name);
    if (f->n)
        qsort(f->entry, f->n, sizeof *f->entry, by_place);
    for (size_t i = 0; i < f->n; i++) {
        struct entry *e = &f->entry[i];
        if (e->begin != at || e->end > n)
            return fail(err,
                        "tensor %.60s: found bytes %zu to %zu, expected a start at %zu and an end in the %zu bytes of "
                        "data (%s)",
                        e->t.name, e->begin, e->end, at, n,
                        e->end > n      ? "the file is cut"
                        : e->begin > at ? "a hole"
                                        : "an overlap");
        e->t.data = payload + e->begin;
        at = e->end;
    }
    return at == n ? 0 : fail(err, "found %zu bytes behind the last tensor, expected none", n - at);
}

static int check_sum(const struct routefit_tensors *f, const unsigned char *payload, size_t n, char *err)
{
    const char *const text = metadata_get(&f->meta, "routefit.fnv1a64");
    uint64_t expected, sum = 0xcbf29ce484222325u; /* FNV-1a, RFC 9923 */
    if (!text)
        return 0;
    if (strlen(text) != 16 || hex((const unsigned char *)text, 16, &expected))
        return fail(err, "routefit.fnv1a64: found \"%.40s\", expected 16 hexadecimal digits", text);
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ payload[i]) * 0x100000001b3u;
    return sum == expected
               ? 0
               : fail(err, "the data do not give the checksum routefit.fnv1a64 = %s: the file is damaged", text);
}

int routefit_tensors_open(struct routefit_tensors **out, const void *bytes, size_t n, char err[ROUTEFIT_ERR])
{
    const unsigned char *const b = bytes;
    struct json j = { NULL, 0, 0, PREFIX, NULL, NULL };
    struct routefit_tensors *f = NULL;
    uint64_t header;
    int rc = -1;
    j.err = err;
    if (n < PREFIX)
        return fail(err, "found %zu bytes, expected the 8 that hold the header's length", n);
    header = little_endian(b, PREFIX);
    if (header > MAX_HEADER || header > n - PREFIX)
        return fail(
            err,
            "no safetensors file, or not all of it: its first 8 bytes announce a header of %.0f bytes, expected at "
            "most %zu (the rest of the file, and 100 MB)",
            (double)header, n - PREFIX);
    j.s = b + PREFIX;
    j.end = (size_t)header;
    if (!(f = array(1, sizeof *f)) || !(f->meta.arena = array(j.end, 1))) {
        no_memory(err);
        goto out;
    }
    j.put = f->meta.arena;
    if (read_header(&j, f) || check_layout(f, j.s + j.end, n - PREFIX - j.end, err) ||
        check_sum(f, j.s + j.end, n - PREFIX - j.end, err))
        goto out;
    *out = f;
    f = NULL;
    rc = 0;
out:
    routefit_tensors_close(f);
    return rc;
}

size_t routefit_tensors_count(const struct routefit_tensors *f)
{
    return f->n;
}

const struct routefit_tensor *routefit_tensors_at(const struct routefit_tensors *f, size_t i)
{
    return i < f->n ? &f->entry[i].t : NULL;
}

const struct routefit_tensor *routefit_tensors_find(const struct routefit_tensors *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (!strcmp(f->entry[i].t.name, name))
            return &f->entry[i].t;
    return NULL;
}

const char *routefit_tensors_meta_at(const struct routefit_tensors *f, size_t i, const char **value)
{
    if (i >= f->meta.n)
        return NULL;
    *value = f->meta.pair[i].value;
    return f->meta.pair[i].key;
}

const char *routefit_tensors_meta(const struct routefit_tensors *f, const char *key)
{
    return metadata_get(&f->meta, key);
}

void routefit_tensors_close(struct routefit_tensors *f)
{
    if (!f)
        return;
    metadata_release(&f->meta);
    free(f->entry);
    free(f);
}

/* Element i, or NaN with err filled where it is no finite number (as a float where narrow). */
static int element(const struct routefit_tensor *t, size_t i, int narrow, double *out, char *err)
{
    const struct dtype *d = &dtypes[t->dtype];
    *out = d->get(t->data + i * d->size);
    if (isfinite(*out) && !(narrow && fabs(*out) > FLT_MAX))
        return 0;
    return fail(err, "tensor %.60s: element %zu is %g, expected a finite number", t->name, i, *out);
}

static int is_real(const struct routefit_tensor *t, char *err)
{
    return dtypes[t->dtype].get ? 0
                                : fail(err, "tensor %.60s: found dtype %s, expected F64, F32, F16, BF16 or I8", t->name,
                                       dtypes[t->dtype].name);
}

int routefit_tensor_floats(const struct routefit_tensor *t, float *out, char err[ROUTEFIT_ERR])
{
    double x;
    if (is_real(t, err))
        return -1;
    for (size_t i = 0; i < t->count; i++) {
        if (element(t, i, 1, &x, err))
            return -1;
        out[i] = (float)x;
    }
    return 0;
}

/* The tensor of that name, rank and shape; a 0 in dim stands for any length but 0 and receives it. */
static const struct routefit_tensor *want(const struct routefit_tensors *f, const char *name, size_t rank, size_t *dim,
                                          char *err)
{
    const struct routefit_tensor *const t = routefit_tensors_find(f, name);
    if (!t) {
        fail(err, "expected a tensor %s, which is absent", name);
        return NULL;
    }
    if (t->rank != rank) {
        fail(err, "tensor %s: found rank %zu, expected %zu", name, t->rank, rank);
        return NULL;
    }
    for (size_t i = 0; i < rank; i++) {
        if (!t->shape[i] || (dim[i] && t->shape[i] != dim[i])) {
            fail(err, "tensor %s: found length %zu in dimension %zu, expected %zu (0: any but 0)", name, t->shape[i], i,
                 dim[i]);
            return NULL;
        }
        dim[i] = t->shape[i];
    }
    return is_real(t, err) ? NULL : t;
}

/* The same tensor's numbers, for the caller to free; NULL with err filled. */
static double *numbers(const struct routefit_tensors *f, const char *name, size_t rank, size_t *dim, char *err)
{
    const struct routefit_tensor *const t = want(f, name, rank, dim, err);
    double *const x = t ? array(t->count, sizeof *x) : NULL;
    if (t && !x)
        no_memory(err);
    for (size_t i = 0; x && i < t->count; i++)
        if (element(t, i, 0, &x[i], err)) {
            free(x);
            return NULL;
        }
    return x;
}

static int eight(const struct routefit_tensors *f, const char *name, float *out, char *err)
{
    size_t dim = ROUTEFIT_SHAPE;
    const struct routefit_tensor *const t = want(f, name, 1, &dim, err);
    return t ? routefit_tensor_floats(t, out, err) : -1;
}

/* Metadata key must be value. */
static int must_say(const struct routefit_tensors *f, const char *key, const char *value, char *err)
{
    const char *const found = routefit_tensors_meta(f, key);
    return found && !strcmp(found, value)
               ? 0
               : fail(err, "metadata %s: found %.60s, expected %s", key, found ? found : "nothing", value);
}

/* ---- text features ---- */

enum { LOGS = 64, LONGEST = 1 << 30, SPARE = 8 };
enum sign { OTHER, DIGIT, CAPITAL, PUNCTUATION, HIGH, LINE_FEED, SIGNS };
#define MIX_A 0x243f6a8885a308d3u
#define MIX_B 0xb7e151628aed2a6bu

struct routefit_features {
    uint32_t *count;   /* [buckets] all 0 between calls */
    uint64_t *touched; /* [buckets / 64] one bit per bucket with a count, all 0 between calls */
    uint32_t *bucket;  /* [buckets + SPARE] results */
    float *value;      /* [buckets + SPARE] */
    size_t buckets;
    int shift; /* 64 - log2(buckets) */
    float shape[ROUTEFIT_SHAPE];
    float log1[LOGS];          /* 1 + ln count */
    unsigned char letter[256]; /* a byte of a word, folded; 0: between words */
    unsigned char sign[256];   /* enum sign */
};

/* ASCII only, whatever the locale. */
static enum sign sign_of(int c)
{
    if (c >= 0x80)
        return HIGH;
    if (c >= '0' && c <= '9')
        return DIGIT;
    if (c >= 'A' && c <= 'Z')
        return CAPITAL;
    if (c == '\n')
        return LINE_FEED;
    return c > ' ' && c < 0x7f && !(c >= 'a' && c <= 'z') ? PUNCTUATION : OTHER;
}

static int is_bucket_count(size_t n)
{
    return n >= MIN_BUCKETS && n <= MAX_BUCKETS && !(n & (n - 1));
}

struct routefit_features *routefit_features_new(size_t buckets)
{
    struct routefit_features *f = is_bucket_count(buckets) ? array(1, sizeof *f) : NULL;
    if (!f)
        return NULL;
    f->buckets = buckets;
    f->shift = 64;
    for (size_t n = buckets; n > 1; n /= 2)
        f->shift--;
    f->count = array(buckets, sizeof *f->count);
    f->touched = array(buckets / 64, sizeof *f->touched);
    f->bucket = array(buckets + SPARE, sizeof *f->bucket);
    f->value = array(buckets + SPARE, sizeof *f->value);
    if (!f->count || !f->touched || !f->bucket || !f->value) {
        routefit_features_free(f);
        return NULL;
    }
    for (int i = 1; i < LOGS; i++)
        f->log1[i] = (float)(1 + log(i));
    for (int c = 0; c < 256; c++) {
        const enum sign s = sign_of(c);
        f->sign[c] = (unsigned char)s;
        if (s == DIGIT || s == HIGH || s == CAPITAL || (c >= 'a' && c <= 'z'))
            f->letter[c] = (unsigned char)(s == CAPITAL ? c + 'a' - 'A' : c);
    }
    return f;
}

void routefit_features_free(struct routefit_features *f)
{
    if (!f)
        return;
    free(f->count);
    free(f->touched);
    free(f->bucket);
    free(f->value);
    free(f);
}

/* The counters of one call, kept by value so that the compiler may hold them in registers. */
struct counter {
    uint32_t *count;
    uint64_t *touched;
    int shift;
};

static void add(struct counter c, uint64_t key)
{
    uint64_t x = key * MIX_A;
    x = (x ^ x >> 32) * MIX_B;
    x >>= c.shift;
    c.count[x]++;
    c.touched[x >> 6] |= (uint64_t)1 << (x & 63);
}

/* The n-gram of the last n bytes that went through the window. */
static void add_gram(struct counter c, uint64_t window, int n)
{
    add(c, (window & (((uint64_t)1 << 8 * n) - 1)) << 8 | (uint64_t)n);
}

/* Counts the character n-grams of the word at s, which ends before end or at a byte that is no letter. Its length, and
 * its key in *word. */
static size_t count_word(const struct routefit_features *f, struct counter c, const unsigned char *s,
                         const unsigned char *end, size_t *tally, uint64_t *word)
{
    uint64_t window = ' ', key = 1;
    size_t n = 0;
    for (unsigned char b; s + n < end && (b = f->letter[s[n]]); n++) {
        tally[f->sign[s[n]]]++;
        key = key * MIX_A + b;
        window = window << 8 | b;
        if (n >= 1)
            add_gram(c, window, 3);
        if (n >= 2)
            add_gram(c, window, 4);
        if (n >= 3)
            add_gram(c, window, 5);
    }
    window = window << 8 | ' ';
    add_gram(c, window, 3);
    if (n >= 2)
        add_gram(c, window, 4);
    if (n >= 3)
        add_gram(c, window, 5);
    *word = key;
    return n;
}

static int lowest_bit(uint64_t x)
{
#ifdef __GNUC__
    return __builtin_ctzll(x);
#else
    int i = 0;
    while (!(x >> i & 1))
        i++;
    return i;
#endif
}

static int count_bits(uint64_t x)
{
#ifdef __GNUC__
    return __builtin_popcountll(x);
#else
    int n = 0;
    for (; x; x &= x - 1)
        n++;
    return n;
#endif
}

/* Writes the numbers of the next four bits of a word behind at, or surplus where there are fewer; returns the word
 * without them. */
static uint64_t list_four(uint64_t bits, uint32_t base, uint32_t *at)
{
    for (int k = 0; k < 4; k++, bits &= bits - 1)
        at[k] = base + (uint32_t)lowest_bit(bits | (uint64_t)1 << 63);
    return bits;
}

/* Lists the touched buckets in ascending order and forgets them. Writes four at a time, right or not, and steps on by
 * as many as there were: few words hold more, so that the branch is foreseen. The list has room for the surplus. */
static size_t list_buckets(struct routefit_features *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->buckets / 64; i++) {
        const uint64_t word = f->touched[i];
        uint64_t bits = list_four(word, (uint32_t)(64 * i), f->bucket + n);
        for (size_t done = 4; bits; done += 4)
            bits = list_four(bits, (uint32_t)(64 * i), f->bucket + n + done);
        f->touched[i] = 0;
        n += (size_t)count_bits(word);
    }
    return n;
}

/* Turns the counts into values of unit length and sets the counters back to 0. */
static size_t collect(struct routefit_features *f)
{
    const size_t n = list_buckets(f);
    double sum[SPARE] = { 0 }, square = 0;
    float scale;
    for (size_t i = 0; i < n; i++) {
        uint32_t *const count = &f->count[f->bucket[i]];
        f->value[i] = *count < LOGS ? f->log1[*count] : (float)(1 + log(*count));
        *count = 0;
    }
    memset(f->value + n, 0, SPARE * sizeof *f->value);
    for (size_t i = 0; i < n; i += SPARE)
        for (size_t k = 0; k < SPARE; k++)
            sum[k] += (double)f->value[i + k] * (double)f->value[i + k];
    for (size_t k = 0; k < SPARE; k++)
        square += sum[k];
    scale = (float)(1 / sqrt(square));
    for (size_t i = 0; i < n; i++)
        f->value[i] *= scale;
    return n;
}

size_t routefit_features_of(struct routefit_features *f, const char *text, size_t n, const uint32_t **bucket,
                            const float **value, const float **shape)
{
    const struct counter c = { f->count, f->touched, f->shift };
    const size_t bytes = n < LONGEST ? n : LONGEST;
    const unsigned char *s = (const unsigned char *)text, *const end = n ? s + bytes : s;
    size_t tally[SIGNS] = { 0 }, words = 0, longest = 0;
    uint64_t word, last = 0;
    while (s < end) {
        if (f->letter[*s]) {
            const size_t len = count_word(f, c, s, end, tally, &word);
            add(c, word);
            if (words++)
                add(c, last * MIX_B + word);
            last = word;
            longest = len > longest ? len : longest;
            s += len;
        } else {
            tally[f->sign[*s++]]++;
        }
    }
    f->shape[0] = (float)log1p((double)bytes);
    f->shape[1] = (float)log1p((double)words);
    f->shape[2] = (float)log1p((double)tally[LINE_FEED]);
    for (int k = 0; k < 4; k++)
        f->shape[3 + k] = bytes ? (float)((double)tally[DIGIT + k] / (double)bytes) : 0;
    f->shape[7] = (float)log1p((double)longest);
    *bucket = f->bucket;
    *value = f->value;
    *shape = f->shape;
    return collect(f);
}

/* ---- text embedder ---- */

enum { LANES = 8, AT_ONCE = 8 };

/* What is left behind the last whole group of LANES, and then the partial sums in order. */
static double finish(const double *s, const double *w, const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = n / LANES * LANES; i < n; i++)
        sum += w[i] * (double)x[i];
    for (size_t k = 0; k < LANES; k++)
        sum += s[k];
    return sum;
}

/* w . x in double, as LANES partial sums: a fixed order of addition that a compiler can still put into vector
 * registers. */
static double dot(const double *restrict w, const float *restrict x, size_t n)
{
    double s[LANES] = { 0 };
    for (size_t i = 0; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            s[k] += w[i + k] * (double)x[i + k];
    return finish(s, w, x, n);
}

/* The same of two rows of floats: their products are exact in double. */
static double dot_floats(const float *restrict w, const float *restrict x, size_t n)
{
    double s[LANES] = { 0 }, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            s[k] += (double)w[i + k] * (double)x[i + k];
    for (; i < n; i++)
        sum += (double)w[i] * (double)x[i];
    for (size_t k = 0; k < LANES; k++)
        sum += s[k];
    return sum;
}

/* Asks for the cache line `bytes` behind p; it need not exist. */
static void fetch(const void *p, size_t bytes)
{
#ifdef __GNUC__
    __builtin_prefetch((const void *)((uintptr_t)p + bytes));
#else
    (void)p;
    (void)bytes;
#endif
}

/* The same for AT_ONCE rows x[AT_ONCE][n], bit by bit: the weights are read once for all, and memory serves several
 * rows at a time, while those behind them are on their way. */
static void dots(const double *restrict w, const float *restrict x, size_t n, double *restrict out)
{
    double s[AT_ONCE][LANES] = { { 0 } };
    for (size_t i = 0; i + LANES <= n; i += LANES)
        for (size_t r = 0; r < AT_ONCE; r++) {
            fetch(x + r * n + i, AT_ONCE * n * sizeof *x);
            for (size_t k = 0; k < LANES; k++)
                s[r][k] += w[i + k] * (double)x[r * n + i + k];
        }
    for (size_t r = 0; r < AT_ONCE; r++)
        out[r] = finish(s[r], w, x + r * n, n);
}

struct routefit_embedder {
    float *projection; /* [buckets][dim] */
    size_t buckets, dim;
    float mean[ROUTEFIT_SHAPE], scale[ROUTEFIT_SHAPE];
};

int routefit_embedder_load(struct routefit_embedder **out, const void *bytes, size_t n, char err[ROUTEFIT_ERR])
{
    struct routefit_tensors *f = NULL;
    struct routefit_embedder *e = NULL;
    const struct routefit_tensor *t;
    size_t dim[2] = { 0, 0 };
    int rc = -1;
    if (routefit_tensors_open(&f, bytes, n, err) || must_say(f, "routefit.kind", "text-embedder", err) ||
        must_say(f, "routefit.features", ROUTEFIT_FEATURES, err) || !(t = want(f, "projection", 2, dim, err)))
        goto out;
    if (!is_bucket_count(dim[0])) {
        fail(err, "tensor projection: found %zu rows, expected a power of two from %d to %d", dim[0], MIN_BUCKETS,
             MAX_BUCKETS);
        goto out;
    }
    if (!(e = array(1, sizeof *e)) || !(e->projection = array(t->count, sizeof *e->projection))) {
        no_memory(err);
        goto out;
    }
    e->buckets = dim[0];
    e->dim = dim[1];
    if (routefit_tensor_floats(t, e->projection, err) || eight(f, "shape_mean", e->mean, err) ||
        eight(f, "shape_scale", e->scale, err))
        goto out;
    *out = e;
    e = NULL;
    rc = 0;
out:
    routefit_embedder_free(e);
    routefit_tensors_close(f);
    return rc;
}

void routefit_embedder_free(struct routefit_embedder *e)
{
    if (!e)
        return;
    free(e->projection);
    free(e);
}

size_t routefit_embedder_dim(const struct routefit_embedder *e)
{
    return e->dim + ROUTEFIT_SHAPE;
}

size_t routefit_embedder_buckets(const struct routefit_embedder *e)
{
    return e->buckets;
}

static void axpy(float a, const float *restrict x, float *restrict y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

void routefit_embed(const struct routefit_embedder *e, struct routefit_features *f, const char *text, size_t n,
                    float *out)
{
    const uint32_t *bucket;
    const float *value, *shape;
    const size_t features = routefit_features_of(f, text, n, &bucket, &value, &shape);
    memset(out, 0, e->dim * sizeof *out);
    for (size_t i = 0; i < features; i++)
        axpy(value[i], e->projection + bucket[i] * e->dim, out, e->dim);
    for (size_t k = 0; k < ROUTEFIT_SHAPE; k++)
        out[e->dim + k] = (shape[k] - e->mean[k]) * e->scale[k];
}

void routefit_embedder_collapse(const struct routefit_embedder *e, const double *w, double *bucket_w, double *shape_w,
                                double *bias)
{
    double sum = 0;
    for (size_t b = 0; b < e->buckets; b++)
        bucket_w[b] = dot(w, e->projection + b * e->dim, e->dim);
    for (size_t k = 0; k < ROUTEFIT_SHAPE; k++) {
        shape_w[k] = w[e->dim + k] * e->scale[k];
        sum -= shape_w[k] * e->mean[k];
    }
    *bias = sum;
}

/* ---- routers ---- */

struct kind;
struct routefit_router {
    const struct kind *kind;
    enum routefit_input input;
    size_t dim;
    struct metadata meta;

    /* kinds that fold into one linear function when they are loaded */
    double *w;                      /* [dim]; NULL: another kind */
    double shape_w[ROUTEFIT_SHAPE]; /* text only */
    double bias;

    /* text routers that know tasks */
    int by_task;
    size_t tasks;
    const char **task; /* [tasks] names */
    char *task_text;   /* their text */
    double *task_w;    /* [tasks] */

    /* routers among many models */
    size_t models;      /* 0: of one pair */
    const char **model; /* [models] names */
    char *names;        /* their text */
    size_t strong, weak;
    int picked;   /* strong and weak are known: it can be asked for a win rate */
    double scale; /* 4 / score range */
    int (*predict)(const struct routefit_router *r, const float *x, double *score, double *cost);

    /* kinds that are neither */
    double (*logit)(const struct routefit_router *r, const float *x);

    /* kinds that are faster for some prompts at a time: `together` of them, each the same as alone; -1: no memory.
     * NULL: not this kind */
    size_t together;
    int (*logits)(const struct routefit_router *r, const float *x, size_t n, double *logit);
    int (*predictions)(const struct routefit_router *r, const float *x, size_t n, double *score, double *cost);

    /* recalibration of win rates */
    double platt[2];      /* log odds = platt[0] logit + platt[1]; { 1, 0 }: none, or folded into w */
    size_t knots;         /* 0: none */
    double *knot;         /* [knots] logits, ascending */
    double *rate_at_knot; /* [knots] win rates, not falling */

    void (*release)(void *state); /* NULL: free() does */
    void *state;                  /* of the kind */
};

typedef int load_kind(struct routefit_router *r, const struct routefit_tensors *f, const struct routefit_pick *pick,
                      char *err);
#define DECLARE(name) static load_kind load_##name;
ROUTEFIT_KINDS(DECLARE)
#define ROW(name) { #name, load_##name },
static const struct kind {
    const char *name;
    load_kind *load;
} kinds[] = { ROUTEFIT_KINDS(ROW) };
enum { KINDS = sizeof kinds / sizeof *kinds };

static int load_input(struct routefit_router *r, const struct routefit_tensors *f, char *err)
{
    const char *const input = routefit_tensors_meta(f, "routefit.input");
    if (input && !strcmp(input, "text")) {
        const char *const features = routefit_tensors_meta(f, "routefit.features");
        r->input = ROUTEFIT_TEXT;
        r->by_task = features && !strcmp(features, ROUTEFIT_FEATURES_TASK);
        return r->by_task ? 0 : must_say(f, "routefit.features", ROUTEFIT_FEATURES, err);
    }
    r->input = ROUTEFIT_VECTOR;
    return input ? must_say(f, "routefit.input", "vector", err) : 0;
}

/* A whole number per weight needs its "weight_scale"; any other weight must have none. */
static int load_scale(const struct routefit_tensors *f, double *scale, char *err)
{
    const int whole = routefit_tensors_find(f, "weight")->dtype == ROUTEFIT_I8;
    size_t one = 1;
    double *s = NULL;
    *scale = 1;
    if (whole != (routefit_tensors_find(f, "weight_scale") != NULL))
        return fail(err, "tensor weight: expected I8 with a tensor weight_scale, or F32 or F64 without");
    if (!whole)
        return 0;
    if (!(s = numbers(f, "weight_scale", 1, &one, err)))
        return -1;
    *scale = *s;
    free(s);
    return 0;
}

/* A file of one pair cannot be asked for another. */
static int no_pick(const struct routefit_router *r, const struct routefit_pick *pick, char *err)
{
    return pick->use_ids || pick->strong || pick->weak ? fail(err,
                                                              "a %s router compares one pair of models; expected no "
                                                              "pick, or one by name and id for kind mf only",
                                                              r->kind->name)
                                                       : 0;
}

static int load_logistic(struct routefit_router *r, const struct routefit_tensors *f, const struct routefit_pick *pick,
                         char *err)
{
    float shape_w[ROUTEFIT_SHAPE] = { 0 };
    double *bias = NULL, scale;
    size_t one = 1;
    int rc = -1;
    if (no_pick(r, pick, err))
        return -1;
    if (r->by_task && strcmp(r->kind->name, "ngram"))
        return must_say(f, "routefit.features", ROUTEFIT_FEATURES, err);
    if (!(r->w = numbers(f, "weight", 1, &r->dim, err)) || !(bias = numbers(f, "bias", 1, &one, err)) ||
        load_scale(f, &scale, err))
        goto out;
    if (r->input == ROUTEFIT_TEXT) {
        if (!is_bucket_count(r->dim)) {
            fail(err, "tensor weight: found %zu entries, expected a power of two from %d to %d", r->dim, MIN_BUCKETS,
                 MAX_BUCKETS);
            goto out;
        }
        if (eight(f, "shape_weight", shape_w, err))
            goto out;
    }
    for (size_t i = 0; i < r->dim; i++)
        r->w[i] *= scale;
    for (int k = 0; k < ROUTEFIT_SHAPE; k++)
        r->shape_w[k] = shape_w[k];
    r->bias = *bias;
    rc = 0;
out:
    free(bias);
    return rc;
}

/* A JSON list of strings in the metadata, which must be there: (*name)[n] and the text behind it, both for the caller
 * to free. */
static int read_names(const struct routefit_tensors *f, const char *key, size_t n, const char ***name, char **text,
                      char *err)
{
    const char *const list = routefit_tensors_meta(f, key);
    const char *model;
    struct json j = { NULL, 0, 0, 0, NULL, NULL };
    size_t found = 0;
    int more;
    j.s = (const unsigned char *)list;
    j.end = strlen(list);
    j.err = err;
    if (!(*name = array(n, sizeof **name)) || !(j.put = *text = array(j.end + 1, 1)))
        return no_memory(err);
    if (expect(&j, '['))
        return -1;
    do {
        if (string(&j, &model))
            return -1;
        if (found < n)
            (*name)[found] = model;
        found++;
    } while ((more = another(&j, ']')) > 0);
    if (more)
        return -1;
    return found == n ? 0 : fail(err, "%s: found %zu names, expected %zu, one for each row", key, found, n);
}

/* "routefit.tasks" and "task_weight", where the features have tasks. */
static int load_tasks(struct routefit_router *r, const struct routefit_tensors *f, char *err)
{
    if (!r->by_task)
        return 0;
    if (!routefit_tensors_meta(f, "routefit.tasks"))
        return fail(err, "metadata routefit.tasks: expected the names of the tasks, for the features are %s",
                    ROUTEFIT_FEATURES_TASK);
    if (!(r->task_w = numbers(f, "task_weight", 1, &r->tasks, err)) ||
        read_names(f, "routefit.tasks", r->tasks, &r->task, &r->task_text, err))
        return -1;
    for (size_t i = 0; i < r->tasks; i++)
        for (size_t k = 0; k < i; k++)
            if (!strcmp(r->task[i], r->task[k]))
                return fail(err, "routefit.tasks: task %.60s stands twice", r->task[i]);
    return 0;
}

/* The same file as of a logistic router on text, fitted on the features themselves. */
static int load_ngram(struct routefit_router *r, const struct routefit_tensors *f, const struct routefit_pick *pick,
                      char *err)
{
    if (r->input != ROUTEFIT_TEXT)
        return fail(err, "metadata routefit.input: found vector, expected text for kind ngram");
    return load_logistic(r, f, pick, err) ? -1 : load_tasks(r, f, err);
}

/* The place of a name among n, which must hold it once. */
static int place_of(const char *const *model, size_t n, const char *name, size_t *id, char *err)
{
    int found = 0;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(model[i], name)) {
            *id = i;
            found++;
        }
    return found == 1 ? 0 : fail(err, "model %.60s: found %d times in routefit.models, expected once", name, found);
}

/* The row of a model by its name in "routefit.models". */
static int find_model(const struct routefit_tensors *f, const char *key, const char *name, size_t models, size_t *id,
                      char *err)
{
    const char **model = NULL;
    char *text = NULL;
    int rc = -1;
    if (!name)
        name = routefit_tensors_meta(f, key);
    if (!name || !routefit_tensors_meta(f, "routefit.models"))
        return fail(err,
                    "the file does not say which models its rows are (%s); name the two rows: set use_ids, strong_id "
                    "and weak_id of "
                    "struct routefit_pick (RouteLLM serves rows 24 and 36)",
                    name ? "routefit.models" : key);
    if (!read_names(f, "routefit.models", models, &model, &text, err))
        rc = place_of(model, models, name, id, err);
    free(model);
    free(text);
    return rc;
}

static int pick_rows(const struct routefit_tensors *f, const struct routefit_pick *pick, size_t models, size_t *strong,
                     size_t *weak, char *err)
{
    if (pick->use_ids && !pick->strong && !pick->weak) {
        *strong = pick->strong_id;
        *weak = pick->weak_id;
    } else if (find_model(f, "routefit.strong", pick->strong, models, strong, err) ||
               find_model(f, "routefit.weak", pick->weak, models, weak, err)) {
        return -1;
    }
    if (*strong < models && *weak < models && *strong != *weak)
        return 0;
    return fail(err, "found rows %zu (strong) and %zu (weak), expected two different ones below %zu", *strong, *weak,
                models);
}

/* Euclidean length, at least torch's floor in normalize(). */
static double length(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sum > 1e-24 ? sqrt(sum) : 1e-12;
}

static int load_mf(struct routefit_router *r, const struct routefit_tensors *f, const struct routefit_pick *pick,
                   char *err)
{
    size_t p[2] = { 0, 0 }, t[2] = { 0, 0 }, c[2] = { 1, 0 }, strong, weak;
    double *P = NULL, *T = NULL, *C = NULL, *B = NULL;
    int rc = -1;
    if (r->input != ROUTEFIT_VECTOR)
        return fail(err, "metadata routefit.input: found text, expected vector for kind mf");
    if (!(P = numbers(f, "P.weight", 2, p, err)))
        goto out;
    t[0] = c[1] = p[1];
    if (!(T = numbers(f, "text_proj.0.weight", 2, t, err)) || !(C = numbers(f, "classifier.0.weight", 2, c, err)) ||
        pick_rows(f, pick, p[0], &strong, &weak, err))
        goto out;
    r->dim = t[1];
    if (routefit_tensors_find(f, "text_proj.0.bias") && !(B = numbers(f, "text_proj.0.bias", 1, &p[1], err)))
        goto out;
    if (!(r->w = array(r->dim, sizeof *r->w))) {
        no_memory(err);
        goto out;
    }
    const double *const s = P + strong * p[1], *const w = P + weak * p[1];
    const double s_len = length(s, p[1]), w_len = length(w, p[1]);
    for (size_t k = 0; k < p[1]; k++) {
        const double h = C[k] * (s[k] / s_len - w[k] / w_len);
        for (size_t i = 0; i < r->dim; i++)
            r->w[i] += h * T[k * r->dim + i];
        r->bias += B ? h * B[k] : 0;
    }
    rc = 0;
out:
    free(B);
    free(P);
    free(T);
    free(C);
    return rc;
}

/* ---- routers among many models ---- */

/* Names, score range and the picked pair; models is known. A file need not say which pair. */
static int load_many(struct routefit_router *r, const struct routefit_tensors *f, const struct routefit_pick *pick,
                     size_t models, char *err)
{
    const char *const strong = pick->strong ? pick->strong : routefit_tensors_meta(f, "routefit.strong");
    const char *const weak = pick->weak ? pick->weak : routefit_tensors_meta(f, "routefit.weak");
    size_t one = 1;
    double *range = NULL;
    if (models > ROUTEFIT_MOST_MODELS)
        return fail(err, "found %zu models, expected at most %d", models, ROUTEFIT_MOST_MODELS);
    if (!routefit_tensors_meta(f, "routefit.models"))
        return fail(err, "metadata routefit.models: found nothing, expected the names of %zu models", models);
    if (read_names(f, "routefit.models", models, &r->model, &r->names, err) ||
        !(range = numbers(f, "score_range", 1, &one, err)))
        return -1;
    r->scale = 4 / *range;
    free(range);
    if (!(r->scale > 0) || !isfinite(r->scale))
        return fail(err, "tensor score_range: expected a number above 0");
    r->models = models;
    r->picked = (pick->use_ids && !pick->strong && !pick->weak) || (strong && weak);
    return r->picked ? pick_rows(f, pick, models, &r->strong, &r->weak, err) : 0;
}

/* A number from 1 to most in the metadata. */
static int whole_meta(const struct routefit_tensors *f, const char *key, size_t most, size_t *out, char *err)
{
    const char *const text = routefit_tensors_meta(f, key);
    char *end = NULL;
    *out = text ? strtoul(text, &end, 10) : 0;
    return text && !*end && *out && *out <= most
               ? 0
               : fail(err, "metadata %s: found %.20s, expected a number from 1 to %zu", key, text ? text : "nothing",
                      most);
}

/* ---- knn ---- */

enum { MOST_NEIGHBOURS = 256 };

struct knn {
    size_t n, k;
    float *x;        /* [n][dim] */
    double *inverse; /* [n] 1 / length of the row */
    int exact;       /* lengths are so large or small that floats may not hold the products */
    double *score;   /* [n][models] */
    double *cost;    /* [n][models] or NULL */
    double *mean_score, *mean_cost;
    unsigned char *known; /* [n][models] or NULL: all are */
    double *guard;        /* [GUARD_NUMBERS] or NULL: none */
    size_t baseline;      /* of the guard: a model */
};

static void knn_release(void *state)
{
    struct knn *const s = state;
    free(s->x);
    free(s->inverse);
    free(s->score);
    free(s->cost);
    free(s->mean_score);
    free(s->mean_cost);
    free(s->known);
    free(s->guard);
    free(s);
}

struct neighbour {
    double distance; /* whole number of 1e-12 */
    size_t row;
};

/* out[r] = one . x[r] for AT_ONCE rows x[AT_ONCE][n], in float: within (n / LANES + 16) 2^-24 of the lengths' product.
 * Rows by name: compilers keep their sums in registers. */
static void float_dots(const float *restrict one, const float *restrict x, size_t n, float *restrict out)
{
    float a[LANES] = { 0 }, b[LANES] = { 0 }, c[LANES] = { 0 }, d[LANES] = { 0 };
    float e[LANES] = { 0 }, f[LANES] = { 0 }, g[LANES] = { 0 }, h[LANES] = { 0 };
    float *const lanes[AT_ONCE] = { a, b, c, d, e, f, g, h };
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++) {
            const float v = one[i + k], *const at = x + i + k;
            a[k] += v * at[0];
            b[k] += v * at[n];
            c[k] += v * at[2 * n];
            d[k] += v * at[3 * n];
            e[k] += v * at[4 * n];
            f[k] += v * at[5 * n];
            g[k] += v * at[6 * n];
            h[k] += v * at[7 * n];
        }
    for (size_t r = 0; r < AT_ONCE; r++) {
        float sum = 0;
        for (size_t k = i; k < n; k++)
            sum += one[k] * x[r * n + k];
        for (size_t k = 0; k < LANES; k++)
            sum += lanes[r][k];
        out[r] = sum;
    }
}

enum { SPARE_ROWS = 16, MOST_KEPT = MOST_NEIGHBOURS + SPARE_ROWS };

/* The rows that lie nearest by floats, nearest first. */
struct kept {
    size_t n;
    float cosine[MOST_KEPT];
    size_t row[MOST_KEPT];
};

static void keep(struct kept *l, size_t most, float cosine, size_t row)
{
    size_t at = l->n < most ? l->n++ : most;
    if (at == most && !(cosine > l->cosine[--at]))
        return;
    for (; at > 0 && cosine > l->cosine[at - 1]; at--) {
        l->cosine[at] = l->cosine[at - 1];
        l->row[at] = l->row[at - 1];
    }
    l->cosine[at] = cosine;
    l->row[at] = row;
}

/* Adds a row by its exact distance, if it is among the k nearest so far; of equals the row that came first stays. */
static void add_neighbour(const struct knn *s, size_t dim, const float *x, double inverse, size_t row,
                          struct neighbour *near, size_t *n)
{
    const double d = rint((1 - dot_floats(s->x + row * dim, x, dim) * s->inverse[row] * inverse) * 1e12);
    size_t at = *n < s->k ? (*n)++ : s->k;
    if (at == s->k && !(d < near[--at].distance))
        return;
    for (; at > 0 && d < near[at - 1].distance; at--)
        near[at] = near[at - 1];
    near[at].distance = d;
    near[at].row = row;
}

static int ascending(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The k nearest rows: of those kept by floats where these leave no doubt, else of all. inverse: 1 / length of x, 0
 * where it has none. */
static size_t settle(const struct knn *s, size_t dim, const float *x, double inverse, struct kept *l,
                     struct neighbour *near)
{
    const double margin = 2 * ((double)dim / LANES + 16) * 0x1p-24;
    const size_t k = s->k < s->n ? s->k : s->n;
    const int usable = !s->exact && inverse > 1e-18 && inverse < 1e18 && l->n >= k;
    const double least = usable ? (double)l->cosine[k - 1] * inverse - margin : 0;
    size_t n = 0, few = l->n;
    if (usable && (l->n == s->n || (double)l->cosine[l->n - 1] * inverse < least)) {
        while ((double)l->cosine[few - 1] * inverse < least)
            few--;
        qsort(l->row, few, sizeof *l->row, ascending);
        for (size_t i = 0; i < few; i++)
            add_neighbour(s, dim, x, inverse, l->row[i], near, &n);
    } else
        for (size_t row = 0; row < s->n; row++)
            add_neighbour(s, dim, x, inverse, row, near, &n);
    return n;
}

/* 1 / length; 0 for a vector without one. */
static double inverse_of(const float *x, size_t dim)
{
    const double square = dot_floats(x, x, dim);
    return square > 0 ? 1 / sqrt(square) : 0;
}

/* The k rows nearest to each of x[n][dim], nearest first, n = 1 or AT_ONCE; count[i]: how many. */
static void nearest(const struct routefit_router *r, const struct knn *s, const float *x, size_t n,
                    struct neighbour (*near)[MOST_NEIGHBOURS], size_t *count)
{
    const size_t most = s->k + SPARE_ROWS, dim = r->dim;
    struct kept list[AT_ONCE];
    float of[AT_ONCE];
    size_t row = 0;
    for (size_t i = 0; i < n; i++)
        list[i].n = 0;
    for (; n > 1 && !s->exact && row < s->n; row++) {
        float_dots(s->x + row * dim, x, dim, of);
        fetch(s->x + row * dim, 4 * dim * sizeof *x);
        for (size_t i = 0; i < n; i++)
            keep(&list[i], most, of[i] * (float)s->inverse[row], row);
    }
    for (; !s->exact && row + AT_ONCE <= s->n; row += AT_ONCE) {
        float_dots(x, s->x + row * dim, dim, of);
        for (size_t i = 0; i < AT_ONCE; i++)
            keep(&list[0], most, of[i] * (float)s->inverse[row + i], row + i);
    }
    for (; !s->exact && row < s->n; row++)
        keep(&list[0], most, (float)(dot_floats(s->x + row * dim, x, dim) * s->inverse[row]), row);
    for (size_t i = 0; i < n; i++)
        count[i] = settle(s, dim, x + i * dim, inverse_of(x + i * dim, dim), &list[i], near[i]);
}

/* The mean score of model m over the neighbours, and its cost. */
static void knn_mean(const struct routefit_router *r, const struct neighbour *near, size_t n, size_t m, double *score,
                     double *cost)
{
    const struct knn *const s = r->state;
    double sum = 0, paid = 0;
    size_t known = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t at = near[i].row * r->models + m;
        if (s->known && !s->known[at])
            continue;
        sum += s->score[at];
        paid += s->cost ? s->cost[at] : 0;
        known++;
    }
    *score = known ? sum / (double)known : s->mean_score[m];
    *cost = known && s->cost ? paid / (double)known : s->mean_cost[m];
}

/* ---- the guard of a knn router ---- */

enum { GUARD_NOVELTY, GUARD_NEAR, GUARD_PAIRS, GUARD_Z, GUARD_TOLERANCE, GUARD_FLOOR, GUARD_NUMBERS };

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Are the neighbours evidence that model m may take the prompt from the baseline? */
static int is_trusted(const struct routefit_router *r, const struct neighbour *near, size_t n, size_t m,
                      size_t baseline)
{
    const struct knn *const s = r->state;
    const double *const g = s->guard, slack = 1e-9, range = 4 / r->scale;
    const double best = n ? 1 - near[0].distance * 1e-12 : 0, least = g[GUARD_NEAR] * best - slack;
    double sum = 0, square = 0, pairs = 0;
    if (m == baseline)
        return 1;
    if (!(best > slack) || best < g[GUARD_NOVELTY] - slack)
        return 0;
    for (size_t i = 0; i < n && 1 - near[i].distance * 1e-12 >= least; i++) {
        const size_t row = near[i].row * r->models;
        const double d = (s->score[row + m] - s->score[row + baseline]) / range;
        if (s->known && !(s->known[row + m] && s->known[row + baseline]))
            continue;
        sum += d;
        square += d * d;
        pairs++;
    }
    if (pairs < g[GUARD_PAIRS])
        return 0;
    const double mean = sum / pairs, spread = pairs > 1 ? (square - sum * mean) / (pairs - 1) : 0;
    const double error = sqrt(larger(spread, g[GUARD_FLOOR] * g[GUARD_FLOOR]) / pairs);
    return mean - g[GUARD_Z] * error >= -g[GUARD_TOLERANCE] - slack;
}

/* score[models] and cost[models] from the neighbours of a prompt. */
static void knn_from(const struct routefit_router *r, const struct neighbour *near, size_t n, double *score,
                     double *cost)
{
    const struct knn *const s = r->state;
    double base, base_cost, paid;
    for (size_t m = 0; m < r->models; m++) {
        knn_mean(r, near, n, m, &score[m], &paid);
        if (cost)
            cost[m] = paid;
    }
    if (!s->guard)
        return;
    knn_mean(r, near, n, s->baseline, &base, &base_cost);
    base -= 4e-6 / r->scale; /* a millionth of the range */
    for (size_t m = 0; m < r->models; m++)
        if (!is_trusted(r, near, n, m, s->baseline)) {
            score[m] = score[m] < base ? score[m] : base;
            if (cost)
                cost[m] = larger(cost[m], base_cost);
        }
}

static int knn_predictions(const struct routefit_router *r, const float *x, size_t n, double *score, double *cost)
{
    struct neighbour near[AT_ONCE][MOST_NEIGHBOURS];
    size_t count[AT_ONCE];
    nearest(r, r->state, x, n, near, count);
    for (size_t i = 0; i < n; i++)
        knn_from(r, near[i], count[i], score + i * r->models, cost ? cost + i * r->models : NULL);
    return 0;
}

static int knn_predict(const struct routefit_router *r, const float *x, double *score, double *cost)
{
    return knn_predictions(r, x, 1, score, cost);
}

/* Of the pair, from the neighbours of a prompt; with a guard the strong model is the baseline. */
static double knn_pair(const struct routefit_router *r, const struct neighbour *near, size_t n)
{
    const struct knn *const s = r->state;
    double strong, weak, cost;
    if (s->guard && !is_trusted(r, near, n, r->weak, r->strong))
        return 4;
    knn_mean(r, near, n, r->strong, &strong, &cost);
    knn_mean(r, near, n, r->weak, &weak, &cost);
    return r->scale * (strong - weak);
}

static int knn_logits(const struct routefit_router *r, const float *x, size_t n, double *logit)
{
    struct neighbour near[AT_ONCE][MOST_NEIGHBOURS];
    size_t count[AT_ONCE];
    if (r->picked)
        nearest(r, r->state, x, n, near, count);
    for (size_t i = 0; i < n; i++)
        logit[i] = r->picked ? knn_pair(r, near[i], count[i]) : NAN;
    return 0;
}

static double knn_logit(const struct routefit_router *r, const float *x)
{
    double logit;
    return knn_logits(r, x, 1, &logit) ? NAN : logit;
}

/* "guard", where the file has one; the models are known. */
static int load_guard(struct routefit_router *r, struct knn *s, const struct routefit_tensors *f, char *err)
{
    static const double most[GUARD_NUMBERS] = { 1, 1, MOST_NEIGHBOURS, 1e6, 1e6, 1e6 };
    const char *const baseline = routefit_tensors_meta(f, "routefit.guard");
    size_t n = GUARD_NUMBERS;
    if (!routefit_tensors_find(f, "guard"))
        return baseline ? fail(err, "metadata routefit.guard: found no tensor guard beside it") : 0;
    if (!(s->guard = numbers(f, "guard", 1, &n, err)))
        return -1;
    for (size_t i = 0; i < GUARD_NUMBERS; i++)
        if (!(s->guard[i] >= (i == GUARD_NOVELTY ? -1 : 0) && s->guard[i] <= most[i]))
            return fail(err, "tensor guard: found %g at %zu, expected a number from %d to %g", s->guard[i], i,
                        i == GUARD_NOVELTY ? -1 : 0, most[i]);
    if (s->guard[GUARD_PAIRS] < 1)
        return fail(err, "tensor guard: found %g neighbours at %d, expected 1 or more", s->guard[GUARD_PAIRS],
                    GUARD_PAIRS);
    if (!baseline)
        return fail(err, "metadata routefit.guard: found nothing, expected the model that the guard falls back to");
    return place_of(r->model, r->models, baseline, &s->baseline, err);
}

/* "known" as bytes, or NULL where the file has none. */
static int load_known(const struct routefit_tensors *f, size_t *shape, unsigned char **known, char *err)
{
    const struct routefit_tensor *const t = routefit_tensors_find(f, "known");
    if (!t)
        return 0;
    if (t->dtype != ROUTEFIT_I8 || t->rank != 2 || t->shape[0] != shape[0] || t->shape[1] != shape[1])
        return fail(err, "tensor known: expected I8 of shape [%zu][%zu]", shape[0], shape[1]);
    if (!(*known = array(t->count, 1)))
        return no_memory(err);
    memcpy(*known, t->data, t->count);
    return 0;
}

static int load_knn(struct routefit_router *r, const struct routefit_tensors *f, const struct routefit_pick *pick,
                    char *err)
{
    size_t v[2] = { 0, 0 }, table[2] = { 0, 0 };
    struct knn *s;
    if (r->input != ROUTEFIT_VECTOR)
        return fail(err, "metadata routefit.input: found text, expected vector for kind knn");
    if (!(r->state = s = array(1, sizeof *s)))
        return no_memory(err);
    r->release = knn_release;
    r->predict = knn_predict;
    r->logit = knn_logit;
    r->together = AT_ONCE;
    r->logits = knn_logits;
    r->predictions = knn_predictions;
    if (whole_meta(f, "routefit.k", MOST_NEIGHBOURS, &s->k, err))
        return -1;
    const struct routefit_tensor *const t = want(f, "vectors", 2, v, err);
    if (!t)
        return -1;
    r->dim = v[1];
    table[0] = s->n = v[0];
    if (!(s->x = array(t->count, sizeof *s->x)) || !(s->inverse = array(s->n, sizeof *s->inverse)))
        return no_memory(err);
    if (routefit_tensor_floats(t, s->x, err))
        return -1;
    for (size_t row = 0; row < s->n; row++) {
        s->inverse[row] = inverse_of(s->x + row * r->dim, r->dim);
        s->exact |= !(s->inverse[row] > 1e-18 && s->inverse[row] < 1e18);
    }
    if (!(s->score = numbers(f, "scores", 2, table, err)) ||
        !(s->mean_score = numbers(f, "mean_score", 1, &table[1], err)) ||
        !(s->mean_cost = numbers(f, "mean_cost", 1, &table[1], err)) ||
        (routefit_tensors_find(f, "costs") && !(s->cost = numbers(f, "costs", 2, table, err))) ||
        load_known(f, table, &s->known, err))
        return -1;
    return load_many(r, f, pick, table[1], err) ? -1 : load_guard(r, s, f, err);
}

/* ---- linear, and svr, which is fitted otherwise ---- */

/* One affine function of the vector for each model. */
struct planes {
    double *w, *b; /* [models][dim], [models] */
};

static void planes_release(struct planes *p)
{
    free(p->w);
    free(p->b);
}

static double plane(const struct planes *p, size_t m, const float *x, size_t dim)
{
    return dot(p->w + m * dim, x, dim) + p->b[m];
}

/* shape: as in want(). */
static int load_planes(struct planes *p, const struct routefit_tensors *f, const char *weight, const char *bias,
                       size_t *shape, char *err)
{
    return (p->w = numbers(f, weight, 2, shape, err)) && (p->b = numbers(f, bias, 1, shape, err)) ? 0 : -1;
}

/* The costs, none below 0; cost may be NULL. */
static void predict_costs(const struct routefit_router *r, const struct planes *p, const float *x, double *cost)
{
    for (size_t m = 0; cost && m < r->models; m++) {
        const double paid = plane(p, m, x, r->dim);
        cost[m] = paid > 0 ? paid : 0;
    }
}

struct linear {
    struct planes score, cost;
};

static void linear_release(void *state)
{
    struct linear *const s = state;
    planes_release(&s->score);
    planes_release(&s->cost);
    free(s);
}

static int linear_predict(const struct routefit_router *r, const float *x, double *score, double *cost)
{
    const struct linear *const s = r->state;
    for (size_t m = 0; m < r->models; m++)
        score[m] = plane(&s->score, m, x, r->dim);
    predict_costs(r, &s->cost, x, cost);
    return 0;
}

static int load_linear(struct routefit_router *r, const struct routefit_tensors *f, const struct routefit_pick *pick,
                       char *err)
{
    size_t shape[2] = { 0, 0 };
    struct linear *s;
    if (r->input != ROUTEFIT_VECTOR)
        return fail(err, "metadata routefit.input: found text, expected vector for kind %s", r->kind->name);
    if (!(r->state = s = array(1, sizeof *s)))
        return no_memory(err);
    r->release = linear_release;
    r->predict = linear_predict;
    if (load_planes(&s->score, f, "weight", "bias", shape, err) ||
        load_planes(&s->cost, f, "cost_weight", "cost_bias", shape, err))
        return -1;
    r->dim = shape[1];
    if (load_many(r, f, pick, shape[0], err))
        return -1;
    if (!r->picked)
        return 0;
    if (!(r->w = array(r->dim, sizeof *r->w))) /* the pair is one linear function */
        return no_memory(err);
    for (size_t i = 0; i < r->dim; i++)
        r->w[i] = r->scale * (s->score.w[r->strong * r->dim + i] - s->score.w[r->weak * r->dim + i]);
    r->bias = r->scale * (s->score.b[r->strong] - s->score.b[r->weak]);
    return 0;
}

static int load_svr(struct routefit_router *r, const struct routefit_tensors *f, const struct routefit_pick *pick,
                    char *err)
{
    return load_linear(r, f, pick, err);
}

/* ---- cluster ---- */

enum { MOST_TOP = 16 };

struct cluster {
    size_t k, top;
    double beta;
    double *centre;       /* [k][dim] */
    double *score, *cost; /* [k][models] */
};

static void cluster_release(void *state)
{
    struct cluster *const s = state;
    free(s->centre);
    free(s->score);
    free(s->cost);
    free(s);
}

static int cluster_predict(const struct routefit_router *r, const float *x, double *score, double *cost)
{
    const struct cluster *const s = r->state;
    double near[MOST_TOP + 1], weight[MOST_TOP], all = 0, square = 0;
    size_t which[MOST_TOP + 1], n = 0;
    for (size_t i = 0; i < r->dim; i++)
        square += (double)x[i] * (double)x[i];
    const double inverse = square > 0 ? 1 / sqrt(square) : 0;
    for (size_t c = 0; c < s->k; c++) {
        const double *const centre = s->centre + c * r->dim;
        double d = 0;
        size_t at = n;
        for (size_t i = 0; i < r->dim; i++) {
            const double e = (double)x[i] * inverse - centre[i];
            d += e * e;
        }
        for (; at > 0 && d < near[at - 1]; at--) {
            near[at] = near[at - 1];
            which[at] = which[at - 1];
        }
        near[at] = d;
        which[at] = c;
        n += n < s->top;
    }
    for (size_t i = 0; i < n; i++) {
        weight[i] = exp(-s->beta * (sqrt(near[i]) - sqrt(near[0])));
        all += weight[i];
    }
    for (size_t m = 0; m < r->models; m++) {
        score[m] = 0;
        if (cost)
            cost[m] = 0;
        for (size_t i = 0; i < n; i++) {
            score[m] += weight[i] / all * s->score[which[i] * r->models + m];
            if (cost)
                cost[m] += weight[i] / all * s->cost[which[i] * r->models + m];
        }
    }
    return 0;
}

static int load_cluster(struct routefit_router *r, const struct routefit_tensors *f, const struct routefit_pick *pick,
                        char *err)
{
    size_t centre[2] = { 0, 0 }, table[2] = { 0, 0 }, one = 1;
    double *beta = NULL;
    struct cluster *s;
    if (r->input != ROUTEFIT_VECTOR)
        return fail(err, "metadata routefit.input: found text, expected vector for kind cluster");
    if (!(r->state = s = array(1, sizeof *s)))
        return no_memory(err);
    r->release = cluster_release;
    r->predict = cluster_predict;
    if (whole_meta(f, "routefit.top", MOST_TOP, &s->top, err) || !(beta = numbers(f, "beta", 1, &one, err)))
        return -1;
    s->beta = *beta;
    free(beta);
    if (!(s->centre = numbers(f, "centroids", 2, centre, err)))
        return -1;
    r->dim = centre[1];
    table[0] = s->k = centre[0];
    if (!(s->score = numbers(f, "scores", 2, table, err)) || !(s->cost = numbers(f, "costs", 2, table, err)))
        return -1;
    return load_many(r, f, pick, table[1], err);
}

/* ---- sw ---- */

enum { TIERS = 10 };

struct sw_vote {
    double weight;
    size_t row;
    unsigned char a, b, share; /* tiers; 2: a wins, 1: a tie, 0 */
};
struct sw {
    size_t rows, votes;
    float *x;        /* [rows][dim] */
    double *inverse; /* [rows] 1 / length */
    struct sw_vote *vote;
    int compat;
    int strong, weak; /* tiers */
};

static void sw_release(void *state)
{
    struct sw *const s = state;
    free(s->x);
    free(s->inverse);
    free(s->vote);
    free(s);
}

/* Weighted outcomes of the tiers for one prompt. */
struct outcomes {
    double win[TIERS][TIERS], alone[TIERS][2];
};

static double softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static double tier_loss(const struct outcomes *o, const double *t)
{
    double sum = 0;
    for (int i = 0; i < TIERS; i++) {
        for (int j = 0; j < TIERS; j++)
            sum += o->win[i][j] * softplus(t[j] - t[i]);
        sum += o->alone[i][0] * softplus(t[i]) + o->alone[i][1] * softplus(-t[i]);
    }
    return sum;
}

/* g = gradient, h = Hessian of the loss; made definite as in the trainer (train/sw.c). */
static void tier_derivatives(const struct outcomes *o, const double *t, double scale, double *g, double h[][TIERS])
{
    double held = 0;
    memset(g, 0, TIERS * sizeof *g);
    memset(h, 0, TIERS * sizeof *h);
    for (int i = 0; i < TIERS; i++) {
        for (int j = i + 1; j < TIERS; j++) {
            const double won = o->win[i][j], lost = o->win[j][i], p = 1 / (1 + exp(t[i] - t[j]));
            const double a = won * p - lost * (1 - p), c = (won + lost) * p * (1 - p);
            g[i] -= a;
            g[j] += a;
            h[i][i] += c;
            h[j][j] += c;
            h[i][j] -= c;
            h[j][i] -= c;
        }
        const double p = 1 / (1 + exp(-t[i])), all = o->alone[i][0] + o->alone[i][1];
        g[i] += o->alone[i][0] * p - o->alone[i][1] * (1 - p);
        h[i][i] += all * p * (1 - p);
        held += all;
    }
    for (int i = 0; i < TIERS; i++) {
        if (!(h[i][i] > 0))
            h[i][i] = scale;
        h[i][i] += 1e-13 * scale;
        g[i] += 1e-13 * scale * t[i];
    }
    for (int i = 0; i < TIERS && !(held > 0); i++)
        for (int j = 0; j < TIERS; j++)
            h[i][j] += scale / TIERS;
}

/* g := h^-1 g by Cholesky; -1 where h is not positive definite. */
static int tier_solve(double h[][TIERS], double *g)
{
    for (int j = 0; j < TIERS; j++)
        for (int i = j; i < TIERS; i++) {
            double v = h[i][j];
            for (int k = 0; k < j; k++)
                v -= h[i][k] * h[j][k];
            if (i == j && !(v > 0))
                return -1;
            h[i][j] = i == j ? sqrt(v) : v / h[j][j];
        }
    for (int i = 0; i < TIERS; i++) {
        for (int k = 0; k < i; k++)
            g[i] -= h[i][k] * g[k];
        g[i] /= h[i][i];
    }
    for (int i = TIERS - 1; i >= 0; i--) {
        for (int k = i + 1; k < TIERS; k++)
            g[i] -= h[k][i] * g[k];
        g[i] /= h[i][i];
    }
    return 0;
}

/* t - step, shortened until the loss falls; only a long step needs to be looked at (train/sw.c says why). */
static void tier_walk(const struct outcomes *o, double *t, const double *step, double largest)
{
    double to[TIERS], size = 1;
    for (int i = 0; i < TIERS; i++)
        to[i] = t[i] - step[i];
    if (largest > 0.75) {
        const double now = tier_loss(o, t);
        while (tier_loss(o, to) > now && size > 1e-3) {
            size /= 2;
            for (int i = 0; i < TIERS; i++)
                to[i] = t[i] - size * step[i];
        }
    }
    memcpy(t, to, sizeof to);
}

static void tier_strengths(const struct outcomes *o, double *t)
{
    double g[TIERS], h[TIERS][TIERS], scale = 0;
    for (int i = 0; i < TIERS; i++) {
        for (int j = 0; j < TIERS; j++)
            scale += o->win[i][j] / TIERS;
        scale += (o->alone[i][0] + o->alone[i][1]) / TIERS;
    }
    scale = scale > 0 ? scale : 1;
    for (int step = 0; step < 100; step++) {
        double largest = 0;
        tier_derivatives(o, t, scale, g, h);
        if (tier_solve(h, g)) {
            t[0] = NAN;
            return;
        }
        for (int i = 0; i < TIERS; i++)
            largest = fabs(g[i]) > largest ? fabs(g[i]) : largest;
        tier_walk(o, t, g, largest);
        if (largest < 1e-8)
            return;
    }
}

enum { TOGETHER = 4 }; /* prompts that share a read of the vectors */

/* out[k] = row . x[k] for TOGETHER vectors of doubles, one behind the other. Four sums by name: compilers keep them in
 * registers. */
static void row_dots(const float *restrict row, const double *restrict x, size_t n, double *restrict out)
{
    double a[LANES] = { 0 }, b[LANES] = { 0 }, c[LANES] = { 0 }, d[LANES] = { 0 };
    for (size_t i = 0; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++) {
            const double v = row[i + l];
            a[l] += x[i + l] * v;
            b[l] += x[n + i + l] * v;
            c[l] += x[2 * n + i + l] * v;
            d[l] += x[3 * n + i + l] * v;
        }
    out[0] = finish(a, x, row, n);
    out[1] = finish(b, x + n, row, n);
    out[2] = finish(c, x + 2 * n, row, n);
    out[3] = finish(d, x + 3 * n, row, n);
}

/* The logit from the cosines of the rows. */
static double sw_rank(const struct sw *s, double *cosine)
{
    struct outcomes o;
    double t[TIERS] = { 0 }, most = -HUGE_VAL;
    memset(&o, 0, sizeof o);
    for (size_t i = 0; i < s->rows; i++)
        most = cosine[i] > most ? cosine[i] : most;
    const double scale = most > 0 ? log(10) / most : 0;
    for (size_t i = 0; i < s->rows; i++)
        cosine[i] = 10 * exp(scale * cosine[i]);
    for (size_t i = 0; i < s->votes; i++) {
        const struct sw_vote *const v = &s->vote[i];
        const double w = cosine[v->row] * v->weight, share = v->share / 2.0;
        if (v->a != v->b) {
            o.win[v->a][v->b] += w * share;
            o.win[v->b][v->a] += w * (1 - share);
        } else if (s->compat) {
            o.alone[v->a][0] += w * share;
            o.alone[v->a][1] += w * (1 - share);
        }
    }
    tier_strengths(&o, t);
    return t[s->strong] - t[s->weak];
}

/* logit[n] of one vector or TOGETHER of them, x[n][dim]: each the same as alone. */
static int sw_logits(const struct routefit_router *r, const float *x, size_t n, double *logit)
{
    const struct sw *const s = r->state;
    double *const q = array(n * r->dim, sizeof *q), *const cosine = array(n * s->rows, sizeof *cosine);
    size_t row = 0;
    if (!q || !cosine) {
        free(q);
        free(cosine);
        return -1;
    }
    for (size_t k = 0; k < n; k++) {
        double square = 0;
        for (size_t i = 0; i < r->dim; i++)
            square += (double)x[k * r->dim + i] * (double)x[k * r->dim + i];
        logit[k] = isfinite(square) ? 0 : NAN;
        for (size_t i = 0; i < r->dim && square > 0; i++)
            q[k * r->dim + i] = (double)x[k * r->dim + i] / sqrt(square);
    }
    for (; n == 1 && row + AT_ONCE <= s->rows; row += AT_ONCE)
        dots(q, s->x + row * r->dim, r->dim, cosine + row);
    for (; n == 1 && row < s->rows; row++)
        cosine[row] = dot(q, s->x + row * r->dim, r->dim);
    for (; row < s->rows; row++) {
        double of[TOGETHER];
        row_dots(s->x + row * r->dim, q, r->dim, of);
        for (size_t k = 0; k < n; k++)
            cosine[k * s->rows + row] = of[k];
    }
    for (size_t k = 0; k < n; k++)
        for (row = 0; row < s->rows; row++)
            cosine[k * s->rows + row] *= s->inverse[row];
    for (size_t k = 0; k < n; k++)
        if (!isnan(logit[k]))
            logit[k] = sw_rank(s, cosine + k * s->rows);
    free(q);
    free(cosine);
    return 0;
}

static double sw_logit(const struct routefit_router *r, const float *x)
{
    double logit;
    return sw_logits(r, x, 1, &logit) ? NAN : logit;
}

/* A column of whole numbers from 0 to most, one for each vote (or model). */
static double *whole_numbers(const struct routefit_tensors *f, const char *name, size_t *n, double most, char *err)
{
    double *const v = numbers(f, name, 1, n, err);
    for (size_t i = 0; v && i < *n; i++)
        if (!(v[i] >= 0 && v[i] <= most && v[i] == floor(v[i]))) {
            fail(err, "tensor %s: found %g at %zu, expected a whole number from 0 to %g", name, v[i], i, most);
            free(v);
            return NULL;
        }
    return v;
}

static int load_votes(struct sw *s, const struct routefit_tensors *f, char *err)
{
    double *const row = whole_numbers(f, "vote_row", &s->votes, (double)(s->rows - 1), err);
    double *const a = row ? whole_numbers(f, "vote_a", &s->votes, TIERS - 1, err) : NULL;
    double *const b = a ? whole_numbers(f, "vote_b", &s->votes, TIERS - 1, err) : NULL;
    double *const share = b ? whole_numbers(f, "vote_share", &s->votes, 2, err) : NULL;
    double *const weight = share ? numbers(f, "vote_weight", 1, &s->votes, err) : NULL;
    int rc = -1;
    if (!weight)
        goto out;
    if (!(s->vote = array(s->votes, sizeof *s->vote))) {
        no_memory(err);
        goto out;
    }
    for (size_t i = 0; i < s->votes; i++) {
        struct sw_vote *const v = &s->vote[i];
        if (!(weight[i] > 0)) {
            fail(err, "tensor vote_weight: found %g at %zu, expected a number above 0", weight[i], i);
            goto out;
        }
        v->weight = weight[i];
        v->row = (size_t)row[i];
        v->a = (unsigned char)a[i];
        v->b = (unsigned char)b[i];
        v->share = (unsigned char)share[i];
    }
    rc = 0;
out:
    free(row);
    free(a);
    free(b);
    free(share);
    free(weight);
    return rc;
}

static int load_tiers(struct sw *s, const struct routefit_tensors *f, const struct routefit_pick *pick, char *err)
{
    size_t models = 0, strong, weak;
    double *const tier = whole_numbers(f, "tier", &models, TIERS - 1, err);
    int rc = tier ? pick_rows(f, pick, models, &strong, &weak, err) : -1;
    if (!rc) {
        s->strong = (int)tier[strong];
        s->weak = (int)tier[weak];
        if (s->strong == s->weak)
            rc = fail(err, "both models are in tier %d: the ranking cannot tell them apart", s->strong);
    }
    free(tier);
    return rc;
}

static int load_sw(struct routefit_router *r, const struct routefit_tensors *f, const struct routefit_pick *pick,
                   char *err)
{
    const char *const rule = routefit_tensors_meta(f, "routefit.rule");
    const struct routefit_tensor *t;
    size_t shape[2] = { 0, 0 };
    struct sw *s;
    if (r->input != ROUTEFIT_VECTOR)
        return fail(err, "metadata routefit.input: found text, expected vector for kind sw");
    if (!(r->state = s = array(1, sizeof *s)))
        return no_memory(err);
    r->release = sw_release;
    r->logit = sw_logit;
    r->together = TOGETHER;
    r->logits = sw_logits;
    s->compat = rule && !strcmp(rule, "compat");
    if (!s->compat && must_say(f, "routefit.rule", "clean", err))
        return -1;
    if (!(t = want(f, "vectors", 2, shape, err)))
        return -1;
    s->rows = shape[0];
    r->dim = shape[1];
    if (!(s->x = array(t->count, sizeof *s->x)) || !(s->inverse = array(s->rows, sizeof *s->inverse)))
        return no_memory(err);
    if (routefit_tensor_floats(t, s->x, err))
        return -1;
    for (size_t i = 0; i < s->rows; i++) {
        double square = 0;
        for (size_t k = 0; k < r->dim; k++)
            square += (double)s->x[i * r->dim + k] * (double)s->x[i * r->dim + k];
        if (!(square > 0))
            return fail(err, "tensor vectors: row %zu is all zero", i);
        s->inverse[i] = 1 / sqrt(square);
    }
    if (load_votes(s, f, err))
        return -1;
    return load_tiers(s, f, pick, err);
}

/* ---- mlp ---- */

enum { MOST_HIDDEN = 3, MOST_UNITS = 4096 };

struct mlp {
    size_t hidden;                 /* layers */
    size_t width[MOST_HIDDEN + 1]; /* of the vectors and of each layer */
    float *w[MOST_HIDDEN + 1];     /* [heads][width[l + 1]][width[l]], the last [heads][width[hidden]] */
    float *b[MOST_HIDDEN + 1];     /* [heads][width[l + 1]], the last [heads] */
    struct planes cost;
};

static void mlp_release(void *state)
{
    struct mlp *const s = state;
    for (int l = 0; l <= MOST_HIDDEN; l++) {
        free(s->w[l]);
        free(s->b[l]);
    }
    planes_release(&s->cost);
    free(s);
}

/* What network h gives, in double throughout: finite for any finite weights and vector. */
static double network(const struct mlp *s, size_t h, const float *x)
{
    double unit[2][MOST_UNITS];
    const double *from = NULL; /* the units of the layer before */
    for (size_t l = 0;; l++) {
        const size_t in = s->width[l], out = l < s->hidden ? s->width[l + 1] : 1;
        double *const to = unit[l % 2];
        for (size_t k = 0; k < out; k++) {
            const float *const w = s->w[l] + (h * out + k) * in;
            const double v = (from ? dot(from, w, in) : dot_floats(w, x, in)) + (double)s->b[l][h * out + k];
            if (l == s->hidden)
                return v;
            to[k] = v < 0 ? 0 : v; /* NaN stays */
        }
        from = to;
    }
}

static int mlp_predict(const struct routefit_router *r, const float *x, double *score, double *cost)
{
    const struct mlp *const s = r->state;
    for (size_t m = 0; m < r->models; m++)
        score[m] = network(s, m, x);
    predict_costs(r, &s->cost, x, cost);
    return 0;
}

static double mlp_logit(const struct routefit_router *r, const float *x)
{
    return network(r->state, 0, x);
}

/* As numbers(), as floats. */
static float *floats(const struct routefit_tensors *f, const char *name, size_t rank, size_t *dim, char *err)
{
    const struct routefit_tensor *const t = want(f, name, rank, dim, err);
    float *const x = t ? array(t->count, sizeof *x) : NULL;
    if (t && !x)
        no_memory(err);
    if (x && routefit_tensor_floats(t, x, err)) {
        free(x);
        return NULL;
    }
    return x;
}

/* The hidden layers and the output of all heads; *heads: 0 for any number, and receives it. */
static int load_layers(struct mlp *s, const struct routefit_tensors *f, size_t *heads, char *err)
{
    char weight[] = "hidden.0.weight", bias[] = "hidden.0.bias";
    size_t shape[3] = { 0, 0, 0 };
    shape[0] = *heads;
    for (; s->hidden < MOST_HIDDEN && (!s->hidden || routefit_tensors_find(f, weight)); s->hidden++) {
        shape[1] = 0;
        shape[2] = s->width[s->hidden]; /* 0 at first: any */
        if (!(s->w[s->hidden] = floats(f, weight, 3, shape, err)) ||
            !(s->b[s->hidden] = floats(f, bias, 2, shape, err)))
            return -1;
        if (shape[1] > MOST_UNITS)
            return fail(err, "tensor %s: found %zu units, expected at most %d", weight, shape[1], MOST_UNITS);
        s->width[s->hidden] = shape[2];
        s->width[s->hidden + 1] = shape[1];
        weight[7]++;
        bias[7]++;
    }
    *heads = shape[0];
    return (s->w[s->hidden] = floats(f, "output.weight", 2, shape, err)) &&
                   (s->b[s->hidden] = floats(f, "output.bias", 1, shape, err))
               ? 0
               : -1;
}

static int load_mlp(struct routefit_router *r, const struct routefit_tensors *f, const struct routefit_pick *pick,
                    char *err)
{
    const int many = routefit_tensors_meta(f, "routefit.models") != NULL;
    size_t heads = many ? 0 : 1, shape[2] = { 0, 0 };
    struct mlp *s;
    if (r->input != ROUTEFIT_VECTOR)
        return fail(err, "metadata routefit.input: found text, expected vector for kind mlp");
    if (!many && no_pick(r, pick, err))
        return -1;
    if (!(r->state = s = array(1, sizeof *s)))
        return no_memory(err);
    r->release = mlp_release;
    if (load_layers(s, f, &heads, err))
        return -1;
    r->dim = s->width[0];
    if (!many) {
        r->logit = mlp_logit;
        return 0;
    }
    r->predict = mlp_predict;
    shape[0] = heads;
    shape[1] = r->dim;
    if (load_planes(&s->cost, f, "cost_weight", "cost_bias", shape, err))
        return -1;
    return load_many(r, f, pick, heads, err);
}

/* ---- recalibration ---- */

/* Platt's two numbers; of a linear router they become part of its weights. */
static int load_platt(struct routefit_router *r, const struct routefit_tensors *f, char *err)
{
    size_t two = 2;
    double *const v = numbers(f, "recalibration.platt", 1, &two, err);
    if (!v)
        return -1;
    memcpy(r->platt, v, sizeof r->platt);
    free(v);
    if (!(r->platt[0] > 0))
        return fail(err, "tensor recalibration.platt: found the slope %g, expected a number above 0", r->platt[0]);
    if (!r->w)
        return 0;
    for (size_t i = 0; i < r->dim; i++)
        r->w[i] *= r->platt[0];
    r->bias = r->platt[0] * r->bias + r->platt[1];
    int finite = isfinite(r->bias); /* the weights are looked at when all is loaded */
    for (int k = 0; k < ROUTEFIT_SHAPE; k++) {
        r->shape_w[k] *= r->platt[0];
        finite = finite && isfinite(r->shape_w[k]);
    }
    r->platt[0] = 1;
    r->platt[1] = 0;
    return finite ? 0 : fail(err, "tensor recalibration.platt: the weights overflow");
}

static int load_isotonic(struct routefit_router *r, const struct routefit_tensors *f, char *err)
{
    size_t knots = 0;
    if (!(r->knot = numbers(f, "recalibration.logit", 1, &knots, err)) ||
        !(r->rate_at_knot = numbers(f, "recalibration.win_rate", 1, &knots, err)))
        return -1;
    for (size_t i = 0; i < knots; i++)
        if (!(r->rate_at_knot[i] >= 0 && r->rate_at_knot[i] <= 1) ||
            (i && !(r->knot[i] > r->knot[i - 1] && r->rate_at_knot[i] >= r->rate_at_knot[i - 1])))
            return fail(err,
                        "tensors recalibration.logit and recalibration.win_rate: found %g and %g at %zu, expected "
                        "ascending logits and win rates from 0 to 1 that do not fall",
                        r->knot[i], r->rate_at_knot[i], i);
    r->knots = knots;
    return 0;
}

/* Is a pair asked for that is not the file's? */
static int other_pair(const struct routefit_tensors *f, const struct routefit_pick *pick)
{
    const char *const strong = routefit_tensors_meta(f, "routefit.strong");
    const char *const weak = routefit_tensors_meta(f, "routefit.weak");
    return (pick->use_ids && !pick->strong && !pick->weak) ||
           (pick->strong && (!strong || strcmp(strong, pick->strong))) ||
           (pick->weak && (!weak || strcmp(weak, pick->weak)));
}

static int load_recalibration(struct routefit_router *r, const struct routefit_tensors *f,
                              const struct routefit_pick *pick, char *err)
{
    const char *const how = routefit_tensors_meta(f, "routefit.recalibration");
    const int platt = routefit_tensors_find(f, "recalibration.platt") != NULL;
    const int isotonic = routefit_tensors_find(f, "recalibration.logit") != NULL ||
                         routefit_tensors_find(f, "recalibration.win_rate") != NULL;
    r->platt[0] = 1;
    if (!how && !platt && !isotonic)
        return 0;
    if (!how || (strcmp(how, "platt") && strcmp(how, "isotonic")))
        return fail(err, "metadata routefit.recalibration: found %.40s, expected platt or isotonic",
                    how ? how : "nothing beside tensors recalibration.*");
    if (*how == 'p' ? isotonic : platt)
        return fail(err, "found tensors of another recalibration than %s, which metadata routefit.recalibration names",
                    how);
    if (other_pair(f, pick))
        return fail(err, "the win rates are recalibrated for the pair that the file names; another was asked for");
    return *how == 'p' ? load_platt(r, f, err) : load_isotonic(r, f, err);
}

/* The kind that the file names; RouteLLM's own files name none and are known by their tensors. */
static const struct kind *find_kind(const struct routefit_tensors *f, char *err)
{
    const char *const routellm[] = { "P.weight", "text_proj.0.weight", "classifier.0.weight" };
    const char *name = routefit_tensors_meta(f, "routefit.kind");
    size_t seen = 0;
    while (!name && seen < 3 && routefit_tensors_find(f, routellm[seen]))
        seen++;
    if (seen == 3)
        name = "mf";
    for (int i = 0; name && i < KINDS; i++)
        if (!strcmp(kinds[i].name, name))
            return &kinds[i];
    fail(err,
         "metadata routefit.kind: found %.60s, which is no kind of router (a text embedder is loaded by "
         "routefit_embedder_load)",
         name ? name : "nothing");
    return NULL;
}

int routefit_load(struct routefit_router **out, const void *bytes, size_t n, const struct routefit_pick *pick,
                  char err[ROUTEFIT_ERR])
{
    static const struct routefit_pick as_the_file_says = { NULL, NULL, 0, 0, 0 };
    struct routefit_tensors *f = NULL;
    struct routefit_router *r = NULL;
    int rc = -1;
    if (routefit_tensors_open(&f, bytes, n, err))
        goto out;
    if (!(r = array(1, sizeof *r))) {
        no_memory(err);
        goto out;
    }
    if (!(r->kind = find_kind(f, err)) || load_input(r, f, err) ||
        r->kind->load(r, f, pick ? pick : &as_the_file_says, err) ||
        load_recalibration(r, f, pick ? pick : &as_the_file_says, err))
        goto out;
    for (size_t i = 0; r->w && i < r->dim; i++)
        if (!isfinite(r->w[i])) {
            fail(err, "the weights overflow: the folded weight %zu is %g", i, r->w[i]);
            goto out;
        }
    r->meta = f->meta; /* its strings move over */
    memset(&f->meta, 0, sizeof f->meta);
    *out = r;
    r = NULL;
    rc = 0;
out:
    routefit_free(r);
    routefit_tensors_close(f);
    return rc;
}

int routefit_load_file(struct routefit_router **out, const char *path, const struct routefit_pick *pick,
                       char err[ROUTEFIT_ERR])
{
    unsigned char *bytes = NULL;
    size_t n = 0, cap = 0, got;
    char why[ROUTEFIT_ERR];
    FILE *const file = fopen(path, "rb");
    int rc = -1;
    if (!file)
        return fail(err, "%.100s: %s", path, strerror(errno));
    do {
        if (n == cap) {
            unsigned char *const p = cap > SIZE_MAX / 2 ? NULL : realloc(bytes, cap = cap ? 2 * cap : 1 << 16);
            if (!p) {
                no_memory(err);
                goto out;
            }
            bytes = p;
        }
        got = fread(bytes + n, 1, cap - n, file);
        n += got;
    } while (got);
    if (ferror(file)) {
        fail(err, "%.100s: cannot read it: %s", path, strerror(errno));
        goto out;
    }
    rc = routefit_load(out, bytes, n, pick, why);
    if (rc)
        fail(err, "%.60s: %.190s", path, why);
out:
    free(bytes);
    fclose(file);
    return rc;
}

void routefit_free(struct routefit_router *r)
{
    if (!r)
        return;
    metadata_release(&r->meta);
    if (r->state)
        r->release(r->state);
    free(r->model);
    free(r->names);
    free(r->task);
    free(r->task_text);
    free(r->task_w);
    free(r->w);
    free(r->knot);
    free(r->rate_at_knot);
    free(r);
}

const char *routefit_kind(const struct routefit_router *r)
{
    return r->kind->name;
}

enum routefit_input routefit_input(const struct routefit_router *r)
{
    return r->input;
}

size_t routefit_dim(const struct routefit_router *r)
{
    return r->dim;
}

const char *routefit_meta(const struct routefit_router *r, const char *key)
{
    return metadata_get(&r->meta, key);
}

static double probability(double logit)
{
    return 1 / (1 + exp(-logit));
}

/* Straight between the knots, level beyond them. */
static double isotonic(const struct routefit_router *r, double logit)
{
    size_t low = 0, high = r->knots - 1; /* knot[low] < logit < knot[high] */
    if (isnan(logit) || logit <= r->knot[low])
        return isnan(logit) ? NAN : r->rate_at_knot[low];
    if (logit >= r->knot[high])
        return r->rate_at_knot[high];
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        *(logit < r->knot[middle] ? &high : &low) = middle;
    }
    /* halved: the difference of two finite knots may be infinite */
    const double t = (logit / 2 - r->knot[low] / 2) / (r->knot[high] / 2 - r->knot[low] / 2);
    return r->rate_at_knot[low] + (r->rate_at_knot[high] - r->rate_at_knot[low]) * t;
}

/* The win rate of a router's own logit. */
static double win_rate(const struct routefit_router *r, double logit)
{
    return r->knots ? isotonic(r, logit) : probability(r->platt[0] * logit + r->platt[1]);
}

static double own_logit(const struct routefit_router *r, const float *x)
{
    double score[ROUTEFIT_MOST_MODELS];
    if (r->w)
        return dot(r->w, x, r->dim) + r->bias;
    if (r->logit)
        return r->logit(r, x);
    if (!r->picked)
        return NAN;
    r->predict(r, x, score, NULL);
    return r->scale * (score[r->strong] - score[r->weak]);
}

double routefit_logit(const struct routefit_router *r, const float *x)
{
    const double logit = own_logit(r, x);
    if (!r->knots)
        return r->platt[0] * logit + r->platt[1];
    const double p = isotonic(r, logit);
    return log(p) - log1p(-p);
}

double routefit_win_rate(const struct routefit_router *r, const float *x)
{
    return win_rate(r, own_logit(r, x));
}

void routefit_win_rates(const struct routefit_router *r, const float *x, size_t n, double *p)
{
    size_t i = 0;
    if (!r->w) {
        for (; r->logits && i + r->together <= n; i += r->together) {
            if (r->logits(r, x + i * r->dim, r->together, p + i))
                break; /* no room for so many at once */
            for (size_t k = i; k < i + r->together; k++)
                p[k] = win_rate(r, p[k]);
        }
        for (; i < n; i++)
            p[i] = routefit_win_rate(r, x + i * r->dim);
        return;
    }
    for (; i + AT_ONCE <= n; i += AT_ONCE)
        dots(r->w, x + i * r->dim, r->dim, p + i);
    for (; i < n; i++)
        p[i] = dot(r->w, x + i * r->dim, r->dim);
    for (i = 0; i < n; i++)
        p[i] = win_rate(r, p[i] + r->bias);
}

static double task_weight(const struct routefit_router *r, const char *task)
{
    for (size_t i = 0; task && i < r->tasks; i++)
        if (!strcmp(r->task[i], task))
            return r->task_w[i];
    return 0;
}

double routefit_win_rate_task(const struct routefit_router *r, struct routefit_features *f, const char *text, size_t n,
                              const char *task)
{
    const uint32_t *bucket;
    const float *value, *shape;
    const size_t features = routefit_features_of(f, text, n, &bucket, &value, &shape);
    double logit = r->bias + task_weight(r, task);
    for (size_t i = 0; i < features; i++)
        logit += r->w[bucket[i]] * (double)value[i];
    for (int k = 0; k < ROUTEFIT_SHAPE; k++)
        logit += r->shape_w[k] * (double)shape[k];
    return win_rate(r, logit);
}

double routefit_win_rate_text(const struct routefit_router *r, struct routefit_features *f, const char *text, size_t n)
{
    return routefit_win_rate_task(r, f, text, n, NULL);
}

size_t routefit_tasks(const struct routefit_router *r)
{
    return r->tasks;
}

int routefit_linear(const struct routefit_router *r, double *w, double *bias)
{
    if (!r->w || r->knots)
        return -1;
    memcpy(w, r->w, r->dim * sizeof *w);
    *bias = r->bias;
    return 0;
}

size_t routefit_models(const struct routefit_router *r)
{
    return r->models;
}

int routefit_compares(const struct routefit_router *r)
{
    return !r->models || r->picked;
}

const char *routefit_model(const struct routefit_router *r, size_t i)
{
    return r->model[i];
}

int routefit_predict(const struct routefit_router *r, const float *x, double *score, double *cost)
{
    return r->predict ? r->predict(r, x, score, cost) : -1;
}

int routefit_predict_many(const struct routefit_router *r, const float *x, size_t n, double *score, double *cost)
{
    size_t i = 0;
    int rc = r->predict ? 0 : -1;
    for (; r->predictions && i + r->together <= n; i += r->together)
        if (r->predictions(r, x + i * r->dim, r->together, score + i * r->models, cost ? cost + i * r->models : NULL))
            break;
    for (; i < n && !rc; i++)
        rc = r->predict(r, x + i * r->dim, score + i * r->models, cost ? cost + i * r->models : NULL);
    return rc;
}
