/* What a mock answers besides the usual: values of every constraint, which the client checks, each way of
 * handlers, and who asks for what how. */
#include "asking.h"
#include "odd.client.h"

#include <flare/websocket_client.h>

#include <string.h>

TEST(values_keep_to_their_types)
{
#define IN
    REPLIES(odd_client_get_wide, "", ODD_CLIENT_GET_WIDE_OK, 200, {
        CHECK_STR(out.as.ok.body.code, "AB-12");
        CHECK_STR(out.as.ok.body.word, "seven");
        CHECK_STR(out.as.ok.body.unlike, "default");
        CHECK_STR(out.as.ok.body.odd, "aaaaaxx");
        CHECK_INT(out.as.ok.body.tree.tag, ODD_TREE_LEAF);
        CHECK_INT(out.as.ok.body.tree.as.leaf.size, 200);
        CHECK(out.as.ok.body.node.next == NULL && out.as.ok.body.node.kids.count == 0);
        CHECK_STR(out.as.ok.body.data, "exam");
        CHECK_STR(out.as.ok.body.site, "ftp://files.example/a");
        CHECK(out.as.ok.body.half <= 0.5 && out.as.ok.body.least == -INT64_MAX);
    });
    REPLIES(odd_client_get_wide, "code=206", ODD_CLIENT_GET_WIDE_PARTIAL_CONTENT, 206,
            CHECK_STR(out.as.partial_content.body.note.value, "example"));
    REPLIES(odd_client_get_wide, "code=404", ODD_CLIENT_GET_WIDE_NO_WIDE, 404,
            CHECK_STR(out.call.problem.type, "no-wide"));
    REPLIES(odd_client_leaves, "", ODD_CLIENT_LEAVES_OK, 200, {
        odd_tree tree;
        flare_event event;

        CHECK_INT(odd_client_leaves_next(&out, &tree, &event), FLARE_OK);
        CHECK_STR(event.name, "leaf");
        CHECK_INT(tree.as.leaf.size, 200);
        CHECK_INT(odd_client_leaves_next(&out, &tree, &event), FLARE_ERR_CLOSED);
    });
#undef IN
}

TEST(headers_cookies_and_guards)
{
#define IN &in,
    const odd_client_text_of_in in = {.entered = {.door = {.has = false}}};
    REPLIES(odd_client_text_of, "", ODD_CLIENT_TEXT_OF_OK, 200, {
        CHECK_STR(out.as.ok.body, "a \"text\"\n");
        CHECK_INT(out.as.ok.a, 5);
        CHECK(out.as.ok.b.has);
        CHECK_STR(out.as.ok.one, "exa");
        CHECK_STR(out.as.ok.tag, "\"example\"");
    });
    REPLIES(odd_client_text_of, "example=pdf", ODD_CLIENT_TEXT_OF_PDF, 200,
            CHECK_STR(out.as.pdf.body, "%PDF"));
    REPLIES(odd_client_text_of, "code=302", ODD_CLIENT_TEXT_OF_FOUND, 302, {});
    /* Who stands first on the way answers first. */
    REPLIES(odd_client_text_of, "example=entered_forbidden", ODD_CLIENT_TEXT_OF_FORBIDDEN, 403, {});
    REPLIES(odd_client_text_of, "code=409", ODD_CLIENT_TEXT_OF_ENTERED_DOOR_CLOSED, 409,
            CHECK_INT(out.as.entered_door_closed.retry_after, 1));
#undef IN
}

/* ---- In process, without a client ---- */

static flare_test *test;

static const flare_test_reply *ask(const char *method, const char *target, const char *preference,
                                   const char *content_type, const char *body)
{
    flare_test_request(test, method, target);
    if (preference != NULL)
        flare_test_header(test, FLARE_STR("Prefer"), flare_str_of(preference));
    if (body != NULL)
        flare_test_body(test, flare_str_of(content_type), flare_str_of(body));
    return flare_test_send(test);
}

