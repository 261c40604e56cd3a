/* JSON values as nodes: they agree with jansson on any bytes, in what is accepted, in every value and in the words of
 * every refusal, however many levels are kept. */
#include "core/json.h"
#include "fuzz/fuzz.h"
#include "nodes_agree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rf_json_nodes t = { 0 };
    const char *const s = n ? (const char *)data : "";
    for (size_t levels = 0; levels < 3; levels++)
        PROMISE(nodes_agree(s, n, levels, &t));
    PROMISE(nodes_agree(s, n, RF_JSON_DEEPEST, &t));
    rf_json_nodes_release(&t);
    return 0;
}
