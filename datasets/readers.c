/* The list of formats. A new one is a file read_x.c that defines rf_reader_x, and one word here. */
#include "datasets/reader.h"

#include <stddef.h>

/* clang-format off */
#define READERS(X) \
    X(arena55k) X(routerbench) X(routellm) X(mtbench_questions) X(mtbench_judgements) X(contaminated) X(votes) X(results) \
    X(battles) X(reviews) X(games) X(named_prompts) X(alpaca_eval) \
    X(judgebench) X(judgebench_judges) X(llmbar) X(llmbar_judges) X(pandalm) X(pandalm_results) X(gpt4_dataset) \
    X(prices) X(prompts) \
    X(routerbench_pickle) \
    X(routerarena) X(zeroeval) X(llmrouter) X(embedllm) X(scores)
/* clang-format on */

#define DECLARE(name) extern const struct rf_reader rf_reader_##name;
#define ADDRESS(name) &rf_reader_##name,
READERS(DECLARE)

const struct rf_reader *const rf_readers[] = { READERS(ADDRESS) NULL };
