/* Walks folders and expands patterns in the order of the names' bytes, so that the same folder gives the same order
 * everywhere. Refuses to follow links to folders: a walk that never ends. */
#include "datasets/files.h"

#include <dirent.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/mem.h"

/* Takes over path, on failure too. */
static int push(struct rf_files *f, char *path, bool named, struct rf_err *err)
{
    if (f->n == f->cap) {
        const size_t cap = f->cap ? 2 * f->cap : 16;
        struct rf_file *p = rf_regrow(f->v, f->n, cap, sizeof *p, err);
        if (!p) {
            rf_free(path);
            return RF_FAIL;
        }
        f->v = p;
        f->cap = cap;
    }
    f->v[f->n++] = (struct rf_file){ path, named };
    return 0;
}

static int visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static int walk(struct rf_files *f, const char *folder, struct rf_err *err)
{
    struct dirent **entry = NULL;
    struct rf_buf path = { 0 };
    struct stat st;
    const char *const slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    const int n = scandir(folder, &entry, visible, alphasort); /* sorted by bytes: the locale is never set */
    int rc = n < 0 ? rf_fail_errno(err, RF_IO, "cannot read the folder %s", folder) : 0;
    for (int i = 0; !rc && i < n; i++) {
        path.len = 0;
        rc = rf_buf_printf(&path, err, "%s%s%s", folder, slash, entry[i]->d_name);
        if (rc || lstat(path.data, &st))
            continue; /* gone since */
        if (S_ISDIR(st.st_mode)) {
            rc = walk(f, path.data, err);
        } else if (S_ISREG(st.st_mode) || (S_ISLNK(st.st_mode) && !stat(path.data, &st) && S_ISREG(st.st_mode))) {
            char *own = rf_strndup(path.data, path.len, err);
            rc = own ? push(f, own, false, err) : RF_FAIL;
        }
    }
    for (int i = 0; i < n; i++)
        free(entry[i]); /* scandir's */
    free(entry);
    rf_buf_release(&path);
    return rc;
}

/* A file, or a folder. */
static int add_existing(struct rf_files *f, const char *path, struct rf_err *err)
{
    struct stat st;
    if (*path && strcmp(path, "-") != 0 && !stat(path, &st) && S_ISDIR(st.st_mode))
        return walk(f, path, err);
    char *own = rf_strndup(path, strlen(path), err);
    return own ? push(f, own, true, err) : RF_FAIL;
}

static int add_matches(struct rf_files *f, const char *pattern, struct rf_err *err)
{
    glob_t found = { 0 };
    int rc = 0;
    const int no = glob(pattern, 0, NULL, &found); /* sorted by bytes: the locale is never set */
    if (no)
        rc = no == GLOB_NOSPACE
                 ? rf_fail(err, RF_FAIL, "out of memory for what matches %s", pattern)
                 : rf_fail(err, RF_IO, "found no file that matches the pattern %s, expected one at least", pattern);
    for (size_t i = 0; !rc && i < found.gl_pathc; i++)
        rc = add_existing(f, found.gl_pathv[i], err);
    globfree(&found);
    return rc;
}

int rf_files_add(struct rf_files *f, const char *path, struct rf_err *err)
{
    struct stat st;
    return strpbrk(path, "*?[") && lstat(path, &st) ? add_matches(f, path, err) : add_existing(f, path, err);
}

void rf_files_release(struct rf_files *f)
{
    for (size_t i = 0; i < f->n; i++)
        rf_free(f->v[i].path);
    rf_free(f->v);
    *f = (struct rf_files){ 0 };
}
