/* The only door to OpenSSL: its EVP interface, SHA-256 alone. A failure is OpenSSL's own (no memory, no such digest).
 */
#include "core/sha256.h"

#include <openssl/evp.h>

#include "core/mem.h"

struct rf_sha256 {
    EVP_MD_CTX *ctx;
};

/* kind NULL: the one of the context, which spares OpenSSL the search for it: texts are many and short. */
static int begin(struct rf_sha256 *h, const EVP_MD *kind, struct rf_err *err)
{
    return EVP_DigestInit_ex(h->ctx, kind, NULL) == 1 ? 0 : rf_fail(err, RF_FAIL, "cannot start a SHA-256 digest");
}

int rf_sha256_new(struct rf_sha256 **out, struct rf_err *err)
{
    struct rf_sha256 *h = NULL;
    int rc = RF_NEW(h, 1, err);
    if (rc)
        goto out;
    if (!(h->ctx = EVP_MD_CTX_new())) {
        rc = rf_fail(err, RF_FAIL, "out of memory: no room for a SHA-256 digest");
        goto out;
    }
    if ((rc = begin(h, EVP_sha256(), err)))
        goto out;
    *out = h;
    h = NULL;
out:
    rf_sha256_free(h);
    return rc;
}

int rf_sha256_add(struct rf_sha256 *h, const void *data, size_t n, struct rf_err *err)
{
    return EVP_DigestUpdate(h->ctx, data, n) == 1 ? 0 : rf_fail(err, RF_FAIL, "cannot go on with a SHA-256 digest");
}

int rf_sha256_end(struct rf_sha256 *h, uint8_t out[RF_SHA256_SIZE], struct rf_err *err)
{
    if (EVP_DigestFinal_ex(h->ctx, out, NULL) != 1)
        return rf_fail(err, RF_FAIL, "cannot end a SHA-256 digest");
    return begin(h, NULL, err);
}

int rf_sha256_end_hex(struct rf_sha256 *h, char out[RF_SHA256_HEX], struct rf_err *err)
{
    uint8_t digest[RF_SHA256_SIZE];
    const int rc = rf_sha256_end(h, digest, err);
    if (!rc)
        rf_sha256_hex(digest, out);
    return rc;
}

void rf_sha256_free(struct rf_sha256 *h)
{
    if (h)
        EVP_MD_CTX_free(h->ctx);
    rf_free(h);
}

int rf_sha256_of(const void *data, size_t n, uint8_t out[RF_SHA256_SIZE], struct rf_err *err)
{
    return EVP_Digest(data, n, out, NULL, EVP_sha256(), NULL) == 1
               ? 0
               : rf_fail(err, RF_FAIL, "cannot take a SHA-256 digest");
}

int rf_sha256_hex_of(const void *data, size_t n, char out[RF_SHA256_HEX], struct rf_err *err)
{
    uint8_t digest[RF_SHA256_SIZE];
    const int rc = rf_sha256_of(data, n, digest, err);
    if (!rc)
        rf_sha256_hex(digest, out);
    return rc;
}

void rf_sha256_hex(const uint8_t digest[RF_SHA256_SIZE], char out[RF_SHA256_HEX])
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < RF_SHA256_SIZE; i++) {
        out[2 * i] = digit[digest[i] >> 4];
        out[2 * i + 1] = digit[digest[i] & 15];
    }
    out[RF_SHA256_HEX - 1] = '\0';
}
