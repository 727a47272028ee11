#include "fixture.h"

#include <signal.h>

#include <flare/memory.h>

static flare_reply (*handler)(flare_request *rq);

static flare_reply fixture_dispatch(flare_request *rq)
{
    return handler(rq);
}

static flare_str run(flare_reply (*with)(flare_request *rq), flare_request *rq)
{
    handler = with;
    flarei_request_dispatch(rq);
    CHECK_INT(rq->state, FLAREI_REQUEST_REPLIED);
    return flarei_buffer_str(&fixture_out);
}

static flare_reply say_hello(flare_request *rq)
{
    return flare_text(rq, 200, FLARE_STR("hello"));
}

TEST(text)
{
    const flare_str reply = run(say_hello, fixture_begin());

    CHECK_STR(reply, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n"
                     "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\nhello");
}

TEST(head_keeps_the_length_and_drops_the_content)
{
    flare_request *rq = fixture_begin();

    rq->head_only = true;
    const flare_str reply = run(say_hello, rq);
    CHECK_STR(reply, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n"
                     "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
    CHECK_INT(rq->reply_bytes, 0);
}

TEST(connection_field)
{
    flare_request *rq = fixture_begin();

    rq->version_minor = 0;
    run(say_hello, rq);
    CHECK(fixture_has("Connection: keep-alive\r\n"));
    rq = fixture_begin();
    rq->keep_alive = false;
    run(say_hello, rq);
    CHECK(fixture_has("Connection: close\r\n"));
    run(say_hello, fixture_begin());
    CHECK(!fixture_has("Connection:"));
}

static int status_to_send;

static flare_reply any_status(flare_request *rq)
{
    return flare_bytes(rq, status_to_send, FLARE_STR("text/css"), FLARE_STR("x"));
}

TEST(every_status)
{
    for (status_to_send = 200; status_to_send <= 599; status_to_send++) {
        char line[32];

        run(any_status, fixture_begin());
        snprintf(line, sizeof line, "HTTP/1.1 %d ", status_to_send);
        CHECK(fixture_has(line));
        CHECK(fixture_has("Content-Length: 1\r\n") == (status_to_send != 204 && status_to_send != 304));
        CHECK_INT(fixture_content().len, status_to_send != 204 && status_to_send != 304);
    }
}

static flare_reply redirect(flare_request *rq)
{
    return flare_redirect(rq, 308, FLARE_STR("/new?a=b"));
}

static flare_reply redirect_split(flare_request *rq)
{
    return flare_redirect(rq, 302, FLARE_STR("/new\r\nSet-Cookie: a=b"));
}

static flare_reply type_split(flare_request *rq)
{
    return flare_bytes(rq, 200, FLARE_STR("text/plain\r\nX: y"), FLARE_STR(""));
}

TEST(redirects_and_split_fields)
{
    run(redirect, fixture_begin());
    CHECK(fixture_has("HTTP/1.1 308 Permanent Redirect\r\n"));
    CHECK(fixture_has("Location: /new?a=b\r\n"));
    CHECK(fixture_has("Content-Length: 0\r\n"));
    run(redirect_split, fixture_begin());
    CHECK(fixture_has("HTTP/1.1 500 "));
    CHECK(!fixture_has("Set-Cookie"));
    run(type_split, fixture_begin());
    CHECK(fixture_has("HTTP/1.1 500 "));
    CHECK(!fixture_has("X: y"));
}

static flare_reply with_fields(flare_request *rq)
{
    char name[16];

    for (int i = 0; i < 64; i++) {
        snprintf(name, sizeof name, "X-%d", i);
        CHECK_INT(flare_reply_header(rq, flare_str_of(name), FLARE_STR("v")), FLARE_OK);
    }
    CHECK_INT(flare_reply_header(rq, FLARE_STR("X-64"), FLARE_STR("v")), FLARE_ERR_LIMIT);
    return flare_text(rq, 200, FLARE_STR("ok"));
}

static flare_reply with_bad_fields(flare_request *rq)
{
    CHECK_INT(flare_reply_header(rq, FLARE_STR("A b"), FLARE_STR("v")), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_reply_header(rq, FLARE_STR(""), FLARE_STR("v")), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_reply_header(rq, FLARE_STR("A\0b"), FLARE_STR("v")), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_reply_header(rq, FLARE_STR("A"), FLARE_STR("a\nb")), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_reply_header(rq, FLARE_STR("A"), FLARE_STR("a\rb")), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_reply_header(rq, FLARE_STR("A"), FLARE_STR("a\0b")), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_reply_header(rq, FLARE_STR("content-length"), FLARE_STR("1")), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_reply_header(rq, FLARE_STR("Transfer-Encoding"), FLARE_STR("x")), FLARE_ERR_SYNTAX);
    CHECK_INT(flare_reply_header(rq, FLARE_STR("A"), FLARE_STR("tab\tand \xc3\xa9")), FLARE_OK);
    return flare_text(rq, 200, FLARE_STR("ok"));
}

TEST(reply_fields)
{
    run(with_fields, fixture_begin());
    CHECK(fixture_has("X-0: v\r\nX-1: v\r\n"));
    CHECK(fixture_has("X-62: v\r\nX-63: v\r\n\r\nok"));
    CHECK(!fixture_has("X-64"));
    run(with_bad_fields, fixture_begin());
    CHECK(fixture_has("A: tab\tand \xc3\xa9\r\n\r\nok"));
}

static size_t content_length;

static flare_reply open_and_close(flare_request *rq)
{
    static const struct flarei_head head = FLAREI_HEAD(200, "OK", "application/json", "X-Fixed: 1\r\n");
    flare_buffer *out = flarei_reply_open(rq, &head, 100);

    for (size_t i = 0; out != NULL && i < content_length; i++)
        FLAREI_PUT(out, "j");
    return flarei_reply_close(rq);
}

/* RFC 9110, section 5.5, byte by byte: what the words of flarei_field_value_valid() are held against. */
static bool value_valid(flare_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        const unsigned char byte = (unsigned char)value.ptr[i];

        if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
            return false;
    }
    return true;
}

