/* Content that waits for the peer's word, Expect: 100-continue (RFC 9110, section 10.1.1), before a server
 * that the test plays, well and badly. */
#include "helper.h"

#include <flare/client.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define ASKS     "\r\nExpect: 100-continue\r\n"
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define DONE     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static flare_client *client;
static flare_listener listener;
static int peer = -1;
static char heard[1 << 21];
static size_t heard_bytes;

static struct {
    flare_fetch *fetch;
    bool done;
    flare_err err;
    unsigned status;
    unsigned reads;
    unsigned rewinds;
    size_t left;
} seen;

/* ---- The request ---- */

static void done(flare_fetch *fetch, void *context, flare_err err, const flare_fetch_reply *reply)
{
    (void)fetch, (void)context;
    CHECK(!seen.done);
    seen.done = true;
    seen.err = err;
    seen.status = reply->status;
}

static ptrdiff_t give(void *context, void *buffer, size_t bytes)
{
    const size_t step = seen.left < bytes ? seen.left : bytes;

    (void)context;
    seen.reads++;
    memset(buffer, 's', step);
    seen.left -= step;
    return (ptrdiff_t)step;
}

static bool go_back(void *context)
{
    seen.left = *(const size_t *)context;
    seen.rewinds++;
    return true;
}

static flare_str url(void)
{
    static char text[64];

    (void)snprintf(text, sizeof text, "http://127.0.0.1:%u/up", listener.address.port);
    return flare_str_of(text);
}

static void begin(flare_fetch_options options)
{
    const flare_fetch_handler handler = {.done = done};

    memset(&seen, 0, sizeof seen);
    heard_bytes = 0;
    options.url = url();
    if (options.method.len == 0)
        options.method = FLARE_STR("POST");
    CHECK_INT(flare_fetch_start(&seen.fetch, client, &options, &handler, NULL), FLARE_OK);
}

static void hang_up(void)
{
    if (peer >= 0)
        (void)close(peer);
    peer = -1;
}

static void end(void)
{
    flare_fetch_free(seen.fetch);
    flare_client_close_idle(client);
    do
        hang_up();
    while ((peer = flare_listener_accept(&listener, NULL)) >= 0);
}

/* ---- The server ---- */

/* Hears until this is there, or the end, or 3 s. */
static bool hear(const char *text)
{
    const uint64_t until = now_ms() + 3000;

    heard[heard_bytes] = '\0';
    while (strstr(heard, text) == NULL && now_ms() < until) {
        ssize_t got;

        (void)flare_loop_run_once(loop, 2);
        if (peer < 0)
            peer = flare_listener_accept(&listener, NULL);
        got = peer >= 0 ? recv(peer, heard + heard_bytes, sizeof heard - heard_bytes - 1, MSG_DONTWAIT) : -1;
        if (got == 0)
            return false;
        heard_bytes += got > 0 ? (size_t)got : 0;
        heard[heard_bytes] = '\0';
    }
    return strstr(heard, text) != NULL;
}

/* Hears until so many bytes are there behind the head. */
static bool hear_content(size_t bytes)
{
    const uint64_t until = now_ms() + 3000;

    while (now_ms() < until) {
        const char *const at = strstr(heard, "\r\n\r\n");
        ssize_t got;

        if (at != NULL && strlen(at + 4) >= bytes)
            return true;
        (void)flare_loop_run_once(loop, 2);
        got = recv(peer, heard + heard_bytes, sizeof heard - heard_bytes - 1, MSG_DONTWAIT);
        heard_bytes += got > 0 ? (size_t)got : 0;
        heard[heard_bytes] = '\0';
    }
    return false;
}

static bool hear_end(void)
{
    return !hear("what nobody says") && recv(peer, heard, 1, MSG_DONTWAIT) == 0;
}

