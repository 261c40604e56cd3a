/* pandas' view of our tables: what it pickles, at every protocol that it writes, is read cell for cell; a RouterBench
 * table is the same from a pickle and from CSV. Skips aloud where /usr/bin/python3 has no pandas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/db.h"
#include "core/input.h"
#include "datasets/dataframe.h"
#include "datasets/sink.h"
#include "datasets/sniff.h"

static char folder[] = "/tmp/routefit-pandas-XXXXXX";
static char data_path[4096];

static int enter_folder(void **state)
{
    (void)state;
    const char *const data = getenv("ROUTEFIT_DATA");
    char here[2048];
    if (data && *data == '/')
        snprintf(data_path, sizeof data_path, "%s/routerbench_0shot", data);
    else if (getcwd(here, sizeof here))
        snprintf(data_path, sizeof data_path, "%s/%s/routerbench_0shot", here, data ? data : "../shared/data");
    return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    return system("rm -f *.pkl *.csv *.txt script.py") || chdir("/") || rmdir(folder);
}

/* Runs a script in the folder; what it prints is its complaint. Skips the test without pandas. */
static void python(const char *test, const char *script)
{
    char said[4096];
    FILE *p = popen("/usr/bin/python3 -c 'import pandas' 2>&1", "r");
    const bool silent = p && !fgets(said, sizeof said, p);
    if (!p || pclose(p) || !silent) {
        printf("SKIP %s: /usr/bin/python3 has no pandas (Debian: python3-pandas)\n", test);
        skip();
    }
    FILE *f = fopen("script.py", "w");
    assert_non_null(f);
    fputs("import glob, pickle, sys, pandas as pd, numpy as np\n", f);
    fputs(script, f);
    fclose(f);
    char command[4400];
    snprintf(command, sizeof command, "/usr/bin/python3 script.py '%s' 2>&1", data_path);
    p = popen(command, "r");
    assert_non_null(p);
    const size_t n = fread(said, 1, sizeof said - 1, p);
    said[n] = '\0';
    if (pclose(p) || n)
        fail_msg("%s: %s", test, said);
}

/* All cells as the script writes them: a line each, the name first, line ends within texts as \n. */
static void put_cells(struct rf_frame *f, struct rf_buf *out)
{
    static const char letter[] = {
        [RF_CELL_MISSING] = '-', [RF_CELL_BOOL] = 'b', [RF_CELL_INT] = 'i',  [RF_CELL_REAL] = 'r',
        [RF_CELL_TEXT] = 't',    [RF_CELL_LIST] = 'l', [RF_CELL_OTHER] = '?'
    };
    size_t n;
    const struct rf_str *const name = rf_frame_names(f, &n);
    for (size_t c = 0; c < n; c++)
        for (size_t r = 0; r < rf_frame_rows(f); r++) {
            struct rf_cell cell;
            char room[RF_CELL_ROOM];
            assert_int_equal(rf_frame_cell(f, r, c, &cell, NULL), 0);
            const struct rf_str text = rf_cell_text(&cell, room);
            rf_buf_printf(out, NULL, "%.*s %c ", (int)name[c].len, name[c].s, letter[cell.kind]);
            if (cell.kind == RF_CELL_REAL)
                rf_buf_printf(out, NULL, "%a", cell.x);
            else
                rf_buf_add(out, text.s ? text.s : "", text.len, NULL);
            rf_buf_add(out, "\n", 1, NULL);
        }
}

static void every_dtype_layout_and_protocol_is_read(void **state)
{
    (void)state;
    python(__func__,
           "df = pd.DataFrame({'sample_id': ['a.1', '\\u00e9', '\\U0001f600'], 'prompt': [['x', 'y'], ('z',), []],\n"
           "  'm': [1.0, float('nan'), 1/3], 'm|total_cost': [1e-300, -0.25, 1e300], 'n': [1, -2**63, 3],\n"
           "  'b': [True, False, True], 'mixed': [np.float64(0.5), pd.NA, None], 'more': ['', 7, True]})\n"
           "for t in 'f2 >f4 f4 >f8 i1 >i2 i4 >i8 u1 u2 >u4'.split(): df['x' + t] = np.array([1, 0, 3], t)\n"
           "df['late'] = [1.5, 2.5, 3.5]\n"
           "def show(v):\n"
           "    if isinstance(v, (list, tuple)): return 'l ' + (v[-1] if v else '')\n"
           "    if isinstance(v, str): return 't ' + v\n"
           "    if v is None or v is pd.NA or v != v: return '- '\n"
           "    if isinstance(v, (bool, np.bool_)): return 'b ' + str(bool(v))\n"
           "    if isinstance(v, (int, np.integer)): return 'i ' + str(int(v))\n"
           "    m, e = float(v).hex().split('p')\n"
           "    m = m.rstrip('0').rstrip('.') if '.' in m else m\n"
           "    return 'r ' + (m if m not in ('-0x', '0x') else m + '0') + 'p' + e\n"
           "plain = df[['sample_id', 'prompt', 'm', 'm|total_cost', 'n', 'b', 'mixed']]\n"
           "tables = {'all': df, 'some': plain[plain.n > 0], 'turned': plain.iloc[::-1], 'one': plain[['m']],\n"
           "  'none': plain.iloc[:0], 'index': plain.rename_axis('k'), 'range': plain.set_index(pd.RangeIndex(9, 0, "
           "-3, name='k')),\n"
           "  'texts': plain.set_index('sample_id'), 'columns': plain[['n', 'b', 'm']],\n"
           "  'fortran': pd.DataFrame(np.asfortranarray(np.arange(12.).reshape(3, 4)), columns=list('abcd')),\n"
           "  'c': pd.DataFrame(np.arange(12.).reshape(3, 4), columns=list('abcd'))}\n"
           "for name, t in tables.items():\n"
           "    w = t.reset_index() if t.index.name else t\n"
           "    with open(name + '.txt', 'w') as f:\n"
           "        for c in w.columns:\n"
           "            for v in w[c]: f.write(f'{c} {show(v)}\\n')\n"
           "    for p in 2, 3, 4, 5: t.to_pickle(f'{name}.{p}.pkl', protocol=p)\n");
    static const char *const tables[] = { "all",   "some",  "turned",  "one",     "none", "index",
                                          "range", "texts", "columns", "fortran", "c" };
    for (size_t i = 0; i < 4 * sizeof tables / sizeof *tables; i++) {
        struct rf_buf bytes = { 0 }, want = { 0 }, got = { 0 };
        struct rf_err err = { 0 };
        struct rf_frame *f = NULL;
        char path[64];
        snprintf(path, sizeof path, "%s.txt", tables[i / 4]);
        assert_int_equal(rf_file_read(path, 0, &want, NULL), 0);
        snprintf(path, sizeof path, "%s.%zu.pkl", tables[i / 4], 2 + i % 4);
        assert_int_equal(rf_file_read(path, 0, &bytes, NULL), 0);
        if (rf_frame_new(&f, (struct rf_str){ bytes.data, bytes.len }, &err))
            fail_msg("%s: %s", path, err.msg);
        put_cells(f, &got);
        if (got.len != want.len || (got.len && strcmp(got.data, want.data) != 0))
            fail_msg("%s: found\n%s\nexpected\n%s", path, got.data ? got.data : "", want.data ? want.data : "");
        rf_frame_free(f);
        rf_buf_release(&bytes);
        rf_buf_release(&want);
        rf_buf_release(&got);
    }
}

