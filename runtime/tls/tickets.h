/* tls/tickets.h - the keys that seal session tickets (RFC 5077, RFC 8446 section 4.6.1), and their rotation.
 *
 * All threads of a server, and a supervisor's processes, begin with the same secret, and each makes the next
 * period's secret from the last by a function that can't be turned back. So they agree on every key without
 * sharing anything, and who takes a key from memory can't open the tickets of the periods that are over.
 */
#ifndef FLAREI_TLS_TICKETS_H
#define FLAREI_TLS_TICKETS_H

#include <flare/str.h>

#include <openssl/evp.h>

#define FLAREI_TLS_SECRET_BYTES 32

struct flarei_tls_ticket_key {
    unsigned char name[16];
    unsigned char cipher[32];
    unsigned char mac[32];
};

struct flarei_tls_tickets {
    unsigned char secret[FLAREI_TLS_SECRET_BYTES]; /* of this period */
    int64_t start_ns;                              /* on the monotonic clock */
    int64_t period_ns;
    uint64_t period; /* from 0 */
    struct flarei_tls_ticket_key current;
    struct flarei_tls_ticket_key previous; /* opens; not used while period is 0 */
};

/** What all threads begin with. @return false if the system gives no random bytes */
bool flarei_tls_tickets_begin(struct flarei_tls_tickets *tickets, uint32_t period_s);

/** Goes on to the period of now, as each use does. @param now_ns on the monotonic clock @return false without
 * memory; the keys are whole then too */
bool flarei_tls_tickets_turn(struct flarei_tls_tickets *tickets, int64_t now_ns);

/** Forgets the keys. */
void flarei_tls_tickets_forget(struct flarei_tls_tickets *tickets);

/** OpenSSL's callback without its SSL: prepares to seal (a ticket that is made now) or to open one.
 *  @param now_ns on the monotonic clock @return 1, 2 (opened by the previous key: make a new one), 0 (an
 * unknown key), -1 (no memory) */
int flarei_tls_tickets_use(struct flarei_tls_tickets *tickets, int64_t now_ns, bool seal,
                           unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher,
                           EVP_MAC_CTX *mac);

#endif
