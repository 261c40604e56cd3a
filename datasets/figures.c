/* Numbers out of cells by a table: the first one that is none drops the row. */
#include "datasets/figures.h"

#include <string.h>

#include "datasets/field.h"

static bool read_score(struct rf_str cell, void *to)
{
    return rf_field_score(cell, to);
}

static bool read_amount(struct rf_str cell, void *to)
{
    double v;
    if (!rf_field_real(cell, &v) || v < 0)
        return false;
    *(double *)to = v;
    return true;
}

static bool read_count(struct rf_str cell, void *to)
{
    return rf_field_count(cell, to);
}

static bool read_turn(struct rf_str cell, void *to)
{
    int64_t v;
    if (!rf_field_count(cell, &v) || v < 1 || v > 1000)
        return false;
    *(int *)to = (int)v;
    return true;
}

int rf_figures_read(const struct rf_figure *f, size_t n, struct rf_sink *sink, uint64_t line, struct rf_err *err)
{
    static const struct {
        bool (*read)(struct rf_str cell, void *to);
        const char *expected;
    } kinds[] = { [RF_FIGURE_SCORE] = { read_score, "a number, True or False" },
                  [RF_FIGURE_AMOUNT] = { read_amount, "a number >= 0" },
                  [RF_FIGURE_COUNT] = { read_count, "a whole number >= 0" },
                  [RF_FIGURE_TURN] = { read_turn, "1, 2, ..." } };
    char shown[RF_SHOWN];
    for (size_t i = 0; i < n; i++)
        if (!rf_field_missing(f[i].cell) && !kinds[f[i].kind].read(f[i].cell, f[i].to))
            return rf_sink_drop(sink, line, f[i].field, "bad number", kinds[f[i].kind].expected, err, "%s",
                                rf_field_show(f[i].cell, shown));
    return 1;
}

struct rf_str rf_bench_or(const struct rf_sink *sink, const char *own)
{
    const char *const forced = rf_sink_bench(sink), *const name = forced ? forced : own;
    return (struct rf_str){ name, strlen(name) };
}

int rf_key_of_text(struct rf_item *item, struct rf_str text, char hex[RF_SHA256_HEX], struct rf_err *err)
{
    const int rc = rf_sha256_hex_of(text.s, text.len, hex, err);
    if (!rc)
        item->key = (struct rf_str){ hex, strlen(hex) };
    return rc;
}

int rf_sink_answer(struct rf_sink *sink, const struct rf_item *item, const struct rf_result *r, struct rf_err *err)
{
    int64_t id = 0;
    const int rc = rf_sink_item(sink, item, &id, err);
    return rc || !id ? rc : rf_sink_result(sink, id, r, item->line, err);
}
