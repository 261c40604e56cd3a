/* Logs of routed traffic: any bytes are rows within their ranges, or a refusal that says where. */
#include <math.h>

#include "eval/traffic.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct rf_traffic_options o = { .strong = "strong", .weak = "weak" };
    struct rf_traffic t = { 0 };
    struct rf_err err = { 0 };
    struct rf_input *in = NULL;
    if (rf_input_memory(&in, "fuzz", data, n, &err))
        abort();
    const int rc = rf_traffic_parse(&t, in, &o, &err);
    PROMISE(rc ? rc == err.code && *err.msg : t.n > 0);
    for (size_t i = 0; i < t.n; i++) {
        const struct rf_traffic_row *const r = &t.row[i];
        PROMISE(r->score >= 0 && r->score <= 1 && r->propensity > 0 && r->propensity <= 1 && isfinite(r->reward));
        PROMISE(isnan(r->cost) || (r->cost >= 0 && isfinite(r->cost)));
    }
    rf_traffic_release(&t);
    rf_input_close(in);
    return 0;
}
