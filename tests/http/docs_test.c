/* docs(): which file a path is, tags and 304, HEAD, the policy, and a program without a viewer. */
#include "fixture.h"

#include <flare/gen.h>

static const struct flarei_docs_file files[] = {
    {FLARE_STR_INIT(""), FLARE_STR_INIT("text/html"), FLARE_STR_INIT("<viewer>"), FLARE_STR_INIT("\"v0\""),
     false},
    {FLARE_STR_INIT("viewer.js"), FLARE_STR_INIT("text/javascript"), FLARE_STR_INIT("zipped"),
     FLARE_STR_INIT("\"v1\""), true},
};
static const struct flarei_docs_viewer viewer = {files, 2}, no_viewer = {NULL, 0};
static struct flarei_docs docs = {
    .openapi = FLARE_STR_INIT("{\"openapi\":\"3.1.0\"}"),
    .openapi_tag = FLARE_STR_INIT("\"o1\""),
    .page = FLARE_STR_INIT("<plain>"),
    .page_tag = FLARE_STR_INIT("\"p1\""),
    .viewer = &viewer,
};
static flare_str rest;

static flare_reply fixture_dispatch(flare_request *rq)
{
    return flarei_reply_docs(rq, &docs, rest);
}

/* A request for a file; `match` is its If-None-Match, or NULL. What the reply holds: its content. */
static flare_str get(const char *name, const char *match, bool head)
{
    static flare_field field;
    flare_request *const rq = fixture_begin();

    rest = flare_str_of(name);
    rq->head_only = head;
    if (match != NULL) {
        field = (flare_field){FLARE_STR("If-None-Match"), flare_str_of(match)};
        rq->fields = &field;
        rq->field_count = 1;
    }
    flarei_request_dispatch(rq);
    CHECK_INT(rq->state, FLAREI_REQUEST_REPLIED);
    return fixture_content();
}

TEST(files_of_the_viewer)
{
    CHECK_STR(get("", NULL, false), "<viewer>");
    CHECK(fixture_has("Content-Type: text/html\r\n"));
    CHECK(!fixture_has("Content-Encoding"));
    CHECK_STR(get("viewer.js", NULL, false), "zipped");
    CHECK(fixture_has("Content-Type: text/javascript\r\n"));
    CHECK(fixture_has("Content-Encoding: gzip\r\n"));
    CHECK(fixture_has("ETag: \"v1\"\r\n"));
}

TEST(the_document_and_the_plain_page)
{
    CHECK_STR(get("openapi.json", NULL, false), "{\"openapi\":\"3.1.0\"}");
    CHECK(fixture_has("Content-Type: application/json\r\n"));
    CHECK(fixture_has("ETag: \"o1\"\r\n"));
    CHECK_STR(get("plain", NULL, false), "<plain>");
    CHECK(fixture_has("Content-Type: text/html; charset=utf-8\r\n"));
    CHECK(fixture_has("ETag: \"p1\"\r\n"));
    CHECK(get("plain.css", NULL, false).len != 0);
    CHECK(fixture_has("Content-Type: text/css; charset=utf-8\r\n"));
}

static void check_plain(void)
{
    CHECK_STR(get("", NULL, false), "<plain>");
    CHECK(fixture_has("ETag: \"p1\"\r\n"));
    (void)get("viewer.js", NULL, false);
    CHECK(fixture_has("HTTP/1.1 404 "));
    CHECK_STR(get("openapi.json", NULL, false), "{\"openapi\":\"3.1.0\"}");
}

TEST(without_a_viewer)
{
    docs.viewer = &no_viewer;
    check_plain();
    docs.viewer = NULL;
    check_plain();
    docs.viewer = &viewer;
}

TEST(unknown_files)
{
    static const char *const names[] = {"nothing", "viewer.js/",     "/", "openapi.jso", "openapi.json/x",
                                        "PLAIN",   "../openapi.json"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)get(names[i], NULL, false);
        CHECK(fixture_has("HTTP/1.1 404 "));
        CHECK(!fixture_has("ETag"));
    }
}

TEST(what_a_client_has_already)
{
    static const struct {
        const char *match;
        bool had;
    } rows[] = {
        {"\"o1\"", true},        {"W/\"o1\"", true},        {"*", true},   {"\"x\", \"o1\"", true},
        {",, W/\"o1\" ,", true}, {"\"x\"", false},          {"o1", false}, {"\"o1", false},
        {"\"o1\"x", false},      {"\"v1\", \"p1\"", false}, {"", false},   {"w/\"o1\"", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const flare_str content = get("openapi.json", rows[i].match, false);
        if (fixture_has("HTTP/1.1 304 ") != rows[i].had)
            fprintf(stderr, "  If-None-Match: %s\n", rows[i].match);
        CHECK(fixture_has("HTTP/1.1 304 ") == rows[i].had);
        CHECK(fixture_has("ETag: \"o1\"\r\n"));
        CHECK(fixture_has("Cache-Control: no-cache\r\n"));
        CHECK((content.len == 0) == rows[i].had);
    }
}

TEST(head)
{
    CHECK_INT(get("openapi.json", NULL, true).len, 0);
    CHECK(fixture_has("HTTP/1.1 200 "));
    CHECK(fixture_has("Content-Length: 19\r\n"));
    CHECK(fixture_has("ETag: \"o1\"\r\n"));
    (void)get("nothing", NULL, true);
    CHECK(fixture_has("HTTP/1.1 404 "));
}

/* Every file: no script but this server's own, no text made into code, nobody's frame. */
TEST(the_policy)
{
    static const char *const names[] = {"", "viewer.js", "openapi.json", "plain", "plain.css"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)get(names[i], NULL, false);
        CHECK(fixture_has(
            "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "));
        CHECK(fixture_has("frame-ancestors 'none'\r\n"));
        CHECK(!fixture_has("unsafe"));
        CHECK(fixture_has("X-Content-Type-Options: nosniff\r\n"));
    }
}

int main(void)
{
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF, .descriptor = 2});
    RUN(files_of_the_viewer);
    RUN(the_document_and_the_plain_page);
    RUN(without_a_viewer);
    RUN(unknown_files);
    RUN(what_a_client_has_already);
    RUN(head);
    RUN(the_policy);
    flarei_arena_free(&fixture_arena);
    flarei_buffer_free(&fixture_out);
    return TEST_END();
}
