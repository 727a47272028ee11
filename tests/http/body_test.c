#include "fixture.h"

#include <flare/gen_json.h>

static const flare_str images[] = {FLARE_STR_INIT("image/png"), FLARE_STR_INIT("text/*")};

static flare_reply fixture_dispatch(flare_request *rq)
{
    return flare_empty(rq, 204);
}

static flare_request *with_body(const char *body, const char *type)
{
    flare_request *rq = fixture_begin();

    rq->has_body = true;
    rq->body = flare_str_of(body);
    rq->body_length = rq->body.len;
    rq->content_type = flare_str_of(type);
    return rq;
}

TEST(sizes)
{
    const struct flarei_body_rule rule = {.max_bytes = 5};
    flare_request *rq;

    CHECK_INT(flarei_body(with_body("12345", ""), &rule), FLAREI_BODY_READY);
    rq = with_body("123456", "");
    CHECK_INT(flarei_body(rq, &rule), FLAREI_BODY_REFUSED);
    CHECK_INT(flarei_reply_body_refused(rq).flarei_mark, rq->mark);
    CHECK_INT(rq->reply_status, 413);
    rq = with_body("123456", "");
    rq->body_length = UINT64_MAX; /* chunked, and complete */
    CHECK_INT(flarei_body(rq, &rule), FLAREI_BODY_REFUSED);
    CHECK_INT(flarei_body(with_body("", ""), &rule), FLAREI_BODY_READY);
    rq = with_body("", "");
    rq->body_complete = false;
    rq->body_length = 5;
    CHECK_INT(flarei_body(rq, &rule), FLAREI_BODY_LATER);
    CHECK_INT(rq->body_max_bytes, 5);
    rq->body_length = 6;
    CHECK_INT(flarei_body(rq, &rule), FLAREI_BODY_REFUSED);
    (void)!flarei_reply_body_refused(rq).flarei_mark;
    CHECK(!rq->keep_alive);
}

static flare_request *without_body(const char *type)
{
    flare_request *rq = fixture_begin();

    rq->content_type = flare_str_of(type);
    return rq;
}

TEST(presence)
{
    struct flarei_body_rule rule = {.max_bytes = 5};
    flare_request *rq = without_body("");

    CHECK_INT(flarei_body(rq, &rule), FLAREI_BODY_READY);
    CHECK_STR(rq->body, "");
    rule.required = true;
    rq = without_body("");
    CHECK_INT(flarei_body(rq, &rule), FLAREI_BODY_REFUSED);
    CHECK_INT(rq->body_refusal, 400);
    CHECK_INT(flarei_body(with_body("", ""), &rule), FLAREI_BODY_READY);
}

/* No body, and a length of zero, mean the same where types are named. */
TEST(empty_where_types_are_named)
{
    struct flarei_body_rule rule = {.max_bytes = 5, .media_types = images, .media_type_count = 2};
    flare_request *rq;

    for (int framed = 0; framed < 2; framed++) {
        rule.required = true;
        rq = framed ? with_body("", "") : without_body("");
        CHECK_INT(flarei_body(rq, &rule), FLAREI_BODY_REFUSED);
        CHECK_INT(rq->body_refusal, 400);
        rule.required = false;
        rq = framed ? with_body("", "") : without_body("");
        CHECK_INT(flarei_body(rq, &rule), FLAREI_BODY_READY);
        CHECK_STR(rq->body, "");
        rq = framed ? with_body("", "image/png") : without_body("image/png");
        CHECK_INT(flarei_body(rq, &rule), FLAREI_BODY_READY);
        rq = framed ? with_body("", "audio/ogg") : without_body("audio/ogg");
        CHECK_INT(flarei_body(rq, &rule), FLAREI_BODY_REFUSED);
        CHECK_INT(rq->body_refusal, 415);
    }
    rq = with_body("1", "");
    CHECK_INT(flarei_body(rq, &rule), FLAREI_BODY_REFUSED);
    CHECK_INT(rq->body_refusal, 415);
}

TEST(media_types)
{
    static const struct {
        const char *type;
        bool taken;
    } rows[] = {
        {"image/png", true},
        {"IMAGE/PNG", true},
        {"image/png; q=1", true},
        {"image/png ;x", true},
        {"image/pngx", false},
        {"image/jpeg", false},
        {"", false},
        {"text/plain", true},
        {"text/", false},
        {"text", false},
    };
    const struct flarei_body_rule rule = {.max_bytes = 5, .media_types = images, .media_type_count = 2};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        flare_request *rq = with_body("1", rows[i].type);

        CHECK_INT(flarei_body(rq, &rule), rows[i].taken ? FLAREI_BODY_READY : FLAREI_BODY_REFUSED);
        if (!rows[i].taken)
            CHECK_INT(rq->body_refusal, 415);
    }
}

TEST(content_codings)
{
    const struct flarei_body_rule rule = {.max_bytes = 5};
    const flare_field gzip = {FLARE_STR("content-encoding"), FLARE_STR("gzip")};
    const flare_field identity = {FLARE_STR("Content-Encoding"), FLARE_STR("identity")};
    flare_request *rq = with_body("1", "");

    rq->fields = &gzip;
    rq->field_count = 1;
    CHECK_INT(flarei_body(rq, &rule), FLAREI_BODY_REFUSED);
    CHECK_INT(rq->body_refusal, 415);
    rq = with_body("1", "");
    rq->fields = &identity;
    rq->field_count = 1;
    CHECK_INT(flarei_body(rq, &rule), FLAREI_BODY_READY);
}

/* A JSON text of 100 bytes that is copied: 101 of them, in blocks of 16. */
static unsigned status_with_bound(size_t bound)
{
    static char text[101];
    flare_arena arena;
    flare_request *rq = with_body("100", "");
    struct flarei_json json;
    const char *at;
    enum flarei_json_verdict verdict;

    memset(text, 'a', 100);
    text[0] = text[99] = '"';
    rq->body = (flare_str){text, 100};
    flarei_arena_init(&arena, 16, 1 << 20);
    rq->arena = &arena;
    at = flarei_json_begin_body(&json, rq, bound);
    verdict = flarei_json_end(&json, at != NULL ? json.end : NULL);
    CHECK(flarei_arena_alloc(&arena, 200) != NULL); /* the handler's own is not bounded */
    rq->reply_status = verdict == FLAREI_JSON_FINE ? 200 : 0;
    if (verdict != FLAREI_JSON_FINE)
        CHECK_INT(flarei_reply_json_refused(rq, &json, verdict).flarei_mark, rq->mark);
    flarei_arena_free(&arena);
    rq->arena = &fixture_arena;
    return rq->reply_status;
}

TEST(a_body_that_takes_more_than_it_can)
{
    CHECK_INT(status_with_bound(112), 200);
    CHECK_INT(status_with_bound(111), 500);
    CHECK(!fixture_has("memory"));
    CHECK_INT(status_with_bound(1), 500);
}

int main(void)
{
    RUN(sizes);
    RUN(presence);
    RUN(empty_where_types_are_named);
    RUN(media_types);
    RUN(content_codings);
    RUN(a_body_that_takes_more_than_it_can);
    flarei_arena_free(&fixture_arena);
    flarei_buffer_free(&fixture_out);
    return TEST_END();
}
