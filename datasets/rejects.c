/* Dropped rows as JSON lines, through the one way in which files are written; for standard output through a temporary
 * file, since what was read of a known stream is forgotten. */
#include "datasets/rejects.h"

#include <string.h>
#include <unistd.h>

#include "core/input.h"
#include "core/json.h"
#include "core/mem.h"

struct rf_rejects {
    struct rf_outfile file; /* .f NULL: standard output */
    FILE *f;                /* where the lines go meanwhile */
};

int rf_rejects_new(struct rf_rejects **out, const char *path, bool force, struct rf_err *err)
{
    struct rf_rejects *r = NULL;
    int rc = RF_NEW(r, 1, err);
    if (rc)
        return rc;
    if (strcmp(path, "-") != 0)
        rc = rf_outfile_open(&r->file, path, force, err);
    r->f = r->file.f;
    if (!rc && !r->f && !(r->f = tmpfile()))
        rc = rf_fail_errno(err, RF_IO, "cannot make a temporary file");
    if (rc)
        rf_rejects_free(r);
    else
        *out = r;
    return rc;
}

void rf_rejects_free(struct rf_rejects *r)
{
    if (!r)
        return;
    if (r->f && !r->file.f)
        fclose(r->f);
    rf_outfile_release(&r->file);
    rf_free(r);
}

static void put(FILE *f, const char *key, const char *text)
{
    fprintf(f, ", \"%s\": ", key);
    if (text)
        rf_json_put_string(f, (struct rf_str){ text, strlen(text) });
    else
        fputs("null", f);
}

static int failed(const struct rf_rejects *r, struct rf_err *err)
{
    return rf_fail_errno(err, RF_IO, "cannot write %s (is the disk full?)", rf_rejects_name(r));
}

int rf_rejects_add(struct rf_rejects *r, const struct rf_reject *v, struct rf_err *err)
{
    fputs("{\"file\": ", r->f);
    rf_json_put_string(r->f, (struct rf_str){ v->file, strlen(v->file) });
    put(r->f, "source", v->source);
    fprintf(r->f, ", \"line\": %llu", (unsigned long long)v->line);
    put(r->f, "column", v->column);
    put(r->f, "reason", v->reason);
    put(r->f, "found", v->found);
    put(r->f, "expected", v->expected);
    fputs("}\n", r->f);
    return ferror(r->f) ? failed(r, err) : 0;
}

long rf_rejects_mark(const struct rf_rejects *r)
{
    return ftell(r->f);
}

int rf_rejects_forget(struct rf_rejects *r, long mark, struct rf_err *err)
{
    if (mark < 0 || fflush(r->f) || ftruncate(fileno(r->f), mark) || fseek(r->f, mark, SEEK_SET))
        return failed(r, err);
    return 0;
}

const char *rf_rejects_name(const struct rf_rejects *r)
{
    return r->file.path ? r->file.path : "standard output";
}

int rf_rejects_commit(struct rf_rejects *r, FILE *out, struct rf_err *err)
{
    char piece[8192];
    size_t n;
    if (r->file.f) {
        r->f = NULL;
        return rf_outfile_commit(&r->file, err);
    }
    if (fflush(r->f) || fseek(r->f, 0, SEEK_SET))
        return failed(r, err);
    while ((n = fread(piece, 1, sizeof piece, r->f)))
        if (fwrite(piece, 1, n, out) != n)
            return failed(r, err);
    return ferror(r->f) || fflush(out) ? failed(r, err) : 0;
}
