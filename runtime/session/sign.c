/* sign.c - values under HMAC-SHA256 (RFC 2104, FIPS 180-4). A key is kept as the two states of SHA-256 that
 * it begins with, so a short value costs four blocks and no memory. */
#define OPENSSL_SUPPRESS_DEPRECATED /* the states can't be copied without memory by the newer calls */
#include "session/sign.h"

#include "tls/file.h"

#include <flare/memory.h>
#include <flare/number.h>
#include <flare/sign.h>
#include <flare/text.h>

#include <openssl/crypto.h>
#include <stdio.h>

enum { BLOCK_BYTES = 64, MAC_TEXT_BYTES = 43 };

struct key {
    SHA256_CTX inner, outer;
};

struct flare_keys {
    size_t count;
    struct key keys[FLARE_KEYS_MAX];
};

/* ---- keys ---- */

static void make_key(struct key *key, const unsigned char *bytes, size_t len)
{
    unsigned char block[BLOCK_BYTES] = {0}, pad[BLOCK_BYTES];

    if (len > BLOCK_BYTES)
        (void)SHA256(bytes, len, block);
    else
        memcpy(block, bytes, len);
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        pad[i] = block[i] ^ 0x36;
    (void)SHA256_Init(&key->inner);
    (void)SHA256_Update(&key->inner, pad, sizeof pad);
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        pad[i] = block[i] ^ 0x5c;
    (void)SHA256_Init(&key->outer);
    (void)SHA256_Update(&key->outer, pad, sizeof pad);
    OPENSSL_cleanse(block, sizeof block);
    OPENSSL_cleanse(pad, sizeof pad);
}

