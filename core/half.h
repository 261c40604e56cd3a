/* IEEE binary16 <-> binary32, round to nearest even; subnormals, infinities and NaN included. */
#ifndef RF_CORE_HALF_H
#define RF_CORE_HALF_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint16_t rf_half_from_float(float x);
float rf_half_to_float(uint16_t h);

#ifdef __cplusplus
}
#endif
#endif
