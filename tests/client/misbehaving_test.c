/* Servers that misbehave: each row is what one says, and what its client makes of it. */
#include "server.h"

#include <flare/client.h>

#define OK_5         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
#define CHUNKED_HEAD "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

struct row {
    const char *name;
    struct script script;
    flare_err err;
    unsigned status;
    const char *content;
    const char *method; /* NULL: GET */
};

static const struct row rows[] = {
    /* ---- Status lines ---- */
    {"another protocol", {.reply = "SSH-2.0-OpenSSH_9.2\r\n", .after = STALL}, FLARE_ERR_SYNTAX, 0, "", NULL},
    {"HTTP/0.9", {.reply = "<html>hello</html>\n", .after = CLOSE}, FLARE_ERR_SYNTAX, 0, "", NULL},
    {"HTTP/2.0", {.reply = "HTTP/2.0 200 OK\r\n\r\n", .after = STALL}, FLARE_ERR_SYNTAX, 0, "", NULL},
    {"HTTP/1.x", {.reply = "HTTP/1.x 200 OK\r\n\r\n", .after = STALL}, FLARE_ERR_SYNTAX, 0, "", NULL},
    {"HTTP/1.2", {.reply = "HTTP/1.2 200 OK\r\nContent-Length: 1\r\n\r\na"}, FLARE_OK, 200, "a", NULL},
    {"ICY", {.reply = "ICY 200 OK\r\n\r\n", .after = STALL}, FLARE_ERR_SYNTAX, 0, "", NULL},
    {"no reason", {.reply = "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"}, FLARE_OK, 200, "", NULL},
    {"no reason and no space",
     {.reply = "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"},
     FLARE_OK,
     200,
     "",
     NULL},
    {"two digits", {.reply = "HTTP/1.1 20 OK\r\n\r\n", .after = STALL}, FLARE_ERR_SYNTAX, 0, "", NULL},
    {"four digits", {.reply = "HTTP/1.1 2000 OK\r\n\r\n", .after = STALL}, FLARE_ERR_SYNTAX, 0, "", NULL},
    {"status 099", {.reply = "HTTP/1.1 099 OK\r\n\r\n", .after = STALL}, FLARE_ERR_SYNTAX, 0, "", NULL},
    {"status 999", {.reply = "HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n"}, FLARE_OK, 999, "", NULL},
    {"a control byte in the reason",
     {.reply = "HTTP/1.1 200 O\001K\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"two spaces", {.reply = "HTTP/1.1  200 OK\r\n\r\n", .after = STALL}, FLARE_ERR_SYNTAX, 0, "", NULL},
    {"a blank first", {.reply = " HTTP/1.1 200 OK\r\n\r\n", .after = STALL}, FLARE_ERR_SYNTAX, 0, "", NULL},
    {"an empty line first",
     {.reply = "\r\nHTTP/1.1 200 OK\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},

    /* ---- Fields ---- */
    {"line feeds alone",
     {.reply = "HTTP/1.1 200 OK\nContent-Length: 0\n\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"a line feed alone in the fields",
     {.reply = "HTTP/1.1 200 OK\r\nA: b\nContent-Length: 0\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"a folded line",
     {.reply = "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"a blank before the colon",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"no colon",
     {.reply = "HTTP/1.1 200 OK\r\nhello\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"no name",
     {.reply = "HTTP/1.1 200 OK\r\n: hello\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"a NUL in a value",
     {.reply = "HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", .reply_bytes = 28, .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"bytes above ASCII in a value",
     {.reply = "HTTP/1.1 200 OK\r\nA: \xc3\xa4\r\nContent-Length: 0\r\n\r\n"},
     FLARE_OK,
     200,
     "",
     NULL},
    {"closed in the head",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Len", .after = CLOSE},
     FLARE_ERR_CLOSED,
     0,
     "",
     NULL},
    {"closed before the head",
     {.reply = "", .reply_bytes = 0, .after = CLOSE},
     FLARE_ERR_CLOSED,
     0,
     "",
     NULL},
    {"reset in the head", {.reply = "HTTP/1.1 200 OK\r\n", .after = RESET}, FLARE_ERR_RESET, 0, "", NULL},
    {"silent in the head", {.reply = "HTTP/1.1 200 OK\r\n", .after = STALL}, FLARE_ERR_TIMEOUT, 0, "", NULL},
    {"silent from the start", {.reply = "", .after = STALL}, FLARE_ERR_TIMEOUT, 0, "", NULL},
    {"a byte at a time", {.reply = OK_5 "hello", .step = 1, .pause_ms = 1}, FLARE_OK, 200, "hello", NULL},

    /* ---- Lengths ---- */
    {"too long a length",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", .after = CLOSE},
     FLARE_ERR_CLOSED,
     200,
     "hello",
     NULL},
    {"too long a length, and reset",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", .after = RESET},
     FLARE_ERR_RESET,
     200,
     "hello",
     NULL},
    {"too long a length, and silent",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", .after = STALL},
     FLARE_ERR_TIMEOUT,
     200,
     "hello",
     NULL},
    {"too short a length", {.reply = OK_5 "hello world"}, FLARE_OK, 200, "hello", NULL},
    {"two lengths",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"one length twice",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
     FLARE_OK,
     200,
     "hello",
     NULL},
    {"a list of lengths",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"a length below zero",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"a length with a plus",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"a length in hexadecimal",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"an empty length",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"a length beyond counting",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"a length beyond the limit",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Length: "
               "101\r\n\r\n0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
               "234567890123456789x",
      .after = STALL},
     FLARE_ERR_LIMIT,
     200,
     NULL,
     NULL},
    {"up to the end",
     {.reply = "HTTP/1.1 200 OK\r\n\r\nhello", .after = CLOSE},
     FLARE_OK,
     200,
     "hello",
     NULL},
    {"up to the end, of 1.0",
     {.reply = "HTTP/1.0 200 OK\r\n\r\nhello", .after = CLOSE},
     FLARE_OK,
     200,
     "hello",
     NULL},
    {"up to a reset",
     {.reply = "HTTP/1.1 200 OK\r\n\r\nhello", .after = RESET},
     FLARE_ERR_RESET,
     200,
     "hello",
     NULL},
    {"1.0 that keeps alive",
     {.reply = "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello"},
     FLARE_OK,
     200,
     "hello",
     NULL},

    /* ---- Chunks ---- */
    {"chunks", {.reply = CHUNKED_HEAD "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"}, FLARE_OK, 200, "hello", NULL},
    {"chunks with all that is allowed",
     {.reply = CHUNKED_HEAD "003;a=b;c=\"d\\\"\"\r\nhel\r\n02\r\nlo\r\n000\r\nX: y\r\n\r\n"},
     FLARE_OK,
     200,
     "hello",
     NULL},
    {"chunks a byte at a time",
     {.reply = CHUNKED_HEAD "3\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n", .step = 1, .pause_ms = 1},
     FLARE_OK,
     200,
     "hello",
     NULL},
    {"no last chunk",
     {.reply = CHUNKED_HEAD "5\r\nhello\r\n", .after = CLOSE},
     FLARE_ERR_CLOSED,
     200,
     "hello",
     NULL},
    {"no empty line after the last chunk",
     {.reply = CHUNKED_HEAD "5\r\nhello\r\n0\r\n", .after = CLOSE},
     FLARE_ERR_CLOSED,
     200,
     "hello",
     NULL},
    {"a chunk cut short",
     {.reply = CHUNKED_HEAD "9\r\nhello", .after = CLOSE},
     FLARE_ERR_CLOSED,
     200,
     "hello",
     NULL},
    {"a size that is none",
     {.reply = CHUNKED_HEAD "x\r\nhello\r\n0\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     200,
     "",
     NULL},
    {"a size below zero",
     {.reply = CHUNKED_HEAD "-5\r\nhello\r\n0\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     200,
     "",
     NULL},
    {"a size beyond counting",
     {.reply = CHUNKED_HEAD "fffffffffffffffff\r\nhello", .after = STALL},
     FLARE_ERR_SYNTAX,
     200,
     "",
     NULL},
    {"an empty size",
     {.reply = CHUNKED_HEAD "\r\nhello\r\n0\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     200,
     "",
     NULL},
    {"a chunk that is longer than it says",
     {.reply = CHUNKED_HEAD "3\r\nhello\r\n0\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     200,
     "hel",
     NULL},
    {"chunk lines with line feeds alone",
     {.reply = CHUNKED_HEAD "5\nhello\n0\n\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     200,
     "",
     NULL},
    {"a length in the trailers",
     {.reply = CHUNKED_HEAD "0\r\nContent-Length: 5\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     200,
     "",
     NULL},
    {"chunks and a length",
     {.reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
      .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"chunks in 1.0",
     {.reply = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"chunked twice",
     {.reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"chunked, then gzip",
     {.reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"an unknown transfer coding",
     {.reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},
    {"chunks beyond the limit",
     {.reply = CHUNKED_HEAD "65\r\n01234567890123456789012345678901234567890123456789012345678901234567890123"
                            "45678901234567890123456789x\r\n0\r\n\r\n",
      .after = STALL},
     FLARE_ERR_LIMIT,
     200,
     NULL,
     NULL},
    {"bytes behind the last chunk",
     {.reply = CHUNKED_HEAD "0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"},
     FLARE_OK,
     200,
     "",
     NULL},

    /* ---- Interim replies ---- */
    {"100 before the reply",
     {.reply = "HTTP/1.1 100 Continue\r\n\r\n" OK_5 "hello"},
     FLARE_OK,
     200,
     "hello",
     NULL},
    {"103 before the reply",
     {.reply = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" OK_5 "hello"},
     FLARE_OK,
     200,
     "hello",
     NULL},
    {"100 with a length",
     {.reply = "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n" OK_5 "hello"},
     FLARE_OK,
     200,
     "hello",
     NULL},
    {"100, and closed",
     {.reply = "HTTP/1.1 100 Continue\r\n\r\n", .after = CLOSE},
     FLARE_ERR_CLOSED,
     0,
     "",
     NULL},
    {"101 that nobody asked for",
     {.reply = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", .after = STALL},
     FLARE_ERR_SYNTAX,
     0,
     "",
     NULL},

    /* ---- Replies without content ---- */
    {"204 with a length",
     {.reply = "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"},
     FLARE_OK,
     204,
     "",
     NULL},
    {"304 with a length",
     {.reply = "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
     FLARE_OK,
     304,
     "",
     NULL},
    {"204 in chunks",
     {.reply = "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"},
     FLARE_OK,
     204,
     "",
     NULL},
    {"HEAD with a length",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
     FLARE_OK,
     200,
     "",
     "HEAD"},
    {"HEAD with content", {.reply = OK_5 "hello"}, FLARE_OK, 200, "", "HEAD"},
    {"204 with content", {.reply = "HTTP/1.1 204 No Content\r\n\r\nhello"}, FLARE_OK, 204, "", NULL},

    /* ---- Codings ---- */
    {"gzip that is none",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"},
     FLARE_ERR_SYNTAX,
     200,
     "",
     NULL},
    {"gzip cut short",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08"},
     FLARE_ERR_SYNTAX,
     200,
     "",
     NULL},
    {"gzip of nothing",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"},
     FLARE_OK,
     200,
     "",
     NULL},
    {"a coding that nobody knows",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Encoding: secret\r\nContent-Length: 5\r\n\r\nhello"},
     FLARE_ERR_UNSUPPORTED,
     200,
     "",
     NULL},
    {"identity",
     {.reply = "HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello"},
     FLARE_OK,
     200,
     "hello",
     NULL},

    /* ---- Redirects ---- */
    {"a loop of redirects",
     {.reply = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"},
     FLARE_ERR_LIMIT,
     302,
     "",
     NULL},
    {"a redirect without a place",
     {.reply = "HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nno"},
     FLARE_OK,
     302,
     "no",
     NULL},
    {"a redirect to a file",
     {.reply = "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"},
     FLARE_ERR_UNSUPPORTED,
     302,
     "",
     NULL},
    {"a redirect to no host",
     {.reply = "HTTP/1.1 302 Found\r\nLocation: http://\r\nContent-Length: 0\r\n\r\n"},
     FLARE_ERR_UNSUPPORTED,
     302,
     "",
     NULL},
    {"a redirect to a user",
     {.reply = "HTTP/1.1 302 Found\r\nLocation: http://u:p@127.0.0.1/\r\nContent-Length: 0\r\n\r\n"},
     FLARE_ERR_UNSUPPORTED,
     302,
     "",
     NULL},
    {"a redirect to port 0",
     {.reply = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:0/\r\nContent-Length: 0\r\n\r\n"},
     FLARE_ERR_UNSUPPORTED,
     302,
     "",
     NULL},
};

static void try_row(flare_client *client, const struct row *row)
{
    const flare_fetch_options options = {
        .url = url_of("/"), .method = flare_str_of(row->method), .silence_ms = 40, .content_max_bytes = 100};
    const flare_fetch_reply *reply;
    flare_fetch *fetch;
    const uint64_t before = now_ms();

    play(row->script);
    const flare_err err = flare_fetch_wait(&fetch, client, &options, &reply);

    CHECK_INT(err, row->err);
    CHECK(now_ms() - before < 3000);
    if (fetch == NULL)
        return;
    CHECK_INT(reply->status, row->status);
    if (row->content != NULL)
        CHECK_STR(reply->content, row->content);
    CHECK(err != FLARE_ERR_SYNTAX || flare_fetch_why(fetch) != NULL);
    flare_fetch_free(fetch);
    if (!test_ok)
        fprintf(stderr, "  in: %s\n", row->name);
}

/* Whatever one server did, the same client has a good reply of the next. */
TEST(each_row)
{
    const struct row good = {"a good one", {.reply = OK_5 "hello"}, FLARE_OK, 200, "hello", NULL};
    flare_client *client;

    CHECK_INT(flare_client_create(&client, NULL, NULL), FLARE_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && test_ok; i++) {
        try_row(client, &rows[i]);
        flare_client_close_idle(client);
        CHECK_INT(flare_client_connections(client), 0);
        try_row(client, &good);
        CHECK_INT(flare_client_idle(client), 1);
        flare_client_close_idle(client);
    }
    flare_client_free(client);
    printf("%zu rows\n", sizeof rows / sizeof rows[0]);
}

/* Connections whose end nobody can be sure of are not used again. */
TEST(what_followed_a_reply_is_no_reply)
{
    static const char *const replies[] = {
        OK_5 "helloHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
        "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
        CHUNKED_HEAD "0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"};
    const flare_fetch_options options = {.url = url_of("/")};
    const flare_fetch_reply *reply;
    flare_client *client;
    flare_fetch *fetch;

    CHECK_INT(flare_client_create(&client, NULL, NULL), FLARE_OK);
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        play((struct script){.reply = replies[i]});
        CHECK_INT(flare_fetch_wait(&fetch, client, &options, &reply), FLARE_OK);
        CHECK_INT(flare_client_connections(client), 0);
        flare_fetch_free(fetch);
    }
    flare_client_free(client);
}

int main(void)
{
    begin_serving();
    RUN(each_row);
    RUN(what_followed_a_reply_is_no_reply);
    end_serving();
    return TEST_END();
}
