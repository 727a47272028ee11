/* Sessions of a spec: how they begin, live and end in each store, with a clock of the test's. */
#include "allocator.h"
#include "fixture.h"

#include "kept.flare.h"
#include "session/session.h"
#include "session/table.h"

#include <flare/random.h>
#include <flare/time.h>

static const char key_one[] = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
static const char key_two[] = "YWJjZGVmZ2hpamFiY2RlZmdoaWphYmNkZWZnaGlqYWI=";

static int64_t now_s;
static char cookies[2][5000]; /* of mem and card, as a browser has them; empty: none */
static char answer[200];

static flare_reply fixture_dispatch(flare_request *rq)
{
    return kept_service.dispatch(rq);
}

static flare_time wall(void *context)
{
    (void)context;
    return now_s * FLARE_TIME_SECOND + 5;
}

static int64_t monotonic(void *context)
{
    (void)context;
    return now_s;
}

/* Does what a browser does with Set-Cookie. @return is there one? */
static bool take_cookie(size_t at)
{
    static const char *const names[] = {"\r\nSet-Cookie: mem=", "\r\nSet-Cookie: card="};
    const flare_str text = flarei_buffer_str(&fixture_out);
    const char *const line = (const char *)memmem(text.ptr, text.len, names[at], strlen(names[at]));
    const char *const start = line + strlen(names[at]);
    const char *end;

    if (line == NULL)
        return false;
    end = (const char *)memchr(start, ';', (size_t)(text.ptr + text.len - start));
    memcpy(cookies[at], start, (size_t)(end - start));
    cookies[at][end - start] = '\0';
    return true;
}

/* One request. @param at of the store @return the content, "" with another status */
static const char *ask(size_t at, const char *op, const char *query)
{
    static const char *const paths[] = {"mem", "card"};
    flare_request *const rq = fixture_begin();
    char path[40], line[5100];
    flare_field field = {FLARE_STR("Cookie"), {NULL, 0}};
    flare_str content;

    (void)snprintf(path, sizeof path, "/%s/%s", paths[at], op);
    (void)snprintf(line, sizeof line, "x=1; %s=%s", paths[at], cookies[at]);
    field.value = flare_str_of(line);
    rq->path = flare_str_of(path);
    rq->query = flare_str_of(query);
    rq->fields = &field;
    rq->field_count = cookies[at][0] != '\0';
    flarei_request_dispatch(rq);
    CHECK_INT(rq->state, FLAREI_REQUEST_REPLIED);
    flarei_request_end(rq);
    content = fixture_content();
    (void)snprintf(answer, sizeof answer, "%.*s", (int)content.len, content.ptr);
    return fixture_has("HTTP/1.1 200 ") ? answer : "";
}

static bool is(const char *got, const char *want)
{
    if (strcmp(got, want) == 0)
        return true;
    fprintf(stderr, "  \"%s\", not \"%s\"\n", got, want);
    return false;
}

static void begin(const char *keys)
{
    const struct flarei_session_keys from = {NULL, keys};
    char why[256] = "";

    now_s = 1800000000;
    cookies[0][0] = cookies[1][0] = '\0';
    CHECK_INT(kept_service.sessions->calls->open(kept_service.sessions, &from, why, sizeof why), FLARE_OK);
}

static void end(void)
{
    kept_service.sessions->calls->close(kept_service.sessions);
}

TEST(begin_keep_end)
{
    begin(key_one);
    for (size_t at = 0; at < 2; at++) {
        CHECK(is(ask(at, "show", ""), "none") && !take_cookie(at));
        CHECK(is(ask(at, "save", "n=5"), "FLARE_OK") && take_cookie(at));
        CHECK(fixture_has(at == 0 ? "; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Lax\r\n"
                                  : "; Max-Age=600; Path=/; HttpOnly; SameSite=Lax\r\n"));
        CHECK(is(ask(at, "show", ""), "5") && !take_cookie(at));
        CHECK(is(ask(at, "save", "n=6"), "FLARE_OK") && take_cookie(at) == (at == 1));
        CHECK(is(ask(at, "show", ""), "6"));
        CHECK(is(ask(at, "end", ""), "FLARE_OK") && take_cookie(at));
        CHECK(fixture_has("; Max-Age=0; Path=/;"));
        CHECK(is(ask(at, "show", ""), "none"));
        CHECK(is(ask(at, "end", ""), "FLARE_OK") && !take_cookie(at));
    }
    end();
}

TEST(several_steps_of_one_request)
{
    begin(key_one);
    for (size_t at = 0; at < 2; at++) {
        CHECK(is(ask(at, "save-twice", "n=7"), "FLARE_OK") && take_cookie(at));
        CHECK(is(ask(at, "show", ""), "7"));
        CHECK(is(ask(at, "end-save", "n=8"), "FLARE_OK") && take_cookie(at));
        CHECK(is(ask(at, "show", ""), "8"));
        CHECK(is(ask(at, "save-end", "n=9"), "FLARE_OK") && take_cookie(at));
        CHECK_INT(cookies[at][0], '\0');
    }
    end();
}

