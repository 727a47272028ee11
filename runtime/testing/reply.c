#include "testing/reply.h"

#include "wire/h1_response.h"

#include <flare/text.h>

/* What a test would rather hear of than wait for. */
enum { HEAD_MAX_BYTES = 1 << 20, BODY_MAX_BYTES = 1 << 30 };

void flarei_test_reader_init(struct flarei_test_reader *reader)
{
    reader->reply = (flare_test_reply){0};
    flarei_buffer_init(&reader->head, HEAD_MAX_BYTES);
    flarei_buffer_init(&reader->body, BODY_MAX_BYTES);
}

void flarei_test_reader_begin(struct flarei_test_reader *reader, bool head_only)
{
    reader->reply = (flare_test_reply){0};
    flarei_buffer_clear(&reader->head);
    flarei_buffer_clear(&reader->body);
    reader->reading = FLAREI_TEST_HEAD;
    reader->head_only = head_only;
    reader->keep_alive = false;
}

void flarei_test_reader_free(struct flarei_test_reader *reader)
{
    flarei_buffer_free(&reader->head);
    flarei_buffer_free(&reader->body);
}

/* ---- The head ---- */

/* @return FLARE_OK if the reply is complete with it */
static flare_err frame(struct flarei_test_reader *reader, const struct flarei_h1_response *head)
{
    static const struct flarei_h1_limits limits = FLAREI_H1_LIMITS_DEFAULT;

    reader->reply.status = head->status;
    reader->reply.fields = reader->fields;
    reader->reply.field_count = head->field_count;
    reader->keep_alive = head->keep_alive && head->status != 101;
    if (head->status == 101)
        return FLARE_OK;
    switch ((enum flarei_h1_framing)head->framing) {
    case FLAREI_H1_BY_LENGTH:
        reader->left = head->content_length;
        reader->reading = FLAREI_TEST_LENGTH;
        return reader->left == 0 ? FLARE_OK : FLARE_ERR_AGAIN;
    case FLAREI_H1_BY_CHUNKS:
        flarei_h1_chunked_init(&reader->decoder, &limits, BODY_MAX_BYTES);
        reader->reading = FLAREI_TEST_CHUNKS;
        return FLARE_ERR_AGAIN;
    case FLAREI_H1_UNTIL_CLOSED:
        reader->reading = FLAREI_TEST_TO_END;
        return FLARE_ERR_AGAIN;
    case FLAREI_H1_NO_CONTENT:
    default:
        return FLARE_OK;
    }
}

/* Interim heads are passed over. @return FLARE_OK if the reply is complete with its head */
static flare_err take_head(struct flarei_test_reader *reader, flare_buffer *in)
{
    static const struct flarei_h1_limits limits = {.head_max_bytes = HEAD_MAX_BYTES,
                                                   .field_max_count = FLAREI_TEST_FIELDS_MAX};
    const enum flare_method method = reader->head_only ? FLARE_METHOD_HEAD : FLARE_METHOD_GET;
    struct flarei_h1_response head;

    do {
        const flare_str there = flarei_buffer_str(in);
        ptrdiff_t length;

        head =
            (struct flarei_h1_response){.fields = reader->fields, .field_capacity = FLAREI_TEST_FIELDS_MAX};
        if (there.len == 0)
            return FLARE_ERR_AGAIN;
        length = flarei_h1_parse_response(&limits, there.ptr, there.len, method, &head);
        if (length <= 0)
            return length == 0 ? FLARE_ERR_AGAIN : FLARE_ERR_SYNTAX;
        /* The fields are to outlive what comes behind them. */
        flarei_buffer_clear(&reader->head);
        if (!flarei_buffer_append(&reader->head, there.ptr, (size_t)length))
            return FLARE_ERR_MEMORY;
        (void)flarei_h1_parse_response(&limits, flarei_buffer_str(&reader->head).ptr, (size_t)length, method,
                                       &head);
        flarei_buffer_consume(in, (size_t)length);
    } while (head.status < 200 && head.status != 101);
    return frame(reader, &head);
}

/* ---- The body ---- */

static flare_err keep(struct flarei_test_reader *reader, flare_str bytes)
{
    return flarei_buffer_append(&reader->body, bytes.ptr, bytes.len) ? FLARE_OK : FLARE_ERR_MEMORY;
}

static flare_err take_length(struct flarei_test_reader *reader, flare_buffer *in)
{
    flare_str there = flarei_buffer_str(in);

    if (there.len > reader->left)
        there.len = (size_t)reader->left;
    if (keep(reader, there) != FLARE_OK)
        return FLARE_ERR_MEMORY;
    reader->left -= there.len;
    flarei_buffer_consume(in, there.len);
    return reader->left == 0 ? FLARE_OK : FLARE_ERR_AGAIN;
}

static flare_err take_chunks(struct flarei_test_reader *reader, flare_buffer *in)
{
    flare_str there = flarei_buffer_str(in);
    const size_t before = there.len;
    struct flarei_h1_chunked_part part;
    flare_err err = FLARE_OK;
    int event = FLAREI_H1_CHUNKED_DATA;

    while (err == FLARE_OK && event > FLAREI_H1_CHUNKED_MORE && event != FLAREI_H1_CHUNKED_END) {
        event = flarei_h1_chunked_next(&reader->decoder, &there, &part);
        if (event == FLAREI_H1_CHUNKED_DATA)
            err = keep(reader, part.data);
    }
    flarei_buffer_consume(in, before - there.len);
    if (err != FLARE_OK)
        return err;
    if (event < 0)
        return FLARE_ERR_SYNTAX;
    return event == FLAREI_H1_CHUNKED_END ? FLARE_OK : FLARE_ERR_AGAIN;
}

static flare_err take_all(struct flarei_test_reader *reader, flare_buffer *in)
{
    const flare_str there = flarei_buffer_str(in);

    if (keep(reader, there) != FLARE_OK)
        return FLARE_ERR_MEMORY;
    flarei_buffer_consume(in, there.len);
    return FLARE_ERR_AGAIN;
}

flare_err flarei_test_reader_take(struct flarei_test_reader *reader, flare_buffer *in)
{
    flare_err err = FLARE_ERR_AGAIN;

    if (reader->reading == FLAREI_TEST_HEAD)
        err = take_head(reader, in);
    if (err == FLARE_ERR_AGAIN && reader->reading == FLAREI_TEST_LENGTH)
        err = take_length(reader, in);
    else if (err == FLARE_ERR_AGAIN && reader->reading == FLAREI_TEST_CHUNKS)
        err = take_chunks(reader, in);
    else if (err == FLARE_ERR_AGAIN && reader->reading == FLAREI_TEST_TO_END)
        err = take_all(reader, in);
    reader->reply.body = flarei_buffer_str(&reader->body);
    return err;
}

flare_err flarei_test_reader_end(struct flarei_test_reader *reader)
{
    return reader->reading == FLAREI_TEST_TO_END ? FLARE_OK : FLARE_ERR_CLOSED;
}

flare_str flare_test_reply_header(const flare_test_reply *reply, flare_str name)
{
    for (size_t i = 0; i < reply->field_count; i++)
        if (flare_str_equal_nocase(reply->fields[i].name, name))
            return reply->fields[i].value;
    return (flare_str){NULL, 0};
}
