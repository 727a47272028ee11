/* After warm-up, plain GETs over a real connection take nothing from the heap, nor do refusals; nor do lines
 * of JSON in a real file, of the service that logs. */
#include "test.h"

#include "extractors.flare.h"
#include "guarded.flare.h"
#include "hello.flare.h"
#include "refusing.flare.h"
#include "stacked.flare.h"

#include <flare/log.h>
#include <flare/memory.h>
#include <flare/server.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <stdint.h>
#include <unistd.h>

enum { warm_up_requests = 200, counted_requests = 1000 };

static atomic_long allocations;

static void *count_allocate(void *context, size_t bytes)
{
    (void)context;
    atomic_fetch_add(&allocations, 1);
    return malloc(bytes);
}

static void *count_reallocate(void *context, void *block, size_t bytes)
{
    (void)context;
    atomic_fetch_add(&allocations, 1);
    return realloc(block, bytes);
}

static void count_release(void *context, void *block)
{
    (void)context;
    free(block);
}

static const flare_allocator counter = {NULL, count_allocate, count_reallocate, count_release};

static flare_server *server;
static int log_file;
static pthread_t server_thread;

static void *serve(void *unused)
{
    (void)unused;
    return (void *)(intptr_t)flare_server_run(server);
}

static int dial(const char *address)
{
    const char *const colon = strrchr(address, ':');
    const struct timeval patience = {.tv_sec = 10};
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || colon == NULL)
        return -1;
    peer.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&peer, sizeof peer) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Sends one request and reads its reply whole: it ends with `body`. */
static bool get(int fd, const char *path, const char *body)
{
    char text[2048];
    const size_t body_length = strlen(body);
    const int length = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    size_t have = 0;

    if (send(fd, text, (size_t)length, MSG_NOSIGNAL) != length)
        return false;
    while (have < body_length || memcmp(text + have - body_length, body, body_length) != 0) {
        const ssize_t got = recv(fd, text + have, sizeof text - have, 0);

        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    return have > 13 && memcmp(text, "HTTP/1.1 200 ", 13) == 0;
}

static void check_path(const char *address, const char *path, const char *body)
{
    const int fd = dial(address);
    int answered = 0;
    long before;

    CHECK(fd >= 0);
    for (int i = 0; i < warm_up_requests; i++)
        answered += get(fd, path, body);
    before = atomic_load(&allocations);
    for (int i = 0; i < counted_requests; i++)
        answered += get(fd, path, body);
    CHECK_INT(answered, warm_up_requests + counted_requests);
    CHECK_INT(atomic_load(&allocations) - before, 0);
    close(fd);
}

TEST(plaintext_takes_nothing_from_the_heap)
{
    check_path(flare_server_address(server, 0), "/plaintext", "Hello, World!");
}

TEST(a_string_parameter_takes_nothing_from_the_heap)
{
    check_path(flare_server_address(server, 0), "/hi/flare", "hello, flare");
}

TEST(a_typed_parameter_and_json_take_nothing_from_the_heap)
{
    check_path(flare_server_address(server, 1), "/users/42?verbose=true", "}");
}

TEST(three_guards_and_two_built_ins_take_nothing_from_the_heap)
{
    check_path(flare_server_address(server, 2), "/t/engines/items/7?token=abc", "7 engines 3\n");
}

TEST(a_stack_of_uses_takes_nothing_from_the_heap)
{
    check_path(flare_server_address(server, 4), "/plaintext", "Hello, World!");
}

/* Sends one request that takes gzip and reads its reply whole. */
static bool get_coded(int fd)
{
    static const char request[] = "GET /long HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n";
    char text[2048] = "";
    size_t have = 0, whole = sizeof text;

    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1)
        return false;
    while (have < whole) {
        const ssize_t got = recv(fd, text + have, sizeof text - 1 - have, 0);

        if (got <= 0)
            return false;
        have += (size_t)got;
        text[have] = '\0';
        const char *const end = strstr(text, "\r\n\r\n"), *const length = strstr(text, "Content-Length: ");
        if (end != NULL && length != NULL)
            whole = (size_t)(end + 4 - text) + strtoul(length + 16, NULL, 10);
    }
    return strstr(text, "Content-Encoding: gzip\r\n") != NULL;
}

TEST(gzip_takes_nothing_from_the_heap)
{
    const int fd = dial(flare_server_address(server, 4));
    int answered = 0;
    long before;

    CHECK(fd >= 0);
    for (int i = 0; i < warm_up_requests; i++)
        answered += get_coded(fd);
    before = atomic_load(&allocations);
    for (int i = 0; i < counted_requests; i++)
        answered += get_coded(fd);
    CHECK_INT(answered, warm_up_requests + counted_requests);
    CHECK_INT(atomic_load(&allocations) - before, 0);
    close(fd);
}

/* Of three tests: two of the stack, and the one with guards. */
TEST(each_of_these_has_a_line)
{
    FILE *const file = fdopen(dup(log_file), "r"); /* whose place in the file is the log's, too: the end */
    char line[4096];
    unsigned lines = 0;

    CHECK(file != NULL);
    rewind(file);
    while (fgets(line, sizeof line, file) != NULL)
        lines += line[0] == '{' && strstr(line, "\"status\":200") != NULL && strstr(line, "}\n") != NULL;
    fclose(file);
    CHECK_INT(lines, 3 * (warm_up_requests + counted_requests));
}

/* ---- refusals ---- */