TEST(field_values_of_every_byte_in_every_place)
{
    static const char around[] = {'a', ' ', '\t', '~', (char)0x80, (char)0xff};
    char bytes[26];

    for (size_t kind = 0; kind < sizeof around; kind++) {
        memset(bytes, around[kind], sizeof bytes);
        for (size_t length = 0; length <= sizeof bytes; length++) {
            CHECK(flarei_field_value_valid((flare_str){bytes, length}));
            for (size_t place = 0; place < length; place++) {
                for (unsigned byte = 0; byte < 256; byte++) {
                    bytes[place] = (char)byte;
                    const flare_str value = {bytes, length};
                    CHECK_INT(flarei_field_value_valid(value), value_valid(value));
                }
                bytes[place] = around[kind];
            }
        }
    }
}

TEST(lengths_of_every_width)
{
    static const size_t lengths[] = {0, 9, 10, 99, 100, 999, 1000, 9999, 10000, 123456};

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        char line[64];
        flare_str content;

        content_length = lengths[i];
        run(open_and_close, fixture_begin());
        snprintf(line, sizeof line, "\r\nContent-Length: %zu\r\n\r\n", content_length);
        CHECK(fixture_has(line));
        content = fixture_content();
        CHECK_INT(content.len, content_length);
        for (size_t j = 0; j < content.len; j++)
            if (content.ptr[j] != 'j') {
                CHECK(content.ptr[j] == 'j');
                break;
            }
    }
    content_length = 1000;
    flare_request *rq = fixture_begin();
    rq->head_only = true;
    run(open_and_close, rq);
    CHECK(fixture_has("Content-Length: 1000\r\n\r\n"));
    CHECK_INT(fixture_content().len, 0);
}

static flare_reply forged(flare_request *rq)
{
    (void)rq;
    return (flare_reply){0};
}

static flare_reply forged_after_reply(flare_request *rq)
{
    flare_reply made = flare_text(rq, 200, FLARE_STR("secret"));

    made.flarei_mark++;
    return made;
}

TEST(forged_replies_are_500)
{
    run(forged, fixture_begin());
    CHECK(fixture_has("HTTP/1.1 500 "));
    run(forged_after_reply, fixture_begin());
    CHECK(fixture_has("HTTP/1.1 500 "));
    CHECK(!fixture_has("secret"));
}

static flare_reply fails(flare_request *rq)
{
    return flare_fail(rq, FLARE_ERR_IO, "the disk is on fire");
}

