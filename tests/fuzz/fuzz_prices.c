/* Price lists without a database: the reader over a sink of its own, which holds what it is told to the promises of
 * datasets/reader.h. Any bytes are prices of at least 0 with a line, dropped rows with what was found, or a refusal
 * that names the file. */
#include <math.h>
#include <string.h>

#include "datasets/field.h"
#include "datasets/reader.h"
#include "fuzz/fuzz.h"

extern const struct rf_reader rf_reader_prices;

/* In the place of datasets/sink.c. */
struct rf_sink {
    uint64_t rows, outcomes; /* counted by rf_sink_row; priced, dropped or left out */
};

static void is_price(double v)
{
    PROMISE(isnan(v) || (v >= 0 && isfinite(v)));
}

int rf_sink_price(struct rf_sink *s, const struct rf_price *p, struct rf_err *err)
{
    (void)err;
    s->outcomes++;
    PROMISE(s->outcomes <= s->rows && p->line > 0);
    is_price(p->input);
    is_price(p->output);
    is_price(p->request);
    PROMISE(!isnan(p->input) || !isnan(p->output) || !isnan(p->request));
    PROMISE(!p->valid_from.s || rf_field_date(p->valid_from));
    return 0;
}

int rf_sink_drop(struct rf_sink *s, uint64_t line, const char *field, const char *reason, const char *expected,
                 struct rf_err *err, const char *found, ...)
{
    (void)field, (void)expected, (void)err;
    s->outcomes++;
    PROMISE(s->outcomes <= s->rows && line > 0 && *reason && *found);
    return 0;
}

int rf_sink_drop_why(struct rf_sink *s, uint64_t line, const char *field, const char *reason, const struct rf_err *why,
                     struct rf_err *err)
{
    PROMISE(why->code == RF_BAD_INPUT && *why->msg);
    return rf_sink_drop(s, line, field, reason, NULL, err, "%s", why->msg);
}

int rf_sink_note(struct rf_sink *s, uint64_t line, const char *what, struct rf_err *err, const char *detail, ...)
{
    (void)s, (void)err, (void)detail;
    PROMISE(line > 0 && *what);
    return 0;
}

int rf_sink_row(struct rf_sink *s, struct rf_err *err)
{
    (void)err;
    s->rows++;
    return 0;
}

int rf_sink_unused(struct rf_sink *s, struct rf_str name, struct rf_err *err)
{
    (void)s, (void)name, (void)err;
    return 0;
}

void rf_sink_repaired(struct rf_sink *s, size_t n)
{
    (void)s, (void)n;
}

const char *rf_sink_path(const struct rf_sink *s)
{
    (void)s;
    return "fuzz";
}

struct rf_mapping *rf_sink_mapping(const struct rf_sink *s)
{
    (void)s;
    return NULL;
}

bool rf_sink_reads_responses(const struct rf_sink *s)
{
    (void)s;
    return false;
}

/* What readers of other formats call, which stand in the same list. */
#define NEVER(declaration)                                                                                             \
    declaration                                                                                                        \
    {                                                                                                                  \
        abort();                                                                                                       \
    }
#define UNUSED __attribute__((unused))
NEVER(int rf_sink_vote(struct rf_sink *s UNUSED, const struct rf_vote *v UNUSED, struct rf_err *err UNUSED))
NEVER(int rf_sink_item(struct rf_sink *s UNUSED, const struct rf_item *v UNUSED, int64_t *item UNUSED,
                       struct rf_err *err UNUSED))
NEVER(int rf_sink_result(struct rf_sink *s UNUSED, int64_t item UNUSED, const struct rf_result *r UNUSED,
                         uint64_t line UNUSED, struct rf_err *err UNUSED))
NEVER(int rf_sink_contaminated(struct rf_sink *s UNUSED, struct rf_str text UNUSED, uint64_t line UNUSED,
                               struct rf_err *err UNUSED))
NEVER(int rf_sink_score(struct rf_sink *s UNUSED, const struct rf_score *v UNUSED, struct rf_err *err UNUSED))
NEVER(int rf_sink_prompt(struct rf_sink *s UNUSED, const struct rf_prompt *p UNUSED, uint64_t line UNUSED,
                         uint64_t row UNUSED, struct rf_err *err UNUSED))
NEVER(struct rf_str rf_sink_name(const struct rf_sink *s UNUSED))
NEVER(const char *rf_sink_judge(const struct rf_sink *s UNUSED))
NEVER(const char *rf_sink_bench(const struct rf_sink *s UNUSED))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rf_sink sink = { 0 };
    struct rf_err err = { 0 };
    struct rf_input *in = NULL;
    PROMISE(rf_input_memory(&in, "fuzz", data, n, NULL) == 0);
    const int rc = rf_reader_prices.read(in, &sink, &err);
    rf_input_close(in);
    PROMISE(rc == 0 || (rc == RF_BAD_INPUT && !strncmp(err.msg, "fuzz:", 5)));
    return 0;
}