static void say(const char *text)
{
    CHECK_INT(send(peer, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* The head is there, asks, and nothing comes behind it. */
static void hear_question(void)
{
    CHECK(hear("\r\n\r\n"));
    CHECK(strstr(heard, ASKS) != NULL);
    run_for(5);
    CHECK(recv(peer, heard + heard_bytes, 1, MSG_DONTWAIT | MSG_PEEK) < 0);
    CHECK(strcmp(strstr(heard, "\r\n\r\n"), "\r\n\r\n") == 0);
}

static void check_done(flare_err err, unsigned status)
{
    CHECK(run_until(&seen.done));
    CHECK_INT(seen.err, err);
    CHECK_INT(seen.status, status);
}

static const flare_fetch_options small = {.content = FLARE_STR_INIT("content"), .expect_ms = 5000};

/* ---- Servers that know it ---- */

TEST(told_to_go_on)
{
    begin(small);
    hear_question();
    say(CONTINUE);
    CHECK(hear("\r\n\r\ncontent"));
    say(DONE);
    check_done(FLARE_OK, 200);
    CHECK_INT(flare_client_idle(client), 1); /* it goes on being used */
    end();
}

TEST(large_content)
{
    static char content[1 << 20];

    memset(content, 'c', sizeof content);
    begin((flare_fetch_options){.content = {content, sizeof content}, .expect_ms = 5000});
    hear_question();
    say(CONTINUE CONTINUE); /* the second one says nothing new */
    CHECK(hear_content(sizeof content));
    say(DONE);
    check_done(FLARE_OK, 200);
    end();
}

TEST(a_source_is_not_asked_before)
{
    const flare_fetch_source lengths[] = {{.read = give, .length = 100000},
                                          {.read = give, .length = FLARE_FETCH_LENGTH_UNKNOWN}};

    for (size_t i = 0; i < 2; i++) {
        begin((flare_fetch_options){.source = &lengths[i], .expect_ms = 5000});
        seen.left = 100000;
        hear_question();
        CHECK_INT(seen.reads, 0);
        say(CONTINUE);
        CHECK(hear_content(100000));
        CHECK_INT(seen.left, 0);
        CHECK(i == 0 || hear("\r\n0\r\n\r\n"));
        say(DONE);
        check_done(FLARE_OK, 200);
        end();
    }
}

TEST(hints_are_no_word)
{
    begin(small);
    hear_question();
    say("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    hear_question();
    say(CONTINUE);
    CHECK(hear("\r\n\r\ncontent"));
    say(DONE);
    check_done(FLARE_OK, 200);
    end();
}

TEST(what_has_no_content_asks_nothing)
{
    const flare_fetch_source none = {.read = give, .length = 0};
    const flare_fetch_options rows[] = {{.method = FLARE_STR("GET"), .expect_ms = 5000},
                                        {.expect_ms = 5000},
                                        {.source = &none, .expect_ms = 5000}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(rows[i]);
        CHECK(hear("\r\n\r\n"));
        CHECK(strstr(heard, "Expect") == NULL);
        say(DONE);
        check_done(FLARE_OK, 200);
        end();
    }
}

/* ---- Servers that do not ---- */

TEST(no_word)
{
    const uint64_t began = now_ms();

    begin((flare_fetch_options){.content = FLARE_STR("content"), .expect_ms = 60});
    CHECK(hear("\r\n\r\ncontent"));
    CHECK(now_ms() - began >= 55);
    say(CONTINUE DONE); /* too late is none */
    check_done(FLARE_OK, 200);
    end();
}

TEST(the_answer_first)
{
    static const struct {
        const char *text;
        unsigned status;
    } rows[] = {
        {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", 401},
        {"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig", 413},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200},
    };
    const flare_fetch_source source = {.read = give, .length = 100};

    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        const bool reads = i % 2 != 0;

        begin((flare_fetch_options){.source = reads ? &source : NULL,
                                    .content = reads ? FLARE_STR("") : FLARE_STR("content"),
                                    .expect_ms = 5000});
        hear_question();
        say(rows[i / 2].text);
        check_done(FLARE_OK, rows[i / 2].status);
        CHECK_INT(seen.reads, 0);
        CHECK_INT(flare_client_connections(client), 0); /* nobody could tell where the next one begins */
        CHECK(hear_end());
        end();
    }
}

TEST(refuses_the_question)
{
    for (unsigned twice = 0; twice < 2; twice++) {
        begin(small);
        hear_question();
        say("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
        CHECK(hear_end());
        hang_up();
        heard_bytes = 0;
        CHECK(hear("\r\n\r\ncontent"));
        CHECK(strstr(heard, "Expect") == NULL);
        say(twice ? "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n" : DONE);
        check_done(FLARE_OK, twice ? 417 : 200);
        end();
    }
}

TEST(refuses_it_too_late)
{
    const size_t bytes = 10;
    flare_fetch_source source = {.read = give, .context = (void *)(uintptr_t)&bytes, .length = 10};

    for (unsigned rewinds = 0; rewinds < 2; rewinds++) {
        source.rewind = rewinds ? go_back : NULL;
        begin((flare_fetch_options){.source = &source, .expect_ms = 20});
        seen.left = 10;
        CHECK(hear("\r\n\r\nssssssssss"));
        say("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
        if (rewinds) {
            heard_bytes = 0;
            CHECK(hear("\r\n\r\nssssssssss"));
            CHECK(strstr(heard, "Expect") == NULL);
            say(DONE);
        }
        check_done(FLARE_OK, rewinds ? 200 : 417);
        CHECK_INT(seen.rewinds, rewinds);
        end();
    }
}

TEST(goes_without_a_word)
{
    begin(small);
    hear_question();
    hang_up();
    check_done(FLARE_ERR_CLOSED, 0);
    end();
    begin(small);
    hear_question();
    CHECK_INT(flare_socket_abort(peer), FLARE_OK);
    hang_up();
    check_done(FLARE_ERR_RESET, 0);
    end();
    begin(small);
    hear_question();
    say("HTTP/1.1 100 Continue\r\n");
    hang_up();
    check_done(FLARE_ERR_CLOSED, 0);
    end();
    begin(small);
    hear_question();
    say("100 Continue\r\n\r\n");
    check_done(FLARE_ERR_SYNTAX, 0);
    end();
}

TEST(is_silent)
{
    begin((flare_fetch_options){.content = FLARE_STR("content"), .expect_ms = 5000, .silence_ms = 60});
    CHECK(hear("\r\n\r\n"));
    CHECK(strstr(heard, ASKS) != NULL);
    check_done(FLARE_ERR_TIMEOUT, 0);
    end();
    begin((flare_fetch_options){.content = FLARE_STR("content"), .expect_ms = 5000, .timeout_ms = 60});
    CHECK(hear("\r\n\r\n"));
    CHECK(strstr(heard, ASKS) != NULL);
    check_done(FLARE_ERR_TIMEOUT, 0);
    end();
    begin((flare_fetch_options){.content = FLARE_STR("content"), .expect_ms = 20, .silence_ms = 60});
    CHECK(hear("\r\n\r\ncontent"));
    check_done(FLARE_ERR_TIMEOUT, 0);
    end();
}

TEST(leads_elsewhere)
{
    begin(small);
    hear_question();
    say("HTTP/1.1 307 There\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n");
    CHECK(hear_end());
    hang_up();
    heard_bytes = 0;
    hear_question(); /* there it is asked again */
    CHECK(strncmp(heard, "POST /there ", 12) == 0);
    say(CONTINUE);
    CHECK(hear("\r\n\r\ncontent"));
    say(DONE);
    check_done(FLARE_OK, 200);
    end();
    begin(small);
    hear_question();
    say("HTTP/1.1 303 Seen\r\nLocation: /seen\r\nContent-Length: 0\r\n\r\n");
    CHECK(hear_end());
    hang_up();
    heard_bytes = 0;
    CHECK(hear("\r\n\r\n"));
    CHECK(strncmp(heard, "GET /seen ", 10) == 0 && strstr(heard, "Expect") == NULL);
    say(DONE);
    check_done(FLARE_OK, 200);
    end();
}

TEST(another_try_asks_again)
{
    begin((flare_fetch_options){
        .method = FLARE_STR("PUT"), .content = FLARE_STR("content"), .expect_ms = 5000, .retries_max = 1});
    hear_question();
    say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    CHECK(hear_end());
    hang_up();
    heard_bytes = 0;
    hear_question();
    say(CONTINUE);
    CHECK(hear("\r\n\r\ncontent"));
    say(DONE);
    check_done(FLARE_OK, 200);
    end();
}

TEST(freed_while_it_waits)
{
    begin(small);
    hear_question();
    flare_fetch_free(seen.fetch);
    seen.fetch = NULL;
    CHECK(hear_end());
    CHECK(!seen.done);
    end();
}

int main(void)
{
    open_loop();
    listener = listen_on("127.0.0.1:0");
    CHECK_INT(flare_client_create(&client, loop, NULL), FLARE_OK);
    RUN(told_to_go_on);
    RUN(large_content);
    RUN(a_source_is_not_asked_before);
    RUN(hints_are_no_word);
    RUN(what_has_no_content_asks_nothing);
    RUN(no_word);
    RUN(the_answer_first);
    RUN(refuses_the_question);
    RUN(refuses_it_too_late);
    RUN(goes_without_a_word);
    RUN(is_silent);
    RUN(leads_elsewhere);
    RUN(another_try_asks_again);
    RUN(freed_while_it_waits);
    flare_client_free(client);
    flare_listener_close(&listener);
    flare_loop_destroy(loop);
    return TEST_END();
}
