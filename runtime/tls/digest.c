#include <flare/digest.h>

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

flare_err flare_sha256(flare_str bytes, uint8_t digest[FLARE_SHA256_BYTES])
{
    unsigned length = 0;
    const int good = EVP_Digest(bytes.ptr, bytes.len, digest, &length, EVP_sha256(), NULL);

    return good == 1 && length == FLARE_SHA256_BYTES ? FLARE_OK : FLARE_ERR_UNSUPPORTED;
}

flare_err flare_hmac_sha256(flare_str key, flare_str bytes, uint8_t mac[FLARE_SHA256_BYTES])
{
    unsigned length = 0;

    if (key.len > INT_MAX)
        return FLARE_ERR_LIMIT;
    /* An empty key is one too, but NULL would mean "as before". */
    return HMAC(EVP_sha256(), key.len ? key.ptr : "", (int)key.len, (const unsigned char *)bytes.ptr,
                bytes.len, mac, &length) != NULL &&
                   length == FLARE_SHA256_BYTES
               ? FLARE_OK
               : FLARE_ERR_UNSUPPORTED;
}

bool flare_secret_equal(flare_str a, flare_str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}
