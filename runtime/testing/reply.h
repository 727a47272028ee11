/* testing/reply.h - reads one HTTP/1.1 reply: bytes in, a flare_test_reply out.
 */
#ifndef FLAREI_TESTING_REPLY_H
#define FLAREI_TESTING_REPLY_H

#include "wire/h1.h"

#include <flare/buffer.h>
#include <flare/testing.h>

/** Field lines that a reply may have. */
#define FLAREI_TEST_FIELDS_MAX 128

enum flarei_test_reading { FLAREI_TEST_HEAD, FLAREI_TEST_LENGTH, FLAREI_TEST_CHUNKS, FLAREI_TEST_TO_END };

/** A reply that is being read. */
struct flarei_test_reader {
    flare_test_reply reply;
    flare_buffer head; /* what the fields point into */
    flare_buffer body;
    struct flarei_h1_chunked decoder;
    uint64_t left; /* of a body of known length */
    enum flarei_test_reading reading;
    bool head_only; /* the request's method was HEAD */
    bool keep_alive;
    flare_field fields[FLAREI_TEST_FIELDS_MAX];
};

/** Prepares the first use. */
void flarei_test_reader_init(struct flarei_test_reader *reader);
/** Begins another reply. @param head_only whether it has no content whatever its head says */
void flarei_test_reader_begin(struct flarei_test_reader *reader, bool head_only);
/** Takes what has come. @param in consumed as far as it was understood
 *  @return FLARE_OK (the reply is complete), FLARE_ERR_AGAIN, FLARE_ERR_SYNTAX or FLARE_ERR_MEMORY */
flare_err flarei_test_reader_take(struct flarei_test_reader *reader, flare_buffer *in);
/** The peer sent its last byte. @return FLARE_OK if the reply is complete, else FLARE_ERR_CLOSED */
flare_err flarei_test_reader_end(struct flarei_test_reader *reader);
/** Frees what it holds. */
void flarei_test_reader_free(struct flarei_test_reader *reader);

#endif
