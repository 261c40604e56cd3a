/* Runs as they were, and again. A run is done again by the command line that it keeps, with two words changed: the
 * database and the output. */
#include "eval/past_run.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/cli.h"
#include "core/shell.h"

static int copy_text(struct rf_stmt *s, int i, char **out, struct rf_err *err)
{
    const struct rf_str t = rf_col_str(s, i);
    *out = rf_strndup(t.s ? t.s : "", t.len, err);
    return *out ? 0 : RF_FAIL;
}

int rf_past_run_load(struct rf_past_run *r, struct rf_db *db, int64_t id, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    char **const text[] = { &r->command,     &r->status,         &r->version, &r->blas,
                            &r->data_sha256, &r->weights_sha256, &r->output };
    int rc = rf_stmt_new(&s, db,
                         "SELECT command, status, version, blas, data_sha256, weights_sha256, output,"
                         " json_type(options, '$.force') IS NOT NULL, argv FROM run WHERE id = ?1",
                         err);
    if (rc)
        goto out;
    rf_bind_int(s, 1, id);
    if ((rc = rf_step(s, err)) <= 0) {
        rc = rc ? rc : rf_fail(err, RF_USAGE, "found no run %lld; `routefit runs list` lists them", (long long)id);
        goto out;
    }
    rc = 0;
    r->id = id;
    for (size_t i = 0; i < sizeof text / sizeof *text && !rc; i++)
        rc = copy_text(s, (int)i, text[i], err);
    r->has_force = rf_col_int(s, 7) != 0;
    const struct rf_str argv = rf_col_str(s, 8);
    if (!rc && (rc = rf_json_strings(argv.s, argv.len, &r->words, err)))
        rf_fail_in(err, "run %lld: its command line", (long long)id);
out:
    rf_stmt_free(s);
    return rc;
}

void rf_past_run_release(struct rf_past_run *r)
{
    char *const text[] = { r->command, r->status, r->version, r->blas, r->data_sha256, r->weights_sha256, r->output };
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        rf_free(text[i]);
    rf_json_strings_release(&r->words);
    *r = (struct rf_past_run){ 0 };
}

int rf_past_run_shell(const struct rf_past_run *r, struct rf_buf *out, struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < r->words.n && !rc; i++) {
        rc = i ? rf_buf_add(out, " ", 1, err) : 0;
        rc = rc ? rc : rf_shell_add(out, i ? r->words.item[i].s : "routefit", err);
    }
    return rc;
}

/* ---------------------------------------------------------------- again */

/* How a word gives the value of an option: not at all, in the next word, or behind its name. */
struct given {
    bool next;
    const char *value; /* NULL: not behind its name */
};

static struct given given(const char *word, const char *name, char letter)
{
    const size_t n = strlen(name);
    if (!strncmp(word, "--", 2) && !strncmp(word + 2, name, n) && (!word[2 + n] || word[2 + n] == '='))
        return word[2 + n] ? (struct given){ false, word + 3 + n } : (struct given){ true, NULL };
    if (letter && word[0] == '-' && word[1] == letter)
        return word[2] ? (struct given){ false, word + 2 } : (struct given){ true, NULL };
    return (struct given){ false, NULL };
}

static bool is_given(struct given g)
{
    return g.next || g.value;
}

/* The words of the new line in out[r->words.n + 7]; *n of them. They borrow everything. */
static void new_line(const struct rf_past_run *r, const char *copy, const char *output, const char **out, int *n)
{
    int k = 0;
    size_t i = 1;
    bool options = true;
    out[k++] = "routefit";
    out[k++] = "--db";
    out[k++] = copy;
    out[k++] = "--quiet";
    for (; i < r->words.n; i++) {
        const char *const word = r->words.item[i].s, *const next = i + 1 < r->words.n ? r->words.item[i + 1].s : "";
        if (options && !strcmp(word, "--")) {
            options = false;
            if (r->has_force)
                out[k++] = "--force";
        }
        const struct given db = given(word, "db", 0), to = given(word, "output", 'o');
        if (options && is_given(db)) {
            i += db.next;
        } else if (options && *r->output && is_given(to) && !strcmp(to.next ? next : to.value, r->output)) {
            out[k++] = "-o";
            out[k++] = output;
            i += to.next;
        } else {
            out[k++] = word;
        }
    }
    if (options && r->has_force)
        out[k++] = "--force";
    *n = k;
    out[k] = NULL;
}

/* The line's own words on stdout go nowhere. */
static int run_quietly(int n, char **words, struct rf_err *err)
{
    int rc = fflush(stdout) ? rf_fail_errno(err, RF_IO, "cannot write the results") : 0;
    const int kept = rc ? -1 : dup(STDOUT_FILENO), null = rc ? -1 : open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (!rc && (kept < 0 || null < 0 || dup2(null, STDOUT_FILENO) < 0))
        rc = rf_fail_errno(err, RF_IO, "cannot silence a run");
    if (!rc) {
        rc = rf_cli_run(n, words, err);
        fflush(stdout);
        if (dup2(kept, STDOUT_FILENO) < 0)
            rc = rf_fail_errno(err, RF_IO, "cannot write the results");
    }
    if (kept >= 0)
        close(kept);
    if (null >= 0)
        close(null);
    return rc;
}

int rf_past_run_again(const struct rf_past_run *r, const char *copy, const char *output, struct rf_err *err)
{
    const char **line = NULL;
    char **words = NULL;
    int n = 0, rc = 0;
    for (size_t i = 0; i < r->words.n; i++)
        if (strstr(r->words.item[i].s, "(removed)"))
            return rf_fail(err, RF_USAGE, "run %lld was given a secret, which is not stored: run it by hand",
                           (long long)r->id);
    if ((rc = RF_NEW(line, r->words.n + 7, err)) || (rc = RF_NEW(words, r->words.n + 7, err)))
        goto out;
    new_line(r, copy, output, line, &n);
    for (int i = 0; i < n && !rc; i++)
        if (!(words[i] = rf_strndup(line[i], strlen(line[i]), err)))
            rc = RF_FAIL;
    if (!rc && (rc = run_quietly(n, words, err)))
        rf_fail_in(err, "run %lld again", (long long)r->id);
out:
    for (int i = 0; words && i < n; i++)
        rf_free(words[i]);
    rf_free(words);
    rf_free(line);
    return rc;
}
