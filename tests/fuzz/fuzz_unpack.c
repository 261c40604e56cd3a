/* Packed streams: any bytes unpack to the same content whatever pieces they come in, or are refused by name. The first
 * byte tells the size of the pieces. */
#include <string.h>

#include "core/unpack.h"
#include "fuzz/fuzz.h"

struct source {
    const char *s;
    size_t left, piece;
};

static int pull(void *ctx, char *to, size_t n, size_t *got, struct rf_err *err)
{
    struct source *const in = ctx;
    (void)err;
    n = n < in->piece ? n : in->piece;
    *got = n < in->left ? n : in->left;
    memcpy(to, in->s, *got);
    in->s += *got;
    in->left -= *got;
    return 0;
}

/* At most `most` bytes of the content. */
static int unpack(const char *s, size_t n, size_t piece, size_t room, size_t most, struct rf_buf *out,
                  struct rf_err *err)
{
    const enum rf_packing packing = rf_packing_of((struct rf_str){ s, n });
    struct source in = { s, n, piece };
    struct rf_unpack *u = NULL;
    size_t got = 1;
    PROMISE(rf_unpack_new(&u, packing, "fuzz", (struct rf_str){ s, 0 }, pull, &in, err) == 0);
    PROMISE(rf_buf_reserve(out, room, err) == 0);
    int rc = 0;
    while (!rc && got && out->len < most) {
        PROMISE(rf_buf_reserve(out, room, err) == 0);
        if (!(rc = rf_unpack(u, out->data + out->len, room, &got, err)))
            out->len += got;
        PROMISE(got <= room);
    }
    rf_unpack_free(u);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    enum { MOST = 1 << 20 };
    struct rf_buf once = { 0 }, again = { 0 };
    struct rf_err err = { 0 }, other = { 0 };
    if (n < 2 || rf_packing_of((struct rf_str){ (const char *)data + 1, n - 1 }) == RF_PACKING_NONE)
        return 0;
    const size_t piece = 1 + (size_t)(data[0] & 15), room = 1 + (size_t)(data[0] >> 4) * 100;
    const int rc = unpack((const char *)data + 1, n - 1, n, 65536, MOST, &once, &err);
    const int rc2 = unpack((const char *)data + 1, n - 1, piece, room, MOST, &again, &other);
    PROMISE(rc == 0 || (rc == RF_BAD_INPUT && !strncmp(err.msg, "fuzz: found", 11)));
    if (once.len < MOST && again.len < MOST)
        PROMISE(rc == rc2);
    if (!rc && !rc2) {
        const size_t both = once.len < again.len ? once.len : again.len;
        PROMISE(!both || !memcmp(once.data, again.data, both));
        PROMISE(once.len == again.len || both >= MOST);
    }
    rf_buf_release(&once);
    rf_buf_release(&again);
    return 0;
}
