/* The one door to zlib and zstd. A loop over the members of a stream, each unpacked piece by piece by its codec; what
 * is common (refilling, the start of a member, the caps, the end) stands in the loop. */
#include "core/unpack.h"

#include <string.h>

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

struct rf_unpack {
    const struct codec *codec;
    enum rf_packing packing;
    const char *name; /* borrowed */
    rf_pull pull;
    void *ctx;
    char *data; /* [RF_UNPACK_ROOM] packed bytes, of which [begin, end) wait */
    size_t begin, end;
    uint64_t before; /* packed bytes in front of data[0] */
    uint64_t out;    /* bytes unpacked */
    bool ended;      /* the source has no more */
    bool inside;     /* a member has begun and not ended */
    bool full;       /* the last step filled its room: the codec may hold more without further input */
    bool padded;     /* zero bytes stood behind the last member: nothing else may follow */
    z_stream z;
    ZSTD_DCtx *zstd;
};

/* How one kind of member is unpacked. */
struct codec {
    const char *name; /* of the format */
    int (*open)(struct rf_unpack *u, struct rf_err *err);
    /* Makes ready for a member. */
    void (*start)(struct rf_unpack *u);
    /* Unpacks from data[begin, end) into to[n]; moves begin, ends `inside` with the member. */
    int (*step)(struct rf_unpack *u, char *to, size_t n, size_t *got, struct rf_err *err);
    void (*close)(struct rf_unpack *u);
};

static unsigned long long place(const struct rf_unpack *u)
{
    return (unsigned long long)(u->before + u->begin);
}

/* said: the library's own words */
static int damaged(const struct rf_unpack *u, const char *said, struct rf_err *err)
{
    return rf_fail(
        err, RF_BAD_INPUT,
        "%s: found damaged %s data at packed byte %llu (%s), expected a whole stream: fetch or make the file "
        "again",
        u->name, u->codec->name, place(u), said);
}

/* ---- gzip ---- */

static void *z_alloc(void *none, unsigned n, unsigned size)
{
    (void)none;
    return rf_calloc(n, size, NULL);
}

static void z_free(void *none, void *p)
{
    (void)none;
    rf_free(p);
}

static int gzip_open(struct rf_unpack *u, struct rf_err *err)
{
    enum { GZIP_ALONE = 16 };
    u->z.zalloc = z_alloc;
    u->z.zfree = z_free;
    return inflateInit2(&u->z, MAX_WBITS + GZIP_ALONE) == Z_OK ? 0 : rf_fail(err, RF_FAIL, "out of memory for zlib");
}

static void gzip_start(struct rf_unpack *u)
{
    inflateReset(&u->z);
}

static int gzip_step(struct rf_unpack *u, char *to, size_t n, size_t *got, struct rf_err *err)
{
    const unsigned room = n < RF_UNPACK_ROOM ? (unsigned)n : RF_UNPACK_ROOM;
    u->z.next_in = (unsigned char *)u->data + u->begin;
    u->z.avail_in = (unsigned)(u->end - u->begin);
    u->z.next_out = (unsigned char *)to;
    u->z.avail_out = room;
    const int rc = inflate(&u->z, Z_NO_FLUSH);
    u->begin = u->end - u->z.avail_in;
    *got = room - u->z.avail_out;
    u->full = u->z.avail_out == 0;
    u->inside = rc != Z_STREAM_END;
    if (rc == Z_MEM_ERROR)
        return rf_fail(err, RF_FAIL, "out of memory: cannot unpack %s", u->name);
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) /* no progress without more input is no failure */
        return damaged(u, rc == Z_NEED_DICT ? "zlib: needs a dictionary" : u->z.msg ? u->z.msg : zError(rc), err);
    return 0;
}

static void gzip_close(struct rf_unpack *u)
{
    if (u->z.state)
        inflateEnd(&u->z);
}

/* ---- zstd ---- */

static int zstd_open(struct rf_unpack *u, struct rf_err *err)
{
    if (!(u->zstd = ZSTD_createDCtx()) ||
        ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, RF_UNPACK_WINDOW)))
        return rf_fail(err, RF_FAIL, "out of memory for zstd");
    return 0;
}

static void zstd_start(struct rf_unpack *u)
{
    ZSTD_DCtx_reset(u->zstd, ZSTD_reset_session_only);
}

static int zstd_step(struct rf_unpack *u, char *to, size_t n, size_t *got, struct rf_err *err)
{
    ZSTD_inBuffer in = { u->data, u->end, u->begin };
    ZSTD_outBuffer out = { to, n, 0 };
    const size_t rc = ZSTD_decompressStream(u->zstd, &out, &in);
    u->begin = in.pos;
    *got = out.pos;
    u->full = out.pos == n;
    u->inside = rc != 0;
    if (!ZSTD_isError(rc))
        return 0;
    switch (ZSTD_getErrorCode(rc)) {
    case ZSTD_error_memory_allocation:
        return rf_fail(err, RF_FAIL, "out of memory: cannot unpack %s", u->name);
    case ZSTD_error_frameParameter_windowTooLarge:
        return rf_fail(err, RF_BAD_INPUT,
                       "%s: found a zstd window above %d MiB, expected at most that (it was packed with --long or "
                       "--ultra): unpack it on the way: zstd -dc --long=31 x.zst | routefit ingest -",
                       u->name, 1 << (RF_UNPACK_WINDOW - 20));
    default:
        return damaged(u, ZSTD_getErrorName(rc), err);
    }
}

static void zstd_close(struct rf_unpack *u)
{
    ZSTD_freeDCtx(u->zstd);
}

