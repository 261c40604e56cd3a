/* gzip and zstd streams, told by their first bytes, unpacked on the way from a source of bytes to its reader: several
 * gzip members, several zstd frames and skippable frames in a row are one stream. The memory does not grow with the
 * input (zstd: with the window that the stream asks for). Refuses: damaged and cut streams, anything but zero bytes
 * behind a gzip member, more than RF_UNPACK_RATIO times the packed bytes, more than RF_UNPACK_MOST bytes, zstd windows
 * above 2^RF_UNPACK_WINDOW bytes. */
#ifndef RF_CORE_UNPACK_H
#define RF_CORE_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    RF_UNPACK_MAGIC = 4,     /* bytes that tell what a stream is */
    RF_UNPACK_TAIL = 4,      /* bytes at the end that may tell the size of the content */
    RF_UNPACK_RATIO = 1000,  /* unpacked bytes for each packed one; text reaches 3 to 30 */
    RF_UNPACK_WINDOW = 27,   /* binary logarithm of the largest zstd window: 128 MiB */
    RF_UNPACK_ROOM = 1 << 18 /* packed bytes that are held at a time */
};
#define RF_UNPACK_FREE (UINT64_C(64) << 20) /* unpacked bytes from which on the ratio is judged */
#define RF_UNPACK_MOST (UINT64_C(64) << 30) /* unpacked bytes of one stream */

enum rf_packing { RF_PACKING_NONE, RF_PACKING_GZIP, RF_PACKING_ZSTD };
/* By the first bytes (RF_UNPACK_MAGIC of them, fewer only where there are no more). */
enum rf_packing rf_packing_of(struct rf_str head);

/* The size of the content as a packed file claims it, by its first bytes and its last RF_UNPACK_TAIL: a hint that is
 * right for files of one member, 0 where it claims nothing. */
uint64_t rf_packing_claim(enum rf_packing packing, struct rf_str head, const unsigned char *tail);

/* Up to n bytes of ctx's source into to; *got = 0 at its end. 0 or an rf_code. */
typedef int (*rf_pull)(void *ctx, char *to, size_t n, size_t *got, struct rf_err *err);

struct rf_unpack;
/* packing is not RF_PACKING_NONE; first: bytes that were taken from the source already, at most RF_UNPACK_ROOM, copied;
 * name: of the file, for messages, borrowed like ctx. */
int rf_unpack_new(struct rf_unpack **out, enum rf_packing packing, const char *name, struct rf_str first, rf_pull pull,
                  void *ctx, struct rf_err *err);
void rf_unpack_free(struct rf_unpack *u); /* NULL is fine */
/* Up to n > 0 unpacked bytes into to; *got = 0 at the end. RF_BAD_INPUT: "NAME: found ... at packed byte N". */
int rf_unpack(struct rf_unpack *u, char *to, size_t n, size_t *got, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
