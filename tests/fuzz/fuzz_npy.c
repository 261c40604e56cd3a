/* .npy: any bytes are a matrix of finite numbers that fills the file exactly, or a refusal. A header alone never makes
 * us allocate. */
#include <math.h>
#include <string.h>

#include "core/npy.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rf_matrix m = { 0 };
    struct rf_err err = { 0 };
    const int rc = rf_npy_parse(data, n, &m, &err);
    PROMISE(rc == 0 ? m.x != NULL
                    : rc == RF_BAD_INPUT && !m.x && strstr(err.msg, "found") && strstr(err.msg, "expected"));
    PROMISE(m.rows == 0 || m.dim == 0 || m.rows * m.dim <= n / 2);
    for (size_t i = 0; i < m.rows * m.dim; i++)
        PROMISE(isfinite(m.x[i]));
    PROMISE(rc || rf_npy_sniff((struct rf_str){ (const char *)data, n }));
    rf_matrix_release(&m);
    return 0;
}
