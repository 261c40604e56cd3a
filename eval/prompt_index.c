/* A sorted array and a binary search. */
#include "eval/prompt_index.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/search.h"

static int by_prompt(const void *pa, const void *pb)
{
    const struct rf_prompt_place *const a = pa, *const b = pb;
    return a->prompt != b->prompt ? (a->prompt > b->prompt) - (a->prompt < b->prompt)
                                  : (a->at > b->at) - (a->at < b->at);
}

int rf_prompt_index_init(struct rf_prompt_index *x, const int64_t *prompt, size_t n, struct rf_err *err)
{
    *x = (struct rf_prompt_index){ .n = n };
    const int rc = RF_NEW(x->place, n + 1, err);
    for (size_t i = 0; i < n && !rc; i++)
        x->place[i] = (struct rf_prompt_place){ prompt[i], i };
    if (!rc)
        qsort(x->place, n, sizeof *x->place, by_prompt);
    return rc;
}

void rf_prompt_index_release(struct rf_prompt_index *x)
{
    rf_free(x->place);
    *x = (struct rf_prompt_index){ 0 };
}

const struct rf_prompt_place *rf_prompt_index_find(const struct rf_prompt_index *x, int64_t prompt, size_t *count)
{
    const size_t first = rf_first_with(x->place, sizeof *x->place, x->n, prompt);
    size_t n = 0;
    while (first + n < x->n && x->place[first + n].prompt == prompt)
        n++;
    *count = n;
    return x->place + first;
}
