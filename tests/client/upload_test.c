/* Content that is read as it is sent: from a callback, a file, a form, or written piece by piece. */
#include "server.h"

#include "fiber/fiber.h"

#include <flare/form_data.h>

static flare_client *client;

#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static bool heard(const char *text)
{
    return strstr(last_request(), text) != NULL;
}

/* ---- From a callback ---- */

struct pieces {
    const char *text;
    size_t bytes, step, at;
    unsigned rewinds, reads;
    flare_err fails;   /* at the end, in place of it */
    flare_fetch *push; /* every second time it has none yet */
    flare_timer timer;
    bool waits, hesitates;
};

static void push(flare_loop *on, flare_timer *timer)
{
    struct pieces *const pieces = FLARE_OWNER(timer, struct pieces, timer);

    (void)on;
    pieces->waits = false;
    flare_fetch_push(pieces->push);
}

static ptrdiff_t give(void *context, void *buffer, size_t bytes)
{
    struct pieces *const pieces = context;
    size_t step = pieces->bytes - pieces->at;

    CHECK(bytes > 0);
    CHECK(!pieces->waits);
    pieces->reads++;
    if (pieces->hesitates && pieces->reads % 2 == 1) {
        pieces->waits = true;
        flare_timer_set(loop, &pieces->timer, 1);
        return FLARE_ERR_AGAIN;
    }
    step = step < pieces->step ? step : pieces->step;
    step = step < bytes ? step : bytes;
    if (step == 0)
        return pieces->fails;
    memcpy(buffer, pieces->text + pieces->at, step);
    pieces->at += step;
    return (ptrdiff_t)step;
}

static bool go_back(void *context)
{
    struct pieces *const pieces = context;

    pieces->at = 0;
    pieces->rewinds++;
    return true;
}

static struct pieces pieces_of(const char *text, size_t step)
{
    return (struct pieces){.text = text, .bytes = strlen(text), .step = step, .timer.callback = push};
}

static flare_err put(struct pieces *pieces, uint64_t length, flare_fetch **fetch,
                     const flare_fetch_reply **reply)
{
    const flare_fetch_source source = {.read = give, .context = pieces, .length = length};

    return flare_fetch_wait(fetch, client,
                            &(flare_fetch_options){.url = url_of("/up"),
                                                   .method = FLARE_STR("PUT"),
                                                   .source = &source,
                                                   .content_type = FLARE_STR("text/plain")},
                            reply);
}

TEST(with_a_length)
{
    struct pieces pieces = pieces_of("hello, world", 5);
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    play((struct script){.reply = OK_EMPTY});
    for (int i = 0; i < 3; i++) {
        pieces.at = 0;
        CHECK_INT(put(&pieces, 12, &fetch, &reply), FLARE_OK);
        CHECK(heard("PUT /up HTTP/1.1\r\n"));
        CHECK(heard("Content-Type: text/plain\r\nContent-Length: 12\r\n\r\nhello, world"));
        CHECK(!heard("chunked"));
        flare_fetch_free(fetch);
    }
    CHECK_INT(server.connections, 1);
    pieces.at = 0;
    CHECK_INT(put(&pieces, 5, &fetch, &reply), FLARE_OK); /* no more is taken than was said */
    CHECK_INT(pieces.at, 5);
    flare_fetch_free(fetch);
    pieces.at = 0;
    CHECK_INT(put(&pieces, 0, &fetch, &reply), FLARE_OK);
    CHECK(heard("Content-Length: 0\r\n\r\n"));
    CHECK_INT(pieces.at, 0);
    flare_fetch_free(fetch);
}

TEST(in_chunks)
{
    struct pieces pieces = pieces_of("hello, world", 5);
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    flare_client_close_idle(client);
    play((struct script){.reply = OK_EMPTY});
    CHECK_INT(put(&pieces, FLARE_FETCH_LENGTH_UNKNOWN, &fetch, &reply), FLARE_OK);
    CHECK(heard("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\n, wor\r\n2\r\nld\r\n0\r\n\r\n"));
    CHECK(!heard("Content-Length"));
    flare_fetch_free(fetch);
    pieces = pieces_of("", 5);
    CHECK_INT(put(&pieces, FLARE_FETCH_LENGTH_UNKNOWN, &fetch, &reply), FLARE_OK);
    CHECK(heard("\r\n\r\n0\r\n\r\n"));
    flare_fetch_free(fetch);
    CHECK_INT(server.connections, 1);
}

