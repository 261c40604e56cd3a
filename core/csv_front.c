/* Rows by bit masks: bit i of a mask is byte i of a block of 64. Quotes toggle inside and outside, the two of a doubled
 * quote leave things as they were; so the exclusive or of all quotes up to a byte tells on which side it stands. */
#include "core/csv_front.h"

#include <string.h>
#ifdef __AVX2__
#include <immintrin.h>
#endif

enum { BLOCK = 64 };

/* Which bytes of the block are c. */
static inline uint64_t equal(const char *block, char c)
{
#ifdef __AVX2__
    const __m256i wanted = _mm256_set1_epi8(c);
    const __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)block),
                  high = _mm256_loadu_si256((const __m256i *)(const void *)(block + BLOCK / 2));
    const uint32_t l = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)),
                   h = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
    return (uint64_t)h << 32 | l;
#else
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the lowest byte of a word is the first");
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t mask = 0;
    for (unsigned i = 0; i < BLOCK; i += 8) {
        uint64_t v;
        memcpy(&v, block + i, sizeof v);
        v ^= ones * (unsigned char)c;
        const uint64_t zero = ~(((v & ~tops) + ~tops) | v) & tops;       /* the top bit of each byte that is 0 */
        mask |= ((zero >> 7) * UINT64_C(0x0102040810204080) >> 56) << i; /* bit 8k to bit k */
    }
    return mask;
#endif
}

/* Bit i: the exclusive or of the bits 0 to i. */
static inline uint64_t running_xor(uint64_t v)
{
    for (unsigned by = 1; by < BLOCK; by *= 2)
        v ^= v << by;
    return v;
}

static void look_at_block(struct rf_csv_front *f)
{
    char copy[BLOCK];
    const char *at = f->block;
    const size_t left = (size_t)(f->end - at);
    f->last = left <= BLOCK;
    if (left < BLOCK) {
        memset(copy, 0, sizeof copy);
        memcpy(copy, at, left);
        at = copy;
    }
    const uint64_t quote = equal(at, '"'), lf = equal(at, '\n'), cr = equal(at, '\r');
    const uint64_t inside = running_xor(quote) ^ f->inside, open = quote & inside, close = quote & ~inside;
    const uint64_t marks = (equal(at, f->delimiter) | lf | cr) & ~inside;
    const uint64_t behind_close = close << 1 | f->closed, behind_mark = marks << 1 | f->marked;
    const uint64_t lf_behind = lf >> 1 | (uint64_t)(left > BLOCK && at[BLOCK] == '\n') << (BLOCK - 1);
    const uint64_t odd = (open & ~(behind_mark | behind_close)) | (behind_close & ~(marks | open));
    f->marks = marks;
    f->inner = (lf | (cr & ~lf_behind)) & inside;
    f->twice = open & behind_close;
    f->inside = (uint64_t)0 - (inside >> (BLOCK - 1));
    f->closed = close >> (BLOCK - 1);
    f->marked = marks >> (BLOCK - 1);
    if (odd) {
        f->marks &= (odd & -odd) - 1;
        f->last = true;
    }
}

void rf_csv_front_start(struct rf_csv_front *f, const char *from, const char *end)
{
    f->row = f->field = f->block = from;
    f->end = end;
    f->inside = f->closed = f->lines = 0;
    f->marked = 1;
    f->doubled = false;
    look_at_block(f);
}

const char *rf_csv_front_next(struct rf_csv_front *f)
{
    while (!f->marks) {
        if (f->last)
            return NULL;
        f->lines += (uint64_t)__builtin_popcountll(f->inner);
        f->doubled |= f->twice != 0;
        f->block += BLOCK;
        look_at_block(f);
    }
    const uint64_t mark = f->marks & -f->marks, below = mark - 1;
    const char *const at = f->block + __builtin_ctzll(mark);
    if ((size_t)(at - f->field) > f->max_field + (*f->field == '"') * 2u)
        return NULL;
    f->lines += (uint64_t)__builtin_popcountll(f->inner & below);
    f->doubled |= (f->twice & below) != 0;
    f->inner &= ~below;
    f->twice &= ~below;
    f->marks ^= mark;
    f->field = at + 1;
    return at;
}
