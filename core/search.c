/* Binary search. */
#include "core/search.h"

#include <string.h>

static int64_t key_of(const void *rows, size_t size, size_t i)
{
    int64_t key;
    memcpy(&key, (const char *)rows + i * size, sizeof key);
    return key;
}

size_t rf_first_with(const void *rows, size_t size, size_t n, int64_t wanted)
{
    size_t low = 0, high = n;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (key_of(rows, size, mid) < wanted)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && key_of(rows, size, low) == wanted ? low : n;
}
