/* Weights as whole numbers of one byte with one scale. */
#ifndef RF_TRAIN_WHOLE_H
#define RF_TRAIN_WHOLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* whole[n] = the nearest multiples of the scale returned, which lets the largest weight be 127; scale > 0. */
float rf_whole_weights(const float *weight, size_t n, int8_t *whole);

#ifdef __cplusplus
}
#endif
#endif
