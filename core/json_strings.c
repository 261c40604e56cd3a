/* The list of strings that a vote file holds in each of its rows, decoded without building nodes. Refuses what RFC 8259
 * and UTF-8 refuse, and every value that is neither a string nor null. A differential test holds it equal to jansson.
 */
#include "core/json.h"

#include "core/json_cursor.h"

static int decode_item(struct rf_json_cursor *c, struct rf_json_strings *t)
{
    if (t->n == t->cap) {
        const size_t cap = t->cap ? 2 * t->cap : 8;
        struct rf_str *item = rf_regrow(t->item, t->cap, cap, sizeof *item, c->err);
        if (!item)
            return RF_FAIL;
        t->item = item;
        t->cap = cap;
    }
    struct rf_str *item = &t->item[t->n++];
    *item = (struct rf_str){ 0 };
    if (rf_json_accept(c, "null"))
        return 0;
    if (!rf_json_accept(c, "\""))
        return rf_json_refuse(c, "a string or null");
    item->s = c->out;
    const int rc = rf_json_decode(c);
    if (rc)
        return rc;
    item->len = (size_t)(c->out - item->s) - 1;
    return 0;
}

int rf_json_strings(const char *s, size_t n, struct rf_json_strings *t, struct rf_err *err)
{
    struct rf_json_cursor c;
    t->n = t->repaired = 0;
    int rc = rf_json_cursor_init(&c, s, n, &t->buf, err);
    if (rc)
        return rc;
    rf_json_skip_blanks(&c);
    if (!rf_json_accept(&c, "["))
        return rf_json_refuse(&c, "'['");
    rf_json_skip_blanks(&c);
    for (bool more = !rf_json_accept(&c, "]"); more;) {
        if ((rc = decode_item(&c, t)))
            return rc;
        rf_json_skip_blanks(&c);
        more = rf_json_accept(&c, ",");
        if (!more && !rf_json_accept(&c, "]"))
            return rf_json_refuse(&c, "',' or ']'");
        rf_json_skip_blanks(&c);
    }
    rf_json_skip_blanks(&c);
    if (c.p != c.end)
        return rf_json_refuse(&c, "the end of the text");
    t->buf.len = (size_t)(c.out - t->buf.data);
    t->repaired = c.repaired;
    return 0;
}

void rf_json_strings_release(struct rf_json_strings *t)
{
    rf_buf_release(&t->buf);
    rf_free(t->item);
    *t = (struct rf_json_strings){ 0 };
}
