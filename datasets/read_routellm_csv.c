/* RouteLLM's MMLU and GSM8K outcomes: prompt, one True/False column per model, perhaps M_response columns. Bench and task come from the
 * file's name ("mmlu_anatomy.csv", "gsm8k_responses.csv") or from --bench. Prompts are kept byte for byte, line ends too. Rows have no
 * ids: the key is "#" and the data row, and rows never join. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/csv.h"
#include "datasets/benchname.h"
#include "datasets/field.h"
#include "datasets/record.h"
#include "datasets/sniff.h"

#define RESPONSE "_response"

struct model {
    struct rf_str name;           /* into state.names */
    size_t verdict, response;     /* columns; response SIZE_MAX: none */
};

struct state {
    struct rf_sink *sink;
    struct rf_buf names;
    struct model *model;          /* [nmodel] */
    size_t nmodel, prompt;
    struct rf_benchname bench;
};

static size_t column(const struct rf_str *name, size_t n, struct rf_str head, const char *tail)
{
    for (size_t i = 0; i < n; i++)
        if (name[i].len == head.len + strlen(tail) && rf_str_ends(name[i], tail) && !memcmp(name[i].s, head.s, head.len))
            return i;
    return SIZE_MAX;
}
