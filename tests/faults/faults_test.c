/* Memory that ends at each call in turn on the way to a reply: documents, entity tags, guards with cookies
 * and after-phases, bodies of lines. What is answered is whole, or a 500 or 503. And large documents by short
 * sends. */
#include "allocator.h"
#include "harness.h"
#include "http/request.h"
#include "net/sys.h"
#include "test.h"

#include "faults.flare.h"

#include <flare/gen.h>
#include <flare/log.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

extern unsigned faults_entered, faults_left;

static const char lines[] =
    "{\"name\":\"a\\nb\",\"tags\":[\"x\\ty\",\"z\"]}\n\n{\"tags\":[],\"name\":\"c\"}\r\n"
    "{\"name\":\"\\u00e9\",\"tags\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\\n\"]}";

static const struct {
    unsigned status;
    const char *path;
    flare_field fields[3];
    const char *body; /* or NULL */
} rows[] = {
    {200, "/docs/", {{{NULL, 0}, {NULL, 0}}}, NULL},
    {200, "/docs/openapi.json", {{{NULL, 0}, {NULL, 0}}}, NULL},
    {304, "/docs/openapi.json", {{FLARE_STR_INIT("If-None-Match"), FLARE_STR_INIT("*")}}, NULL},
    {404, "/docs/%6eowhere", {{{NULL, 0}, {NULL, 0}}}, NULL},
    {400, "/me", {{{NULL, 0}, {NULL, 0}}}, NULL},
    {401, "/me", {{FLARE_STR_INIT("Cookie"), FLARE_STR_INIT("sid=abcdef")}}, NULL},
    {200,
     "/me",
     {{FLARE_STR_INIT("Cookie"), FLARE_STR_INIT("sid=abcdef")},
      {FLARE_STR_INIT("X-Roles"), FLARE_STR_INIT("a, b, c")}},
     NULL},
    {304,
     "/me",
     {{FLARE_STR_INIT("Cookie"), FLARE_STR_INIT("sid=abcdef")},
      {FLARE_STR_INIT("X-Roles"), FLARE_STR_INIT("a")},
      {FLARE_STR_INIT("If-None-Match"), FLARE_STR_INIT("W/\"v0\", \"v1\"")}},
     NULL},
    {200, "/lines", {{{NULL, 0}, {NULL, 0}}}, lines},
    {422, "/lines", {{{NULL, 0}, {NULL, 0}}}, "{\"name\":\"\\n\",\"tags\":[\"a\"]}\n{\"name\":1}"},
    {400, "/lines", {{{NULL, 0}, {NULL, 0}}}, "{\"name\":\"\\n\",\"tags\":[\"a\"]}\n{\"name\":"},
};

/* The reply to a row, from memory that is taken anew. */
static unsigned run(size_t row, char *text, size_t room)
{
    static const flare_limits limits = {
        .uri_max_bytes = 8192, .body_max_bytes = 65536, .memory_max_bytes = 1 << 20};
    static flare_request request;
    flare_request *const rq = &request;
    flare_arena arena;
    flare_buffer out;
    flare_str reply;

    flarei_arena_init(&arena, 16, 1 << 20); /* many chunks, so that there are many calls */
    flarei_buffer_init(&out, 1 << 22);
    rq->arena = &arena;
    flarei_request_begin(rq, &faults_service, NULL, &out);
    rq->limits = &limits;
    rq->date = FLARE_STR("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    rq->method = rows[row].body != NULL ? FLARE_METHOD_POST : FLARE_METHOD_GET;
    rq->version_minor = 1;
    rq->keep_alive = true;
    rq->fields = rows[row].fields;
    while (rq->field_count < 3 && rows[row].fields[rq->field_count].name.len != 0)
        rq->field_count++;
    if (rows[row].body != NULL) {
        rq->has_body = true;
        rq->body = flare_str_of(rows[row].body);
        rq->body_length = rq->body.len;
        rq->content_type = FLARE_STR("application/x-ndjson");
    }
    if (flarei_request_target(rq, flare_str_of(rows[row].path), FLARE_STR(""),
                              strchr(rows[row].path, '%') != NULL, false) != FLARE_OK)
        flarei_request_refuse(rq, 503, FLARE_STR(""));
    else
        flarei_request_dispatch(rq);
    CHECK_INT(rq->state, FLAREI_REQUEST_REPLIED);
    reply = flarei_buffer_str(&out);
    (void)snprintf(text, room, "%.*s", FLARE_STR_ARG(reply));
    flarei_request_end(rq);
    flarei_arena_free(&arena);
    flarei_buffer_free(&out);
    return reply.len > 12 ? (unsigned)strtoul(text + 9, NULL, 10) : 0;
}

TEST(memory_that_ends_anywhere)
{
    static char whole[1 << 18], text[1 << 18];
    unsigned failures = 0;

    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        CHECK_INT(run(row, whole, sizeof whole), rows[row].status);
        for (size_t at = 1; at < 500; at++) {
            struct test_allocator heap = {.fail_at = at};
            unsigned status;

            test_allocator_use(&heap);
            status = run(row, text, sizeof text);
            test_allocator_use(NULL);
            CHECK_INT(heap.live, 0);
            CHECK_INT(faults_entered, faults_left);
            if (heap.calls < at) {
                CHECK(at > 1);
                break;
            }
            /* Where there is no memory for any reply, there is none, and the connection ends. */
            CHECK(status == rows[row].status || status == 500 || status == 503 || status == 0);
            if (status == rows[row].status && status < 400)
                CHECK(strstr(whole, "\r\n\r\n") != NULL &&
                      strcmp(strstr(text, "\r\n\r\n"), strstr(whole, "\r\n\r\n")) == 0);
            failures += status != rows[row].status;
        }
    }
    CHECK(failures > 40);
    printf("%u requests refused for want of memory\n", failures);
}

/* ---- a large document by short sends ---- */

static char large[200000];
static const struct flarei_docs_file files[] = {{FLARE_STR_INIT(""),
                                                 FLARE_STR_INIT("text/html"),
                                                 {large, sizeof large},
                                                 FLARE_STR_INIT("\"v0\""),
                                                 false}};
static const struct flarei_docs_viewer viewer = {files, 1};

static flare_reply show(flare_request *rq)
{
    static const struct flarei_docs docs = {.viewer = &viewer};

    return flarei_reply_docs(rq, &docs, FLARE_STR(""));
}

static ssize_t short_send(int fd, const void *data, size_t bytes, int flags)
{
    return send(fd, data, bytes > 777 ? 777 : bytes, flags);
}

TEST(a_large_document_by_short_sends)
{
    static const flare_limits limits = {0};
    static const flare_service service = {
        .abi = FLARE_GEN_ABI, .name = FLARE_STR_INIT("docs"), .limits = &limits, .dispatch = show};
    static struct reply reply;
    struct harness h;
    int fd;

    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)('a' + i % 26 + i / 26 % 2);
    harness_options.poll = true;
    flarei_sys.send = short_send;
    CHECK(harness_start(&h, &service));
    fd = client_dial_small(&h);
    client_send(fd, GET("/docs/") GET("/docs/"));
    for (int i = 0; i < 2; i++) {
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, 200);
        CHECK(reply.whole && reply.body_bytes == sizeof large &&
              memcmp(reply.body, large, sizeof large) == 0);
    }
    close(fd);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
    flarei_sys_reset();
}

int main(void)
{
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF, .descriptor = 2});
    RUN(memory_that_ends_anywhere);
    RUN(a_large_document_by_short_sends);
    return TEST_END();
}
