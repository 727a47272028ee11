/* Guards of a library: two services of one program share them. */
#include "fixture.h"

#include "house.h"
#include "left.flare.h"
#include "right.flare.h"

static const flare_service *service;

static flare_reply fixture_dispatch(flare_request *rq)
{
    return service->dispatch(rq);
}

/* A GET with a cookie, or none; the reply's status is checked. */
static flare_str get(const flare_service *of, const char *path, const char *cookie, unsigned status)
{
    static flare_field field;
    flare_request *const rq = fixture_begin();
    char line[40];

    service = of;
    fixture_service.after = of->after;
    rq->path = flare_str_of(path);
    if (cookie != NULL) {
        field = (flare_field){FLARE_STR("Cookie"), flare_str_of(cookie)};
        rq->fields = &field;
        rq->field_count = 1;
    }
    flarei_request_dispatch(rq);
    CHECK_INT(rq->state, FLAREI_REQUEST_REPLIED);
    flarei_request_end(rq);
    snprintf(line, sizeof line, "HTTP/1.1 %u ", status);
    if (!fixture_has(line))
        fprintf(stderr, "  %s: %.20s\n", path, flarei_buffer_str(&fixture_out).ptr);
    CHECK(fixture_has(line));
    return fixture_content();
}

TEST(both_run_it)
{
    CHECK_STR(get(&left_service, "/t/3/me", "sid=ada", 200), "{\"id\":3,\"name\":\"ada\"}");
    CHECK_STR(get(&right_service, "/who", "sid=grace", 200), "grace");
}

TEST(its_refusals)
{
    static const flare_service *const both[] = {&left_service, &right_service};
    static const char *const paths[] = {"/t/3/me", "/who"};

    for (size_t i = 0; i < 2; i++) {
        CHECK_STR(get(both[i], paths[i], "sid=nobody", 401), "\"who?\"");
        CHECK(fixture_has("X-Why: unknown\r\n"));
        CHECK_STR(get(both[i], paths[i], "sid=mallory", 403),
                  "{\"type\":\"banned\",\"title\":\"Banned\",\"status\":403}");
        (void)get(both[i], paths[i], NULL, 400);
        CHECK(fixture_has("{\"in\":\"cookie\",\"name\":\"sid\",\"rule\":\"required\"}"));
        (void)get(both[i], paths[i], "sid=UPPER", 400);
        CHECK(fixture_has("\"rule\":\"pattern\""));
    }
}

TEST(what_it_gives_and_its_after_phase)
{
    const unsigned left = house_last->left;

    (void)get(&left_service, "/t/5/me", "sid=alan", 200);
    CHECK_INT(house_last->tenant, 5);
    CHECK_INT(house_last->user, 4);
    CHECK_INT(house_last->left, left + 1);
    (void)get(&left_service, "/t/9/me", "sid=alan", 404);
    (void)get(&left_service, "/t/10/me", "sid=alan", 400);
    CHECK_INT(house_last->left, left + 1);
}

TEST(a_guard_of_the_service_behind_it)
{
    CHECK_STR(get(&left_service, "/t/1/admin", "sid=root", 200), "root");
    (void)get(&left_service, "/t/1/admin", "sid=ada", 403);
}

TEST(its_failure)
{
    (void)get(&right_service, "/who", "sid=broken", 500);
}

int main(void)
{
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF, .descriptor = 2});
    RUN(both_run_it);
    RUN(its_refusals);
    RUN(what_it_gives_and_its_after_phase);
    RUN(a_guard_of_the_service_behind_it);
    RUN(its_failure);
    flarei_arena_free(&fixture_arena);
    flarei_buffer_free(&fixture_out);
    return TEST_END();
}