TEST(failures_tell_only_the_log)
{
    flare_request *rq;

    run(fails, fixture_begin());
    CHECK(fixture_has("HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/problem+json\r\n"));
    CHECK(!fixture_has("fire"));
    CHECK(!fixture_has("X-Request-Id"));
    rq = fixture_begin();
    const flare_field id = {FLARE_STR("X-Request-Id"), FLARE_STR("abc-1")};
    rq->fields = &id;
    rq->field_count = 1;
    flarei_use_request_id(rq); /* what uses add stays; what the handler added goes */
    CHECK_INT(flare_reply_header(rq, FLARE_STR("X-Own"), FLARE_STR("1")), FLARE_OK);
    run(fails, rq);
    CHECK(fixture_has("X-Request-Id: abc-1\r\n"));
    CHECK(!fixture_has("X-Own"));
    rq = fixture_begin();
    rq->expose_errors = true;
    run(fails, rq);
    CHECK_STR(fixture_content(),
              "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500,"
              "\"detail\":\"the disk is on fire\"}");
}

static const char *slug;

static flare_reply has_problem(flare_request *rq)
{
    return flare_problem(rq, 409, flare_str_of(slug));
}

/* The title is the slug's words; as long as 64 bytes, and the status's reason past that. */
TEST(titles_of_problems)
{
    static const struct {
        const char *slug, *content;
    } rows[] = {
        {"", "{\"type\":\"about:blank\",\"title\":\"Conflict\",\"status\":409}"},
        {"sku-taken", "{\"type\":\"sku-taken\",\"title\":\"Sku taken\",\"status\":409}"},
        {"urn:shop:sku_taken", "{\"type\":\"urn:shop:sku_taken\",\"title\":\"Sku taken\",\"status\":409}"},
        {"https://a.b/SKU", "{\"type\":\"https://a.b/SKU\",\"title\":\"SKU\",\"status\":409}"},
        {"urn:shop:", "{\"type\":\"urn:shop:\",\"title\":\"Conflict\",\"status\":409}"},
    };
    char text[66];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        slug = rows[i].slug;
        run(has_problem, fixture_begin());
        CHECK_STR(fixture_content(), rows[i].content);
    }
    memset(text, 'A', sizeof text);
    slug = text;
    text[64] = '\0';
    run(has_problem, fixture_begin());
    CHECK(fixture_has("\"title\":\"AAAA"));
    text[64] = 'A';
    text[65] = '\0';
    run(has_problem, fixture_begin());
    CHECK(fixture_has("\"title\":\"Conflict\""));
}

TEST(methods_outside_the_service)
{
    flare_request *rq = fixture_begin();

    rq->method = FLARE_METHOD_UNKNOWN;
    run(say_hello, rq);
    CHECK(fixture_has("HTTP/1.1 501 "));
    rq = fixture_begin();
    rq->method = FLARE_METHOD_CONNECT;
    run(say_hello, rq);
    CHECK(fixture_has("HTTP/1.1 501 "));
    rq = fixture_begin();
    rq->method = FLARE_METHOD_OPTIONS;
    rq->path = FLARE_STR("*");
    run(say_hello, rq);
    CHECK(fixture_has("HTTP/1.1 204 "));
}

