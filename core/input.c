/* Reading: a source of bytes (a file, memory), perhaps through core/unpack.c, behind one buffer from which heads,
 * chunks and lines are handed out. Every byte passes the SHA-256 on its way into the buffer, so a digest never costs a
 * second reading. Refuses: directories, files that end before their size, lines above 64 MiB. */
#include "core/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/unpack.h"

enum { ROOM = 256 * 1024, MAX_LINE = 64 * 1024 * 1024 };
_Static_assert((int)ROOM >= (int)RF_INPUT_HEAD, "a head must fit the buffer");
_Static_assert((int)ROOM <= (int)RF_UNPACK_ROOM, "the first bytes must fit the unpacker's buffer");

struct rf_input {
    rf_pull pull;             /* the source; its ctx is the input */
    int fd;                   /* file source; -1: none */
    const char *memory;       /* memory source, borrowed */
    char *name;               /* for messages */
    uint64_t size;            /* bytes of a regular file or of memory, 0 where unknown */
    uint64_t taken;           /* bytes taken from the source */
    uint64_t claim;           /* what a packed file says of the size of its content, 0: nothing */
    struct rf_unpack *unpack; /* what stands between source and buffer; NULL: nothing */
    uint64_t pulled;          /* bytes that came into the buffer */
    uint64_t lines;           /* line ends handed out by rf_input_line */
    char *data;               /* [cap], of which [begin, end) wait to be handed out */
    size_t begin, end, cap;
    bool ended;    /* the source has no more */
    bool digested; /* digest is final */
    struct rf_sha256 *sha;
    uint8_t digest[RF_SHA256_SIZE];
};

static int pull_file(void *ctx, char *to, size_t n, size_t *got, struct rf_err *err)
{
    struct rf_input *const in = ctx;
    ssize_t r;
    do
        r = read(in->fd, to, n);
    while (r < 0 && errno == EINTR);
    if (r < 0)
        return rf_fail_errno(err, RF_IO, "cannot read %s", in->name);
    if (r == 0 && in->fd != STDIN_FILENO && in->taken < in->size)
        return rf_fail(err, RF_IO,
                       "%s: found its end at byte %llu, expected %llu bytes: it was changed while being read", in->name,
                       (unsigned long long)in->taken, (unsigned long long)in->size);
    *got = (size_t)r;
    in->taken += *got;
    return 0;
}

static int pull_memory(void *ctx, char *to, size_t n, size_t *got, struct rf_err *err)
{
    struct rf_input *const in = ctx;
    (void)err;
    const size_t left = (size_t)(in->size - in->taken);
    *got = n < left ? n : left;
    if (*got)
        memcpy(to, in->memory + in->taken, *got);
    in->taken += *got;
    return 0;
}

static int new_input(struct rf_input **out, const char *name, size_t room, struct rf_err *err)
{
    struct rf_input *in = NULL;
    int rc = RF_NEW(in, 1, err);
    if (rc)
        goto out;
    in->fd = -1;
    in->cap = room;
    if ((rc = RF_NEW(in->data, room, err)) || (rc = rf_sha256_new(&in->sha, err)))
        goto out;
    if (!(in->name = rf_strndup(name, strlen(name), err))) {
        rc = RF_FAIL;
        goto out;
    }
    *out = in;
    in = NULL;
out:
    rf_input_close(in);
    return rc;
}

/* got bytes, which stand behind end, belong to the input. */
static int accept(struct rf_input *in, size_t got, struct rf_err *err)
{
    const int rc = rf_sha256_add(in->sha, in->data + in->end, got, err);
    in->end += got;
    in->pulled += got;
    return rc;
}