static const struct codec codecs[] = {
    [RF_PACKING_GZIP] = { "gzip", gzip_open, gzip_start, gzip_step, gzip_close },
    [RF_PACKING_ZSTD] = { "zstd", zstd_open, zstd_start, zstd_step, zstd_close },
};

/* ---- the stream ---- */

enum rf_packing rf_packing_of(struct rf_str head)
{
    const unsigned char *const b = (const unsigned char *)head.s;
    if (head.len >= 2 && b[0] == 0x1F && b[1] == 0x8B)
        return RF_PACKING_GZIP;
    if (head.len < RF_UNPACK_MAGIC)
        return RF_PACKING_NONE;
    if (!memcmp(b, "\x28\xB5\x2F\xFD", RF_UNPACK_MAGIC) || ((b[0] & 0xF0) == 0x50 && !memcmp(b + 1, "\x2A\x4D\x18", 3)))
        return RF_PACKING_ZSTD; /* a frame of data, or one to skip */
    return RF_PACKING_NONE;
}

uint64_t rf_packing_claim(enum rf_packing packing, struct rf_str head, const unsigned char *tail)
{
    uint64_t n = 0;
    if (packing == RF_PACKING_GZIP) { /* little-endian, modulo 2^32 */
        for (int i = RF_UNPACK_TAIL; i-- > 0;)
            n = n << 8 | tail[i];
        return n;
    }
    n = ZSTD_getFrameContentSize(head.s, head.len);
    return n == ZSTD_CONTENTSIZE_UNKNOWN || n == ZSTD_CONTENTSIZE_ERROR ? 0 : n;
}

int rf_unpack_new(struct rf_unpack **out, enum rf_packing packing, const char *name, struct rf_str first, rf_pull pull,
                  void *ctx, struct rf_err *err)
{
    struct rf_unpack *u = NULL;
    int rc = RF_NEW(u, 1, err);
    if (rc)
        return rc;
    u->codec = &codecs[packing];
    u->packing = packing;
    u->name = name;
    u->pull = pull;
    u->ctx = ctx;
    if ((rc = RF_NEW(u->data, RF_UNPACK_ROOM, err)) || (rc = u->codec->open(u, err)))
        goto out;
    memcpy(u->data, first.s, first.len);
    u->end = first.len;
    *out = u;
    u = NULL;
out:
    rf_unpack_free(u);
    return rc;
}

void rf_unpack_free(struct rf_unpack *u)
{
    if (!u)
        return;
    u->codec->close(u);
    rf_free(u->data);
    rf_free(u);
}

/* Pulls until n bytes wait or the source ends. */
static int await(struct rf_unpack *u, size_t n, struct rf_err *err)
{
    if (u->end - u->begin >= n || u->ended)
        return 0;
    memmove(u->data, u->data + u->begin, u->end - u->begin);
    u->before += u->begin;
    u->end -= u->begin;
    u->begin = 0;
    while (u->end < n && !u->ended) {
        size_t got = 0;
        const int rc = u->pull(u->ctx, u->data + u->end, RF_UNPACK_ROOM - u->end, &got, err);
        if (rc)
            return rc;
        u->ended = got == 0;
        u->end += got;
    }
    return 0;
}

/* Between members: the next one begins, or zero bytes are stepped over, as gzip does behind the last member; what else
 * stands there is refused. */
static int between(struct rf_unpack *u, struct rf_err *err)
{
    const struct rf_str next = { u->data + u->begin, u->end - u->begin };
    if (!u->padded && rf_packing_of(next) == u->packing) {
        u->inside = true;
        u->codec->start(u);
        return 0;
    }
    if (u->packing != RF_PACKING_GZIP || *next.s)
        return rf_fail(
            err, RF_BAD_INPUT,
            "%s: found other bytes behind the end of the %s data at packed byte %llu, expected the end of the "
            "file: fetch or make it again",
            u->name, u->codec->name, place(u));
    u->padded = true;
    while (u->begin < u->end && !u->data[u->begin])
        u->begin++;
    return 0;
}

/* A small file that unpacks without end is an attack or a mistake; neither is a table. */
static int check_caps(const struct rf_unpack *u, struct rf_err *err)
{
    const uint64_t packed = u->before + u->begin;
    if (u->out <= RF_UNPACK_FREE || (u->out <= RF_UNPACK_MOST && u->out / RF_UNPACK_RATIO <= packed))
        return 0;
    return rf_fail(
        err, RF_BAD_INPUT,
        "%s: found %llu bytes in the first %llu packed ones, expected at most %d times as many and %llu GiB; "
        "if they are meant, unpack the file on the way: %s -dc x | routefit ingest -",
        u->name, (unsigned long long)u->out, (unsigned long long)packed, (int)RF_UNPACK_RATIO,
        (unsigned long long)(RF_UNPACK_MOST >> 30), u->codec->name);
}

int rf_unpack(struct rf_unpack *u, char *to, size_t n, size_t *got, struct rf_err *err)
{
    int rc;
    *got = 0;
    while (!*got) {
        const bool drained = u->inside && u->full; /* what the codec holds comes first */
        if (!drained && (rc = await(u, u->inside ? 1 : RF_UNPACK_MAGIC, err)))
            return rc;
        const bool over = u->begin == u->end && u->ended;
        if (!u->inside && over)
            return 0;
        if ((rc = u->inside ? u->codec->step(u, to, n, got, err) : between(u, err)))
            return rc;
        if (u->inside && over && !*got)
            return rf_fail(err, RF_BAD_INPUT,
                           "%s: found its end at packed byte %llu, inside the %s data, expected the rest: the file is "
                           "cut; fetch or make it again",
                           u->name, place(u), u->codec->name);
    }
    u->out += *got;
    return check_caps(u, err);
}
