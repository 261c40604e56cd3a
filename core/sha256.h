/* SHA-256 through OpenSSL's EVP: identities of files, prompts and weights. */
#ifndef RF_CORE_SHA256_H
#define RF_CORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_SHA256_SIZE = 32, RF_SHA256_HEX = 65 };

struct rf_sha256; /* a running digest, on the heap */
int rf_sha256_new(struct rf_sha256 **out, struct rf_err *err);
int rf_sha256_add(struct rf_sha256 *h, const void *data, size_t n, struct rf_err *err);
/* Writes the digest and makes h ready for a new message. */
int rf_sha256_end(struct rf_sha256 *h, uint8_t out[RF_SHA256_SIZE], struct rf_err *err);
/* The same as rf_sha256_hex writes it; out stays as it was after a failure. */
int rf_sha256_end_hex(struct rf_sha256 *h, char out[RF_SHA256_HEX], struct rf_err *err);
void rf_sha256_free(struct rf_sha256 *h);

/* One call for one message. */
int rf_sha256_of(const void *data, size_t n, uint8_t out[RF_SHA256_SIZE], struct rf_err *err);
int rf_sha256_hex_of(const void *data, size_t n, char out[RF_SHA256_HEX], struct rf_err *err);
/* Lower-case hex with a NUL behind. */
void rf_sha256_hex(const uint8_t digest[RF_SHA256_SIZE], char out[RF_SHA256_HEX]);

#ifdef __cplusplus
}
#endif
#endif