/* The first bytes tell whether the source is packed. */
static int recognise(struct rf_input *in, struct rf_err *err)
{
    size_t n = 0, got;
    do {
        const int rc = in->pull(in, in->data + n, in->cap - n, &got, err);
        if (rc)
            return rc;
        n += got;
    } while (got && n < RF_UNPACK_MAGIC);
    const struct rf_str first = { in->data, n };
    const enum rf_packing packing = rf_packing_of(first);
    if (packing == RF_PACKING_NONE)
        return accept(in, n, err);
    unsigned char tail[RF_UNPACK_TAIL];
    if (in->size > RF_UNPACK_TAIL && pread(in->fd, tail, sizeof tail, (off_t)in->size - RF_UNPACK_TAIL) == sizeof tail)
        in->claim = rf_packing_claim(packing, first, tail);
    return rf_unpack_new(&in->unpack, packing, in->name, first, in->pull, in, err);
}

int rf_input_open(struct rf_input **out, const char *path, struct rf_err *err)
{
    const bool standard = !strcmp(path, "-");
    struct rf_input *in = NULL;
    struct stat st;
    int rc = new_input(&in, standard ? "standard input" : path, ROOM, err);
    if (rc)
        goto out;
    in->pull = pull_file;
    in->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0 || fstat(in->fd, &st)) {
        rc = rf_fail_errno(err, RF_IO, "cannot open %s", in->name);
        goto out;
    }
    if (S_ISDIR(st.st_mode)) {
        rc = rf_fail(err, RF_IO, "cannot read %s: found a directory, expected a file", in->name);
        goto out;
    }
    in->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    if ((rc = recognise(in, err)))
        goto out;
    *out = in;
    in = NULL;
out:
    rf_input_close(in);
    return rc;
}

int rf_input_memory(struct rf_input **out, const char *name, const void *data, size_t n, struct rf_err *err)
{
    const int rc = new_input(out, name, n < ROOM ? n + 1 : ROOM, err);
    if (rc)
        return rc;
    (*out)->pull = pull_memory;
    (*out)->memory = data;
    (*out)->size = n;
    return 0;
}

/* One pull into the buffer, which is tidied first, and doubled where it is full. */
static int fill(struct rf_input *in, struct rf_err *err)
{
    size_t got;
    if (in->begin) {
        memmove(in->data, in->data + in->begin, in->end - in->begin);
        in->end -= in->begin;
        in->begin = 0;
    }
    if (in->end == in->cap) {
        char *bigger = rf_regrow(in->data, in->cap, 2 * in->cap, 1, err);
        if (!bigger)
            return RF_FAIL;
        in->data = bigger;
        in->cap *= 2;
    }
    char *const to = in->data + in->end;
    const int rc = in->unpack ? rf_unpack(in->unpack, to, in->cap - in->end, &got, err)
                              : in->pull(in, to, in->cap - in->end, &got, err);
    if (rc)
        return rc;
    in->ended = got == 0;
    return accept(in, got, err);
}

int rf_input_head(struct rf_input *in, struct rf_str *head, struct rf_err *err)
{
    while (in->end - in->begin < RF_INPUT_HEAD && !in->ended) {
        const int rc = fill(in, err);
        if (rc)
            return rc;
    }
    const size_t n = in->end - in->begin;
    *head = (struct rf_str){ in->data + in->begin, n < RF_INPUT_HEAD ? n : RF_INPUT_HEAD };
    return 0;
}

int rf_input_chunk(struct rf_input *in, size_t max, struct rf_str *chunk, struct rf_err *err)
{
    if (in->begin == in->end && !in->ended) {
        const int rc = fill(in, err);
        if (rc)
            return rc;
    }
    const size_t n = in->end - in->begin < max ? in->end - in->begin : max;
    *chunk = (struct rf_str){ in->data + in->begin, n };
    in->begin += n;
    return 0;
}

int rf_input_read(struct rf_input *in, void *buf, size_t n, size_t *got, struct rf_err *err)
{
    struct rf_str chunk;
    const int rc = rf_input_chunk(in, n, &chunk, err);
    if (rc)
        return rc;
    if (chunk.len)
        memcpy(buf, chunk.s, chunk.len);
    *got = chunk.len;
    return 0;
}

