/* The HTTP/1 codec as a connection uses it: heads, bodies by length or in chunks, the next head. Whatever the
 * split of the input, the events are the same; and the same again from the head parser's bytewise twin. The
 * first input byte picks one of the splits.
 * Target: runtime/wire/h1_head.c runtime/wire/h1_line.c runtime/wire/h1_target.c runtime/wire/h1_chunked.c
 */
#include "fuzz.h"

#define FLARE_NO_SIMD
#define flarei_h1_parse_head    bytewise_h1_parse_head
#define flarei_h1_worth_parsing bytewise_h1_worth_parsing
#include "wire/h1_head.c"
#undef flarei_h1_parse_head
#undef flarei_h1_worth_parsing

typedef ptrdiff_t parse_function(const struct flarei_h1_limits *limits, const char *bytes, size_t length,
                                 struct flarei_h1_head *head);

parse_function flarei_h1_parse_head;
bool flarei_h1_worth_parsing(const struct flarei_h1_limits *limits, const char *bytes, size_t length,
                             size_t parsed_length);

enum { INPUT_MAX_BYTES = 1300, EVENTS_MAX_BYTES = 1 << 18, FIELDS_MAX = 20 };

static const struct flarei_h1_limits limits = {1024, 256, 16, 128, 48};

/* What was seen, as text; the data of a body runs together however it came. */
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

static void add_slice(struct events *events, const char *label, flare_str slice)
{
    add(events, label, strlen(label));
    add(events, slice.ptr, slice.len);
    add(events, "\n", 1);
}

static void add_number(struct events *events, const char *label, long long number)
{
    char text[64];

    add(events, text, (size_t)snprintf(text, sizeof text, "%s%lld\n", label, number));
}

static void add_head(struct events *events, const struct flarei_h1_head *head)
{
    bool flags[] = {head->has_content_length, head->chunked,          head->has_body,
                    head->keep_alive,         head->wants_upgrade,    head->expect_continue,
                    head->expect_unknown,     head->path_has_percent, head->path_has_dot};

    add_number(events, "method ", (long long)head->method);
    add_slice(events, "token ", head->method_token);
    add_number(events, "form ", (long long)head->target_form);
    add_slice(events, "target ", head->target);
    add_slice(events, "path ", head->path);
    add_slice(events, head->query.ptr ? "query " : "no query", head->query);
    add_slice(events, "host ", head->host);
    add_number(events, "minor ", head->version_minor);
    add_number(events, "length ", (long long)head->content_length);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        add(events, flags[i] ? "1" : "0", 1);
    for (size_t i = 0; i < FLAREI_H1_NOTABLE_COUNT; i++)
        add_number(events, " notable ", head->notable[i]);
    for (size_t i = 0; i < head->field_count; i++) {
        add_slice(events, "name ", head->fields[i].name);
        add_slice(events, "value ", head->fields[i].value);
    }
}

/* Where a connection is in its stream. */
struct connection {
    struct flarei_h1_chunked chunked;
    uint64_t body_left;
    size_t parsed;
    enum { IN_HEAD, IN_BODY, IN_CHUNKS, OVER } state;
};

static void end_with(struct connection *connection, struct events *events, ptrdiff_t refusal)
{
    add_number(events, "refused ", refusal);
    connection->state = OVER;
    FUZZ_CHECK(flarei_h1_refusal_status(refusal) >= 400 && flarei_h1_refusal_text(refusal).len > 0);
}

/* Each takes what it can off the input; false if it needs more. */
static bool take_head(struct connection *connection, parse_function *parse, flare_str *input,
                      struct events *events)
{
    flare_field fields[FIELDS_MAX];
    struct flarei_h1_head head = {.fields = fields, .field_capacity = FIELDS_MAX};
    bool worth = flarei_h1_worth_parsing(&limits, input->ptr, input->len, connection->parsed);
    ptrdiff_t n = parse(&limits, input->ptr, input->len, &head);