TEST(renewed_under_another_name)
{
    char before[5000];

    begin(key_one);
    CHECK(is(ask(0, "save", "n=5"), "FLARE_OK") && take_cookie(0));
    memcpy(before, cookies[0], sizeof before);
    CHECK(is(ask(0, "renew", "n=6"), "FLARE_OK") && take_cookie(0));
    CHECK(strcmp(before, cookies[0]) != 0);
    CHECK(is(ask(0, "show", ""), "6"));
    memcpy(cookies[0], before, sizeof before);
    CHECK(is(ask(0, "show", ""), "none"));
    /* Nor does a name that the server did not make become one. */
    memset(cookies[0], 'A', 32);
    cookies[0][32] = '\0';
    memcpy(before, cookies[0], sizeof before);
    CHECK(is(ask(0, "save", "n=7"), "FLARE_OK") && take_cookie(0));
    CHECK(strcmp(before, cookies[0]) != 0);
    end();
}

TEST(unused_for_too_long)
{
    begin(key_one);
    for (size_t at = 0; at < 2; at++) {
        CHECK(is(ask(at, "save", "n=5"), "FLARE_OK") && take_cookie(at));
        now_s += 599;
        CHECK(is(ask(at, "show", ""), "5"));
        /* One in its cookie is given out again. */
        CHECK_INT(take_cookie(at), at == 1);
        now_s += 599;
        CHECK(is(ask(at, "show", ""), "5"));
        (void)take_cookie(at);
        now_s += 600;
        CHECK(is(ask(at, "show", ""), "none"));
        /* Not for each request. */
        CHECK(is(ask(at, "save", "n=6"), "FLARE_OK") && take_cookie(at));
        now_s += 60;
        CHECK(is(ask(at, "show", ""), "6") && !take_cookie(at));
    }
    end();
}

TEST(over_however_much_it_is_used)
{
    begin(key_one);
    for (size_t at = 0; at < 2; at++) {
        const int64_t start_s = now_s;

        CHECK(is(ask(at, "save", "n=5"), "FLARE_OK") && take_cookie(at));
        while (now_s + 300 < start_s + 3600) {
            now_s += 300;
            CHECK(is(ask(at, "save", "n=6"), "FLARE_OK"));
            (void)take_cookie(at);
        }
        now_s = start_s + 3599;
        CHECK(is(ask(at, "show", ""), "6"));
        now_s++;
        CHECK(is(ask(at, "show", ""), "none"));
        /* A renewed one has its whole time before it. */
        CHECK(is(ask(at, "renew", "n=7"), "FLARE_OK") && take_cookie(at));
        now_s += 599;
        CHECK(is(ask(at, "show", ""), "7"));
    }
    end();
}

TEST(sizes)
{
    begin(key_one);
    CHECK(is(ask(0, "save", "n=1&length=16361"), "FLARE_OK"));
    CHECK(is(ask(0, "save", "n=1&length=16380"), "FLARE_ERR_LIMIT"));
    CHECK(is(ask(1, "save", "n=1&length=2900"), "FLARE_OK") && take_cookie(1));
    CHECK(is(ask(1, "show", ""), "1"));
    CHECK(is(ask(1, "save", "n=1&length=3100"), "FLARE_ERR_LIMIT"));
    CHECK(is(ask(1, "save", "n=1&length=12000"), "FLARE_ERR_LIMIT"));
    CHECK(is(ask(0, "save", "n=1000"), "FLARE_ERR_RANGE"));
    CHECK(is(ask(1, "save", "n=1000"), "FLARE_ERR_RANGE"));
    end();
}

TEST(keys_in_turn)
{
    char both[128], why[256];
    struct flarei_session_keys from = {NULL, both};
    const struct flarei_session_calls *const calls = kept_service.sessions->calls;

    begin(key_one);
    CHECK(is(ask(1, "save", "n=5"), "FLARE_OK") && take_cookie(1));
    (void)snprintf(both, sizeof both, "%s,%s", key_two, key_one);
    CHECK_INT(calls->reload(kept_service.sessions, &from, why, sizeof why), FLARE_OK);
    CHECK(is(ask(1, "show", ""), "5"));
    from.text = key_two;
    CHECK_INT(calls->reload(kept_service.sessions, &from, why, sizeof why), FLARE_OK);
    CHECK(is(ask(1, "show", ""), "none"));
    CHECK(is(ask(1, "save", "n=6"), "FLARE_OK") && take_cookie(1));
    from.text = "not a key";
    CHECK_INT(calls->reload(kept_service.sessions, &from, why, sizeof why), FLARE_ERR_SYNTAX);
    CHECK(is(why, "FLARE_SESSION_KEYS: a key is not base64"));
    CHECK(is(ask(1, "show", ""), "6"));
    from.text = NULL;
    CHECK_INT(calls->reload(kept_service.sessions, &from, why, sizeof why), FLARE_ERR_STATE);
    CHECK(is(ask(1, "show", ""), "6"));
    end();
}

