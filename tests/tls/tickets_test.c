/* Keys of session tickets: threads agree on them, the last one opens for one period, and older ones are gone.
 */
#include "tls/tickets.h"
#include "test.h"

#include <flare/random.h>
#include <flare/time.h>

enum { PERIOD_S = 10 };

static struct flarei_tls_tickets one, other;
static EVP_CIPHER_CTX *cipher;
static EVP_MAC *hmac;
static EVP_MAC_CTX *mac;

static void begin(void)
{
    CHECK(flarei_tls_tickets_begin(&one, PERIOD_S));
    other = one;
}

static int64_t at(double periods)
{
    return one.start_ns + (int64_t)(periods * PERIOD_S) * FLARE_TIME_SECOND;
}

static int use(struct flarei_tls_tickets *tickets, double periods, bool seal, unsigned char *name)
{
    unsigned char iv[16] = {0};

    return flarei_tls_tickets_use(tickets, at(periods), seal, name, iv, cipher, mac);
}

TEST(threads_agree_without_sharing)
{
    unsigned char name[16];

    begin();
    CHECK_INT(use(&one, 0.5, true, name), 1);
    CHECK_INT(use(&other, 0.5, false, name), 1);
    CHECK_INT(use(&one, 5.5, true, name), 1);
    CHECK_INT(use(&other, 5.5, false, name), 1); /* it was idle for five periods */
    CHECK(memcmp(&one, &other, sizeof one) == 0);
}

TEST(the_last_key_opens_for_one_period)
{
    unsigned char name[16];

    begin();
    CHECK_INT(use(&one, 0.9, true, name), 1);
    CHECK_INT(use(&one, 0.9, false, name), 1);
    CHECK_INT(use(&one, 1.0, false, name), 2);
    CHECK_INT(use(&one, 1.9, false, name), 2);
    CHECK_INT(use(&one, 2.0, false, name), 0);
}

TEST(a_period_leaves_nothing_of_the_one_before_the_last)
{
    unsigned char secret[FLAREI_TLS_SECRET_BYTES], name[16];
    const unsigned char *const bytes = (const unsigned char *)&one;
    bool found = false;

    begin();
    memcpy(secret, one.secret, sizeof secret);
    CHECK_INT(use(&one, 1, true, name), 1);
    for (size_t i = 0; i + sizeof secret <= sizeof one; i++)
        found |= memcmp(bytes + i, secret, sizeof secret) == 0;
    CHECK(!found);
}

TEST(a_clock_before_the_start_is_the_first_period)
{
    unsigned char name[16];

    begin();
    CHECK_INT(use(&one, -3, true, name), 1);
    CHECK_INT(one.period, 0);
}

TEST(a_key_of_nobody_is_unknown)
{
    unsigned char name[16] = {0};

    begin();
    CHECK_INT(use(&one, 0, false, name), 0);
}

static bool no_bytes(void *context, void *bytes, size_t length)
{
    (void)context;
    (void)bytes;
    (void)length;
    return false;
}

TEST(without_random_bytes_there_is_no_beginning)
{
    flarei_random_set(no_bytes, NULL);
    CHECK(!flarei_tls_tickets_begin(&one, PERIOD_S));
    flarei_random_set(NULL, NULL);
}

int main(void)
{
    cipher = EVP_CIPHER_CTX_new();
    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    mac = EVP_MAC_CTX_new(hmac);
    RUN(threads_agree_without_sharing);
    RUN(the_last_key_opens_for_one_period);
    RUN(a_period_leaves_nothing_of_the_one_before_the_last);
    RUN(a_clock_before_the_start_is_the_first_period);
    RUN(a_key_of_nobody_is_unknown);
    RUN(without_random_bytes_there_is_no_beginning);
    EVP_MAC_CTX_free(mac);
    EVP_MAC_free(hmac);
    EVP_CIPHER_CTX_free(cipher);
    return TEST_END();
}