TEST(a_source_that_ends_early_or_fails)
{
    struct pieces pieces = pieces_of("hello", 5);
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    play((struct script){.reply = OK_EMPTY});
    CHECK_INT(put(&pieces, 6, &fetch, &reply), FLARE_ERR_ARGUMENT);
    CHECK(flare_fetch_why(fetch) != NULL);
    flare_fetch_free(fetch);
    pieces = pieces_of("hello", 5);
    pieces.fails = FLARE_ERR_IO;
    CHECK_INT(put(&pieces, FLARE_FETCH_LENGTH_UNKNOWN, &fetch, &reply), FLARE_ERR_IO);
    flare_fetch_free(fetch);
    CHECK_INT(flare_client_connections(client), 0);
    CHECK_INT(server.requests, 0);
}

static struct {
    flare_err err;
    unsigned status;
    bool done;
} ended;

static void on_done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    (void)context;
    ended.err = err;
    ended.status = reply->status;
    ended.done = true;
    flare_fetch_free(fetch);
}

TEST(a_source_that_has_none_yet)
{
    static const flare_fetch_handler handler = {.done = on_done};
    struct pieces pieces = pieces_of("hello, world", 5);
    const flare_fetch_source source = {
        .read = give, .context = &pieces, .length = FLARE_FETCH_LENGTH_UNKNOWN};
    flare_client *on_loop;

    play((struct script){.reply = OK_EMPTY});
    CHECK_INT(flare_client_create(&on_loop, loop, NULL), FLARE_OK);
    for (int i = 0; i < 2; i++) { /* over a connection that is new, and one that is not */
        pieces = pieces_of("hello, world", 5);
        pieces.hesitates = true;
        ended.done = false;
        CHECK_INT(flare_fetch_start(&pieces.push, on_loop,
                                    &(flare_fetch_options){
                                        .url = url_of("/"), .method = FLARE_STR("POST"), .source = &source},
                                    &handler, NULL),
                  FLARE_OK);
        CHECK_INT(pieces.reads, 0);
        CHECK(run_until(&ended.done));
        CHECK_INT(ended.err, FLARE_OK);
        CHECK(heard("\r\n\r\n5\r\nhello\r\n5\r\n, wor\r\n2\r\nld\r\n0\r\n\r\n"));
    }
    flare_client_free(on_loop);
}

/* ---- Once more ---- */

static const struct script *redirect_first(const char *request, unsigned number)
{
    static const struct script moved = {
        .reply = "HTTP/1.1 307 Moved\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"};
    static const struct script good = {.reply = OK_EMPTY};

    (void)request;
    return number == 0 ? &moved : &good;
}

TEST(a_redirect_wants_it_again)
{
    struct pieces pieces = pieces_of("hello", 5);
    flare_fetch_source source = {.read = give, .rewind = go_back, .context = &pieces, .length = 5};
    const flare_fetch_options options = {.url = url_of("/"), .method = FLARE_STR("POST"), .source = &source};
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    play((struct script){.reply = NULL});
    server.choose = redirect_first;
    CHECK_INT(flare_fetch_wait(&fetch, client, &options, &reply), FLARE_OK);
    CHECK_INT(reply->redirects, 1);
    CHECK(heard("POST /there HTTP/1.1\r\n") && heard("\r\n\r\nhello"));
    CHECK_INT(pieces.rewinds, 1);
    flare_fetch_free(fetch);

    pieces = pieces_of("hello", 5);
    source.rewind = NULL;
    play((struct script){.reply = NULL});
    server.choose = redirect_first;
    CHECK_INT(flare_fetch_wait(&fetch, client, &options, &reply), FLARE_ERR_UNSUPPORTED);
    CHECK_INT(reply->status, 307);
    CHECK(flare_fetch_why(fetch) != NULL);
    flare_fetch_free(fetch);
}

/* ---- Larger than what the system takes at once ---- */

TEST(a_file)
{
    enum { BYTES = 900000 };
    char name[] = "/tmp/flare-upload-XXXXXX";
    const int fd = mkstemp(name);
    char *const text = malloc(BYTES);
    flare_fetch_file file = {.fd = fd, .first = 10, .bytes = BYTES - 20};
    flare_fetch_source source = flare_fetch_source_of(&file);
    const flare_fetch_options options = {.url = url_of("/"), .method = FLARE_STR("PUT"), .source = &source};
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    (void)unlink(name);
    memset(text, 'x', BYTES);
    CHECK_INT(write(fd, text, BYTES), BYTES);
    play((struct script){.reply = OK_EMPTY});
    CHECK_INT(flare_fetch_wait(&fetch, client, &options, &reply), FLARE_OK);
    CHECK(heard("Content-Length: 899980\r\n\r\nxxx"));
    flare_fetch_free(fetch);
    source.length = FLARE_FETCH_LENGTH_UNKNOWN;
    file.at = 0;
    CHECK_INT(flare_fetch_wait(&fetch, client, &options, &reply), FLARE_OK);
    CHECK(heard("chunked\r\n\r\n4000\r\nxxx"));
    flare_fetch_free(fetch);
    file.bytes += 100; /* it is not so long any more */
    file.at = 0;
    CHECK_INT(flare_fetch_wait(&fetch, client, &options, &reply), FLARE_ERR_CLOSED);
    flare_fetch_free(fetch);
    free(text);
    (void)close(fd);
}

