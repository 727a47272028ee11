/* A client and its jar over the wire: which cookies go where. */
#include "server.h"

#include <flare/client.h>

static flare_client *client;
static flare_cookie_jar *jar;
static char told[8][2048]; /* the first requests */
static char reply_text[4096];
static const char *redirect_to;

#define EMPTY "Content-Length: 0\r\n\r\n"

static flare_err ask(flare_fetch_options options)
{
    const flare_fetch_reply *reply;
    flare_fetch *fetch;
    flare_err err;

    memset(told, 0, sizeof told);
    err = flare_fetch_wait(&fetch, client, &options, &reply);
    flare_fetch_free(fetch);
    return err;
}

static void note(const char *request, unsigned number)
{
    if (number < 8)
        (void)snprintf(told[number], sizeof told[0], "%s", request);
}

static void begin_jar(void)
{
    answer("127.0.0.1", NULL);
    CHECK_INT(flare_cookie_jar_create(&jar, NULL), FLARE_OK);
    CHECK_INT(flare_client_create(&client, NULL, &(flare_client_options){.cookies = jar}), FLARE_OK);
}

static void end_jar(void)
{
    flare_client_free(client);
    flare_cookie_jar_free(jar);
}

static const struct script *set_and_redirect(const char *request, unsigned number)
{
    static struct script script;

    note(request, number);
    (void)snprintf(reply_text, sizeof reply_text,
                   "HTTP/1.1 %u Go\r\nLocation: %s\r\nSet-Cookie: n%u=1; Path=/\r\nContent-Length: 0\r\n\r\n",
                   number == 0 ? 302u : 200u, redirect_to, number);
    script = (struct script){.reply = reply_text};
    return &script;
}

/* What a redirect sets goes with what it leads to; a field of the caller's stays with its origin, and the
 * jar's cookies are sent again behind that. */
TEST(cookies_of_a_jar)
{
    static const flare_field own = {FLARE_STR_INIT("Cookie"), FLARE_STR_INIT("own=1")};
    char elsewhere[128];

    (void)snprintf(elsewhere, sizeof elsewhere, "http://localhost:%u/b", server.listener.address.port);
    begin_jar();
    play((struct script){.reply = ""});
    server.choose = set_and_redirect;
    redirect_to = "/b";
    CHECK_INT(ask((flare_fetch_options){.url = url_of("/a")}), FLARE_OK);
    CHECK(strstr(told[0], "Cookie") == NULL);
    CHECK(strstr(told[1], "\r\nCookie: n0=1\r\n") != NULL);
    CHECK_INT(ask((flare_fetch_options){.url = url_of("/a"), .fields = &own, .field_count = 1}), FLARE_OK);
    CHECK(strstr(told[2], "\r\nCookie: own=1\r\n") != NULL && strstr(told[2], "n0=1") == NULL);
    CHECK_INT(ask((flare_fetch_options){.url = flare_str_of(elsewhere)}), FLARE_OK);
    CHECK(strstr(told[3], "Cookie") == NULL); /* another host's are not its */

    play((struct script){.reply = ""});
    server.choose = set_and_redirect;
    redirect_to = elsewhere;
    CHECK_INT(ask((flare_fetch_options){.url = url_of("/a"), .fields = &own, .field_count = 1}), FLARE_OK);
    CHECK(strstr(told[0], "\r\nCookie: own=1\r\n") != NULL);
    CHECK(strstr(told[1], "own=1") == NULL && strstr(told[1], "\r\nCookie: n3=1\r\n") != NULL);
    end_jar();
}

static const struct script *set_for_others(const char *request, unsigned number)
{
    static const struct script script = {.reply = "HTTP/1.1 200 OK\r\n"
                                                  "Set-Cookie: other=1; Domain=b.test\r\n"
                                                  "Set-Cookie: below=1; Domain=c.a.test\r\n"
                                                  "Set-Cookie: all=1; Domain=test\r\n"
                                                  "Set-Cookie: secure=1; Secure\r\n"
                                                  "Set-Cookie: __Host-h=1; Secure; Path=/\r\n"
                                                  "Set-Cookie: __Secure-s=1\r\n"
                                                  "Set-Cookie: elsewhere=1; Path=/elsewhere\r\n"
                                                  "Set-Cookie: over=1; Max-Age=0\r\n"
                                                  "Set-Cookie: mine=1; Domain=a.test\r\n" EMPTY};

    note(request, number);
    return &script;
}

/* A server may set cookies for itself and those beside it, and for nobody else. */
TEST(cookies_for_others)
{
    static const struct {
        const char *host, *path, *cookie;
    } rows[] = {{"a.test", "/", ""},
                {"a.test", "/", "\r\nCookie: mine=1\r\n"},
                {"a.test", "/elsewhere/x", "\r\nCookie: elsewhere=1; mine=1\r\n"},
                {"c.a.test", "/", "\r\nCookie: mine=1\r\n"},
                {"b.test", "/", ""},
                {"ba.test", "/", ""}};

    begin_jar();
    play((struct script){.reply = ""});
    server.choose = set_for_others;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char url[128];

        (void)snprintf(url, sizeof url, "http://%s:%u%s", rows[i].host, server.listener.address.port,
                       rows[i].path);
        CHECK_INT(ask((flare_fetch_options){.url = flare_str_of(url)}), FLARE_OK);
        CHECK(rows[i].cookie[0] != '\0' ? strstr(told[i], rows[i].cookie) != NULL
                                        : strstr(told[i], "Cookie") == NULL);
        if (i == 4) /* who sets its own is not looked at further */
            flare_cookie_jar_clear(jar);
    }
    end_jar();
}

int main(void)
{
    open_loop();
    begin_serving();
    RUN(cookies_of_a_jar);
    RUN(cookies_for_others);
    end_serving();
    flare_loop_destroy(loop);
    return TEST_END();
}
