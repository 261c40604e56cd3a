/* Rounding to the nearest whole number; no weight is cut off. */
#include "train/whole.h"

#include <math.h>

enum { WHOLE_MAX = 127 };

float rf_whole_weights(const float *weight, size_t n, int8_t *whole)
{
    float largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmaxf(largest, fabsf(weight[i]));
    const float scale = largest > 0 ? largest / WHOLE_MAX : 1;
    for (size_t i = 0; i < n; i++)
        whole[i] = (int8_t)lrintf(fmaxf(-WHOLE_MAX, fminf(WHOLE_MAX, weight[i] / scale)));
    return scale;
}
