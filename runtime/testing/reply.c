#include "testing/reply.h"

#include <flare/text.h>

/* What a test would rather hear of than wait for. */
enum { HEAD_MAX_BYTES = 1 << 20, BODY_MAX_BYTES = 1 << 30, VERSION_BYTES = 9, STATUS_LINE_MIN_BYTES = 13 };

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

/* ---- The head (RFC 9112, section 4 and 5) ---- */

/* A line without its CRLF, cut off the front of the text. @return false if there is none */
static bool cut_line(flare_str *text, flare_str *line)
{
    const char *const end = memmem(text->ptr, text->len, "\r\n", 2);

    if (end == NULL)
        return false;
    *line = (flare_str){text->ptr, (size_t)(end - text->ptr)};
    text->len -= line->len + 2;
    text->ptr = end + 2;
    return true;
}

static bool read_status(struct flarei_test_reader *reader, flare_str line)
{
    unsigned status = 0;

    if (line.len < STATUS_LINE_MIN_BYTES || memcmp(line.ptr, "HTTP/1.1 ", VERSION_BYTES) != 0 ||
        line.ptr[VERSION_BYTES + 3] != ' ')
        return false;
    for (size_t i = VERSION_BYTES; i < VERSION_BYTES + 3; i++) {
        if ((unsigned)(line.ptr[i] - '0') > 9)
            return false;
        status = status * 10 + (unsigned)(line.ptr[i] - '0');
    }
    reader->reply.status = status;
    return status >= 100 && status <= 599;
}

static bool read_field(struct flarei_test_reader *reader, flare_str line)
{
    const char *const colon = memchr(line.ptr, ':', line.len);
    flare_field *const field = &reader->fields[reader->reply.field_count];

    if (colon == NULL || colon == line.ptr || reader->reply.field_count == FLAREI_TEST_FIELDS_MAX)
        return false;
    field->name = (flare_str){line.ptr, (size_t)(colon - line.ptr)};
    field->value = (flare_str){colon + 1, line.len - field->name.len - 1};
    while (field->value.len > 0 && (field->value.ptr[0] == ' ' || field->value.ptr[0] == '\t'))
        field->value.ptr++, field->value.len--;
    reader->reply.field_count++;
    return memchr(field->name.ptr, ' ', field->name.len) == NULL;
}

static bool read_number(flare_str text, uint64_t *number)
{
    uint64_t value = 0;

    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned)(text.ptr[i] - '0') > 9 || value > (uint64_t)BODY_MAX_BYTES)
            return false;
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *number = value;
    return text.len > 0;
}

/* How the body ends (RFC 9112, section 6.3). @return FLARE_OK if it has ended already */
static flare_err frame(struct flarei_test_reader *reader)
{
    static const struct flarei_h1_limits limits = FLAREI_H1_LIMITS_DEFAULT;
    const flare_test_reply *const reply = &reader->reply;
    const flare_str length = flare_test_reply_header(reply, FLARE_STR("Content-Length"));
    const flare_str coding = flare_test_reply_header(reply, FLARE_STR("Transfer-Encoding"));
    const flare_str connection = flare_test_reply_header(reply, FLARE_STR("Connection"));

    reader->keep_alive = !flare_str_equal_nocase(connection, FLARE_STR("close")) && reply->status != 101;
    if ((coding.ptr != NULL && !flare_str_equal(coding, FLARE_STR("chunked"))) ||
        (length.ptr != NULL && (coding.ptr != NULL || !read_number(length, &reader->left))))
        return FLARE_ERR_SYNTAX;
    if (reader->head_only || reply->status == 101 || reply->status == 204 || reply->status == 304)
        return FLARE_OK;
    if (coding.ptr != NULL) {
        flarei_h1_chunked_init(&reader->decoder, &limits, BODY_MAX_BYTES);
        reader->reading = FLAREI_TEST_CHUNKS;
        return FLARE_ERR_AGAIN;
    }
    reader->reading = length.ptr ? FLAREI_TEST_LENGTH : FLAREI_TEST_TO_END;
    if (reader->reading == FLAREI_TEST_TO_END)
        reader->keep_alive = false;
    return length.ptr != NULL && reader->left == 0 ? FLARE_OK : FLARE_ERR_AGAIN;
}

/* @return FLARE_OK if the reply is complete with its head */
static flare_err take_head(struct flarei_test_reader *reader, flare_buffer *in)
{
    const flare_str there = flarei_buffer_str(in);
    const char *const end = there.len ? memmem(there.ptr, there.len, "\r\n\r\n", 4) : NULL;
    flare_str text, line;

    if (end == NULL)
        return there.len < (size_t)HEAD_MAX_BYTES ? FLARE_ERR_AGAIN : FLARE_ERR_SYNTAX;
    const size_t length = (size_t)(end - there.ptr) + 2;
    flarei_buffer_clear(&reader->head);
    if (!flarei_buffer_append(&reader->head, there.ptr, length))
        return FLARE_ERR_MEMORY;
    flarei_buffer_consume(in, length + 2);
    text = flarei_buffer_str(&reader->head);
    reader->reply.fields = reader->fields;
    reader->reply.field_count = 0;
    if (!cut_line(&text, &line) || !read_status(reader, line))
        return FLARE_ERR_SYNTAX;
    while (cut_line(&text, &line))
        if (!read_field(reader, line))
            return FLARE_ERR_SYNTAX;
    if (reader->reply.status < 200 && reader->reply.status != 101)
        return take_head(reader, in);
    return frame(reader);
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
