/* Price lists: LiteLLM's model_prices (model, then prices per token), RouterArena's (per million), FrugalGPT's
 * serviceinfo (provider, then model), LLMRouter's default_llm.json, OpenRouter's list of models, and plain tables as
 * CSV or JSON lines. The name of a column or key says its unit: what names none is refused, never guessed. What a list
 * charges by character, image, pixel or second is no token price: entries with nothing else are left out and counted.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "datasets/field.h"
#include "datasets/members.h"
#include "datasets/record.h"
#include "datasets/sniff.h"

enum { F_MODEL, F_PROVIDER, F_FROM, F_PRICES, FIELDS = F_PRICES + 10 };
static const struct rf_wanted wanted[FIELDS] = {
    [F_MODEL] = { { "model", "model_name", "name", "id" }, true },
    [F_PROVIDER] = { { "provider", "litellm_provider", "service" }, false },
    [F_FROM] = { { "valid_from", "date" }, false },
    [F_PRICES] = { { "input_cost_per_token", "input_price_per_token", "input_per_token", "cost_input" }, false },
    { { "output_cost_per_token", "output_price_per_token", "output_per_token", "cost_output" }, false },
    { { "input_token_price_per_million", "input_price_per_million", "input_cost_per_million", "input_per_million" },
      false },
    { { "output_token_price_per_million", "output_price_per_million", "output_cost_per_million", "output_per_million" },
      false },
    { { "input_price_per_1m", "input_cost_per_1m", "input_per_1m", "input_usd_per_1m" }, false },
    { { "output_price_per_1m", "output_cost_per_1m", "output_per_1m", "output_usd_per_1m" }, false },
    { { "input_price_per_1k", "input_cost_per_1k", "input_per_1k", "input_usd_per_1k" }, false },
    { { "output_price_per_1k", "output_cost_per_1k", "output_per_1k", "output_usd_per_1k" }, false },
    { { "price_per_request", "cost_per_request", "input_cost_per_request", "cost_fixed" }, false },
    { { "input_cost_per_query" }, false },
};
enum price { INPUT, OUTPUT, REQUEST, PRICES };
static const struct {
    enum price what;
    double per; /* tokens or requests that the price is for */
} unit[FIELDS - F_PRICES] = {
    { INPUT, 1 },    { OUTPUT, 1 },  { INPUT, 1e6 },  { OUTPUT, 1e6 }, { INPUT, 1e6 },
    { OUTPUT, 1e6 }, { INPUT, 1e3 }, { OUTPUT, 1e3 }, { REQUEST, 1 },  { REQUEST, 1 },
};

