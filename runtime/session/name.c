/* name.c - the names of sessions that are kept by them: what a client has, and what a store has of it. */
#include "session/session.h"

#include <flare/random.h>
#include <flare/text.h>

#include <openssl/sha.h>

enum { RANDOM_BYTES = 24 };

bool flarei_session_name(char *name)
{
    unsigned char bytes[RANDOM_BYTES];

    if (!flarei_random_bytes(bytes, sizeof bytes))
        return false;
    (void)flare_base64_encode(FLARE_BASE64URL, bytes, sizeof bytes, name);
    return true;
}

void flarei_session_digest(flare_str name, unsigned char *digest)
{
    (void)SHA256((const unsigned char *)name.ptr, name.len, digest);
}
