/* A weight file taken apart: its tensors and metadata without a recalibration, to which another is added (layout:
 * core/routefit_score.h). Refuses: files that the pair refuses, tensors of types or ranks that routefit does not write.
 */
#ifndef RF_EVAL_RECAL_FILE_H
#define RF_EVAL_RECAL_FILE_H

#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/routefit_score.h"
#include "core/safetensors.h"
#include "core/sha256.h"
#include "eval/recal.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero-initialise; release also after a failure. */
struct rf_recal_file {
    const char *name;    /* for messages; borrowed */
    struct rf_buf bytes; /* of the file, owned */
    struct routefit_tensors *file;
    struct rf_tensor *tensor; /* [tensors] */
    struct rf_meta *meta;     /* [metas] values borrowed from the file, or the caller's */
    void **copy;              /* [copies] the tensors' data, aligned */
    size_t tensors, metas, copies;
    double platt[2];            /* what a tensor of rf_recal_file_set points to */
    char origin[RF_SHA256_HEX]; /* of the file before any recalibration */
};

/* bytes are moved into *f. */
int rf_recal_file_open(struct rf_recal_file *f, const char *name, struct rf_buf *bytes, struct rf_err *err);
/* Sets a key of the metadata; of new keys there is room for RF_RECAL_KEYS. Key and value are borrowed. */
enum { RF_RECAL_KEYS = 8 };
void rf_recal_file_meta(struct rf_recal_file *f, const char *key, const char *value);
/* Adds a recalibration, once; r is borrowed. Sets routefit.recalibration and routefit.recalibrated_from. */
void rf_recal_file_set(struct rf_recal_file *f, const struct rf_recal *r);
/* The file as it stands now into *bytes, and the router in it. pick may be NULL. */
int rf_recal_file_load(const struct rf_recal_file *f, const struct routefit_pick *pick, struct rf_buf *bytes,
                       struct routefit_router **out, struct rf_err *err);
void rf_recal_file_release(struct rf_recal_file *f);

#ifdef __cplusplus
}
#endif
#endif
