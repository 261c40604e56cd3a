/* Where the digits make an integer below 2^53 and the power of ten is at most 22, both are exact doubles, and one
 * multiplication or division rounds once, as strtod does (W. Clinger, "How to read floating point numbers accurately",
 * PLDI 1990). With the 64 bits of x87's long double the same holds for 18 digits and 10^27, but for the second
 * rounding, to double: it is right unless the first one ended beside a tie. The others go to strtod itself. */
#include "core/scan_real.h"

#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_POWER = 22, MOST_DIGITS = 18 /* that surely fit 64 bits */ };
static const uint64_t exact_integer = UINT64_C(1) << 53;
static const double power[EXACT_POWER + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                               1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

static bool digit(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

/* Passes digits, which are put behind *m; *n counts those behind leading zeros, and only MOST_DIGITS of them count in
 * *m. */
static const char *digits(const char *p, const char *end, uint64_t *m, int *n)
{
    for (; digit(p, end); p++) {
        if (*n < MOST_DIGITS)
            *m = 10 * *m + (uint64_t)(*p - '0');
        *n += *n || *p != '0';
    }
    return p;
}

#if LDBL_MANT_DIG == 64 && defined(__x86_64__)
enum { LONG_POWER = 27 /* 5^27 < 2^64 */, EXTRA = 11 /* bits of a long double behind those of a double */ };

/* Whether the processor really has those bits: valgrind computes long doubles as doubles. */
static bool is_long(void)
{
    volatile const long double one = 1, last = 0x1p-63L;
    return one + last > one;
}

/* m * 10^scale; false where the rounding is not certain. */
static bool by_long_double(uint64_t m, int scale, double *v)
{
    const int e = scale < 0 ? -scale : scale;
    uint64_t bits;
    if (e > LONG_POWER || !is_long())
        return false;
    const long double ten = e <= EXACT_POWER ? (long double)power[e] : 1e22L * (long double)power[e - EXACT_POWER];
    const long double x = scale < 0 ? (long double)m / ten : (long double)m * ten;
    memcpy(&bits, &x, sizeof bits);
    const uint64_t behind = bits & ((1U << EXTRA) - 1), tie = 1U << (EXTRA - 1);
    if (behind + 1 >= tie && behind <= tie + 1)
        return false;
    *v = (double)x;
    return true;
}
#else
static bool by_long_double(uint64_t m, int scale, double *v)
{
    (void)m, (void)scale, (void)v;
    return false;
}
#endif

static double by_library(const char *s, size_t n)
{
    char text[RF_REAL_MOST + 1]; /* the number alone: what stands behind it may be no memory of ours */
    memcpy(text, s, n);
    text[n] = '\0';
    return strtod(text, NULL);
}

size_t rf_scan_real(const char *s, size_t n, double *v)
{
    const char *const end = s + (n < RF_REAL_MOST + 1 ? n : RF_REAL_MOST + 1);
    const char *p = s;
    uint64_t m = 0;
    int count = 0, scale = 0;
    const bool minus = p < end && *p == '-';
    p += minus;
    if (!digit(p, end))
        return 0;
    if (*p == '0')
        p++;
    else
        p = digits(p, end, &m, &count);
    if (digit(p, end))
        return 0; /* 01 */
    if (p < end && *p == '.') {
        const char *const point = ++p;
        if (!digit(p, end))
            return 0;
        p = digits(p, end, &m, &count);
        scale = -(int)(p - point);
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        int e = 0;
        p++;
        const bool down = p < end && *p == '-';
        p += p < end && (*p == '-' || *p == '+');
        if (!digit(p, end))
            return 0;
        for (; digit(p, end); p++)
            e = e < 10000 ? 10 * e + (*p - '0') : e;
        scale += down ? -e : e;
    }
    const size_t used = (size_t)(p - s);
    if (used > RF_REAL_MOST)
        return 0;
    double x;
    if (count <= MOST_DIGITS && m <= exact_integer && scale >= -EXACT_POWER && scale <= EXACT_POWER)
        x = scale < 0 ? (double)m / power[-scale] : (double)m * power[scale];
    else if (count > MOST_DIGITS || !by_long_double(m, scale, &x)) {
        *v = by_library(s, used);
        return used;
    }
    *v = minus ? -x : x;
    return used;
}
