/* WebSockets through an emitted client: what it says is checked before it goes, what it hears when it comes,
 * and what a handshake is refused with is a reply as any other. Over HTTP/1.1 and HTTP/2. */
#include "../client/certificates.h"
#include "calls.h"

static flare_remote known; /* the same services, over HTTP/2 */
static flare_remote wrong_known;

static asked_client_talk_in who(const char *name)
{
    return (asked_client_talk_in){.name = flare_str_of(name), .keyed = {.key = {true, NAME("good")}}};
}

static asked_note note(const char *text, uint32_t n)
{
    return (asked_note){flare_str_of(text), n, 2};
}

static unsigned last_code(void)
{
    char url[sizeof wild.url + sizeof "/last"];
    flare_fetch_options options = {.timeout_ms = 5000};
    const flare_fetch_reply *reply = NULL;
    flare_fetch *fetch;
    uint32_t code = 0;

    (void)snprintf(url, sizeof url, "%s/last", wild.url);
    options.url = flare_str_of(url);
    CHECK_INT(flare_fetch_wait(&fetch, wrong.client, &options, &reply), FLARE_OK);
    if (reply != NULL)
        CHECK_INT(flare_u32_parse(reply->content, &code), FLARE_OK);
    flare_fetch_free(fetch);
    return code;
}

/* What the other service was told when its last socket ended, which may come after the client was. */
static void check_last(unsigned code)
{
    unsigned told = 0;

    for (int i = 0; i < 1000 && told != code; i++)
        told = last_code();
    CHECK_INT(told, code);
}

/* ---- Both ways ---- */

static void talk_over(const flare_remote *to, bool http2)
{
    const asked_client_talk_in in = who("ada");
    asked_client_talk_out out;
    asked_heard heard;
    asked_note said = note("h\xc3\xa9\"", 2);

    CHECK_INT(asked_client_talk_open(to, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_TALK_OPEN);
    CHECK_INT(out.call.reply != NULL ? out.call.reply->status : 0, 101);
    CHECK_INT(out.call.socket.http2, http2);
    CHECK_STR(out.call.socket.subprotocol, "talk.v2");
    CHECK_INT(out.call.socket.code, 0);
    CHECK_INT(asked_client_talk_send(&out, &said), FLARE_OK);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(asked_client_talk_next(&out, &heard, FLARE_FOREVER), FLARE_OK);
        CHECK_STR(heard.text, "h\xc3\xa9\"");
    }
    CHECK_INT(asked_client_talk_next(&out, &heard, 0), FLARE_ERR_TIMEOUT);
    CHECK_INT(asked_client_talk_next(&out, &heard, 10), FLARE_ERR_TIMEOUT);
    said = note("ping", 0);
    CHECK_INT(asked_client_talk_send(&out, &said), FLARE_OK);
    CHECK_INT(asked_client_talk_next(&out, &heard, FLARE_FOREVER), FLARE_OK);
    CHECK_STR(heard.text, "ping");
    CHECK_INT(flare_call_close(&out.call, FLARE_WS_NORMAL, FLARE_STR("done")), FLARE_OK);
    CHECK_INT(out.call.socket.code, FLARE_WS_NORMAL);
    CHECK_INT(flare_call_close(&out.call, FLARE_WS_NORMAL, FLARE_STR("")), FLARE_ERR_CLOSED);
    CHECK_INT(asked_client_talk_send(&out, &said), FLARE_ERR_CLOSED);
    CHECK_INT(asked_client_talk_next(&out, &heard, FLARE_FOREVER), FLARE_ERR_CLOSED);
    flare_call_free(&out.call);
    CHECK_INT(asked_client_talk_next(&out, &heard, FLARE_FOREVER), FLARE_ERR_STATE);
    CHECK_INT(asked_client_talk_send(&out, &said), FLARE_ERR_STATE);
    CHECK_INT(flare_call_close(&out.call, FLARE_WS_NORMAL, FLARE_STR("")), FLARE_ERR_STATE);
}

TEST(they_talk)
{
    talk_over(&remote, false);
    talk_over(&known, true);
}

