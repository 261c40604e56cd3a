/* Bytes from outside: a file, a pipe or standard input ("-"), read forward once, with its first bytes on view and its
 * SHA-256 taken on the way. What is packed with gzip or zstd is unpacked on the way (core/unpack.h), whatever its name:
 * bytes, lines and digest are those of the content. Also whole-file reads and the one way in which files are written.
 * Refuses: directories, files that change into something else, writing over a file without being told to. */
#ifndef RF_CORE_INPUT_H
#define RF_CORE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/sha256.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_INPUT_HEAD = 65536 }; /* most bytes that rf_input_head shows */

struct rf_input;
/* path "-" is standard input. Waits for the first bytes. RF_IO names the path and the system's reason; reading packed
 * input fails with RF_BAD_INPUT too. */
int rf_input_open(struct rf_input **out, const char *path, struct rf_err *err);
/* An input over memory (tests, fuzzing), never unpacked; data is borrowed. */
int rf_input_memory(struct rf_input **out, const char *name, const void *data, size_t n, struct rf_err *err);
/* The next bytes, at the start of an input its first ones (RF_INPUT_HEAD, fewer only where the input is shorter),
 * without consuming them; valid until the next call. */
int rf_input_head(struct rf_input *in, struct rf_str *head, struct rf_err *err);
/* Up to n bytes into buf, *got = 0 at the end. */
int rf_input_read(struct rf_input *in, void *buf, size_t n, size_t *got, struct rf_err *err);
/* The next bytes without a copy: up to max of them, valid until the next call and until then the caller's, who may
 * write over them; chunk->len = 0 at the end. */
int rf_input_chunk(struct rf_input *in, size_t max, struct rf_str *chunk, struct rf_err *err);
/* Next line without its LF (a CR before it stays), valid until the next call; returns 1, 0 at the end, or an rf_code. A
 * last line without LF counts. *line = its physical number from 1. RF_BAD_INPUT for a line above 64 MiB. */
int rf_input_line(struct rf_input *in, struct rf_str *text, uint64_t *line, struct rf_err *err);
const char *rf_input_name(const struct rf_input *in); /* the path as given, "-" becomes "standard input" */
uint64_t rf_input_bytes(const struct rf_input *in);   /* bytes handed out so far */
uint64_t rf_input_size(const struct rf_input *in); /* of a regular file or of memory, 0 where unknown: packed, a pipe */
/* Of a packed file: the size of its content as it says itself, a hint alone; 0: it says nothing, or is not packed. */
uint64_t rf_input_claim(const struct rf_input *in);
bool rf_input_packed(const struct rf_input *in); /* gzip or zstd is unpacked on the way */
/* For progress, in bytes of the file itself, packed or not: read so far; and in all, 0 where unknown. */
uint64_t rf_input_done(const struct rf_input *in);
uint64_t rf_input_total(const struct rf_input *in);
/* What is left into buf (replacing it); RF_BAD_INPUT above max bytes (0: 4 GiB). */
int rf_input_rest(struct rf_input *in, size_t max, struct rf_buf *buf, struct rf_err *err);
/* Reads what is left and gives the SHA-256 of the whole input. */
int rf_input_digest(struct rf_input *in, uint8_t out[RF_SHA256_SIZE], struct rf_err *err);
void rf_input_close(struct rf_input *in);

/* Whole file into buf as rf_input_rest does. "-" reads standard input. */
int rf_file_read(const char *path, size_t max, struct rf_buf *buf, struct rf_err *err);

/* Atomic writing (core/outfile.c): a temporary file in the target's folder (O_EXCL | O_NOFOLLOW), fsync of file and
 * folder, rename. Refuses an existing target unless force, and links, folders and devices always (RF_USAGE). Either the
 * old content or the whole new one is ever seen under the name. */
struct rf_outfile {
    FILE *f;    /* write here; NULL when closed */
    char *path; /* final name */
    char *temp; /* temporary name */
    bool force;
};
int rf_outfile_open(struct rf_outfile *o, const char *path, bool force, struct rf_err *err);
/* RF_IO where anything was not written; *o is released in every case. */
int rf_outfile_commit(struct rf_outfile *o, struct rf_err *err);
/* Removes the temporary file if not committed; always safe, also on a zeroed struct. */
void rf_outfile_release(struct rf_outfile *o);
/* Writes data[n] and commits; sha256 (RF_SHA256_HEX bytes, or NULL) receives their digest where that succeeds. *o is
 * released in every case. */
int rf_outfile_save(struct rf_outfile *o, const void *data, size_t n, char *sha256, struct rf_err *err);
/* The same under a path: opened and saved. */
int rf_file_write(const char *path, bool force, const void *data, size_t n, char *sha256, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
