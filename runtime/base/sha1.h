/* base/sha1.h - SHA-1 (RFC 3174), which WebSocket's handshake asks for. It keeps nothing secret. */
#ifndef FLARE_BASE_SHA1_H
#define FLARE_BASE_SHA1_H

#include <flare/str.h>

#define FLAREI_SHA1_BYTES 20u

struct flarei_sha1 {
    uint32_t state[5];
    uint64_t bytes;
    uint8_t block[64];
};

void flarei_sha1_init(struct flarei_sha1 *sha1);
void flarei_sha1_add(struct flarei_sha1 *sha1, const void *bytes, size_t len);
void flarei_sha1_end(struct flarei_sha1 *sha1, uint8_t digest[FLAREI_SHA1_BYTES]);

#endif
