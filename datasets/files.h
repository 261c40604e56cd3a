/* The files that a command line means: names as given, what a pattern matches, and the regular files below folders. */
#ifndef RF_DATASETS_FILES_H
#define RF_DATASETS_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_file {
    char *path; /* owned */
    bool named; /* on the command line or matched by a pattern there, not found in a folder */
};
struct rf_files {
    struct rf_file *v; /* [n] */
    size_t n, cap;
};
/* Adds path, or if it is a folder the regular files below it, sorted by name within each folder; names that start with
 * a dot and links to folders are left out. Where nothing has that name and it holds *, ? or [, it is a pattern of
 * glob(7), and what matches is added in the same way, in the order of names; RF_IO where nothing does. Zero-initialise
 * f once. */
int rf_files_add(struct rf_files *f, const char *path, struct rf_err *err);
void rf_files_release(struct rf_files *f);

#ifdef __cplusplus
}
#endif
#endif
