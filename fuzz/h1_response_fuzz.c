/* Replies of HTTP/1 as a client reads them: heads, then content by length, in chunks or to the end. Whatever
 * the split of the input, the events are the same. The first byte picks a method and a split. Target:
 * runtime/wire/h1_response.c runtime/wire/h1_chunked.c
 */
#include "fuzz.h"

#include "wire/h1_response.h"

#include <string.h>

enum { INPUT_MAX_BYTES = 1300, EVENTS_MAX_BYTES = 1 << 16, FIELDS_MAX = 20 };

static const struct flarei_h1_limits limits = {1024, 256, 16, 128, 48};

struct events {
    char text[EVENTS_MAX_BYTES];
    size_t length;
};

static void add(struct events *events, const char *text, size_t length)
{
    FUZZ_CHECK(length <= sizeof events->text - events->length);
    if (length)
        memcpy(events->text + events->length, text, length);
    events->length += length;
}

static void add_number(struct events *events, const char *label, long long number)
{
    char text[64];

    add(events, text, (size_t)snprintf(text, sizeof text, "\n%s%lld\n", label, number));
}

struct reader {
    enum { HEAD, LENGTH, CHUNKS, TO_THE_END, OVER } state;
    enum flare_method method;
    uint64_t left;
    size_t parsed;
    struct flarei_h1_chunked chunked;
};

static void add_head(struct events *events, const struct flarei_h1_response *response)
{
    add_number(events, "status ", response->status);
    add_number(events, "minor ", response->version_minor);
    add_number(events, "framing ", response->framing);
    add_number(events, "length ", (long long)response->content_length);
    add_number(events, "keep ", response->keep_alive);
    add_number(events, "location ", response->location);
    add_number(events, "coding ", response->content_encoding);
    add_number(events, "cookie ", response->set_cookie);
    add(events, response->reason.ptr, response->reason.len);
    for (size_t i = 0; i < response->field_count; i++) {
        add(events, response->fields[i].name.ptr, response->fields[i].name.len);
        add(events, ": ", 2);
        add(events, response->fields[i].value.ptr, response->fields[i].value.len);
    }
}

static bool take_head(struct reader *reader, flare_str *input, struct events *events)
{
    flare_field fields[FIELDS_MAX];
    struct flarei_h1_response response = {.fields = fields, .field_capacity = FIELDS_MAX};
    const bool worth = flarei_h1_worth_parsing(&limits, input->ptr, input->len, reader->parsed);
    const ptrdiff_t used =
        flarei_h1_parse_response(&limits, input->ptr, input->len, reader->method, &response);

    if (used == 0) {
        FUZZ_CHECK(input->len < limits.head_max_bytes);
        if (worth)
            reader->parsed = input->len;
        return false;
    }
    reader->parsed = 0;
    if (used < 0) {
        add_number(events, "refused ", used);
        FUZZ_CHECK(flarei_h1_refusal_text(used).len > 0);
        reader->state = OVER;
        return false;
    }
    FUZZ_CHECK(used <= (ptrdiff_t)input->len && response.status >= 100 && response.status <= 999);
    FUZZ_PLANT(response.framing == FLAREI_H1_BY_CHUNKS && response.location != 0);
    add_head(events, &response);
    *input = (flare_str){input->ptr + used, input->len - (size_t)used};
    reader->left = response.content_length;
    if (response.framing == FLAREI_H1_BY_CHUNKS) {
        flarei_h1_chunked_init(&reader->chunked, &limits, UINT64_MAX);
        reader->state = CHUNKS;
    } else if (response.framing == FLAREI_H1_BY_LENGTH) {
        reader->state = reader->left != 0 ? LENGTH : HEAD;
    } else if (response.framing == FLAREI_H1_UNTIL_CLOSED) {
        FUZZ_CHECK(!response.keep_alive);
        reader->state = TO_THE_END;
    }
    return true;
}

static bool take_bytes(struct reader *reader, flare_str *input, struct events *events)
{
    size_t bytes = input->len;

    if (reader->state == LENGTH && bytes > reader->left)
        bytes = (size_t)reader->left;
    add(events, input->ptr, bytes);
    *input = (flare_str){input->ptr + bytes, input->len - bytes};
    reader->left -= reader->state == LENGTH ? bytes : 0;
    if (reader->state == LENGTH && reader->left == 0)
        reader->state = HEAD;
    return bytes != 0;
}

static bool take_chunks(struct reader *reader, flare_str *input, struct events *events)
{
    struct flarei_h1_chunked_part part;
    const int event = flarei_h1_chunked_next(&reader->chunked, input, &part);

    if (event == FLAREI_H1_CHUNKED_DATA)
        add(events, part.data.ptr, part.data.len);
    else if (event == FLAREI_H1_CHUNKED_END)
        reader->state = HEAD;
    else if (event < 0) {
        add_number(events, "refused ", event);
        reader->state = OVER;
    }
    return event > 0;
}

static void run(const char *data, size_t size, unsigned split, enum flare_method method,
                struct events *events)
{
    struct reader reader = {.state = HEAD, .method = method};
    size_t used = 0, came = 0;

    events->length = 0;
    while (came < size && reader.state != OVER) {
        const size_t step = split == 0   ? size
                            : split == 1 ? 1
                                         : 1 + (split = split * 1103515245u + 12345u) % 61;
        bool more = true;
        char *copy;

        came = came + step < size ? came + step : size;
        copy = malloc(came - used + 1);
        FUZZ_CHECK(copy != NULL);
        memcpy(copy + 1, data + used, came - used);
        flare_str input = {copy + 1, came - used};
        while (more && reader.state != OVER && (input.len != 0 || reader.state == CHUNKS))
            more = reader.state == HEAD     ? take_head(&reader, &input, events)
                   : reader.state == CHUNKS ? take_chunks(&reader, &input, events)
                                            : take_bytes(&reader, &input, events);
        used = came - input.len;
        free(copy);
    }
    add_number(events, "state ", (long long)reader.state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum flare_method methods[] = {FLARE_METHOD_GET, FLARE_METHOD_HEAD, FLARE_METHOD_CONNECT,
                                                FLARE_METHOD_POST};
    static struct events whole, other;

    if (size < 2 || size > INPUT_MAX_BYTES)
        return 0;
    const enum flare_method method = methods[data[0] & 3];
    run((const char *)data + 1, size - 1, 0, method, &whole);
    for (unsigned split = 1; split < 3; split++) {
        run((const char *)data + 1, size - 1, split == 1 ? 1 : 2u + data[0], method, &other);
        FUZZ_CHECK(whole.length == other.length && memcmp(whole.text, other.text, whole.length) == 0);
    }
    return 0;
}
