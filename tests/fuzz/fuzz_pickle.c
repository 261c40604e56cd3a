/* Pickled tables: any bytes are a table whose cells can all be read, or a refusal. No table has more cells than the
 * input has bytes, an index with a name apart. */
#include <math.h>
#include <string.h>

#include "core/json.h"
#include "core/pickle.h"
#include "datasets/dataframe.h"
#include "fuzz/fuzz.h"

static void read_cell(struct rf_frame *f, size_t row, size_t column, size_t n)
{
    struct rf_cell cell;
    struct rf_err err = { 0 };
    char room[RF_CELL_ROOM];
    if (rf_frame_cell(f, row, column, &cell, &err)) {
        PROMISE(err.code == RF_BAD_INPUT && strstr(err.msg, "found") && strstr(err.msg, "expected"));
        return;
    }
    const struct rf_str text = rf_cell_text(&cell, room);
    PROMISE(cell.kind == RF_CELL_MISSING || !isnan(cell.x));
    PROMISE((text.s != NULL) == (cell.kind != RF_CELL_MISSING && cell.kind != RF_CELL_OTHER));
    PROMISE(text.len <= n + RF_CELL_ROOM && rf_utf8_valid(text.s, text.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct rf_str bytes = { (const char *)data, n };
    struct rf_frame *f = NULL;
    struct rf_err err = { 0 };
    size_t columns;
    rf_frame_sniff(bytes, "sample_id");
    const int rc = rf_frame_new(&f, bytes, &err);
    PROMISE(rc == 0 ? f != NULL : rc == RF_BAD_INPUT && !f && strstr(err.msg, "found") && strstr(err.msg, "expected"));
    if (rc)
        return 0;
    PROMISE(rf_pickle_sniff(bytes));
    const struct rf_str *const name = rf_frame_names(f, &columns);
    PROMISE(columns < 2 || rf_frame_rows(f) * (columns - 1) <= n);
    for (size_t c = 0; c < columns; c++)
        PROMISE(rf_utf8_valid(name[c].s, name[c].len));
    for (size_t row = 0; columns && row < rf_frame_rows(f); row++)
        for (size_t c = 0; c < columns; c++)
            read_cell(f, row, c, n);
    rf_frame_free(f);
    return 0;
}
