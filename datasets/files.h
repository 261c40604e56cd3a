/* The files that a command line means: names as given, and the regular files below folders. */
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
    bool named; /* on the command line, not found in a folder */
};
struct rf_files {
    struct rf_file *v; /* [n] */
    size_t n, cap;
};
/* Adds path, or if it is a folder the regular files below it, sorted by name within each folder; names that start with
 * a dot and links to folders are left out. Zero-initialise f once. */
int rf_files_add(struct rf_files *f, const char *path, struct rf_err *err);
void rf_files_release(struct rf_files *f);

#ifdef __cplusplus
}
#endif
#endif
