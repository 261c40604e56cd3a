/* One JSON array in a file of any size, handed out element by element in constant memory. It cuts at the brackets and
 * leaves what stands between them to the parser: an element that is no JSON is handed out all the same, so that one bad
 * element costs one row. Refuses: a file that ends within the array, a missing element, text behind the array, elements
 * above 64 MiB. */
#ifndef RF_CORE_JSON_ARRAY_H
#define RF_CORE_JSON_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/input.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Start with `struct rf_json_array a = { .in = in };`, the input at the start of the array (blanks and a byte order
 * mark before it are passed). */
struct rf_json_array {
    struct rf_input *in; /* borrowed */
    struct rf_str chunk; /* what of the input is not yet looked at */
    struct rf_buf text;  /* owned: the element, where it stands in more than one chunk */
    uint64_t past;       /* line ends passed */
    bool opened, ended;  /* the brackets of the array are passed */
    uint64_t count;      /* elements handed out */
};
/* The next element without the blanks around it, valid until the next call: 1 and *line = the physical line on which it
 * starts, from 1; 0 behind the last one; RF_BAD_INPUT "FILE:LINE: found ..., expected ...", or another rf_code. */
int rf_json_array_next(struct rf_json_array *a, struct rf_str *element, uint64_t *line, struct rf_err *err);
void rf_json_array_release(struct rf_json_array *a);

#ifdef __cplusplus
}
#endif
#endif
