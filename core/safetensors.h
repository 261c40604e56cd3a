/* Writing safetensors files (reading is the pair's work: core/routefit_score.h). The same tensors and metadata give the
 * same bytes: tensors by descending element size, then name; header padded to 8; "routefit.fnv1a64" of the payload is
 * added to the metadata. Refuses: non-finite values, names that stand twice, writing over a file without force. */
#ifndef RF_CORE_SAFETENSORS_H
#define RF_CORE_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_dtype { RF_F32, RF_F16, RF_I8, RF_F64 };

struct rf_tensor {
    const char *name;
    enum rf_dtype dtype;
    size_t rank; /* 0..4 */
    size_t shape[4];
    const void *data; /* little-endian elements, row-major; borrowed */
};
struct rf_meta {
    const char *key, *value; /* UTF-8, borrowed */
};

/* Serialises into buf (replacing it). */
int rf_safetensors_build(const struct rf_tensor *t, size_t nt, const struct rf_meta *m, size_t nm, struct rf_buf *buf,
                         struct rf_err *err);
/* The same to a file, atomically. sha256hex (RF_SHA256_HEX bytes, or NULL) receives the digest of the file. */
int rf_safetensors_write(const char *path, const struct rf_tensor *t, size_t nt, const struct rf_meta *m, size_t nm,
                         bool force, char *sha256hex, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
