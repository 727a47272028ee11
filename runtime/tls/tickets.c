#include "tls/tickets.h"

#include <flare/random.h>
#include <flare/time.h>

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

enum { PERIOD_S = 12 * 60 * 60, IV_BYTES = 16 };

/* One of the things that a secret makes, told apart by `use`. */
static bool derive(const unsigned char *secret, unsigned char use, unsigned char *to, size_t bytes)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    if (HMAC(EVP_sha256(), secret, FLAREI_TLS_SECRET_BYTES, &use, 1, digest, &length) == NULL ||
        length < bytes)
        return false;
    memcpy(to, digest, bytes);
    OPENSSL_cleanse(digest, sizeof digest);
    return true;
}

static bool make_key(const unsigned char *secret, struct flarei_tls_ticket_key *key)
{
    return derive(secret, 1, key->name, sizeof key->name) &&
           derive(secret, 2, key->cipher, sizeof key->cipher) && derive(secret, 3, key->mac, sizeof key->mac);
}

bool flarei_tls_tickets_begin(struct flarei_tls_tickets *tickets, uint32_t period_s)
{
    *tickets = (struct flarei_tls_tickets){.start_ns = flarei_clock_monotonic(),
                                           .period_ns =
                                               (int64_t)(period_s ? period_s : PERIOD_S) * FLARE_TIME_SECOND};
    return flarei_random_bytes(tickets->secret, sizeof tickets->secret) &&
           make_key(tickets->secret, &tickets->current);
}

void flarei_tls_tickets_forget(struct flarei_tls_tickets *tickets)
{
    OPENSSL_cleanse(tickets, sizeof *tickets);
}

bool flarei_tls_tickets_turn(struct flarei_tls_tickets *tickets, int64_t now_ns)
{
    const uint64_t period =
        now_ns > tickets->start_ns ? (uint64_t)((now_ns - tickets->start_ns) / tickets->period_ns) : 0;

    while (tickets->period < period) {
        unsigned char next[FLAREI_TLS_SECRET_BYTES];
        struct flarei_tls_ticket_key key;

        if (!derive(tickets->secret, 0, next, sizeof next) || !make_key(next, &key))
            return false;
        memcpy(tickets->secret, next, sizeof next);
        tickets->previous = tickets->current;
        tickets->current = key;
        tickets->period++;
        OPENSSL_cleanse(next, sizeof next);
        OPENSSL_cleanse(&key, sizeof key);
    }
    return true;
}

static bool prepare_mac(const struct flarei_tls_ticket_key *key, EVP_MAC_CTX *mac)
{
    char digest[] = "SHA256";
    struct flarei_tls_ticket_key copy = *key;
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, copy.mac, sizeof copy.mac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    const bool done = EVP_MAC_CTX_set_params(mac, parameters) == 1;

    OPENSSL_cleanse(&copy, sizeof copy);
    return done;
}

int flarei_tls_tickets_use(struct flarei_tls_tickets *tickets, int64_t now_ns, bool seal,
                           unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher,
                           EVP_MAC_CTX *mac)
{
    const struct flarei_tls_ticket_key *key = &tickets->current;

    if (!flarei_tls_tickets_turn(tickets, now_ns))
        return -1;
    if (seal) {
        memcpy(name, key->name, sizeof key->name);
        if (RAND_bytes(iv, IV_BYTES) != 1 ||
            EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv) != 1)
            return -1;
        return prepare_mac(key, mac) ? 1 : -1;
    }
    if (memcmp(name, key->name, sizeof key->name) != 0) {
        key = &tickets->previous;
        if (tickets->period == 0 || memcmp(name, key->name, sizeof key->name) != 0)
            return 0;
    }
    if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv) != 1 || !prepare_mac(key, mac))
        return -1;
    return key == &tickets->current ? 1 : 2;
}