/* Layouts whose keys do not say their unit, but whose other keys say whose layout it is. */
static const struct layout {
    const char *mark;   /* a key that stands in every entry */
    const char *within; /* the entry's key under which the prices stand; NULL: in itself */
    const char *key[PRICES];
    double per;
} layouts[] = {
    { "feature", NULL, { "input_price", "output_price", NULL }, 1e6 },  /* LLMRouter */
    { "pricing", "pricing", { "prompt", "completion", "request" }, 1 }, /* OpenRouter: GET /api/v1/models */
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

struct state {
    struct rf_sink *sink;
    struct rf_str provider; /* of the entries being read; .s NULL: their own */
    bool inside;            /* one of a provider's models */
    uint64_t read;          /* entries */
    uint64_t none;          /* those without a token price */
};

/* ---- one entry ---- */

/* "$2.50" too. */
static bool dollars(struct rf_str s, double *v)
{
    if (s.len && s.s[0] == '$')
        s = (struct rf_str){ s.s + 1, s.len - 1 };
    return rf_field_real(s, v);
}

/* The cells of an entry: [FIELDS], .s NULL where there is none. elsewhere: the most that it
 * asks for something that is no token, NaN: it names nothing else. */
static int emit(struct state *s, uint64_t line, const struct rf_str *cell, double elsewhere, struct rf_err *err)
{
    double v[PRICES] = { NAN, NAN, NAN };
    char shown[RF_SHOWN];
    s->read++;
    for (size_t i = 0; i < FIELDS - F_PRICES; i++) {
        const struct rf_str c = cell[F_PRICES + i];
        double x;
        if (rf_field_missing(c) || !isnan(v[unit[i].what]))
            continue;
        if (!dollars(c, &x) || x < 0)
            return rf_sink_drop(s->sink, line, wanted[F_PRICES + i].name[0], "bad price", "dollars >= 0", err, "%s",
                                rf_field_show(c, shown));
        v[unit[i].what] = x / unit[i].per;
    }
    const bool any = !isnan(v[INPUT]) || !isnan(v[OUTPUT]) || !isnan(v[REQUEST]);
    const bool paid = v[INPUT] > 0 || v[OUTPUT] > 0 || v[REQUEST] > 0;
    if (!any || (!paid && (elsewhere > 0 || (elsewhere >= 0 && isnan(v[INPUT]))))) {
        s->none++;
        return rf_sink_note(s->sink, line, "entries name no price by token or request and are left out", err, "%s",
                            rf_field_show(cell[F_MODEL], shown));
    }
    struct rf_str from = cell[F_FROM];
    if (rf_field_missing(from))
        from = (struct rf_str){ 0 };
    else if (!rf_field_date(from))
        return rf_sink_drop(s->sink, line, "valid_from", "bad date", "2024-06-01", err, "%s",
                            rf_field_show(from, shown));
    return rf_sink_price(s->sink,
                         &(struct rf_price){ .line = line,
                                             .model = cell[F_MODEL],
                                             .provider = s->provider.s          ? s->provider
                                                         : cell[F_PROVIDER].len ? cell[F_PROVIDER]
                                                                                : (struct rf_str){ 0 },
                                             .input = v[INPUT],
                                             .output = v[OUTPUT],
                                             .request = v[REQUEST],
                                             .valid_from = from },
                         err);
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    return emit(ctx, r->line, r->field, NAN, err);
}

/* ---- entries of one big object ---- */

/* A value as a cell: text[32] holds numbers. false: neither text, number nor null. */
static bool cell_of(const json_t *v, char text[32], struct rf_str *cell)
{
    if (json_is_null(v) || !v)
        return true;
    if (json_is_string(v)) {
        *cell = (struct rf_str){ json_string_value(v), json_string_length(v) };
        return true;
    }
    if (!json_is_number(v))
        return false;
    rf_real_text(json_number_value(v), text);
    *cell = (struct rf_str){ text, strlen(text) };
    return true;
}

/* The most that the entry asks for something that is no token, "output_cost_per_image"; NaN: it names no such thing. */
static double costs_elsewhere(json_t *entry)
{
    double most = NAN;
    const char *key;
    json_t *v;
    json_object_foreach(entry, key, v)
    {
        const char *const cost = strstr(key, "cost_per_");
        if (cost && !strstr(cost, "_token") && json_is_number(v))
            most = fmax(most, json_number_value(v)); /* of a number and NaN: the number */
    }
    return most;
}

static const struct layout *layout_of(const json_t *entry)
{
    for (size_t i = 0; i < LAYOUTS; i++)
        if (json_object_get(entry, layouts[i].mark))
            return &layouts[i];
    return NULL;
}

/* cell[i] and text[i] for every field that the entry has; a value of another kind drops it (returns 1). */
static int fill(const struct state *s, const json_t *entry, uint64_t line, struct rf_str *cell, char (*text)[32],
                struct rf_err *err)
{
    for (size_t i = 0; i < FIELDS; i++)
        for (size_t k = 0; !cell[i].s && k < RF_ALIASES && wanted[i].name[k]; k++)
            if (!cell_of(json_object_get(entry, wanted[i].name[k]), text[i], &cell[i])) {
                const int rc = rf_sink_drop(s->sink, line, wanted[i].name[k], "bad value", "a number or text", err,
                                            "another kind of value");
                return rc ? rc : 1;
            }
    return 0;
}

static int entry(struct state *s, struct rf_str model, json_t *object, uint64_t line, struct rf_err *err)
{
    static const size_t plain[PRICES] = { F_PRICES, F_PRICES + 1, FIELDS - 2 }; /* per token, and per request */
    struct rf_str cell[FIELDS] = { { 0 } };
    char text[FIELDS][32];
    const struct layout *const l = layout_of(object);
    int rc = rf_sink_row(s->sink, err);
    cell[F_MODEL] = model;
    if (rc || (rc = fill(s, object, line, cell, text, err)))
        return rc < 0 ? rc : 0;
    for (size_t i = 0; l && i < PRICES; i++) {
        struct rf_str c = { 0 };
        double v;
        if (!l->key[i] ||
            !cell_of(json_object_get(l->within ? json_object_get(object, l->within) : object, l->key[i]),
                     text[plain[i]], &c) ||
            !c.s)
            continue;
        if (dollars(c, &v)) {
            rf_real_text(v / l->per, text[plain[i]]);
            c = (struct rf_str){ text[plain[i]], strlen(text[plain[i]]) };
        }
        cell[plain[i]] = c;
    }
    return emit(s, line, cell, costs_elsewhere(object), err);
}

/* A list of entries that name themselves: {"data": [{"id": ...}, ...]}. */
static int entry_list(struct state *s, const json_t *list, uint64_t line, struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < json_array_size(list); i++) {
        json_t *const e = json_array_get(list, i);
        struct rf_str model = { 0 };
        for (size_t k = RF_ALIASES; k--;) { /* the last name first: a name may be for people, an id is not */
            const json_t *const v = wanted[F_MODEL].name[k] ? json_object_get(e, wanted[F_MODEL].name[k]) : NULL;
            if (json_is_string(v) && !model.s)
                model = (struct rf_str){ json_string_value(v), json_string_length(v) };
        }
        if (json_is_object(e))
            rc = entry(s, model, e, line, err);
    }
    return rc;
}

