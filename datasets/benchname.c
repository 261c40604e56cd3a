/* Names of benchmarks by one small rule, and the parts of a path that name files. */
#include "datasets/benchname.h"

#include <string.h>

#include "datasets/field.h"

struct rf_str rf_path_stem(const char *path)
{
    static const char *const packed[] = { ".gz", ".zst" }; /* the suffix before them is the content's */
    const char *const slash = strrchr(path, '/'), *const name = slash ? slash + 1 : path;
    struct rf_str stem = { name, strlen(name) };
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
        if (rf_str_ends(stem, packed[i]) && stem.len > strlen(packed[i]))
            stem.len -= strlen(packed[i]);
    const char *const dot = memrchr(stem.s, '.', stem.len);
    if (dot && dot != name)
        stem.len = (size_t)(dot - name);
    return stem;
}

struct rf_str rf_path_folder(const char *path)
{
    const char *end = strrchr(path, '/'), *start = end;
    while (start && start > path && start[-1] != '/')
        start--;
    const struct rf_str f = { start, start ? (size_t)(end - start) : 0 };
    return f.len == 0 || rf_str_is(f, ".") || rf_str_is(f, "..") ? (struct rf_str){ 0 } : f;
}

int rf_benchname_set(struct rf_benchname *b, struct rf_str name, struct rf_err *err)
{
    static const char *const tails[] = { "_responses", "_results" };
    enum { MMLU = 4 };
    b->buf.len = 0;
    const int rc = rf_buf_add(&b->buf, name.s, name.len, err);
    if (rc)
        return rc;
    struct rf_str all = { b->buf.data, b->buf.len };
    for (size_t i = 0; i < all.len; i++)
        if (b->buf.data[i] >= 'A' && b->buf.data[i] <= 'Z')
            b->buf.data[i] = (char)(b->buf.data[i] - 'A' + 'a');
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        if (rf_str_ends(all, tails[i]) && all.len > strlen(tails[i]))
            all.len -= strlen(tails[i]);
    b->bench = all;
    b->task = (struct rf_str){ 0 };
    if (all.len > MMLU + 1 && !memcmp(all.s, "mmlu", MMLU) && (all.s[MMLU] == '-' || all.s[MMLU] == '_')) {
        b->bench.len = MMLU;
        b->task = (struct rf_str){ all.s + MMLU + 1, all.len - MMLU - 1 };
        for (char *p = b->buf.data + MMLU + 1; p < b->buf.data + all.len; p++)
            if (*p == '-')
                *p = '_';
    }
    return 0;
}

int rf_benchname_force(struct rf_benchname *b, const char *bench, struct rf_str name, struct rf_err *err)
{
    b->buf.len = 0;
    int rc = rf_buf_add(&b->buf, bench, strlen(bench), err);
    if (!rc && name.s)
        rc = rf_buf_add(&b->buf, name.s, name.len, err);
    if (rc)
        return rc;
    b->bench = (struct rf_str){ b->buf.data, strlen(bench) };
    b->task = (struct rf_str){ name.s ? b->buf.data + b->bench.len : NULL, name.len };
    return 0;
}

void rf_benchname_release(struct rf_benchname *b)
{
    rf_buf_release(&b->buf);
    *b = (struct rf_benchname){ 0 };
}