TEST(what_is_no_session)
{
    static const char *const odd[] = {"a", "..", "a.1.b", "\"quoted\"", "AAAA.99999999999.AAAA"};

    begin(key_one);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        for (size_t at = 0; at < 2; at++) {
            memcpy(cookies[at], odd[i], strlen(odd[i]) + 1);
            CHECK(is(ask(at, "show", ""), "none"));
            CHECK(is(ask(at, "save", "n=3"), "FLARE_OK") && take_cookie(at));
            CHECK(is(ask(at, "show", ""), "3"));
        }
    }
    /* Signed by us, for something else, or with other content. */
    const struct flarei_session_keys from = {NULL, key_one};
    flare_keys *keys;
    size_t len = 0;
    CHECK_INT(flare_keys_parse(flare_str_of(from.text), &keys), FLARE_OK);
    for (size_t i = 0; i < 4; i++) {
        const flare_str contents[] = {FLARE_STR("\0\0\0\0kI\xd2\0{\"n\":1}"),
                                      FLARE_STR("\0\0\0\0kI\xd2\0{\"n\":}"), FLARE_STR("short"),
                                      FLARE_STR("\377\377\377\377\377\377\377\377{\"n\":1}")};

        CHECK_INT(flare_sign(keys, i == 0 ? FLARE_STR("session kept Mem") : FLARE_STR("session kept Card"),
                             contents[i], now_s + 100, cookies[1], sizeof cookies[1], &len),
                  FLARE_OK);
        cookies[1][len] = '\0';
        CHECK(is(ask(1, "show", ""), "none"));
    }
    flare_keys_free(keys);
    end();
}

static bool no_random(void *context, void *bytes, size_t len)
{
    (void)context;
    (void)bytes;
    (void)len;
    return false;
}

TEST(no_memory_no_randomness_no_keys)
{
    struct test_allocator heap = {0};

    begin(key_one);
    test_allocator_use(&heap);
    heap.fail_at = 1;
    CHECK(is(ask(0, "save", "n=1"), "FLARE_ERR_MEMORY") && !take_cookie(0));
    test_allocator_use(NULL);
    flarei_random_set(no_random, NULL);
    CHECK(is(ask(0, "save", "n=1"), "FLARE_ERR_IO") && !take_cookie(0));
    flarei_random_set(NULL, NULL);
    CHECK(is(ask(1, "save", "n=1"), "FLARE_OK") && take_cookie(1));
    flarei_session_keys_set(NULL);
    CHECK(is(ask(1, "show", ""), ""));
    CHECK(fixture_has("HTTP/1.1 503 "));
    end();
}

TEST(opening_without_memory)
{
    const struct flarei_session_keys from = {NULL, key_one};
    struct test_allocator heap = {0};
    char why[256];
    flare_err err;

    test_allocator_use(&heap);
    do {
        heap.fail_at++;
        heap.calls = 0;
        err = kept_service.sessions->calls->open(kept_service.sessions, &from, why, sizeof why);
        CHECK(err == FLARE_OK || err == FLARE_ERR_MEMORY);
    } while (err != FLARE_OK && heap.fail_at < 100);
    CHECK_INT(err, FLARE_OK);
    CHECK(heap.fail_at > 3);
    end();
    test_allocator_use(NULL);
    CHECK_INT(heap.live, 0);
}

TEST(opened_twice)
{
    begin(key_one);
    CHECK(is(ask(0, "save", "n=5"), "FLARE_OK") && take_cookie(0));
    const struct flarei_session_keys from = {NULL, key_one};
    char why[256];
    CHECK_INT(kept_service.sessions->calls->open(kept_service.sessions, &from, why, sizeof why), FLARE_OK);
    CHECK(is(ask(0, "show", ""), "5"));
    end();
    CHECK(is(ask(0, "show", ""), "5"));
    CHECK(is(ask(1, "save", "n=5"), "FLARE_OK"));
    end();
}

int main(void)
{
    const flarei_clock clock = {NULL, wall, monotonic};

    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF, .descriptor = 2});
    flarei_clock_set(&clock);
    RUN(begin_keep_end);
    RUN(several_steps_of_one_request);
    RUN(renewed_under_another_name);
    RUN(unused_for_too_long);
    RUN(over_however_much_it_is_used);
    RUN(sizes);
    RUN(keys_in_turn);
    RUN(what_is_no_session);
    RUN(no_memory_no_randomness_no_keys);
    RUN(opening_without_memory);
    RUN(opened_twice);
    flarei_arena_free(&fixture_arena);
    flarei_buffer_free(&fixture_out);
    return TEST_END();
}
