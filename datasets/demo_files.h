/* The files of the bundled demo, inside the program: numbers only, made by datasets/demo/make.sh (attribution in
 * datasets/demo/README.md). */
#ifndef RF_DATASETS_DEMO_FILES_H
#define RF_DATASETS_DEMO_FILES_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rf_demo_file {
    const char *name;                /* file name in the demo's folder */
    const unsigned char *data, *end; /* its bytes, static */
};

enum { RF_DEMO_FILES = 6 };
extern const struct rf_demo_file rf_demo_files[RF_DEMO_FILES];

#ifdef __cplusplus
}
#endif
#endif