/* What stands up to the next line end or comma, or in a comment's line; `at` steps behind it. */
static flare_str next_entry(const char **at, const char *end)
{
    const char *start = *at, *stop;

    while (start != end && (*start == ' ' || *start == '\t'))
        start++;
    stop = start;
    while (stop != end && *stop != '\n' && (*stop != ',' || *start == '#'))
        stop++;
    *at = stop == end ? end : stop + 1;
    while (stop != start && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
        stop--;
    return (flare_str){start, (size_t)(stop - start)};
}

static flare_err add_key(flare_keys *keys, flare_str entry)
{
    unsigned char bytes[1024];
    size_t len;
    flare_err err = FLARE_OK;

    if (keys->count == FLARE_KEYS_MAX || flare_base64_decoded_max(entry.len) > sizeof bytes)
        return FLARE_ERR_LIMIT;
    if (flare_base64_decode(FLARE_BASE64, entry, bytes, &len) != FLARE_OK)
        err = FLARE_ERR_SYNTAX;
    else if (len < FLARE_KEY_MIN_BYTES)
        err = FLARE_ERR_RANGE;
    else
        make_key(&keys->keys[keys->count++], bytes, len);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return err;
}

flare_err flare_keys_parse(flare_str text, flare_keys **out)
{
    flare_keys *const keys = (flare_keys *)flarei_calloc(1, sizeof *keys);
    const char *at = text.ptr;
    flare_err err = FLARE_OK;

    *out = NULL;
    if (keys == NULL)
        return FLARE_ERR_MEMORY;
    while (at != flarei_str_end(text) && err == FLARE_OK) {
        const flare_str entry = next_entry(&at, flarei_str_end(text));

        if (entry.len != 0 && entry.ptr[0] != '#')
            err = add_key(keys, entry);
    }
    if (err == FLARE_OK && keys->count == 0)
        err = FLARE_ERR_NOT_FOUND;
    if (err == FLARE_OK)
        *out = keys;
    else
        flare_keys_free(keys);
    return err;
}

const char *flarei_keys_fault(flare_err err)
{
    switch ((int)err) {
    case FLARE_ERR_SYNTAX:
        return "a key is not base64";
    case FLARE_ERR_RANGE:
        return "a key has less than 32 bytes";
    case FLARE_ERR_NOT_FOUND:
        return "there is no key";
    case FLARE_ERR_LIMIT:
        return "there are more than 8 keys, or one is too long";
    default:
        return flare_err_text(err);
    }
}

flare_err flare_keys_read(const char *path, flare_keys **keys, char *why, size_t why_bytes)
{
    struct flarei_tls_complaint complaint = {why, why_bytes};
    flare_str content = {NULL, 0};
    flare_err err;

    *keys = NULL;
    err = flarei_tls_file_read(path, true, &content, &complaint);
    if (err != FLARE_OK)
        return err;
    err = flare_keys_parse(content, keys);
    flarei_tls_file_free(content);
    if (err != FLARE_OK)
        (void)snprintf(why, why_bytes, "%s: %s", path, flarei_keys_fault(err));
    return err;
}

void flare_keys_free(flare_keys *keys)
{
    if (keys == NULL)
        return;
    OPENSSL_cleanse(keys, sizeof *keys);
    flarei_free(keys);
}

/* ---- values ---- */

static void mac_of(const struct key *key, flare_str purpose, const char *text, size_t len,
                   unsigned char mac[SHA256_DIGEST_LENGTH])
{
    static const char zero = '\0';
    SHA256_CTX state = key->inner;

    (void)SHA256_Update(&state, purpose.ptr, purpose.len);
    (void)SHA256_Update(&state, &zero, 1);
    (void)SHA256_Update(&state, text, len);
    (void)SHA256_Final(mac, &state);
    state = key->outer;
    (void)SHA256_Update(&state, mac, SHA256_DIGEST_LENGTH);
    (void)SHA256_Final(mac, &state);
    OPENSSL_cleanse(&state, sizeof state);
}

size_t flare_sign_max(size_t value_len)
{
    const size_t encoded = flare_base64_encoded_max(value_len);
    const size_t rest = 2 + FLARE_U64_MAX_BYTES + MAC_TEXT_BYTES + 1;

    return encoded > SIZE_MAX - rest ? SIZE_MAX : encoded + rest;
}

flare_err flare_sign(const flare_keys *keys, flare_str purpose, flare_str value, int64_t expires_s, char *out,
                     size_t out_bytes, size_t *len)
{
    unsigned char mac[SHA256_DIGEST_LENGTH];
    size_t at;

    if (expires_s < 0 || (purpose.len != 0 && memchr(purpose.ptr, '\0', purpose.len) != NULL))
        return FLARE_ERR_ARGUMENT;
    if (out_bytes < flare_sign_max(value.len))
        return FLARE_ERR_LIMIT;
    at = flare_base64_encode(FLARE_BASE64URL, value.ptr, value.len, out);
    out[at++] = '.';
    at += flare_u64_format((uint64_t)expires_s, out + at);
    mac_of(&keys->keys[0], purpose, out, at, mac);
    out[at++] = '.';
    at += flare_base64_encode(FLARE_BASE64URL, mac, sizeof mac, out + at);
    *len = at;
    return FLARE_OK;
}

static bool is_signed(const flare_keys *keys, flare_str purpose, flare_str body, const unsigned char *mac)
{
    unsigned char own[SHA256_DIGEST_LENGTH];
    bool good = false;

    for (size_t i = 0; i < keys->count && !good; i++) {
        mac_of(&keys->keys[i], purpose, body.ptr, body.len, own);
        good = CRYPTO_memcmp(own, mac, sizeof own) == 0;
    }
    OPENSSL_cleanse(own, sizeof own);
    return good;
}

flare_err flare_verify(const flare_keys *keys, flare_str purpose, flare_str text, int64_t now_s, void *out,
                       size_t *len)
{
    unsigned char mac[SHA256_DIGEST_LENGTH + 1];
    const char *first, *second;
    uint64_t expires_s;
    size_t mac_len;

    if (text.len < MAC_TEXT_BYTES + 3)
        return FLARE_ERR_SYNTAX;
    second = text.ptr + text.len - MAC_TEXT_BYTES - 1;
    first = (const char *)memchr(text.ptr, '.', (size_t)(second - text.ptr));
    if (*second != '.' || first == NULL ||
        flare_u64_parse((flare_str){first + 1, (size_t)(second - first - 1)}, &expires_s) != FLARE_OK ||
        expires_s > INT64_MAX ||
        flare_base64_decode(FLARE_BASE64URL, (flare_str){second + 1, MAC_TEXT_BYTES}, mac, &mac_len) !=
            FLARE_OK ||
        mac_len != SHA256_DIGEST_LENGTH)
        return FLARE_ERR_SYNTAX;
    if (!is_signed(keys, purpose, (flare_str){text.ptr, (size_t)(second - text.ptr)}, mac))
        return FLARE_ERR_PERMISSION;
    if (expires_s != 0 && now_s >= (int64_t)expires_s)
        return FLARE_ERR_TIMEOUT;
    return flare_base64_decode(FLARE_BASE64URL, (flare_str){text.ptr, (size_t)(first - text.ptr)}, out, len);
}