/* Over TLS ALPN chooses. */
TEST(they_talk_over_tls)
{
    static const flare_client_http2 kinds[] = {FLARE_CLIENT_HTTP2_OFFERED, FLARE_CLIENT_HTTP2_NEVER};
    const flare_tls_pair good = {.certificate = certificate_path("good.crt"),
                                 .key = certificate_path("good.key")};
    const flare_tls_options tls = {.pairs = &good, .pair_count = 1};
    const flare_options serving = {.tls = &tls, .workers = 1};
    const flare_tls_connector_options trust = {.ca = certificate_path("ca.crt")};
    flare_test_server server;
    flare_tls_connector *connector = NULL;

    CHECK_INT(flare_test_server_start(&server, &asked_service, "tls:127.0.0.1:0", &serving), FLARE_OK);
    CHECK_INT(flare_tls_connector_create(&connector, &trust, NULL, 0), FLARE_OK);
    for (size_t i = 0; i < 2; i++) {
        const flare_client_options options = {.tls = connector, .http2 = kinds[i]};
        flare_remote secure = {NULL, {.url = flare_str_of(server.url)}};

        CHECK_INT(flare_client_create(&secure.client, NULL, &options), FLARE_OK);
        talk_over(&secure, i == 0);
        flare_client_free(secure.client);
    }
    flare_tls_connector_free(connector);
    CHECK_INT(flare_test_server_stop(&server), FLARE_OK);
}

TEST(the_service_ends_it)
{
    const asked_client_talk_in in = who("ada");
    const asked_note said = note("bye", 9);
    asked_client_talk_out out;
    asked_heard heard;

    CHECK_INT(asked_client_talk_open(&remote, &in, &out), FLARE_OK);
    CHECK_INT(asked_client_talk_send(&out, &said), FLARE_OK);
    CHECK_INT(asked_client_talk_next(&out, &heard, FLARE_FOREVER), FLARE_ERR_CLOSED);
    CHECK_INT(out.call.socket.code, 4009);
    CHECK_STR(out.call.socket.reason, "as you wish");
    flare_call_free(&out.call);
}

