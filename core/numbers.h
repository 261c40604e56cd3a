/* The numbers of a list option: "--l2 1e-3,1e-2". Refuses an empty list, what is no number, what is out of range. */
#ifndef RF_CORE_NUMBERS_H
#define RF_CORE_NUMBERS_H

#include <stddef.h>

#include "core/err.h"
#include "core/opt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* *v = word i of the list, a number in [least, most], where infinity counts as one; *v stays as it was after a failure.
 * option: "--l2", for the message (RF_USAGE). */
int rf_list_real(const struct rf_list *list, size_t i, const char *option, double least, double most, double *v,
                 struct rf_err *err);
/* *v = list->n numbers in [least, most], in the list's order; owned by the caller (rf_free), also on failure. */
int rf_list_reals(const struct rf_list *list, const char *option, double least, double most, double **v,
                  struct rf_err *err);
/* The same for whole numbers from 1 to most, ascending. */
int rf_list_counts(const struct rf_list *list, const char *option, size_t most, size_t **v, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
