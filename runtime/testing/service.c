#include "net/sys.h"
#include "server/connection.h"
#include "server/worker.h"
#include "testing/reply.h"
#include "testing/service.h"

#include <flare/memory.h>
#include <flare/text.h>

#include <errno.h>

enum { TIMEOUT_MS = 30000, REQUEST_MAX_BYTES = 1 << 30, RECEIVE_BYTES = 16384, DRAIN_SECONDS = 5 };

struct flare_test {
    flare_server *server;
    flare_loop *loop;
    uint32_t timeout_ms;
    flare_watch watch; /* our end; fd -1 while there is no connection */
    flare_buffer head; /* the request line and fields, as far as they are given */
    flare_buffer body;
    flare_buffer in;
    flare_err wrong; /* with the request */
    bool begun;
    bool head_only;
    bool has_host;
    bool has_body;
    struct flarei_test_reader reader;
};

/* ---- Its life ---- */

/* Only wakes the loop: flare_test_send() looks itself. */
static void end_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    (void)loop, (void)watch, (void)ready;
}

static void disconnect(flare_test *test)
{
    if (test->watch.fd >= 0)
        flare_loop_close(test->loop, &test->watch);
    flarei_buffer_clear(&test->in);
}

int flarei_test_connect(flare_test *test)
{
    static const struct flarei_endpoint plain;
    int ends[2];
    flare_err err;

    if (flarei_sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        return flarei_err_from_errno(errno);
    err = flarei_connection_open(&test->server->workers[0]->sites[0], ends[1], NULL, &plain);
    if (err == FLARE_OK)
        return ends[0];
    flare_socket_close(ends[0]);
    flare_socket_close(ends[1]);
    return err;
}

flare_loop *flarei_test_loop(const flare_test *test)
{
    return test->loop;
}

static flare_err connect_ends(flare_test *test)
{
    const int fd = flarei_test_connect(test);
    flare_err err;

    if (fd < 0)
        return (flare_err)fd;
    test->watch = (flare_watch){.callback = end_ready, .fd = fd, .want = FLARE_READ | FLARE_WRITE};
    err = flare_loop_add(test->loop, &test->watch);
    if (err != FLARE_OK)
        disconnect(test);
    return err;
}

flare_err flare_test_open(flare_test **out, const flare_service *service, const flare_test_options *options)
{
    const flare_test_options asked = options ? *options : (flare_test_options){0};
    flare_options how = FLARE_OPTIONS_DEFAULT;
    flare_test *const test = flarei_calloc(1, sizeof *test);
    flare_err err;

    *out = NULL;
    if (test == NULL)
        return FLARE_ERR_MEMORY;
    how.workers = 1;
    how.handle_signals = false;
    how.log = asked.log;
    how.drain_seconds = DRAIN_SECONDS;
    how.expose_errors = asked.expose_errors;
    test->watch.fd = -1;
    test->timeout_ms = asked.timeout_ms ? asked.timeout_ms : TIMEOUT_MS;
    flarei_buffer_init(&test->head, REQUEST_MAX_BYTES);
    flarei_buffer_init(&test->body, REQUEST_MAX_BYTES);
    flarei_buffer_init(&test->in, REQUEST_MAX_BYTES);
    flarei_test_reader_init(&test->reader);
    err = flare_server_new(&how, &test->server);
    if (err == FLARE_OK)
        err = flarei_server_begin(test->server, service);
    if (err != FLARE_OK) {
        flare_server_free(test->server);
        flarei_free(test);
        return err;
    }
    test->loop = test->server->control;
    *out = test;
    return FLARE_OK;
}

void flare_test_close(flare_test *test)
{
    if (test == NULL)
        return;
    disconnect(test);
    flarei_server_end(test->server);
    flare_server_free(test->server);
    flarei_test_reader_free(&test->reader);
    flarei_buffer_free(&test->head);
    flarei_buffer_free(&test->body);
    flarei_buffer_free(&test->in);
    flarei_free(test);
}

void *flare_test_state(const flare_test *test)
{
    return test->server->served[0]->state;
}

/* ---- Building ---- */

static void note(flare_test *test, flare_err err)
{
    if (test->wrong == FLARE_OK)
        test->wrong = err;
}

/* Nothing here may end a line, or begin another part of one. */
static bool is_word(flare_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
            return false;
    return text.len > 0;
}

static void add(flare_test *test, flare_str text)
{
    if (!flarei_buffer_append_str(&test->head, text))
        note(test, FLARE_ERR_MEMORY);
}

void flare_test_request(flare_test *test, const char *method, const char *target)
{
    const flare_str method_text = flare_str_of(method), target_text = flare_str_of(target);

    flarei_buffer_clear(&test->head);
    flarei_buffer_clear(&test->body);
    test->wrong = is_word(method_text) && is_word(target_text) ? FLARE_OK : FLARE_ERR_ARGUMENT;
    test->begun = true;
    test->has_host = test->has_body = false;
    test->head_only = flare_str_equal(method_text, FLARE_STR("HEAD"));
    flarei_test_reader_begin(&test->reader, test->head_only);
    add(test, method_text);
    add(test, FLARE_STR(" "));
    add(test, target_text);
    add(test, FLARE_STR(" HTTP/1.1\r\n"));
}

void flare_test_header(flare_test *test, flare_str name, flare_str value)
{
    if (!is_word(name) || memchr(name.ptr, ':', name.len) != NULL)
        note(test, FLARE_ERR_ARGUMENT);
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] == '\r' || value.ptr[i] == '\n' || value.ptr[i] == '\0')
            note(test, FLARE_ERR_ARGUMENT);
    test->has_host |= flare_str_equal_nocase(name, FLARE_STR("Host"));
    add(test, name);
    add(test, FLARE_STR(": "));
    add(test, value);
    add(test, FLARE_STR("\r\n"));
}