TEST(texts_and_bytes)
{
    static char large[65537];
    asked_client_letters_out out;
    const asked_client_texts_in in = {.no = 1, .subprotocol_ = FLARE_STR("x")};
    asked_client_texts_out texts;
    flare_str message;

    memset(large, 'x', sizeof large);
    CHECK_INT(asked_client_letters_open(&remote, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_LETTERS_OPEN);
    CHECK(out.call.socket.subprotocol.len == 0);
    CHECK_INT(asked_client_letters_send(&out, FLARE_STR("")), FLARE_OK);
    CHECK_INT(asked_client_letters_next(&out, &message, FLARE_FOREVER), FLARE_OK);
    CHECK_INT(message.len, 0);
    CHECK_INT(asked_client_letters_send(&out, FLARE_STR("\xff")), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "body  utf8;");
    CHECK_INT(asked_client_letters_send(&out, (flare_str){large, 65537}), FLARE_ERR_LIMIT);
    CHECK_INT(asked_client_letters_send(&out, (flare_str){large, 65536}), FLARE_OK);
    CHECK_INT(asked_client_letters_next(&out, &message, FLARE_FOREVER), FLARE_OK);
    CHECK_INT(message.len, 65536);
    flare_call_free(&out.call);
    CHECK_INT(asked_client_texts_open(&remote, &in, &texts), FLARE_OK);
    CHECK_STR(texts.call.socket.subprotocol, "x");
    CHECK_INT(asked_client_texts_send(&texts, FLARE_STR("\xff\x00\xfe")), FLARE_OK);
    CHECK_INT(asked_client_texts_next(&texts, &message, FLARE_FOREVER), FLARE_OK);
    CHECK_STR(message, "3");
    flare_call_free(&texts.call);
}

TEST(one_side_alone)
{
    const asked_client_push_in in = {.n = 20000}, none = {.n = 0};
    asked_client_push_out out;
    asked_client_hush_out hush;
    flare_u32_array numbers;
    uint32_t count = 0;
    flare_err err;

    CHECK_INT(asked_client_push_open(&remote, &in, &out), FLARE_OK);
    while ((err = asked_client_push_next(&out, &numbers, FLARE_FOREVER)) == FLARE_OK)
        count += numbers.count == 3 && numbers.items[2] == 3;
    CHECK_INT(err, FLARE_ERR_CLOSED);
    CHECK_INT(count, 20000);
    CHECK_STR(out.call.socket.reason, "all said");
    flare_call_free(&out.call);
    CHECK_INT(asked_client_push_open(&remote, &none, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_PUSH_SERVICE_UNAVAILABLE);
    CHECK_INT(asked_client_push_next(&out, &numbers, FLARE_FOREVER), FLARE_ERR_STATE);
    flare_call_free(&out.call);
    CHECK_INT(asked_client_hush_open(&remote, &hush), FLARE_OK);
    CHECK_INT(asked_client_hush_send(&hush, 10), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&hush.call, "body  max;");
    CHECK_INT(asked_client_hush_send(&hush, 8), FLARE_OK);
    CHECK_INT(asked_client_hush_send(&hush, 9), FLARE_OK);
    err = flare_call_close(&hush.call, FLARE_WS_NORMAL, FLARE_STR(""));
    CHECK_INT(err, FLARE_OK);
    CHECK(hush.call.socket.code == FLARE_WS_POLICY || hush.call.socket.code == FLARE_WS_NORMAL);
    flare_call_free(&hush.call);
}

/* Whoever sends more than the service takes away waits for it. */
TEST(sending_waits_for_room)
{
    static char large[65536];
    asked_client_letters_out out;
    flare_str message;

    memset(large, 'x', sizeof large);
    CHECK_INT(asked_client_letters_open(&remote, &out), FLARE_OK);
    for (int i = 0; i < 100; i++)
        CHECK_INT(asked_client_letters_send(&out, (flare_str){large, sizeof large}), FLARE_OK);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(asked_client_letters_next(&out, &message, FLARE_FOREVER), FLARE_OK);
        CHECK_INT(message.len, sizeof large);
    }
    flare_call_free(&out.call);
}

/* ---- What is not sent ---- */

TEST(what_breaks_the_spec_is_not_said)
{
    asked_client_talk_in in = who("too long a name");
    asked_client_talk_out out;
    asked_note said = {NAME("much too long"), 10, 3};
    asked_heard heard;

    in.subprotocol = FLARE_STR("talk.v9");
    CHECK_INT(asked_client_talk_open(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "path name max_length;header Sec-WebSocket-Protocol enum;");
    CHECK(out.call.reply == NULL);
    flare_call_free(&out.call);
    in = who("ada");
    in.subprotocol = FLARE_STR("talk.v1");
    in.color = (asked_color_opt){true, ASKED_COLOR_OFF_WHITE};
    CHECK_INT(asked_client_talk_open(&remote, &in, &out), FLARE_OK);
    CHECK_STR(out.call.socket.subprotocol, "talk.v1");
    CHECK_INT(asked_client_talk_send(&out, &said), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "body /text max_length;body /n max;body /even check;");
    CHECK(out.call.why != NULL);
    said = note("good", 0);
    CHECK_INT(asked_client_talk_send(&out, &said), FLARE_OK);
    CHECK(out.call.failure_count == 0 && out.call.why == NULL);
    CHECK_INT(asked_client_talk_next(&out, &heard, FLARE_FOREVER), FLARE_OK);
    CHECK_STR(heard.text, "good");
    CHECK_INT(flare_call_close(&out.call, 1005, FLARE_STR("")), FLARE_ERR_ARGUMENT);
    flare_call_free(&out.call);
}

/* ---- Refusals ---- */

static void refused_over(const flare_remote *to)
{
    asked_client_talk_in in = who("unknown");
    asked_client_talk_out out;
    asked_heard heard;

    CHECK_INT(asked_client_talk_open(to, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_TALK_NO_SUCH_NAME);
    CHECK_STR(out.call.problem.type, "no-such-name");
    CHECK_INT(asked_client_talk_next(&out, &heard, FLARE_FOREVER), FLARE_ERR_STATE);
    flare_call_free(&out.call);
    in = who("nobody");
    CHECK_INT(asked_client_talk_open(to, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_TALK_NOBODY);
    CHECK_INT(out.call.reply->status, 404);
    flare_call_free(&out.call);
    in = who("ada");
    in.keyed.key.value = FLARE_STR("none");
    CHECK_INT(asked_client_talk_open(to, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_TALK_KEYED_FORBIDDEN);
    flare_call_free(&out.call);
    in.keyed.key.value = FLARE_STR("evil");
    CHECK_INT(asked_client_talk_open(to, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_TALK_KEYED_WRONG_KEY);
    flare_call_free(&out.call);
}

TEST(refusals_are_replies)
{
    refused_over(&remote);
    refused_over(&known);
}

static void refused_with_content_over(const flare_remote *to)
{
    asked_client_talk_in in = who("busy");
    asked_client_talk_out out;

    CHECK_INT(asked_client_talk_open(to, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_TALK_BUSY);
    CHECK_INT(out.as.busy.after, 30);
    CHECK_INT(out.as.busy.body.x, 7);
    flare_call_free(&out.call);
    in = who("gone");
    CHECK_INT(asked_client_talk_open(to, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_TALK_GONE);
    CHECK_STR(out.as.gone.body, "for ever");
    flare_call_free(&out.call);
    in = who("moved");
    CHECK_INT(asked_client_talk_open(to, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_TALK_MOVED);
    CHECK_STR(out.as.moved.location, "/talk/here");
    flare_call_free(&out.call);
}

TEST(refusals_have_content)
{
    refused_with_content_over(&remote);
    refused_with_content_over(&known);
}

TEST(refusals_that_nobody_declared)
{
    static const flare_field field = {NAME("X-Refuse"), NAME("1")};
    asked_client_talk_in in = who("teapot");
    asked_client_talk_out out;
    asked_client_letters_out letters;
    flare_remote refusing = remote, small = wrong;

    CHECK_INT(asked_client_talk_open(&wrong, &in, &out), FLARE_ERR_CONTRACT);
    CHECK_INT(out.call.reply->status, 418);
    CHECK_STR(out.call.reply->content, "short and stout");
    CHECK_INT(out.reply, 0);
    flare_call_free(&out.call);
    in = who("count");
    CHECK_INT(asked_client_talk_open(&wrong, &in, &out), FLARE_ERR_CONTRACT);
    CHECK_FAILURES(&out.call, "body /x max;header Retry-After required;");
    flare_call_free(&out.call);
    for (int http2 = 0; http2 < 2; http2++) {
        small.client = http2 ? known.client : wrong.client;
        small.options.content_max_bytes = 8;
        CHECK_INT(asked_client_talk_open(&small, &in, &out), FLARE_ERR_LIMIT);
        flare_call_free(&out.call);
        small.options.content_max_bytes = 9;
        CHECK_INT(asked_client_talk_open(&small, &in, &out), FLARE_ERR_CONTRACT);
        CHECK_STR(out.call.reply->content, "{\"x\":101}");
        CHECK_INT(out.call.reply->version, http2 ? 20 : 11);
        flare_call_free(&out.call);
    }
    refusing.options.fields = &field;
    refusing.options.field_count = 1;
    CHECK_INT(asked_client_letters_open(&refusing, &letters), FLARE_ERR_REFUSED);
    CHECK_INT(letters.call.reply->status, 418);
    CHECK_INT(letters.reply, 0);
    flare_call_free(&letters.call);
}

TEST(nobody_is_there)
{
    const asked_client_talk_in in = who("ada");
    flare_remote nowhere = remote;
    asked_client_talk_out out;

    nowhere.options.url = FLARE_STR("http://127.0.0.1:1");
    CHECK_INT(asked_client_talk_open(&nowhere, &in, &out), FLARE_ERR_REFUSED);
    CHECK(out.call.reply == NULL);
    flare_call_free(&out.call);
    nowhere.options.url = FLARE_STR("ftp://127.0.0.1:1");
    CHECK_INT(asked_client_talk_open(&nowhere, &in, &out), FLARE_ERR_ARGUMENT);
    flare_call_free(&out.call);
    nowhere.options.url = FLARE_STR("http://127.0.0.1:1/?q");
    CHECK_INT(asked_client_talk_open(&nowhere, &in, &out), FLARE_ERR_ARGUMENT);
    flare_call_free(&out.call);
}

TEST(proxies_are_not_passed)
{
    const flare_client_options options = {.proxy = "http://127.0.0.1:1"};
    asked_client_letters_out out;
    flare_remote through = remote;

    CHECK_INT(flare_client_create(&through.client, NULL, &options), FLARE_OK);
    CHECK_INT(asked_client_letters_open(&through, &out), FLARE_ERR_UNSUPPORTED);
    CHECK(out.call.why != NULL);
    flare_call_free(&out.call);
    flare_client_free(through.client);
}

/* ---- What the service must not say ---- */

static void breach_over(const flare_remote *to)
{
    asked_client_talk_in in = who("type");
    asked_client_talk_out out;
    asked_heard heard;
    const asked_note said = note("still", 0);

    CHECK_INT(asked_client_talk_open(to, &in, &out), FLARE_OK);
    CHECK_INT(asked_client_talk_next(&out, &heard, FLARE_FOREVER), FLARE_ERR_CONTRACT);
    CHECK_FAILURES(&out.call, "body /text type;");
    CHECK_INT(asked_client_talk_send(&out, &said), FLARE_ERR_CONTRACT);
    CHECK_INT(asked_client_talk_next(&out, &heard, FLARE_FOREVER), FLARE_ERR_CLOSED);
    CHECK_INT(out.call.socket.code, FLARE_WS_DATA);
    flare_call_free(&out.call);
    check_last(FLARE_WS_DATA);
    in = who("json");
    CHECK_INT(asked_client_talk_open(to, &in, &out), FLARE_OK);
    CHECK_INT(asked_client_talk_next(&out, &heard, FLARE_FOREVER), FLARE_ERR_CONTRACT);
    CHECK_FAILURES(&out.call, "body  type;");
    CHECK_INT(flare_call_close(&out.call, FLARE_WS_NORMAL, FLARE_STR("")), FLARE_ERR_CONTRACT);
    CHECK_INT(out.call.socket.code, FLARE_WS_DATA);
    flare_call_free(&out.call);
}

TEST(a_message_that_breaks_its_type_ends_it)
{
    breach_over(&wrong);
    breach_over(&wrong_known);
}

TEST(a_message_of_the_other_kind_ends_it)
{
    const asked_client_push_in in = {.n = 1};
    asked_client_letters_out out;
    asked_client_push_out push;
    asked_client_hush_out hush;
    flare_u32_array numbers;
    flare_str message;
    flare_err err = FLARE_OK;

    CHECK_INT(asked_client_letters_open(&wrong, &out), FLARE_OK);
    CHECK_INT(asked_client_letters_next(&out, &message, FLARE_FOREVER), FLARE_ERR_CONTRACT);
    CHECK_INT(asked_client_letters_next(&out, &message, FLARE_FOREVER), FLARE_ERR_CLOSED);
    CHECK_INT(out.call.socket.code, FLARE_WS_UNSUPPORTED);
    flare_call_free(&out.call);
    check_last(FLARE_WS_UNSUPPORTED);
    CHECK_INT(asked_client_push_open(&wrong, &in, &push), FLARE_OK);
    CHECK_INT(asked_client_push_next(&push, &numbers, FLARE_FOREVER), FLARE_ERR_CONTRACT);
    flare_call_free(&push.call);
    /* Where none is declared at all, it is told by what is done next. */
    CHECK_INT(asked_client_hush_open(&wrong, &hush), FLARE_OK);
    CHECK_INT(asked_client_hush_send(&hush, 1), FLARE_OK);
    err = flare_call_close(&hush.call, FLARE_WS_NORMAL, FLARE_STR(""));
    CHECK(err == FLARE_ERR_CONTRACT || err == FLARE_OK);
    flare_call_free(&hush.call);
}

/* ---- Others that wait ---- */

TEST(a_handler_talks)
{
    const asked_client_overheard_in in = {.url = flare_str_of(asked.url)};
    asked_client_overheard_out out;

    CHECK_INT(asked_client_overheard(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_OVERHEARD_OK);
    CHECK_STR(out.as.ok.body, "4000");
    flare_call_free(&out.call);
}

TEST(the_client_ends_first)
{
    asked_client_letters_out out;
    flare_remote brief = remote;
    flare_str message;

    CHECK_INT(flare_client_create(&brief.client, NULL, NULL), FLARE_OK);
    CHECK_INT(asked_client_letters_open(&brief, &out), FLARE_OK);
    flare_client_free(brief.client);
    CHECK_INT(asked_client_letters_send(&out, FLARE_STR("x")), FLARE_ERR_CLOSED);
    CHECK_INT(asked_client_letters_next(&out, &message, FLARE_FOREVER), FLARE_ERR_STATE);
    CHECK_INT(flare_call_close(&out.call, FLARE_WS_NORMAL, FLARE_STR("")), FLARE_ERR_CLOSED);
    flare_call_free(&out.call);
}

static void run(void)
{
    const flare_client_options options = {.http2 = FLARE_CLIENT_HTTP2_KNOWN};

    known = remote;
    wrong_known = wrong;
    if (flare_client_create(&known.client, NULL, &options) != FLARE_OK)
        return;
    wrong_known.client = known.client;
    RUN(they_talk);
    RUN(they_talk_over_tls);
    RUN(the_service_ends_it);
    RUN(texts_and_bytes);
    RUN(one_side_alone);
    RUN(sending_waits_for_room);
    RUN(what_breaks_the_spec_is_not_said);
    RUN(refusals_are_replies);
    RUN(refusals_have_content);
    RUN(refusals_that_nobody_declared);
    RUN(nobody_is_there);
    RUN(proxies_are_not_passed);
    RUN(a_message_that_breaks_its_type_ends_it);
    RUN(a_message_of_the_other_kind_ends_it);
    RUN(a_handler_talks);
    RUN(the_client_ends_first);
    flare_client_free(known.client);
}

int main(void)
{
    int result;

    make_certificates();
    result = calls_end(run);
    remove_certificates();
    return result;
}
