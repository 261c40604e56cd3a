/* Gives every file of a corpus folder to one fuzz target, without libFuzzer: `fuzz_x FOLDER`. Prints one TAP line. */
#include <dirent.h>

#include "core/input.h"
#include "fuzz/fuzz.h"

int main(int argc, char **argv)
{
    struct dirent **entry = NULL;
    struct rf_buf path = { 0 }, data = { 0 };
    struct rf_err err = { 0 };
    const int n = argc == 2 ? scandir(argv[1], &entry, NULL, alphasort) : -1;
    int files = 0;
    for (int i = 0; i < n && !err.code; i++) {
        path.len = 0;
        if (entry[i]->d_name[0] != '.' && !rf_buf_printf(&path, &err, "%s/%s", argv[1], entry[i]->d_name) &&
            !rf_file_read(path.data, 0, &data, &err)) {
            /* a copy of the exact size, so that a sanitizer sees a read behind its end */
            uint8_t *exact = malloc(data.len ? data.len : 1);
            PROMISE(exact);
            for (size_t k = 0; k < data.len; k++)
                exact[k] = (uint8_t)data.data[k];
            LLVMFuzzerTestOneInput(exact, data.len);
            free(exact);
            files++;
        }
        free(entry[i]);
    }
    free(entry);
    rf_buf_release(&path);
    rf_buf_release(&data);
    const int bad = files == 0 || err.code;
    printf("%s %s: %d files%s%s\n", bad ? "not ok" : "ok", argc == 2 ? argv[1] : "usage: fuzz_x FOLDER", files,
           err.code ? "; " : "", err.msg);
    return bad;
}
