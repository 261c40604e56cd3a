/* Files that people try and that no reader knows: what each is, and what to do with it. */
#ifndef RF_DATASETS_FOREIGN_H
#define RF_DATASETS_FOREIGN_H

#include "core/mem.h"
#include "datasets/reader.h"

#ifdef __cplusplus
extern "C" {
#endif

/* By the first bytes: Parquet, tar, UTF-16, ...: a clause that says what it is and what to do;
 * NULL for all others, which readers may know. */
const char *rf_foreign_bytes(struct rf_str head);

/* The same by the columns or keys, for a file that no reader took: JSON over several lines, answers without verdicts,
 * pairwise judgements, other pickles, other separators; NULL where they tell nothing. */
const char *rf_foreign_names(const struct rf_sniff *s);

#ifdef __cplusplus
}
#endif
#endif
