/* The parts of a stored split (`routefit split`) as a fit takes them: train and valid, or folds. Refuses: unknown
 * splits, folds where parts are wanted and the other way round. */
#ifndef RF_TRAIN_PARTS_H
#define RF_TRAIN_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_parts {
    int64_t split; /* row of table split; 0: none */
    size_t folds;  /* the parts are the folds 0 .. folds - 1; 0: they are train, perhaps valid, perhaps test */
    bool valid;    /* without folds: the split has a part valid, which decides the sides */
};

/* name NULL: none. folds: as wanted by the caller. */
int rf_parts_find(struct rf_parts *p, struct rf_db *db, const char *name, size_t folds, struct rf_err *err);
/* What a part's name means (.s NULL: the prompt is not in the split): false: the prompt is left out; else *fold, or
 * *valid where p->valid. */
bool rf_parts_take(const struct rf_parts *p, struct rf_str part, bool *valid, uint32_t *fold);

#ifdef __cplusplus
}
#endif
#endif
