/* What runs around a handler: tokens, entity tags, cookies, verdicts, after-phases, error pages. */
#include "fixture.h"

#include "http/reply.h"

static flare_reply (*dispatched)(flare_request *rq);

static flare_reply fixture_dispatch(flare_request *rq)
{
    return dispatched(rq);
}

TEST(tokens)
{
    static const struct {
        const char *raw;
        enum flarei_rule rule;
        const char *token;
    } rows[] = {
        {"Bearer abc", FLAREI_FINE, "abc"},
        {"bEaReR abc", FLAREI_FINE, "abc"},
        {"Bearer   a.b-c_d~e+f/g==", FLAREI_FINE, "a.b-c_d~e+f/g=="},
        {"Bearer ab", FLAREI_RULE_MIN_LENGTH, "ab"},
        {"Bearer 0123456789012345", FLAREI_FINE, "0123456789012345"},
        {"Bearer 01234567890123456", FLAREI_RULE_MAX_LENGTH, "01234567890123456"},
        {"Bearer", FLAREI_RULE_TYPE, NULL},
        {"Bearer ", FLAREI_RULE_TYPE, NULL},
        {"Bearer\tabc", FLAREI_RULE_TYPE, NULL},
        {"Bearer ==", FLAREI_RULE_TYPE, NULL},
        {"Bearer a=b", FLAREI_RULE_TYPE, NULL},
        {"Bearer a b", FLAREI_RULE_TYPE, NULL},
        {"Bearer a,b", FLAREI_RULE_TYPE, NULL},
        {"Bearerabc", FLAREI_RULE_TYPE, NULL},
        {"Basic abc", FLAREI_RULE_TYPE, NULL},
        {"", FLAREI_RULE_TYPE, NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        flare_str token;

        CHECK_INT(flarei_take_bearer(flare_str_of(rows[i].raw), 3, 16, &token), rows[i].rule);
        if (rows[i].token != NULL)
            CHECK(flare_str_equal(token, flare_str_of(rows[i].token)));
    }
}

/* What a request says with such an Authorization. @return the first rule that is broken */
static enum flarei_rule read_basic(const char *value, flare_basic *basic)
{
    static const struct flarei_input input = FLAREI_INPUT(HEADER, true, "Authorization");
    flare_request *const rq = fixture_begin();
    const flare_field field = {FLARE_STR("authorization"), flare_str_of(value)};

    rq->fields = &field;
    rq->field_count = 1;
    CHECK(flarei_read_basic(rq, &input, basic));
    return rq->refusal_count == 0 ? FLAREI_FINE : rq->refusals[0].rule;
}

TEST(passwords)
{
    static const struct {
        const char *raw;
        enum flarei_rule rule;
        const char *user, *password;
    } rows[] = {
        {"Basic YTpi", FLAREI_FINE, "a", "b"},
        {"bASIC   YTpi", FLAREI_FINE, "a", "b"},
        {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", FLAREI_FINE, "Aladdin", "open sesame"},
        {"Basic dGVzdDoxMjPCow==", FLAREI_FINE, "test", "123\xc2\xa3"}, /* RFC 7617, section 2.1 */
        {"Basic YTpiOmM=", FLAREI_FINE, "a", "b:c"},
        {"Basic Og==", FLAREI_FINE, "", ""},
        {"Basic", FLAREI_RULE_TYPE, NULL, NULL},
        {"Basic ", FLAREI_RULE_TYPE, NULL, NULL},
        {"BasicYTpi", FLAREI_RULE_TYPE, NULL, NULL},
        {"Bearer YTpi", FLAREI_RULE_TYPE, NULL, NULL},
        {"Basic YTpiOmM", FLAREI_RULE_TYPE, NULL, NULL},   /* no padding */
        {"Basic YTpi YTpi", FLAREI_RULE_TYPE, NULL, NULL}, /* no token68 */
        {"Basic YWI=", FLAREI_RULE_TYPE, NULL, NULL},      /* "ab": no colon */
        {"Basic YToA", FLAREI_RULE_TYPE, NULL, NULL},      /* "a:" and U+0000 */
        {"Basic YTp/", FLAREI_RULE_TYPE, NULL, NULL},      /* "a:" and U+007F */
        {"Basic CTpi", FLAREI_RULE_TYPE, NULL, NULL},      /* a tab, ":b" */
        {"Basic YTr/", FLAREI_RULE_UTF8, NULL, NULL},      /* "a:" and 0xff */
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        flare_basic basic = {{NULL, 0}, {NULL, 0}};

        CHECK_INT(read_basic(rows[i].raw, &basic), rows[i].rule);
        if (rows[i].user != NULL) {
            CHECK(flare_str_equal(basic.user, flare_str_of(rows[i].user)));
            CHECK(flare_str_equal(basic.password, flare_str_of(rows[i].password)));
        }
    }
}

TEST(a_password_without_memory)
{
    static const struct flarei_input input = FLAREI_INPUT(HEADER, true, "Authorization");
    static const flare_field field = {FLARE_STR_INIT("authorization"), FLARE_STR_INIT("Basic YTpi")};
    flare_request *const rq = fixture_begin();
    flare_basic basic;

    rq->fields = &field;
    rq->field_count = 1;
    while (flare_alloc(rq, 64) != NULL)
        continue;
    while (flare_alloc(rq, 1) != NULL)
        continue;
    CHECK(flarei_read_basic(rq, &input, &basic));
    CHECK_INT(rq->refusals[0].rule, FLAREI_RULE_MEMORY);
}

TEST(entity_tags)
{
    static const struct {
        const char *list;
        bool valid, strong, weak; /* for "v1" */
    } rows[] = {
        {"\"v1\"", true, true, true},
        {"W/\"v1\"", true, false, true},
        {"*", true, true, true},
        {"\"v0\", \"v1\"", true, true, true},
        {",, \"v0\" ,\t\"v1\" ,", true, true, true},
        {"\"v0\", W/\"v2\"", true, false, false},
        {"\"\"", true, false, false},
        {"\"a,b\"", true, false, false},
        {"v1", false, false, false},
        {"\"v1", false, false, false},
        {"\"v1\"x", false, true, true},
        {"\"v1\" \"v2\"", false, false, false},
        {"w/\"v1\"", false, false, false},
        {"* , \"v1\"", false, false, false},
        {"\"a b\"", false, false, false},
        {"", false, false, false},
        {",", false, false, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const flare_str list = flare_str_of(rows[i].list);

        CHECK_INT(flare_etag_list_valid(list), rows[i].valid);
        if (!rows[i].valid)
            continue;
        CHECK_INT(flare_etag_matches(list, FLARE_STR("\"v1\"")), rows[i].strong);
        CHECK_INT(flare_etag_matches_weakly(list, FLARE_STR("\"v1\"")), rows[i].weak);
        CHECK(!flare_etag_matches(list, FLARE_STR("")));
        CHECK(flare_etag_matches_weakly(list, FLARE_STR("W/\"v1\"")) == rows[i].weak);
    }
    CHECK(!flare_etag_matches(FLARE_STR("\"v1\""), FLARE_STR("W/\"v1\"")));
    CHECK(flare_etag_valid(FLARE_STR("\"x\"")) && flare_etag_valid(FLARE_STR("W/\"x\"")));
    CHECK(!flare_etag_valid(FLARE_STR("\"x\" ")) && !flare_etag_valid(FLARE_STR("")));
}

TEST(cookies)
{
    static const char *const bad[] = {"a b", "a;b", "a,b", "a\"b", "a\\b", "a\r\nb", "\x7f", "\xc3\xa9"};
    const flare_str name = FLARE_STR("sid"), attributes = FLARE_STR("; Path=/");
    flare_request *rq = fixture_begin();

    CHECK(flarei_reply_cookie(rq, name, FLARE_STR("!#$%&'()*+-./:<=>?@[]^_`{|}~0Az"), attributes));
    CHECK(flarei_reply_cookie(rq, name, FLARE_STR(""), attributes));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!flarei_reply_cookie(rq, name, flare_str_of(bad[i]), attributes));
    CHECK_INT(flare_empty(rq, 204).flarei_mark, rq->mark);
    CHECK(fixture_has("Set-Cookie: sid=!#$%&'()*+-./:<=>?@[]^_`{|}~0Az; Path=/\r\n"));
    CHECK(fixture_has("Set-Cookie: sid=; Path=/\r\n"));
}

/* ---- verdicts ---- */

static flare_reply judged(flare_request *rq, flare_reply verdict)
{
    if (!flarei_is_passed(rq, verdict))
        return flarei_guard_refused(rq, verdict, "known");
    return flare_text(rq, 200, FLARE_STR("passed"));
}

static flare_reply pass(flare_request *rq)
{
    return judged(rq, flarei_pass(rq));
}

static flare_reply refuse(flare_request *rq)
{
    return judged(rq, flare_empty(rq, 403));
}

static flare_reply forge(flare_request *rq)
{
    return judged(rq, (flare_reply){0});
}

/* It replied, but says that the request passes. */
static flare_reply reply_and_pass(flare_request *rq)
{
    CHECK_INT(flare_empty(rq, 403).flarei_mark, rq->mark);
    return judged(rq, flarei_pass(rq));
}

/* The mark of a reply that was never written. */
static flare_reply steal(flare_request *rq)
{
    return judged(rq, (flare_reply){rq->mark});
}

static void run(flare_reply (*function)(flare_request *rq))
{
    dispatched = function;
    flarei_request_dispatch(fixture_begin());
}

TEST(verdicts)
{
    run(pass);
    CHECK(fixture_has("HTTP/1.1 200 ") && fixture_has("passed"));
    run(refuse);
    CHECK(fixture_has("HTTP/1.1 403 "));
    run(forge);
    CHECK(fixture_has("HTTP/1.1 500 ") && !fixture_has("passed"));
    run(reply_and_pass);
    CHECK(fixture_has("HTTP/1.1 500 ") && !fixture_has("passed") && !fixture_has("403"));
    run(steal);
    CHECK(fixture_has("HTTP/1.1 500 ") && !fixture_has("passed"));
    CHECK_INT(fixture_request.state, FLAREI_REQUEST_REPLIED);
}

/* ---- after-phases ---- */

static char order[16];
static unsigned seen_status;

static void after(flare_request *rq)
{
    size_t at = 0;

    seen_status = flare_request_status(rq);
    for (struct flarei_entered *phase; (phase = flarei_leave(rq)) != NULL;)
        order[at++] = (char)('0' + phase->number);
    order[at] = '\0';
}

static flare_reply enter_two(flare_request *rq)
{
    CHECK_INT(flare_request_status(rq), 0);
    if (!flarei_enter_phase(rq, 1) || !flarei_enter_phase(rq, 2))
        return flarei_reply_fail(rq, "no memory");
    return flare_empty(rq, 202);
}

static flare_reply resume_never(flare_request *rq, void *input)
{
    (void)input;
    return flare_empty(rq, 204);
}

static flare_reply park(flare_request *rq)
{
    CHECK(flarei_enter_phase(rq, 3));
    return flarei_park(rq, resume_never, "x", 1);
}

TEST(after_phases_run_in_reverse)
{
    fixture_service.after = after;
    run(enter_two);
    flarei_request_end(&fixture_request);
    CHECK(strcmp(order, "21") == 0);
    CHECK_INT(seen_status, 202);
    CHECK_INT(fixture_request.state, FLAREI_REQUEST_FREE);
    order[0] = '\0';
    run(pass);
    flarei_request_end(&fixture_request);
    CHECK(strcmp(order, "") == 0);
    fixture_service.after = NULL;
}

TEST(what_was_entered_is_left_when_the_peer_goes)
{
    fixture_service.after = after;
    order[0] = '\0';
    run(park);
    CHECK_INT(fixture_request.state, FLAREI_REQUEST_PARKED);
    flarei_request_abandon(&fixture_request);
    CHECK(strcmp(order, "3") == 0);
    CHECK_INT(seen_status, 0);
    order[0] = '\0';
    flarei_request_abandon(&fixture_request);
    CHECK(strcmp(order, "") == 0);
    fixture_service.after = NULL;
}

/* ---- error pages ---- */

static unsigned pages;

static bool page(flare_request *rq, const flare_problem_info *problem, flare_reply *reply)
{
    pages++;
    if (problem->status == 404)
        *reply = flare_textf(rq, 404, "none: %.*s", FLARE_STR_ARG(problem->title));
    else if (problem->status == 405)
        *reply = (flare_reply){0};
    else if (problem->status == 500)
        *reply = flarei_reply_fail(rq, "the page fails, too");
    else
        return false;
    return true;
}

static flare_reply find_none(flare_request *rq)
{
    return flarei_reply_not_found(rq);
}

static flare_reply allow_none(flare_request *rq)
{
    return flarei_reply_not_allowed(rq, FLARE_STR("GET"));
}

static flare_reply fail_inside(flare_request *rq)
{
    return flarei_reply_fail(rq, "inside");
}

static flare_reply refuse_input(flare_request *rq)
{
    static const struct flarei_input input = FLAREI_INPUT(QUERY, true, "q");

    flarei_refuse(rq, &input, FLAREI_RULE_REQUIRED);
    return flarei_reply_refusals(rq);
}

static flare_reply declared_problem(flare_request *rq)
{
    return flare_problem(rq, 404, FLARE_STR("mine"));
}

TEST(who_does_not_say_who_they_are)
{
    static const struct flarei_input token = FLAREI_INPUT(HEADER, true, "Authorization");
    static const struct flarei_input cookie = FLAREI_INPUT(COOKIE, true, "sid");
    flare_request *rq = fixture_begin();

    CHECK(!flarei_is_unauthorized(rq, NULL) && !flarei_is_unauthorized(rq, &token));
    flarei_refuse(rq, &cookie, FLAREI_RULE_MIN_LENGTH);
    CHECK(!flarei_is_unauthorized(rq, NULL) && !flarei_is_unauthorized(rq, &token));
    flarei_refuse(rq, &token, FLAREI_RULE_TYPE);
    CHECK(!flarei_is_unauthorized(rq, NULL) && flarei_is_unauthorized(rq, &token));
    flarei_refuse(rq, &cookie, FLAREI_RULE_REQUIRED);
    CHECK(flarei_is_unauthorized(rq, NULL));

    /* One that comes behind the last that is kept does not count. */
    rq = fixture_begin();
    for (int i = 0; i < FLAREI_REFUSALS_MAX; i++)
        flarei_refuse(rq, &cookie, FLAREI_RULE_TYPE);
    flarei_refuse(rq, &cookie, FLAREI_RULE_REQUIRED);
    CHECK(!flarei_is_unauthorized(rq, NULL));
}

TEST(error_pages)
{
    fixture_service.page = page;
    pages = 0;
    run(find_none);
    CHECK(fixture_has("HTTP/1.1 404 ") && fixture_has("none: Not Found"));
    run(allow_none); /* forged: the server's own, and its Allow is kept */
    CHECK(fixture_has("HTTP/1.1 405 ") && fixture_has("Allow: GET\r\n") &&
          fixture_has("application/problem+json"));
    run(fail_inside); /* no page of a page */
    CHECK(fixture_has("HTTP/1.1 500 ") && fixture_has("application/problem+json"));
    CHECK_INT(pages, 3);
    run(refuse_input);
    CHECK(fixture_has("HTTP/1.1 400 ") && fixture_has("\"rule\":\"required\""));
    CHECK_INT(pages, 4);
    run(declared_problem); /* the service's own words */
    CHECK(fixture_has("\"type\":\"mine\""));
    CHECK_INT(pages, 4);
    fixture_service.page = NULL;
}

int main(void)
{
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF, .descriptor = 2});
    RUN(tokens);
    RUN(passwords);
    RUN(a_password_without_memory);
    RUN(entity_tags);
    RUN(cookies);
    RUN(verdicts);
    RUN(after_phases_run_in_reverse);
    RUN(what_was_entered_is_left_when_the_peer_goes);
    RUN(who_does_not_say_who_they_are);
    RUN(error_pages);
    flarei_arena_free(&fixture_arena);
    flarei_buffer_free(&fixture_out);
    return TEST_END();
}
