/* Writing: a temporary file beside the target, made whole and synced, then renamed over it. Whoever looks sees the old
 * file or the whole new one. Refuses: existing targets without force, and targets that are no regular files (links,
 * devices, folders, "-" for standard output) at all. */
#include "core/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 100 }; /* temporary names, where earlier ones were left behind by a kill */

static int refuse_target(const char *path, bool force, struct rf_err *err)
{
    struct stat st;
    if (!strcmp(path, "-"))
        return rf_fail(err, RF_USAGE,
                       "cannot write -: found standard output, expected the name of a file (./- is one)");
    if (lstat(path, &st))
        return 0; /* absent, or unreachable: then creating the temporary file says why */
    if (!S_ISREG(st.st_mode))
        return rf_fail(err, RF_USAGE,
                       "cannot write %s: found a link, folder or device, expected a new name or a regular file", path);
    return force ? 0
                 : rf_fail(err, RF_USAGE, "cannot write %s: it exists; give another name, or --force to replace it",
                           path);
}

/* Length of the folder part of path, its slash included; 0 for the working folder. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

int rf_outfile_open(struct rf_outfile *o, const char *path, bool force, struct rf_err *err)
{
    const size_t folder = folder_length(path);
    struct rf_buf name = { 0 };
    int fd = -1;
    *o = (struct rf_outfile){ .force = force };
    int rc = refuse_target(path, force, err);
    if (rc)
        goto out;
    if (!(o->path = rf_strndup(path, strlen(path), err))) {
        rc = RF_FAIL;
        goto out;
    }
    for (int i = 0; fd < 0 && i < TRIES; i++) {
        name.len = 0;
        if ((rc = rf_buf_printf(&name, err, "%.*s.%s.%ld-%d", (int)folder, path, path + folder, (long)getpid(), i)))
            goto out;
        fd = open(name.data, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0) {
        rc = rf_fail_errno(err, RF_IO, "cannot create %s beside %s", name.data, path);
        goto out;
    }
    o->temp = name.data;
    name = (struct rf_buf){ 0 };
    if (!(o->f = fdopen(fd, "wb"))) {
        rc = rf_fail_errno(err, RF_IO, "cannot write %s", path);
        goto out;
    }
    fd = -1;
out:
    if (fd >= 0)
        close(fd);
    rf_buf_release(&name);
    if (rc)
        rf_outfile_release(o);
    return rc;
}

/* A rename is lasting once the folder is synced; file systems that cannot sync folders say EINVAL. */
static int sync_folder(const char *path, struct rf_err *err)
{
    const size_t n = folder_length(path);
    char *folder = n ? rf_strndup(path, n, err) : rf_strndup(".", 1, err);
    int rc = 0, fd = -1;
    if (!folder)
        return RF_FAIL;
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || (fsync(fd) && errno != EINVAL))
        rc = rf_fail_errno(err, RF_IO, "wrote %s, but cannot sync its folder", path);
    if (fd >= 0)
        close(fd);
    rf_free(folder);
    return rc;
}

/* Without force the kernel itself refuses a target that has come up meanwhile, where the file system knows how to. */
static int publish(const struct rf_outfile *o)
{
    if (!o->force) {
        if (!renameat2(AT_FDCWD, o->temp, AT_FDCWD, o->path, RENAME_NOREPLACE))
            return 0;
        if (errno != EINVAL)
            return -1;
    }
    return rename(o->temp, o->path);
}

int rf_outfile_commit(struct rf_outfile *o, struct rf_err *err)
{
    int rc = 0;
    errno = EIO; /* for a stream that failed earlier */
    if (ferror(o->f) || fflush(o->f) || fsync(fileno(o->f))) {
        rc = rf_fail_errno(err, RF_IO, "cannot write %s (is the disk full?)", o->path);
        goto out;
    }
    const int closed = fclose(o->f);
    o->f = NULL;
    if (closed || publish(o)) {
        rc = rf_fail_errno(err, RF_IO, "cannot write %s", o->path);
        goto out;
    }
    rf_free(o->temp);
    o->temp = NULL;
    rc = sync_folder(o->path, err);
out:
    rf_outfile_release(o);
    return rc;
}

void rf_outfile_release(struct rf_outfile *o)
{
    if (o->f)
        fclose(o->f);
    if (o->temp)
        unlink(o->temp);
    rf_free(o->temp);
    rf_free(o->path);
    *o = (struct rf_outfile){ 0 };
}

int rf_outfile_save(struct rf_outfile *o, const void *data, size_t n, char *sha256, struct rf_err *err)
{
    char hex[RF_SHA256_HEX];
    int rc = sha256 ? rf_sha256_hex_of(data, n, hex, err) : 0;
    if (!rc && n && fwrite(data, 1, n, o->f) != n) /* errno is of this moment: a later write may say something else */
        rc = rf_fail_errno(err, RF_IO, "cannot write %s (is the disk full?)", o->path);
    if (rc || (rc = rf_outfile_commit(o, err))) {
        rf_outfile_release(o);
        return rc;
    }
    if (sha256)
        memcpy(sha256, hex, sizeof hex);
    return 0;
}

int rf_file_write(const char *path, bool force, const void *data, size_t n, char *sha256, struct rf_err *err)
{
    struct rf_outfile o;
    const int rc = rf_outfile_open(&o, path, force, err);
    return rc ? rc : rf_outfile_save(&o, data, n, sha256, err);
}