    if (n == 0) {
        FUZZ_CHECK(input->len < limits.head_max_bytes);
        if (worth)
            connection->parsed = input->len;
        return false;
    }
    FUZZ_CHECK(n <= (ptrdiff_t)input->len && (worth || n < 0));
    connection->parsed = 0;
    if (n < 0) {
        end_with(connection, events, n);
        return false;
    }
    add_head(events, &head);
    input->ptr += n;
    input->len -= (size_t)n;
    connection->state = head.chunked ? IN_CHUNKS : head.has_body ? IN_BODY : IN_HEAD;
    connection->body_left = head.content_length;
    flarei_h1_chunked_init(&connection->chunked, &limits, 512);
    if (!head.keep_alive)
        connection->state = connection->state == IN_HEAD ? OVER : connection->state;
    return true;
}

static bool take_chunks(struct connection *connection, flare_str *input, struct events *events)
{
    struct flarei_h1_chunked_part part;
    int event = flarei_h1_chunked_next(&connection->chunked, input, &part);

    if (event < 0) {
        end_with(connection, events, event);
    } else if (event == FLAREI_H1_CHUNKED_DATA) {
        add(events, part.data.ptr, part.data.len);
    } else if (event == FLAREI_H1_CHUNKED_TRAILER) {
        FUZZ_PLANT(part.field.name.len > 2 && part.field.value.len > 2);
        add_slice(events, "\ntrailer ", part.field.name);
        add_slice(events, "value ", part.field.value);
    } else if (event == FLAREI_H1_CHUNKED_END) {
        connection->state = IN_HEAD;
    }
    return event > 0;
}

static bool take_body(struct connection *connection, flare_str *input, struct events *events)
{
    size_t bytes = input->len < connection->body_left ? input->len : (size_t)connection->body_left;

    add(events, input->ptr, bytes);
    input->ptr += bytes;
    input->len -= bytes;
    connection->body_left -= bytes;
    if (connection->body_left > 0)
        return false;
    connection->state = IN_HEAD;
    return true;
}

/* Delivers the data in steps of a size that `split` gives; each time in memory that ends where the data does.
 */
static void run(parse_function *parse, const char *data, size_t size, unsigned split, struct events *events)
{
    struct connection connection = {.state = IN_HEAD};
    size_t used = 0, came = 0;

    events->length = 0;
    while (came < size && connection.state != OVER) {
        size_t step = split == 0 ? size : split == 1 ? 1 : 1 + (split = split * 1103515245u + 12345u) % 61;
        came = came + step < size ? came + step : size;
        char *copy = malloc(came - used + 1);
        FUZZ_CHECK(copy != NULL);
        memcpy(copy + 1, data + used, came - used);
        flare_str input = {copy + 1, came - used};
        bool more = true;
        while (more && connection.state != OVER && (input.len || connection.state == IN_CHUNKS)) {
            more = connection.state == IN_HEAD     ? take_head(&connection, parse, &input, events)
                   : connection.state == IN_CHUNKS ? take_chunks(&connection, &input, events)
                                                   : take_body(&connection, &input, events);
        }
        used = came - input.len;
        free(copy);
    }
    add_number(events, "state ", (long long)connection.state);
}

static void check_same(const struct events *a, const struct events *b)
{
    bool same = a->length == b->length && memcmp(a->text, b->text, a->length) == 0;

    if (!same)
        fprintf(stderr, "---- whole\n%.*s\n---- split\n%.*s\n", (int)a->length, a->text, (int)b->length,
                b->text);
    FUZZ_CHECK(same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct events whole, other;
    const char *bytes = (const char *)data + 1;

    if (size < 2 || size > INPUT_MAX_BYTES)
        return 0;
    run(flarei_h1_parse_head, bytes, size - 1, 0, &whole);
    run(flarei_h1_parse_head, bytes, size - 1, 1, &other);
    check_same(&whole, &other);
    run(flarei_h1_parse_head, bytes, size - 1, 2u + data[0], &other);
    check_same(&whole, &other);
    run(bytewise_h1_parse_head, bytes, size - 1, 2u + data[0], &other);
    check_same(&whole, &other);
    return 0;
}