TEST(each_way_of_handlers_replies)
{
    static const struct {
        const char *method, *target, *preference, *content_type, *body;
        unsigned status;
        const char *content;
    } rows[] = {
        {"GET", "/wide", "example=few", NULL, NULL, 200,
         "[{\"left\":-10,\"right\":2.5},{\"left\":-11,\"right\":3.5}]"},
        {"GET", "/later", NULL, NULL, NULL, 200, "3"},
        {"GET", "/later", "code=503", NULL, NULL, 503, NULL},
        {"GET", "/later?a=x", NULL, NULL, NULL, 400, NULL},
        {"GET", "/nobody", NULL, NULL, NULL, 501, NULL},
        {"DELETE", "/nothing", NULL, NULL, NULL, 501, NULL},
        {"POST", "/lines", NULL, "application/x-ndjson", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n", 200, "1"},
        {"POST", "/lines", "code=409", "application/x-ndjson", "{\"text\":\"a\"}\n", 409,
         "[{\"text\":\"first\"}]"},
        {"POST", "/lines", NULL, "application/x-ndjson", "{\"text\":1}\n", 422, NULL},
        {"POST", "/kept", NULL, "application/x-ndjson", "{\"text\":\"a\"}\n", 204, ""},
        {"PUT", "/pieces", NULL, "text/plain", "any", 200, "one,two"},
        {"PUT", "/pieces", "code=507", "text/plain", "any", 507, NULL},
        {"GET", "/events", NULL, NULL, NULL, 200,
         "data: {\"text\":\"first\"}\n\ndata: {\"text\":\"second\"}\n\n"},
        {"GET", "/events", "code=404", NULL, NULL, 404, NULL},
        {"GET", "/leaves", NULL, NULL, NULL, 200, "event: leaf\ndata: {\"kind\":\"leaf\",\"size\":200}\n\n"},
        {"GET", "/file", NULL, NULL, NULL, 200, "kept on disk\n"},
        {"GET", "/file", "code=404", NULL, NULL, 404, NULL},
        {"GET", "/any", NULL, NULL, NULL, 200, "example\n"},
        {"GET", "/ready", NULL, NULL, NULL, 200, NULL},
        {"GET", "/nowhere", NULL, NULL, NULL, 404, "Not Found"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const flare_test_reply *const reply =
            ask(rows[i].method, rows[i].target, rows[i].preference, rows[i].content_type, rows[i].body);

        if (reply->status != rows[i].status)
            fprintf(stderr, "%s %s %s\n", rows[i].method, rows[i].target, flare_err_text(reply->err));
        CHECK_INT(reply->status, rows[i].status);
        if (rows[i].content != NULL)
            CHECK_STR(reply->body, rows[i].content);
    }
}

TEST(preferences_are_read_as_rfc_7240_has_them)
{
    static const struct {
        const char *preference;
        unsigned status;
        const char *applied;
    } rows[] = {
        {"wait=10", 200, ""},
        {"code=404", 404, "code=404"},
        {"CODE = \"404\"", 404, "code=404"},
        {"respond-async, wait=5, code=404", 404, "code=404"},
        {"foo; code=404", 404, "code=404"},
        {"foo=\"a, code=206\\\"\", code=404", 404, "code=404"},
        {"code=404, code=206", 404, "code=404"},
        {"example=no-wide", 404, "example=no_wide"},
        {"code=404, example=no_wide", 404, "code=404, example=no_wide"},
        {"code=200, example=no_wide", 501, ""},
        {"example=NO_WIDE", 501, ""},
        {"code", 501, ""},
        {"code=", 501, ""},
        {"code=\"404", 404, "code=404"},
        {"code=99999999999", 501, ""},
        {"example=\"\"", 501, ""},
        {",;=,", 200, ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const flare_test_reply *const reply = ask("GET", "/wide", rows[i].preference, NULL, NULL);
        const flare_str applied = flare_test_reply_header(reply, FLARE_STR("Preference-Applied"));

        if (reply->status != rows[i].status)
            fprintf(stderr, "Prefer: %s\n", rows[i].preference);
        CHECK_INT(reply->status, rows[i].status);
        CHECK_STR(applied, rows[i].applied);
        CHECK_STR(flare_test_reply_header(reply, FLARE_STR("Vary")), "Prefer");
    }
    flare_test_request(test, "GET", "/wide");
    flare_test_header(test, FLARE_STR("Prefer"), FLARE_STR("wait=1"));
    flare_test_header(test, FLARE_STR("Prefer"), FLARE_STR("code=206"));
    CHECK_INT(flare_test_send(test)->status, 206);
}

/* ---- WebSockets ---- */

static struct {
    flare_loop *loop;
    flare_ws_client *ws;
    flare_err opened;
    bool is_text, heard, closed;
    char text[100];
} peer;

static void on_opened(flare_ws_client *ws, void *context, flare_err err)
{
    const char *const say = (const char *)context;

    peer.opened = err;
    if (err != FLARE_OK)
        peer.closed = true;
    else if (say != NULL)
        CHECK_INT(flare_ws_client_send_text(ws, flare_str_of(say)), FLARE_OK);
}

static void on_message(flare_ws_client *ws, void *context, bool is_text, flare_str payload)
{
    (void)context;
    peer.heard = true;
    peer.is_text = is_text;
    snprintf(peer.text, sizeof peer.text, "%.*s", FLARE_STR_ARG(payload));
    CHECK_INT(flare_ws_client_close(ws, FLARE_WS_NORMAL, FLARE_STR("")), FLARE_OK);
}

static void on_closed(flare_ws_client *ws, void *context, flare_err err, unsigned code, flare_str reason)
{
    (void)ws, (void)context, (void)err, (void)code, (void)reason;
    peer.closed = true;
}

/* Opens one, says something or waits, and hears one message at most. */
static void talk(const char *path, const char *preference, const char *say)
{
    static const flare_ws_client_handler handler = {
        .opened = on_opened, .message = on_message, .closed = on_closed};
    const flare_field field = {NAME("Prefer"), flare_str_of(preference)};
    char url[200];

    snprintf(url, sizeof url, "ws%s%s", server.url + strlen("http"), path);
    memset(&peer, 0, sizeof peer);
    CHECK_INT(flare_loop_create(&peer.loop, FLARE_LOOP_DEFAULT), FLARE_OK);
    const flare_ws_client_options options = {.url = flare_str_of(url), .fields = &field, .field_count = 1};
    CHECK_INT(flare_ws_client_open(&peer.ws, peer.loop, &options, &handler, (void *)(uintptr_t)say),
              FLARE_OK);
    while (peer.ws != NULL && !peer.closed && flare_loop_run_once(peer.loop, 10000) == FLARE_OK)
        continue;
    flare_ws_client_free(peer.ws);
    flare_loop_destroy(peer.loop);
}

TEST(sockets_hear_an_example)
{
    talk("/talk", "", "{\"text\":\"hello\"}");
    CHECK_INT(peer.opened, FLARE_OK);
    CHECK(peer.heard && peer.is_text);
    CHECK_STR(flare_str_of(peer.text), "{\"text\":\"first\"}");
    talk("/talk", "", "{\"text\":1}");
    CHECK(peer.opened == FLARE_OK && !peer.heard);
    talk("/talk", "code=401", NULL);
    CHECK_INT(peer.opened, FLARE_ERR_REFUSED);
    talk("/hear", "", NULL);
    CHECK(peer.heard);
    CHECK_STR(flare_str_of(peer.text), "example");
    talk("/say", "", "a text where bytes are taken");
    CHECK(peer.opened == FLARE_OK && !peer.heard);
}

int main(void)
{
    if (flare_test_open(&test, &odd_service, NULL) != FLARE_OK)
        return EXIT_FAILURE;
    RUN(each_way_of_handlers_replies);
    RUN(preferences_are_read_as_rfc_7240_has_them);
    flare_test_close(test);
    if (mock_start(&odd_service) != EXIT_SUCCESS)
        return EXIT_FAILURE;
    RUN(values_keep_to_their_types);
    RUN(headers_cookies_and_guards);
    RUN(sockets_hear_an_example);
    return mock_end();
}
