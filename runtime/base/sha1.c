#include "base/sha1.h"

static uint32_t rotated(uint32_t word, unsigned by)
{
    return word << by | word >> (32 - by);
}

static uint32_t mixed(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
    static const uint32_t constants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    const uint32_t f = round < 20   ? (b & c) | (~b & d)
                       : round < 40 ? b ^ c ^ d
                       : round < 60 ? (b & c) | (b & d) | (c & d)
                                    : b ^ c ^ d;

    return f + constants[round / 20];
}

/* RFC 3174, section 6.1. */
static void take_block(struct flarei_sha1 *sha1)
{
    uint32_t words[80];
    uint32_t s[5];

    for (unsigned i = 0; i < 16; i++) {
        const uint8_t *p = sha1->block + 4 * (size_t)i;

        words[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    for (unsigned i = 16; i < 80; i++)
        words[i] = rotated(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    memcpy(s, sha1->state, sizeof s);
    for (unsigned i = 0; i < 80; i++) {
        const uint32_t next = rotated(s[0], 5) + mixed(i, s[1], s[2], s[3]) + s[4] + words[i];

        s[4] = s[3];
        s[3] = s[2];
        s[2] = rotated(s[1], 30);
        s[1] = s[0];
        s[0] = next;
    }
    for (unsigned i = 0; i < 5; i++)
        sha1->state[i] += s[i];
}

void flarei_sha1_init(struct flarei_sha1 *sha1)
{
    *sha1 = (struct flarei_sha1){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
}

void flarei_sha1_add(struct flarei_sha1 *sha1, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;

    while (len != 0) {
        const size_t held = sha1->bytes % sizeof sha1->block;
        const size_t room = sizeof sha1->block - held;
        const size_t take = len < room ? len : room;

        memcpy(sha1->block + held, from, take);
        sha1->bytes += take;
        from += take;
        len -= take;
        if (take == room)
            take_block(sha1);
    }
}

void flarei_sha1_end(struct flarei_sha1 *sha1, uint8_t digest[FLAREI_SHA1_BYTES])
{
    static const uint8_t pad[64] = {0x80};
    const uint64_t bits = sha1->bytes * 8;
    const size_t held = sha1->bytes % 64;
    uint8_t length[8];

    for (unsigned i = 0; i < 8; i++)
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    flarei_sha1_add(sha1, pad, held < 56 ? 56 - held : 120 - held);
    flarei_sha1_add(sha1, length, sizeof length);
    for (unsigned i = 0; i < FLAREI_SHA1_BYTES; i++)
        digest[i] = (uint8_t)(sha1->state[i / 4] >> (24 - 8 * (i % 4)));
}