/* Reads the file into a new database; a digest of what the router's world sees of it. */
static void results_of(const char *path, struct rf_buf *out)
{
    struct rf_sniffed what = { 0 };
    const struct rf_reader *r = NULL;
    struct rf_db *db = NULL;
    struct rf_sink *sink = NULL;
    struct rf_input *in = NULL;
    struct rf_stmt *all = NULL;
    struct rf_str head;
    struct rf_err err = { 0 };
    uint8_t digest[RF_SHA256_SIZE];
    const struct rf_sink_options o = { .max_errors = -1 };
    if (rf_db_open(&db, ":memory:", RF_DB_CREATE, &err) || rf_input_open(&in, path, &err) ||
        rf_input_head(in, &head, &err) || rf_sniff_init(&what, path, head, &err) || rf_sniff_pick(&what.s, &r, &err) ||
        rf_sink_new(&sink, db, &o, &err) || rf_sink_begin(sink, in, "t", path, r->name, &err) ||
        r->read(in, sink, &err) || rf_input_digest(in, digest, &err) ||
        rf_sink_end(sink, digest, rf_input_bytes(in), &err) ||
        rf_stmt_new(
            &all, db,
            "SELECT printf('%s|%s|%s|%s|%s|%.17g|%.17g|%d|%s', i.bench, i.task, i.key, p.text, m.name, r.score, "
            "r.cost, r.response_bytes, hex(r.response_hash)) FROM result r JOIN item i ON i.id = r.item JOIN "
            "model m ON m.id = r.model JOIN prompt p ON p.id = i.prompt ORDER BY i.key, m.name",
            &err))
        fail_msg("%s: %s", path, err.msg);
    while (rf_step(all, &err) == 1) {
        const struct rf_str row = rf_col_str(all, 0);
        rf_buf_add(out, row.s, row.len, NULL);
        rf_buf_add(out, "\n", 1, NULL);
    }
    assert_int_equal(err.code, 0);
    rf_stmt_free(all);
    rf_sink_free(sink);
    rf_sniff_release(&what);
    rf_input_close(in);
    rf_db_close(db);
}

static void pickled_tables_give_the_results_of_csv(void **state)
{
    (void)state;
    static const char *const names[] = { "arc_challenge_train", "arc_challenge_test", "mbpp_train", "mbpp_test" };
    if (access(data_path, R_OK)) {
        printf("SKIP %s: no %s\n", __func__, data_path);
        skip();
    }
    python(__func__,
           "import ast\n"
           "for path in glob.glob(sys.argv[1] + '/*.csv'):\n"
           "    df = pd.read_csv(path, float_precision='round_trip')\n"
           "    name = path.split('/')[-1][:-4]\n"
           "    for p in 2, 4, 5: df.to_pickle(f'{name}.{p}.pkl', protocol=p)\n"
           "    for c in df.columns:\n" /* lists as lists */
           "        if c == 'prompt' or c.endswith('model_response'):\n"
           "            df[c] = [ast.literal_eval(v) if isinstance(v, str) and v[:1] == '[' else v for v in df[c]]\n"
           "    df.to_pickle(f'{name}.6.pkl', protocol=4)\n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct rf_buf want = { 0 }, got = { 0 };
        char path[4400];
        snprintf(path, sizeof path, "%s/%s.csv", data_path, names[i]);
        results_of(path, &want);
        assert_true(want.len > 1000);
        for (int protocol = 2; protocol <= 6; protocol++) {
            if (protocol == 3)
                continue;
            got.len = 0;
            snprintf(path, sizeof path, "%s.%d.pkl", names[i], protocol);
            results_of(path, &got);
            if (got.len != want.len || memcmp(got.data, want.data, got.len))
                fail_msg("%s: found other results than in CSV", path);
        }
        rf_buf_release(&want);
        rf_buf_release(&got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_dtype_layout_and_protocol_is_read, enter_folder),
        cmocka_unit_test_teardown(pickled_tables_give_the_results_of_csv, leave_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
