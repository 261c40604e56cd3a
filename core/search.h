/* Search in rows that begin with a 64-bit key, such as the id of a prompt, and stand by rising key. */
#ifndef RF_CORE_SEARCH_H
#define RF_CORE_SEARCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Index of the first of rows[n], each of `size` bytes with an int64_t as its first member, whose key is `wanted`; n:
 * none. rows may be NULL where n is 0. */
size_t rf_first_with(const void *rows, size_t size, size_t n, int64_t wanted);

#ifdef __cplusplus
}
#endif
#endif
