/* Prompts by their id: where rows of a query that runs over all prompts once belong in an array of them. */
#ifndef RF_EVAL_PROMPT_INDEX_H
#define RF_EVAL_PROMPT_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_prompt_place {
    int64_t prompt; /* the first member, for rf_first_with */
    size_t at;      /* its index in the array */
};
struct rf_prompt_index {
    struct rf_prompt_place *place; /* [n] by prompt, then by index */
    size_t n;
};

int rf_prompt_index_init(struct rf_prompt_index *x, const int64_t *prompt, size_t n, struct rf_err *err);
void rf_prompt_index_release(struct rf_prompt_index *x); /* a zeroed struct is fine */
/* The places of a prompt, which may stand in the array several times: *count of them, 0 where it does not. */
const struct rf_prompt_place *rf_prompt_index_find(const struct rf_prompt_index *x, int64_t prompt, size_t *count);

#ifdef __cplusplus
}
#endif
#endif