/* An object of objects that is no entry itself: a provider's models. */
static bool is_folder(json_t *object)
{
    const char *key;
    json_t *v;
    json_object_foreach(object, key, v)
    {
        if (!json_is_object(v))
            return false;
    }
    return json_object_size(object) > 0 && !layout_of(object);
}

static int take_member(void *ctx, const struct rf_member *m, struct rf_err *err)
{
    struct state *s = ctx;
    json_t *v = NULL;
    int rc;
    if (rf_str_is(m->key, "sample_spec")) /* LiteLLM's explanation of its own keys */
        return 0;
    if ((rc = rf_member_parse(rf_sink_path(s->sink), m, &v, err)))
        return rc;
    if (json_is_array(v)) {
        rc = entry_list(s, v, m->line, err);
    } else if (!json_is_object(v)) {
        rc = rf_sink_unused(s->sink, m->key, err);
    } else if (!s->inside && is_folder(v)) {
        s->provider = m->key;
        s->inside = true;
        rc = rf_members_each(rf_sink_path(s->sink), m->value, m->line, take_member, s, err);
        s->inside = false;
        s->provider = (struct rf_str){ 0 };
    } else {
        rc = entry(s, m->key, v, m->line, err);
    }
    json_decref(v);
    return rc;
}

static int read_object(struct state *s, struct rf_input *in, struct rf_err *err)
{
    struct rf_buf whole = { 0 };
    struct rf_str text;
    int rc = rf_whole_read(in, &whole, &text, err);
    if (!rc)
        rc = rf_members_each(rf_sink_path(s->sink), text, 1, take_member, s, err);
    rf_buf_release(&whole);
    return rc;
}

/* ---- the reader ---- */

static bool has_any(const struct rf_sniff *s, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        for (size_t k = 0; k < RF_ALIASES && wanted[i].name[k]; k++)
            if (rf_sniff_has(s, wanted[i].name[k]))
                return true;
    return false;
}

/* One entry a row or line. */
static bool is_flat(const struct rf_sniff *s)
{
    return has_any(s, F_MODEL, F_MODEL + 1) && has_any(s, F_PRICES, FIELDS);
}

/* One object of entries. */
static bool is_nested(const struct rf_sniff *s)
{
    size_t object;
    const enum rf_shape shape = rf_sniff_shape(s->head, &object);
    if (shape != RF_SHAPE_JSON_LINES && shape != RF_SHAPE_JSON_SPREAD)
        return false;
    for (size_t i = F_PRICES; i < FIELDS; i++)
        for (size_t k = 0; k < RF_ALIASES && wanted[i].name[k]; k++)
            if (rf_sniff_deep(s, wanted[i].name[k]))
                return true;
    for (size_t i = 0; i < LAYOUTS; i++)
        if (rf_sniff_deep(s, layouts[i].mark) && rf_sniff_deep(s, layouts[i].key[INPUT]) &&
            rf_sniff_deep(s, layouts[i].key[OUTPUT]) && !rf_sniff_deep(s, "embedding"))
            return true;
    return false;
}

static int sniff(const struct rf_sniff *s)
{
    return is_flat(s) ? 60 : is_nested(s) ? 80 : 0;
}

static int read_prices(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    struct rf_sniffed what = { 0 };
    struct rf_str head;
    bool whole = false;
    int rc = rf_input_head(in, &head, err);
    if (!rc && !(rc = rf_sniff_init(&what, rf_sink_path(sink), head, err)))
        whole = what.s.json && !is_flat(&what.s);
    rf_sniff_release(&what);
    if (!rc)
        rc = whole ? read_object(&s, in, err) : rf_records_read(in, sink, wanted, FIELDS, take, &s, err);
    if (!rc && s.read && s.none == s.read)
        rc = rf_fail(err, RF_BAD_INPUT,
                     "%s: found no price in %llu entries, expected one whose name says its unit: "
                     "input_cost_per_token, output_cost_per_token, input_per_1m, output_per_1m, price_per_request",
                     rf_sink_path(sink), (unsigned long long)s.read);
    return rc;
}

const struct rf_reader rf_reader_prices = {
    "prices",
    "price lists: LiteLLM, RouterArena, FrugalGPT, LLMRouter, OpenRouter, or model, input_per_1m, output_per_1m", sniff,
    read_prices
};