/* ---- Forms ---- */

TEST(a_form)
{
    char name[] = "/tmp/flare-upload-XXXXXX";
    const int fd = mkstemp(name);
    const flare_fetch_reply *reply;
    flare_form_data *form;
    flare_fetch *fetch;
    char wanted[2048];

    (void)unlink(name);
    CHECK_INT(write(fd, "of a file", 9), 9);
    CHECK_INT(flare_form_data_create(&form), FLARE_OK);
    CHECK_INT(flare_form_data_add(form, FLARE_STR("a"), FLARE_STR("1")), FLARE_OK);
    CHECK_INT(flare_form_data_add(form, FLARE_STR("q\"\r\nX: y"), FLARE_STR("")), FLARE_OK);
    CHECK_INT(flare_form_data_add_file(form, FLARE_STR("f"), FLARE_STR("n.txt"), FLARE_STR("text/plain"), fd),
              FLARE_OK);
    CHECK_INT(flare_form_data_add_file(form, FLARE_STR("g"), FLARE_STR("m"), FLARE_STR(""), fd), FLARE_OK);
    CHECK_INT(
        flare_form_data_add_bytes(form, FLARE_STR("h"), FLARE_STR("b"), FLARE_STR(""), FLARE_STR("bytes")),
        FLARE_OK);
    CHECK_INT(flare_form_data_add_bytes(form, FLARE_STR("h"), FLARE_STR("b"), FLARE_STR("a\r\nb: c"),
                                        FLARE_STR("bytes")),
              FLARE_ERR_ARGUMENT);
    CHECK(flare_form_data_add_file(form, FLARE_STR("h"), FLARE_STR("b"), FLARE_STR(""), 0x7fff) != FLARE_OK);
    const flare_str content_type = flare_form_data_content_type(form);
    const char *const boundary = strchr(content_type.ptr, '=') + 1;
    const int b = (int)(content_type.len - (size_t)(boundary - content_type.ptr));
    (void)snprintf(wanted, sizeof wanted,
                   "\r\n\r\n--%.*s\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
                   "--%.*s\r\nContent-Disposition: form-data; name=\"q%%22%%0D%%0AX: y\"\r\n\r\n\r\n"
                   "--%.*s\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n.txt\"\r\n"
                   "Content-Type: text/plain\r\n\r\nof a file\r\n"
                   "--%.*s\r\nContent-Disposition: form-data; name=\"g\"; filename=\"m\"\r\n"
                   "Content-Type: application/octet-stream\r\n\r\nof a file\r\n"
                   "--%.*s\r\nContent-Disposition: form-data; name=\"h\"; filename=\"b\"\r\n"
                   "Content-Type: application/octet-stream\r\n\r\nbytes\r\n--%.*s--\r\n",
                   b, boundary, b, boundary, b, boundary, b, boundary, b, boundary, b, boundary);
    const flare_fetch_source source = flare_form_data_source(form);
    const flare_fetch_options options = {
        .url = url_of("/"), .method = FLARE_STR("POST"), .source = &source, .content_type = content_type};
    CHECK_INT(source.length, strlen(wanted) - 4);
    play((struct script){.reply = NULL});
    server.choose = redirect_first; /* so it is sent twice */
    CHECK_INT(flare_fetch_wait(&fetch, client, &options, &reply), FLARE_OK);
    CHECK_INT(reply->redirects, 1);
    CHECK(heard("Content-Type: multipart/form-data; boundary=--------"));
    CHECK(heard(wanted));
    flare_fetch_free(fetch);
    flare_form_data_free(form);
    (void)close(fd);
}

TEST(an_empty_form)
{
    flare_form_data *form;
    char bytes[100];

    CHECK_INT(flare_form_data_create(&form), FLARE_OK);
    const flare_fetch_source source = flare_form_data_source(form);
    CHECK_INT(source.length, 2 + 40 + 4);
    CHECK_INT(source.read(source.context, bytes, sizeof bytes), 46);
    CHECK_INT(source.read(source.context, bytes, sizeof bytes), 0);
    flare_form_data_free(form);
    flare_form_data_free(NULL);
}