/* The status of the reply to a request, which has `count` failures; 0 if there is none. `text` has been sent.
 */
static unsigned refused(int fd, const char *request, size_t count)
{
    static char text[16384];
    size_t have = 0, found = 0;

    if (send(fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
        return 0;
    /* A problem is an object, whose end is that of the reply. */
    while (have < 5 || memcmp(text + have - 1, "}", 1) != 0) {
        const ssize_t got = recv(fd, text + have, sizeof text - 1 - have, 0);

        if (got <= 0)
            return 0;
        have += (size_t)got;
    }
    text[have] = '\0';
    for (const char *at = text; (at = strstr(at, "\"rule\":")) != NULL; at++)
        found++;
    return found == count && strstr(text, "application/problem+json") != NULL
               ? (unsigned)strtoul(text + 9, NULL, 10)
               : 0;
}

TEST(refusals_take_nothing_from_the_heap)
{
    static char numbers[600], query[600], large[200];
    const struct {
        unsigned status;
        size_t failures;
        bool ends; /* the connection with it */
        const char *request;
    } rows[] = {
        {400, 32, false, query},
        {400, 0, false,
         "POST /numbers HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "
         "2\r\n\r\n[}"},
        {400, 0, true, "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"},
        {401, 0, false, "GET /mine HTTP/1.1\r\nHost: h\r\n\r\n"},
        {403, 0, false, "GET /mine HTTP/1.1\r\nHost: h\r\nCookie: sid=abcd\r\n\r\n"},
        {400, 1, false, "GET /mine HTTP/1.1\r\nHost: h\r\nCookie: sid=abc\r\n\r\n"},
        {404, 0, false, "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n"},
        {405, 0, false, "DELETE /search HTTP/1.1\r\nHost: h\r\n\r\n"},
        {413, 0, true, large},
        {415, 0, false,
         "POST /numbers HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n[]"},
        {422, 32, false, numbers},
        {501, 0, false, "BREW / HTTP/1.1\r\nHost: h\r\n\r\n"},
    };
    const char *const address = flare_server_address(server, 3);
    char *to = stpcpy(query, "GET /search?a=x");

    for (int i = 0; i < 39; i++)
        to = stpcpy(to, "&b=-1");
    (void)stpcpy(to, " HTTP/1.1\r\nHost: h\r\n\r\n");
    to = stpcpy(
        numbers,
        "POST /numbers HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 121\r\n\r\n");
    for (int i = 0; i < 40; i++) {
        *to++ = i == 0 ? '[' : ',';
        to = stpcpy(to, "-1");
    }
    (void)stpcpy(to, "]");
    (void)snprintf(large, sizeof large,
                   "POST /numbers HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                   "Content-Length: 5000\r\n\r\n");
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        long before = 0;
        int fd = dial(address);

        for (int i = 0; i < warm_up_requests + counted_requests / 4; i++) {
            if (i == warm_up_requests)
                before = atomic_load(&allocations);
            CHECK_INT(refused(fd, rows[row].request, rows[row].failures), rows[row].status);
            if (rows[row].ends) {
                close(fd);
                fd = dial(address);
            }
        }
        CHECK_INT(atomic_load(&allocations) - before, 0);
        close(fd);
    }
}

TEST(the_server_drains_and_the_counter_counted)
{
    void *result;

    flare_server_stop(server);
    pthread_join(server_thread, &result);
    CHECK_INT((intptr_t)result, FLARE_OK);
    CHECK(atomic_load(&allocations) > 0);
}

int main(void)
{
    flare_options options = FLARE_OPTIONS_DEFAULT;
    char name[] = "/tmp/allocations.XXXXXX";

    log_file = mkstemp(name);
    if (log_file < 0)
        return 1;
    (void)unlink(name);
    flare_allocator_set(&counter);
    options.workers = 1;
    options.log = FLARE_LOG_OFF;
    options.handle_signals = false;
    if (flare_server_new(&options, &server) != FLARE_OK)
        return 1;
    flare_log_setup(
        &(flare_log_options){.mode = FLARE_LOG_JSON, .level = FLARE_LOG_INFO, .descriptor = log_file});
    if (flare_server_listen(server, &hello_service, "127.0.0.1:0") != FLARE_OK ||
        flare_server_listen(server, &extractors_service, "127.0.0.1:0") != FLARE_OK ||
        flare_server_listen(server, &guarded_service, "127.0.0.1:0") != FLARE_OK ||
        flare_server_listen(server, &refusing_service, "127.0.0.1:0") != FLARE_OK ||
        flare_server_listen(server, &stacked_service, "127.0.0.1:0") != FLARE_OK ||
        pthread_create(&server_thread, NULL, serve, NULL) != 0) {
        fprintf(stderr, "no server: %s\n", flare_server_error(server));
        return 1;
    }
    RUN(plaintext_takes_nothing_from_the_heap);
    RUN(a_string_parameter_takes_nothing_from_the_heap);
    RUN(a_typed_parameter_and_json_take_nothing_from_the_heap);
    RUN(three_guards_and_two_built_ins_take_nothing_from_the_heap);
    RUN(refusals_take_nothing_from_the_heap);
    RUN(a_stack_of_uses_takes_nothing_from_the_heap);
    RUN(gzip_takes_nothing_from_the_heap);
    RUN(each_of_these_has_a_line);
    RUN(the_server_drains_and_the_counter_counted);
    flare_server_free(server);
    return TEST_END();
}
