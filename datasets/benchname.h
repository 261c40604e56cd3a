/* How a benchmark and its task are named, so that sources that spell them in their own way meet. */
#ifndef RF_DATASETS_BENCHNAME_H
#define RF_DATASETS_BENCHNAME_H

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_benchname {
    struct rf_str bench, task; /* into buf; task.s NULL: none */
    struct rf_buf buf;         /* owned */
};

/* The last part of a path without its suffix ("mmlu/mmlu_anatomy.csv", "mmlu/mmlu_anatomy.csv.gz": "mmlu_anatomy"),
 * into path; and the folder before it ("mmlu"; .s NULL: none is named). */
struct rf_str rf_path_stem(const char *path);
struct rf_str rf_path_folder(const char *path);

/* name in lower case. "mmlu-X" and "mmlu_X" are bench "mmlu" with task X, whose hyphens become underscores;
 * "_responses" and "_results" at the end are cut off; every other name is a bench of its own with no task. */
int rf_benchname_set(struct rf_benchname *b, struct rf_str name, struct rf_err *err);
/* bench as given (ingest --bench), task = name; name.s NULL: none. */
int rf_benchname_force(struct rf_benchname *b, const char *bench, struct rf_str name, struct rf_err *err);
void rf_benchname_release(struct rf_benchname *b);

#ifdef __cplusplus
}
#endif
#endif
