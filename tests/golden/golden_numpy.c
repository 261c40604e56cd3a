/* numpy's view of our files: it reads what the npy and safetensors writers wrote, and an .npy file of ours has the
 * bytes of numpy.save; we read what numpy wrote, and the stored vectors. Skips aloud where /usr/bin/python3 has no
 * numpy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/half.h"
#include "core/npy.h"
#include "core/rng.h"
#include "core/safetensors.h"

enum { ROWS = 37, DIM = 11 };
static float x[ROWS * DIM];
static char folder[] = "/tmp/routefit-numpy-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    struct rf_rng r;
    rf_rng_init(&r, 13, 0);
    for (size_t i = 0; i < ROWS * DIM; i++)
        x[i] = (float)rf_rng_normal(&r);
    return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    return chdir("/") || rmdir(folder);
}

/* Runs a script in the folder; what it prints is its complaint. Skips the test without numpy. */
static void python(const char *test, const char *script)
{
    char said[4096];
    FILE *p = popen("/usr/bin/python3 -c 'import numpy' 2>&1", "r");
    const bool silent = p && !fgets(said, sizeof said, p);
    if (!p || pclose(p) || !silent) {
        printf("SKIP %s: /usr/bin/python3 has no numpy (Debian: python3-numpy)\n", test);
        skip();
    }
    FILE *f = fopen("script.py", "w");
    assert_non_null(f);
    fputs("import json, struct, numpy as np\n", f);
    fputs(script, f);
    fclose(f);
    p = popen("/usr/bin/python3 script.py 2>&1", "r");
    assert_non_null(p);
    const size_t n = fread(said, 1, sizeof said - 1, p);
    said[n] = '\0';
    if (pclose(p) || n)
        fail_msg("%s: %s", test, said);
    unlink("script.py");
}

static void numpy_reads_our_npy_and_saves_the_same_bytes(void **state)
{
    (void)state;
    assert_int_equal(rf_npy_write("f4.npy", x, ROWS, DIM, RF_NPY_F4, 0, NULL), 0);
    assert_int_equal(rf_npy_write("f2.npy", x, ROWS, DIM, RF_NPY_F2, 0, NULL), 0);
    assert_int_equal(rf_npy_write("empty.npy", x, 0, DIM, RF_NPY_F4, 0, NULL), 0);
    FILE *raw = fopen("raw", "wb");
    assert_int_equal(fwrite(x, sizeof x, 1, raw), 1);
    fclose(raw);
    python(__func__,
           "x = np.fromfile('raw', '<f4').reshape(37, 11)\n"
           "for name, want in ('f4', x), ('f2', x.astype('<f2')), ('empty', x[:0]):\n"
           "    got = np.load(name + '.npy')\n"
           "    assert got.dtype == want.dtype and got.shape == want.shape and (got == want).all(), name\n"
           "    np.save('again.npy', want)\n"
           "    assert open('again.npy', 'rb').read() == open(name + '.npy', 'rb').read(), name + ': other bytes'\n");
    unlink("raw");
    unlink("again.npy");
    unlink("f4.npy");
    unlink("f2.npy");
    unlink("empty.npy");
}

static void we_read_what_numpy_saves(void **state)
{
    (void)state;
    static const char *const names[] = { "f4C", "f4F", "f8C", "f8F", "f2C", "f2F", "big", "v2", "v3" };
    FILE *raw = fopen("raw", "wb");
    assert_int_equal(fwrite(x, sizeof x, 1, raw), 1);
    fclose(raw);
    python(__func__, "from numpy.lib import format\n"
                     "x = np.fromfile('raw', '<f4').reshape(37, 11)\n"
                     "for t in 'f4', 'f8', 'f2':\n"
                     "    np.save(t + 'C.npy', x.astype(t))\n"
                     "    np.save(t + 'F.npy', np.asfortranarray(x.astype(t)))\n"
                     "np.save('big.npy', x.astype('>f8'))\n"
                     "for v in 2, 3:\n"
                     "    with open('v%d.npy' % v, 'wb') as f: format.write_array(f, x, (v, 0))\n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct rf_matrix m = { 0 };
        struct rf_err err = { 0 };
        char path[16];
        snprintf(path, sizeof path, "%s.npy", names[i]);
        if (rf_npy_read(path, &m, &err))
            fail_msg("%s", err.msg);
        assert_int_equal(m.rows, ROWS);
        assert_int_equal(m.dim, DIM);
        for (size_t k = 0; k < ROWS * DIM; k++)
            assert_true(m.x[k] == (strstr(names[i], "f2") ? rf_half_to_float(rf_half_from_float(x[k])) : x[k]));
        rf_matrix_release(&m);
        unlink(path);
    }
    unlink("raw");
}

