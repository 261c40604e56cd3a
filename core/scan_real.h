/* Numbers out of JSON text, fast: the value that strtod gives, bit for bit (tests/unit/test_scan_real.c). Refuses what
 * is no JSON number: "NaN", "+1", "01", ".5", "1.", hexadecimal. */
#ifndef RF_CORE_SCAN_REAL_H
#define RF_CORE_SCAN_REAL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_REAL_MOST = 128 /* bytes of the longest number that is read */ };

/* The JSON number that starts at s[n]: its bytes, and *v; 0 where there is none, or it is longer than RF_REAL_MOST. A
 * number that ends with the text counts as whole. Above the range of a double, *v is infinite. */
size_t rf_scan_real(const char *s, size_t n, double *v);

#ifdef __cplusplus
}
#endif
#endif