TEST(refusals_close)
{
    flare_request *rq = fixture_begin();

    flarei_request_refuse(rq, 431, FLARE_STR("request head too large"));
    CHECK(fixture_has("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
    CHECK(fixture_has("Connection: close\r\n"));
    CHECK_STR(fixture_content(), "{\"type\":\"about:blank\",\"title\":\"Request Header Fields Too Large\","
                                 "\"status\":431,\"detail\":\"request head too large\"}");
    CHECK(!rq->keep_alive);
}

TEST(an_unread_body_can_end_the_connection)
{
    flare_request *rq = fixture_begin();

    rq->body_complete = false;
    rq->has_body = true;
    rq->body_length = fixture_limits.body_max_bytes;
    run(say_hello, rq);
    CHECK(rq->keep_alive);
    rq = fixture_begin();
    rq->body_complete = false;
    rq->has_body = true;
    rq->body_length = fixture_limits.body_max_bytes + 1;
    run(say_hello, rq);
    CHECK(!rq->keep_alive);
    rq = fixture_begin();
    rq->body_complete = false;
    rq->has_body = true;
    rq->expects_continue = true;
    rq->body_length = 1;
    run(say_hello, rq);
    CHECK(!rq->keep_alive);
}

/* An output that can't take the reply: a 500 if that fits, else the connection ends. */
TEST(full_output)
{
    char storage[400];
    flare_request *rq;

    content_length = 5000;
    for (size_t room = 0; room <= sizeof storage; room += 8) {
        flare_buffer small;

        rq = fixture_begin();
        flarei_buffer_over(&small, storage, room);
        rq->out = &small;
        handler = open_and_close;
        flarei_request_dispatch(rq);
        CHECK_INT(rq->state, FLAREI_REQUEST_REPLIED);
        if (flarei_buffer_len(&small) == 0) {
            CHECK(!rq->keep_alive);
            CHECK_INT(rq->reply_status, 0);
        } else {
            CHECK_INT(rq->reply_status, 500);
            CHECK(memcmp(storage, "HTTP/1.1 500 ", 13) == 0);
        }
    }
}

static flare_reply uses_memory(flare_request *rq)
{
    void *block = flare_alloc(rq, 64);
    flare_str text = flare_format(rq, "%s-%d", "x", 7);

    if (block == NULL || text.ptr == NULL)
        return flare_fail(rq, FLARE_ERR_MEMORY, "no memory");
    CHECK_STR(text, "x-7");
    CHECK(text.ptr[text.len] == '\0');
    if (flare_reply_header(rq, FLARE_STR("X-A"), text) != FLARE_OK)
        return flare_fail(rq, FLARE_ERR_MEMORY, "no memory");
    return flare_textf(rq, 200, "%01500d", 1);
}

static int allocations_left;

static void *scarce_allocate(void *context, size_t bytes)
{
    (void)context;
    return allocations_left-- > 0 ? malloc(bytes) : NULL;
}

static void *scarce_reallocate(void *context, void *block, size_t bytes)
{
    (void)context;
    return allocations_left-- > 0 ? realloc(block, bytes) : NULL;
}

static void scarce_release(void *context, void *block)
{
    (void)context;
    free(block);
}

TEST(no_memory)
{
    static const flare_allocator scarce = {NULL, scarce_allocate, scarce_reallocate, scarce_release};
    bool whole = false;

    for (int n = 0; n < 10 && !whole; n++) {
        flare_request *rq = fixture_begin();

        flarei_arena_free(&fixture_arena);
        flarei_buffer_free(&fixture_out);
        allocations_left = n;
        flare_allocator_set(&scarce);
        handler = uses_memory;
        flarei_request_dispatch(rq);
        flare_allocator_set(NULL);
        CHECK_INT(rq->state, FLAREI_REQUEST_REPLIED);
        CHECK(rq->reply_status == 200 || rq->reply_status == 500 || !rq->keep_alive);
        whole = rq->reply_status == 200;
    }
    CHECK(whole);
    CHECK_INT(fixture_content().len, 1500);
}

static void keep(flare_reply reply)
{
    (void)reply;
}

static void reply_twice(void)
{
    flare_request *rq = fixture_begin();

    keep(flare_text(rq, 200, FLARE_STR("one")));
    keep(flare_text(rq, 200, FLARE_STR("two")));
}

static void use_after_reply(void)
{
    flare_request *rq = fixture_begin();

    keep(flare_text(rq, 200, FLARE_STR("one")));
    (void)!flare_alloc(rq, 1);
}

static void use_after_end(void)
{
    flare_request *rq = fixture_begin();

    keep(flare_text(rq, 200, FLARE_STR("one")));
    flarei_request_end(rq);
    (void)flare_request_path(rq);
}

static void reply_once(void)
{
    keep(flare_text(fixture_begin(), 200, FLARE_STR("one")));
}

TEST(asserts_catch_misuse)
{
    CHECK(!fixture_dies(reply_once));
    if (FLARE_ASSERT_MODE < FLARE_ASSERT_SAFE)
        return;
    CHECK(fixture_dies(reply_twice));
    CHECK(fixture_dies(use_after_reply));
    CHECK(fixture_dies(use_after_end));
}

int main(void)
{
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF, .descriptor = 2});
    RUN(text);
    RUN(head_keeps_the_length_and_drops_the_content);
    RUN(connection_field);
    RUN(every_status);
    RUN(redirects_and_split_fields);
    RUN(reply_fields);
    RUN(field_values_of_every_byte_in_every_place);
    RUN(lengths_of_every_width);
    RUN(forged_replies_are_500);
    RUN(failures_tell_only_the_log);
    RUN(titles_of_problems);
    RUN(methods_outside_the_service);
    RUN(refusals_close);
    RUN(an_unread_body_can_end_the_connection);
    RUN(full_output);
    RUN(no_memory);
    RUN(asserts_catch_misuse);
    flarei_arena_free(&fixture_arena);
    flarei_buffer_free(&fixture_out);
    return TEST_END();
}