static void numpy_reads_our_safetensors(void **state)
{
    (void)state;
    static const int8_t i8[] = { -128, 0, 127 };
    static const double f64[] = { 1. / 3, -1e300 };
    uint16_t f16[DIM];
    for (size_t i = 0; i < DIM; i++)
        f16[i] = rf_half_from_float(x[i]);
    const struct rf_tensor t[] = { { "x", RF_F32, 2, { ROWS, DIM }, x },
                                   { "i", RF_I8, 1, { 3 }, i8 },
                                   { "d", RF_F64, 1, { 2 }, f64 },
                                   { "h", RF_F16, 1, { DIM }, f16 } };
    const struct rf_meta m[] = { { "routefit.kind", "t\xc3\xa4st \"x\"" } };
    assert_int_equal(rf_safetensors_write("t.safetensors", t, 4, m, 1, false, NULL, NULL), 0);
    FILE *raw = fopen("raw", "wb");
    assert_int_equal(fwrite(x, sizeof x, 1, raw), 1);
    fclose(raw);
    python(__func__, "b = open('t.safetensors', 'rb').read()\n"
                     "n = struct.unpack('<Q', b[:8])[0]\n"
                     "assert n % 8 == 0 and b[8:9] == b'{'\n"
                     "h = json.loads(b[8:8 + n].decode('utf-8'))\n"
                     "meta = h.pop('__metadata__')\n"
                     "assert meta['routefit.kind'] == 't\\u00e4st \"x\"'\n"
                     "data, end = b[8 + n:], 0\n"
                     "sum = 0xcbf29ce484222325\n"
                     "for c in data: sum = (sum ^ c) * 0x100000001b3 % 2**64\n"
                     "assert meta['routefit.fnv1a64'] == '%016x' % sum\n"
                     "types = {'F32': '<f4', 'F64': '<f8', 'F16': '<f2', 'I8': 'i1'}\n"
                     "got = {}\n"
                     "for name, t in h.items():\n"
                     "    lo, hi = t['data_offsets']\n"
                     "    assert lo == end; end = hi\n"
                     "    got[name] = np.frombuffer(data[lo:hi], types[t['dtype']]).reshape(t['shape'])\n"
                     "assert end == len(data)\n"
                     "x = np.fromfile('raw', '<f4').reshape(37, 11)\n"
                     "assert (got['x'] == x).all() and (got['h'] == x[0].astype('<f2')).all()\n"
                     "assert got['i'].tolist() == [-128, 0, 127] and got['d'].tolist() == [1 / 3, -1e300]\n");
    unlink("raw");
    unlink("t.safetensors");
}

static void stored_vectors_are_read(void **state)
{
    (void)state;
    const char *data = getenv("ROUTEFIT_DATA");
    char path[4096];
    struct rf_matrix m = { 0 };
    struct rf_err err = { 0 };
    size_t zero_rows = 0;
    snprintf(path, sizeof path, "%s/embeddings/arena55k_votes_lsa64.npy", data ? data : "../shared/data");
    if (access(path, R_OK)) {
        printf("SKIP %s: no %s\n", __func__, path);
        skip();
    }
    if (rf_npy_read(path, &m, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(m.rows, 5006);
    assert_int_equal(m.dim, 64);
    for (size_t i = 0; i < m.rows; i++) {
        double square = 0;
        for (size_t k = 0; k < m.dim; k++)
            square += (double)m.x[i * m.dim + k] * (double)m.x[i * m.dim + k];
        zero_rows += square == 0;
        assert_true(square == 0 || fabs(square - 1) < 1e-5);
    }
    assert_int_equal(zero_rows, 18); /* data/README.md */
    rf_matrix_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_vectors_are_read), /* before the folder changes: its path may be relative */
        cmocka_unit_test_setup(numpy_reads_our_npy_and_saves_the_same_bytes, enter_folder),
        cmocka_unit_test(we_read_what_numpy_saves),
        cmocka_unit_test_teardown(numpy_reads_our_safetensors, leave_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