int rf_input_line(struct rf_input *in, struct rf_str *text, uint64_t *line, struct rf_err *err)
{
    const char *lf = NULL;
    size_t seen = 0; /* bytes known to hold no LF */
    for (;;) {
        const size_t n = in->end - in->begin;
        lf = memchr(in->data + in->begin + seen, '\n', n - seen);
        seen = lf ? (size_t)(lf - in->data) - in->begin : n;
        if (seen > MAX_LINE)
            return rf_fail(err, RF_BAD_INPUT, "%s:%llu: found a line of more than %d bytes, expected a shorter one",
                           in->name, (unsigned long long)in->lines + 1, (int)MAX_LINE);
        if (lf || in->ended)
            break;
        const int rc = fill(in, err);
        if (rc)
            return rc;
    }
    if (!lf && !seen)
        return 0;
    *text = (struct rf_str){ in->data + in->begin, seen };
    *line = ++in->lines;
    in->begin += seen + (lf ? 1 : 0);
    return 1;
}

int rf_input_rest(struct rf_input *in, size_t max, struct rf_buf *buf, struct rf_err *err)
{
    const uint64_t limit = max ? max : UINT64_C(4) << 30;
    struct rf_str chunk;
    int rc = 0;
    buf->len = 0;
    if (rf_input_size(in) <= limit && (rc = rf_buf_reserve(buf, (size_t)rf_input_size(in), err)))
        return rc;
    do {
        if ((rc = rf_input_chunk(in, SIZE_MAX, &chunk, err)))
            return rc;
        if (rf_input_size(in) > limit || in->pulled > limit)
            return rf_fail(err, RF_BAD_INPUT, "%s: found more than %llu bytes, expected at most so many", in->name,
                           (unsigned long long)limit);
        if ((rc = rf_buf_add(buf, chunk.s, chunk.len, err)))
            return rc;
    } while (chunk.len);
    return 0;
}

const char *rf_input_name(const struct rf_input *in)
{
    return in->name;
}

uint64_t rf_input_bytes(const struct rf_input *in)
{
    return in->pulled - (in->end - in->begin);
}

uint64_t rf_input_size(const struct rf_input *in)
{
    return in->unpack ? 0 : in->size;
}

uint64_t rf_input_claim(const struct rf_input *in)
{
    return in->claim;
}

bool rf_input_packed(const struct rf_input *in)
{
    return in->unpack != NULL;
}

uint64_t rf_input_done(const struct rf_input *in)
{
    return in->unpack ? in->taken : rf_input_bytes(in);
}

uint64_t rf_input_total(const struct rf_input *in)
{
    return in->size;
}

int rf_input_digest(struct rf_input *in, uint8_t out[RF_SHA256_SIZE], struct rf_err *err)
{
    int rc = 0;
    while (!in->ended) {
        in->begin = in->end;
        if ((rc = fill(in, err)))
            return rc;
    }
    in->begin = in->end;
    if (!in->digested && (rc = rf_sha256_end(in->sha, in->digest, err)))
        return rc;
    in->digested = true;
    memcpy(out, in->digest, RF_SHA256_SIZE);
    return 0;
}

void rf_input_close(struct rf_input *in)
{
    if (!in)
        return;
    if (in->fd > STDIN_FILENO)
        close(in->fd);
    rf_unpack_free(in->unpack);
    rf_sha256_free(in->sha);
    rf_free(in->data);
    rf_free(in->name);
    rf_free(in);
}

int rf_file_read(const char *path, size_t max, struct rf_buf *buf, struct rf_err *err)
{
    struct rf_input *in = NULL;
    int rc = rf_input_open(&in, path, err);
    if (!rc)
        rc = rf_input_rest(in, max, buf, err);
    rf_input_close(in);
    return rc;
}
