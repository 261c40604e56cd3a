/* binary16 <-> binary32 by bits, so that the result does not depend on the processor. */
#include "core/half.h"

#include <string.h>

static uint32_t bits_of(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static float float_of(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

uint16_t rf_half_from_float(float x)
{
    const uint32_t u = bits_of(x), sign = u >> 16 & 0x8000, mag = u & 0x7FFFFFFF;
    uint32_t h;
    if (mag > 0x7F800000) /* NaN: the upper payload bits, made quiet */
        h = 0x7E00 | (mag >> 13 & 0x3FF);
    else if (mag >= 0x477FF000) /* 65520 and above round to infinity */
        h = 0x7C00;
    else if (mag >= 0x38800000) /* normal: add half of the last kept place, minus one unless that place is odd */
        h = (mag - 0x38000000 + 0xFFF + (mag >> 13 & 1)) >> 13;
    else /* subnormal: adding 1/2 lines 2^-24 up with the last place of a float, whose own rounding does the work */
        h = bits_of(float_of(mag) + 0.5f) - bits_of(0.5f);
    return (uint16_t)(sign | h);
}

float rf_half_to_float(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3FF;
    if (exponent == 31)
        return float_of(sign | 0x7F800000 | fraction << 13);
    if (exponent)
        return float_of(sign | ((exponent + 112) << 23) | fraction << 13);
    const float tiny = (float)fraction * 0x1p-24f;
    return sign ? -tiny : tiny;
}
