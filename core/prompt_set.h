/* Sets of prompts by name, as users compare and divide them:
 *   a benchmark            mmlu, or bench:mmlu
 *   a source               arena55k/votes, or source:arena55k/votes where a benchmark has the same name
 *   votes                  all prompts that have votes
 *   a split or its part    split:s1, split:s1:train
 *   all                    every prompt
 * Refuses: names of nothing (the nearest known one is named), sets without a prompt. */
#ifndef RF_CORE_PROMPT_SET_H
#define RF_CORE_PROMPT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_member {
    int64_t prompt; /* row of table prompt; the first member, for rf_first_with */
    uint32_t times; /* in the set: questions of the benchmark or rows of its files, whichever are more */
    uint32_t files; /* sources with such rows */
};
struct rf_prompt_set {
    const char *name;         /* borrowed */
    const char *bench;        /* name of the benchmark that it is, into name; NULL: none */
    struct rf_member *member; /* [n] by rising prompt */
    size_t n;
};

/* Rows count as repeats only in files where most prompts have one row, and rows of several files only where most
 * prompts stand in one file: a row for every model or verdict says nothing, nor does a file of scores beside one of
 * texts. */
int rf_prompt_set_read(struct rf_prompt_set *s, struct rf_db *db, const char *name, struct rf_err *err);
/* The member with this prompt, or NULL. */
const struct rf_member *rf_prompt_set_find(const struct rf_prompt_set *s, int64_t prompt);
void rf_prompt_set_release(struct rf_prompt_set *s); /* a zeroed struct is fine */

#ifdef __cplusplus
}
#endif
#endif
