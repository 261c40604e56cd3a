/* The nearest of some names to a mistyped one: edit distance in which two exchanged neighbours count as one mistake. */
#include "core/names.h"

#include <string.h>

enum { LONGEST = 64 }; /* names are shorter; a longer word is near to none of them */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance (Damerau's four mistakes, no substring edited twice), three rows of the table at a
 * time. */
static size_t distance(const char *a, const char *b)
{
    const size_t n = strlen(a), m = strlen(b);
    size_t row[3][LONGEST + 1];
    if (n > LONGEST || m > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}

const char *rf_nearest(const char *word, const char *const *candidate, size_t n)
{
    const char *best = NULL;
    size_t limit = 1 + strlen(word) / 3;
    for (size_t i = 0; i < n; i++) {
        const size_t d = distance(word, candidate[i]);
        if (d < limit || (d == limit && !best)) {
            best = candidate[i];
            limit = d;
        }
    }
    return best;
}