void flare_test_body(flare_test *test, flare_str content_type, flare_str body)
{
    if (test->has_body)
        note(test, FLARE_ERR_ARGUMENT);
    test->has_body = true;
    if (content_type.len > 0)
        flare_test_header(test, FLARE_STR("Content-Type"), content_type);
    if (!flarei_buffer_append_str(&test->body, body))
        note(test, FLARE_ERR_MEMORY);
}

/* ---- Sending ---- */

static void complete_head(flare_test *test)
{
    char digits[20];
    size_t at = sizeof digits;

    if (!test->has_host)
        flare_test_header(test, FLARE_STR("Host"), FLARE_STR("localhost"));
    if (test->has_body) {
        size_t left = flarei_buffer_len(&test->body);

        do
            digits[--at] = (char)('0' + left % 10);
        while ((left /= 10) > 0);
        flare_test_header(test, FLARE_STR("Content-Length"), (flare_str){digits + at, sizeof digits - at});
    }
    add(test, FLARE_STR("\r\n"));
}

/* Sends what the socket takes. A service may stop reading and still reply, so its errors tell nothing. */
static void send_some(flare_test *test, size_t *sent)
{
    const flare_str head = flarei_buffer_str(&test->head), body = flarei_buffer_str(&test->body);
    ptrdiff_t took = 1;

    while (took > 0 && *sent < head.len + body.len) {
        const size_t in_body = *sent < head.len ? 0 : *sent - head.len;
        const flare_str parts[2] = {{head.ptr + (*sent - in_body), head.len - (*sent - in_body)},
                                    {body.len ? body.ptr + in_body : body.ptr, body.len - in_body}};

        took = flare_socket_send_slices(test->watch.fd, parts, 2);
        if (took > 0)
            *sent += (size_t)took;
    }
}

/* @return FLARE_OK once the reply is complete, FLARE_ERR_AGAIN, or why there will be none */
static flare_err receive_some(flare_test *test)
{
    for (;;) {
        char *const to = flarei_buffer_reserve(&test->in, RECEIVE_BYTES);
        const ptrdiff_t got = to ? flare_socket_receive(test->watch.fd, to, RECEIVE_BYTES) : FLARE_ERR_MEMORY;
        flare_err err;

        if (got == FLARE_ERR_CLOSED)
            return flarei_test_reader_end(&test->reader);
        if (got == FLARE_ERR_RESET)
            return FLARE_ERR_CLOSED;
        if (got < 0)
            return (flare_err)got;
        flarei_buffer_commit(&test->in, (size_t)got);
        err = flarei_test_reader_take(&test->reader, &test->in);
        if (err != FLARE_ERR_AGAIN)
            return err;
    }
}

/* @return as flare_test_send() says; heard: whether anything came back */
static flare_err exchange(flare_test *test)
{
    const uint64_t end_ms = flare_loop_now_ms(test->loop) + test->timeout_ms;
    size_t sent = 0;

    for (;;) {
        const uint64_t now_ms = flare_loop_now_ms(test->loop);
        flare_err err;

        send_some(test, &sent);
        err = receive_some(test);
        if (err != FLARE_ERR_AGAIN)
            return err;
        if (now_ms >= end_ms)
            return FLARE_ERR_TIMEOUT;
        err =
            flare_loop_run_once(test->loop, (int)(end_ms - now_ms < INT32_MAX ? end_ms - now_ms : INT32_MAX));
        if (err != FLARE_OK)
            return err;
    }
}

/* What was left for the connection since the last request, such as its end for being idle. */
static flare_err settle(flare_test *test)
{
    flare_err err = flare_loop_run_once(test->loop, 0);

    if (err == FLARE_OK && test->watch.fd >= 0 && receive_some(test) != FLARE_ERR_AGAIN)
        disconnect(test);
    if (err == FLARE_OK && test->watch.fd < 0)
        err = connect_ends(test);
    return err;
}

const flare_test_reply *flare_test_send(flare_test *test)
{
    flare_test_reply *const reply = &test->reader.reply;
    flare_err err = test->begun ? test->wrong : FLARE_ERR_STATE;

    if (!test->begun)
        flarei_test_reader_begin(&test->reader, false);
    test->begun = false;
    if (err == FLARE_OK) {
        complete_head(test);
        err = test->wrong;
    }
    if (err == FLARE_OK)
        err = settle(test);
    flarei_test_reader_begin(&test->reader, test->head_only);
    if (err == FLARE_OK) {
        err = exchange(test);
        if (err != FLARE_OK || !test->reader.keep_alive)
            disconnect(test);
    }
    if (err != FLARE_OK)
        *reply = (flare_test_reply){.err = err};
    return reply;
}

const flare_test_reply *flare_test_get(flare_test *test, const char *target)
{
    flare_test_request(test, "GET", target);
    return flare_test_send(test);
}