/* ---- Written ---- */

static void write_all(uint64_t length)
{
    static char large[100000];
    const flare_fetch_source source = {.length = length};
    const flare_fetch_options options = {.url = url_of("/"), .method = FLARE_STR("POST"), .source = &source};
    const flare_fetch_reply *reply;
    flare_fetch *fetch;
    flare_str part;

    memset(large, 'y', sizeof large);
    CHECK_INT(flare_fetch_begin(&fetch, client, &options), FLARE_OK);
    if (fetch == NULL)
        return;
    CHECK_INT(flare_fetch_write(fetch, FLARE_STR("hello, ")), FLARE_OK);
    CHECK_INT(flare_fetch_write(fetch, FLARE_STR("")), FLARE_OK);
    CHECK_INT(flare_fetch_write(fetch, FLARE_STR("world")), FLARE_OK);
    CHECK_INT(flare_fetch_write(fetch, (flare_str){large, sizeof large}), FLARE_OK);
    CHECK_INT(flare_fetch_finish(fetch, &reply), FLARE_OK);
    CHECK_INT(reply->status, 200);
    CHECK_INT(flare_fetch_write(fetch, FLARE_STR("more")), FLARE_ERR_STATE);
    CHECK_INT(flare_fetch_read(fetch, &part), FLARE_OK);
    CHECK_INT(part.len, 0);
    flare_fetch_free(fetch);
}

TEST(written_piece_by_piece)
{
    flare_client_close_idle(client);
    play((struct script){.reply = OK_EMPTY});
    write_all(FLARE_FETCH_LENGTH_UNKNOWN);
    CHECK(heard("chunked\r\n\r\n7\r\nhello, \r\n5\r\nworld\r\n4000\r\nyyy"));
    write_all(100012);
    CHECK(heard("Content-Length: 100012\r\n\r\nhello, worldyyy"));
    CHECK_INT(server.connections, 1);
}

static bool fiber_ended;

static void write_on_fiber(void *argument)
{
    (void)argument;
    write_all(FLARE_FETCH_LENGTH_UNKNOWN);
    fiber_ended = true;
}

TEST(written_on_a_fiber)
{
    static const struct flarei_fiber_calls calls = {.run = write_on_fiber};
    struct flarei_fibers fibers;
    enum flarei_fiber_state state;
    flare_client *const own = client;

    flarei_fibers_init(&fibers, loop, FLAREI_FIBER_STACK_BYTES);
    CHECK_INT(flare_client_create(&client, NULL, NULL), FLARE_OK);
    play((struct script){.reply = OK_EMPTY});
    CHECK(flarei_fiber_start(&fibers, &calls, NULL, NULL, &state) != NULL);
    CHECK(run_until(&fiber_ended));
    flare_client_free(client);
    client = own;
    run_for(2);
    flarei_fibers_clear(&fibers);
}

/* Who replies before all of it came takes no more. */
TEST(a_reply_that_comes_early)
{
    static const char head[] = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    static char large[1 << 16];
    const flare_fetch_source source = {.length = FLARE_FETCH_LENGTH_UNKNOWN};
    const flare_fetch_options options = {.url = url_of("/"), .method = FLARE_STR("POST"), .source = &source};
    const flare_fetch_reply *reply;
    flare_err err = FLARE_OK;
    flare_fetch *fetch;

    play((struct script){.reply = head, .after = CLOSE});
    server.early = true;
    CHECK_INT(flare_fetch_begin(&fetch, client, &options), FLARE_OK);
    for (int i = 0; i < 1000 && err == FLARE_OK; i++)
        err = flare_fetch_write(fetch, (flare_str){large, sizeof large});
    server.early = false;
    CHECK_INT(err, FLARE_ERR_CLOSED);
    CHECK_INT(flare_fetch_finish(fetch, &reply), FLARE_OK);
    CHECK_INT(reply->status, 413);
    flare_fetch_free(fetch);
    CHECK_INT(flare_client_connections(client), 0);
}

int main(void)
{
    open_loop();
    begin_serving();
    CHECK_INT(flare_client_create(&client, NULL, NULL), FLARE_OK);
    RUN(with_a_length);
    RUN(in_chunks);
    RUN(a_source_that_ends_early_or_fails);
    RUN(a_source_that_has_none_yet);
    RUN(a_redirect_wants_it_again);
    RUN(a_file);
    RUN(a_form);
    RUN(an_empty_form);
    RUN(written_piece_by_piece);
    RUN(written_on_a_fiber);
    RUN(a_reply_that_comes_early);
    flare_client_free(client);
    end_serving();
    flare_loop_destroy(loop);
    return TEST_END();
}
