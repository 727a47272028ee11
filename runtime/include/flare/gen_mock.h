/* flare/gen_mock.h - what the handlers that `flarec mock` emits use: which reply a request asks for. */
#ifndef FLARE_GEN_MOCK_H
#define FLARE_GEN_MOCK_H

#include <flare/file_content.h>
#include <flare/reply.h>

FLARE_BEGIN

/* A reply that a handler or guard declares. */
struct flarei_mock_reply {
    uint32_t status;
    flare_str name; /* "sku_taken"; of a guard's "signed_in_unauthorized" */
};

/** Which reply `Prefer: code=409, example=sku_taken` asks for (RFC 7240); `-` and `_` are one in names, and
 * the first one that fits is meant. Says in the reply that it was heeded, and that replies vary by it.
 * @param usual the one where nothing is asked, from 1; 0: none, of a guard or handshake, which lets pass
 * @return its number, from 1; 0: none of them is asked for. The handler's thread. */
size_t flarei_mock_choose(flare_request *rq, const struct flarei_mock_reply *replies, size_t count,
                          size_t usual) FLARE_MUST_USE;
/** Answers that the spec declares no such reply: 501, problem `no-such-reply`. */
flare_reply flarei_mock_refuse(flare_request *rq) FLARE_MUST_USE;

/** Puts an example into a temporary file without a name. @param file its `fd` is set
 *  @return false where there is no room; else flarei_mock_file_close() must follow */
bool flarei_mock_file_open(flare_str content, flare_file_content *file) FLARE_MUST_USE;
void flarei_mock_file_close(const flare_file_content *file);

FLARE_END
#endif
