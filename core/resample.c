/* Poisson counts of equal means, given their sum, are multinomial; so n draws out of n prompts need no n random
 * indices. Each prompt gets a Poisson count, of 16 random bits in most cases, with a mean a little below 1, and the few
 * draws that the sum lacks are made one by one. */
#include "core/resample.h"

#include <math.h>
#include <string.h>

#include "core/rng.h"

/* The upper half of the streams used here, so that no other use of the same seed meets them. */
static const uint64_t STREAM = UINT64_C(0x626F6F74) << 32;

enum {
    WORD_COUNTS =
        8,       /* counts 0..7 that 16 bits can stand for; with means up to 1 no higher one has a chance of 2^-16 */
    COUNTS = 21, /* counts 0..20; the chance of any other is below 2^-64 */
    TILE = 64    /* prompts drawn at a time */
};

/* 16 bits as a signed number stand for the count of elements of above that they exceed, but the highest for none: that
 * leaves the count to 64 more bits, as the number of elements of rest that those reach. */
struct table {
    int16_t above[WORD_COUNTS];
    uint64_t rest[COUNTS - 1];
};

/* The mean is mean / 2^32, in [1/4, 1]. Whole numbers throughout: the same table on every machine. */
static void table_init(struct table *t, uint64_t mean)
{
    uint64_t weight[COUNTS] = { UINT64_C(1) << 62 }, sum = weight[0]; /* 2^62 mean^k / k!, sum < 2^64 */
    for (uint64_t k = 1; k < COUNTS; k++) {
        weight[k] = (uint64_t)((unsigned __int128)weight[k - 1] * mean / (k << 32));
        sum += weight[k];
    }
    unsigned __int128 left[COUNTS]; /* what multiples of sum leave of 2^16 weight[k], for all counts up to k */
    int words = 0;
    for (size_t k = 0; k < COUNTS; k++) {
        const unsigned __int128 scaled = (unsigned __int128)weight[k] << 16;
        left[k] = scaled % sum + (k ? left[k - 1] : 0);
        words += (int)(scaled / sum);
        if (k < WORD_COUNTS)
            t->above[k] = (int16_t)(words - 1 + INT16_MIN);
    }
    for (size_t k = 0; k < COUNTS - 1; k++) {
        const unsigned __int128 part = (left[k] << 56) / left[COUNTS - 1];
        t->rest[k] = part >> 56 ? UINT64_MAX : (uint64_t)part << 8;
    }
}

static uint8_t rest_of(const struct table *t, struct rf_rng *fine)
{
    const uint64_t high = rf_rng_u32(fine), x = high << 32 | rf_rng_u32(fine);
    uint8_t count = 0;
    while (count < COUNTS - 1 && x >= t->rest[count])
        count++;
    return count;
}

/* Counts of TILE prompts. */
static void draw_tile(const struct table *t, struct rf_rng *bulk, struct rf_rng *fine, uint8_t *count)
{
    uint32_t word[TILE * RF_LANES / 2];
    int16_t x[TILE * RF_LANES];
    rf_rng_fill(bulk, word, sizeof word / sizeof *word);
    memcpy(x, word, sizeof x);
    int16_t most = 0;
    for (size_t i = 0; i < TILE * RF_LANES; i++) {
        int16_t c = 0;
        for (size_t k = 0; k < WORD_COUNTS; k++)
            c = (int16_t)(c + (x[i] > t->above[k]));
        most = c > most ? c : most;
        count[i] = (uint8_t)c;
    }
    for (size_t i = 0; i < TILE * RF_LANES && most == WORD_COUNTS; i++)
        if (count[i] == WORD_COUNTS)
            count[i] = rest_of(t, fine);
}

static void add_sizes(const uint8_t *count, size_t rows, uint64_t size[RF_LANES])
{
    uint16_t sum[RF_LANES] = { 0 };
    for (size_t i = 0; i < rows; i++)
        for (size_t l = 0; l < RF_LANES; l++)
            sum[l] = (uint16_t)(sum[l] + count[i * RF_LANES + l]);
    for (size_t l = 0; l < RF_LANES; l++)
        size[l] += sum[l];
}

/* Makes a lane's sum n: by n - size more draws, or by taking back draws of those there are, each as likely. */
static void complete(struct rf_rng *fine, size_t n, uint8_t *count, uint64_t *size)
{
    uint64_t sum = *size;
    for (; sum < n; sum++)
        count[rf_rng_below(fine, (uint32_t)n) * (size_t)RF_LANES]++;
    while (sum > n) {
        uint8_t *c = count + rf_rng_below(fine, (uint32_t)n) * (size_t)RF_LANES;
        const uint8_t back = rf_rng_below(fine, COUNTS) < *c;
        *c = (uint8_t)(*c - back);
        sum -= back;
    }
    *size = sum;
}

void rf_resample(uint64_t seed, size_t block, size_t n, bool poisson, uint8_t *count, uint64_t size[RF_LANES])
{
    /* two standard deviations of the sum below n: seldom has a draw to be taken back */
    const double mean = poisson ? 1 : 1 / (1 + 2 / sqrt((double)n));
    struct table t;
    struct rf_rng bulk, fine;
    table_init(&t, (uint64_t)(mean * 0x1p32));
    rf_rng_init(&bulk, seed, STREAM + 2 * block);
    rf_rng_init(&fine, seed, STREAM + 2 * block + 1);
    memset(size, 0, RF_LANES * sizeof *size);
    for (size_t first = 0; first < n; first += TILE) {
        const size_t rows = n - first < TILE ? n - first : TILE;
        uint8_t tile[TILE * RF_LANES];
        draw_tile(&t, &bulk, &fine, tile);
        memcpy(count + first * RF_LANES, tile, rows * RF_LANES);
        add_sizes(tile, rows, size);
    }
    for (size_t l = 0; l < RF_LANES && !poisson; l++)
        complete(&fine, n, count + l, &size[l]);
}
