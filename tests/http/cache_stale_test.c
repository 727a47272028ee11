/* Replies that are used though they are stale (RFC 5861): in place of errors, and while a fresh one is asked
 * for. */
#include "fixture.h"

#include "http/reply.h"

#include <flare/cache.h>
#include <flare/gen_use.h>
#include <flare/time.h>

enum { FIELDS = 8, WHOLE = 0, PIECES = 1, FAILS = 2 };

static flare_time wall = INT64_C(784111777) * FLARE_TIME_SECOND; /* Sun, 06 Nov 1994 08:49:37 GMT */

static int64_t clock_now(void *context)
{
    (void)context;
    return wall;
}

static const struct flarei_clock clocks = {NULL, clock_now, clock_now};

#define CACHE .memory_bytes = 1 << 16, .max_bytes = 2000, .fresh_s = 10, .status = true
static const struct flarei_cache strict = {CACHE};
static const struct flarei_cache lenient = {CACHE, .stale_if_error_s = 60, .stale_while_revalidate_s = 30};
static const struct flarei_cache obedient = {CACHE, .stale_if_error_s = 60, .reload = true};

static struct flarei_cached cached = {.cache = &lenient};
static unsigned asked; /* how often the handler ran */
static int status, made_by;
static const char *cache_control;
static bool gone; /* what is kept is forgotten while the handler runs */

static flare_reply fixture_dispatch(flare_request *rq)
{
    const struct flarei_head head = {.status = (uint32_t)status,
                                     .content_type = FLARE_STR_INIT("text/plain")};
    flare_reply kept;

    if (flarei_use_cache(rq, &cached, &kept))
        return kept;
    asked++;
    if (gone)
        flare_cache_forget(rq->path);
    CHECK_INT(flarei_reply_field_constant(rq, FLARE_STR("X-Status"), FLARE_STR("of the handler")), FLARE_OK);
    if (cache_control != NULL)
        CHECK_INT(flarei_reply_field_constant(rq, FLARE_STR("Cache-Control"), flare_str_of(cache_control)),
                  FLARE_OK);
    if (made_by == FAILS)
        return flare_fail(rq, FLARE_ERR_IO, "as it was asked");
    if (made_by == WHOLE)
        return flarei_reply_whole(rq, &head, FLARE_STR("made whole"));
    flare_buffer *const out = flarei_reply_open(rq, &head, 10);
    CHECK(out != NULL && flarei_buffer_append_str(out, FLARE_STR("by pieces")));
    return flarei_reply_close(rq);
}

static void get(const char *path, const char *control)
{
    static flare_field fields[2];
    flare_request *const rq = fixture_begin();

    rq->path = rq->target = flare_str_of(path);
    fields[0] = (flare_field){FLARE_STR("Host"), FLARE_STR("a")};
    fields[1] = (flare_field){FLARE_STR("Cache-Control"), flare_str_of(control)};
    rq->fields = fields;
    rq->field_count = control[0] != '\0' ? 2 : 1;
    rq->body_complete = true;
    flarei_request_dispatch(rq);
    CHECK_INT(rq->state, FLAREI_REQUEST_REPLIED);
}

/* One that is kept, and then is so old. */
static void keep(const char *path, const char *control, int age_s)
{
    status = 200;
    made_by = WHOLE;
    cache_control = control;
    gone = false;
    get(path, "");
    CHECK(fixture_has("stored; ttl=10"));
    wall += age_s * FLARE_TIME_SECOND;
    asked = 0;
    cache_control = NULL;
}

static const struct row {
    const char *what;
    const struct flarei_cache *cache;
    const char *reply; /* its Cache-Control */
    int after_s, status, made_by;
    const char *request; /* the Cache-Control of the one that meets the error */
    bool stands_in;
} rows[] = {
    {"an error", &lenient, NULL, 69, 500, WHOLE, "", true},
    {"too late", &lenient, NULL, 70, 500, WHOLE, "", false},
    {"a bad gateway", &lenient, NULL, 69, 502, WHOLE, "", true},
    {"nobody there", &lenient, NULL, 69, 503, PIECES, "", true},
    {"a timeout", &lenient, NULL, 69, 504, PIECES, "", true},
    {"a handler that fails", &lenient, NULL, 69, 500, FAILS, "", true},
    {"no error of that kind", &lenient, NULL, 69, 501, WHOLE, "", false},
    {"the client's fault", &lenient, NULL, 69, 404, PIECES, "", false},
    {"a fresh one", &lenient, NULL, 69, 200, PIECES, "", false},
    {"nothing set", &strict, NULL, 11, 500, WHOLE, "", false},
    {"the reply says so", &strict, "max-age=10, stale-if-error=5", 14, 500, WHOLE, "", true},
    {"… so long", &strict, "max-age=10, stale-if-error=5", 15, 500, WHOLE, "", false},
    {"… and not longer", &lenient, "max-age=10, stale-if-error=5", 15, 500, WHOLE, "", false},
    {"… or never", &lenient, "max-age=10, stale-if-error=0", 11, 500, FAILS, "", false},
    {"it must be asked for", &lenient, "max-age=10, must-revalidate", 11, 500, WHOLE, "", false},
    {"s-maxage is as much", &lenient, "s-maxage=10", 11, 500, WHOLE, "", false},
    {"the client wants a new one", &obedient, NULL, 11, 500, WHOLE, "no-cache", false},
    {"… or none so old", &obedient, NULL, 11, 500, WHOLE, "max-age=10", false},
    {"… or takes this", &obedient, NULL, 11, 500, WHOLE, "max-age=11", true},
};

TEST(errors)
{
    static char paths[sizeof rows / sizeof *rows][16];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *const row = &rows[i];

        (void)snprintf(paths[i], sizeof paths[i], "/error/%zu", i);
        cached = (struct flarei_cached){.cache = row->cache};
        keep(paths[i], row->reply, row->after_s);
        status = row->status;
        made_by = row->made_by;
        get(paths[i], row->request);
        CHECK_INT(asked, 1);
        const bool stands_in = fixture_request.reply_status == 200 && fixture_has("\r\nAge: ");
        if (stands_in != row->stands_in)
            fprintf(stderr, "  %s\n", row->what);
        CHECK_INT(stands_in, row->stands_in);
        if (stands_in) {
            char want[64];

            (void)snprintf(want, sizeof want, "Cache-Status: flare; fwd=stale; fwd-status=%d\r\n",
                           row->status);
            CHECK(fixture_has(want));
            CHECK_STR(fixture_content(), "made whole");
        } else {
            CHECK_INT(fixture_request.reply_status, row->status);
            CHECK(!fixture_has("\r\nAge: "));
        }
    }
}

TEST(an_error_is_not_kept_in_its_place)
{
    cached = (struct flarei_cached){.cache = &lenient};
    keep("/twice", NULL, 11);
    status = 503;
    cache_control = "max-age=50";
    for (int i = 0; i < 3; i++) {
        get("/twice", "");
        CHECK_INT(fixture_request.reply_status, 200);
        wall += 11 * FLARE_TIME_SECOND;
    }
    CHECK_INT(asked, 3);
    get("/never", ""); /* nothing to stand in for it */
    CHECK_INT(fixture_request.reply_status, 503);
}

TEST(what_was_changed_meanwhile_is_gone)
{
    cached = (struct flarei_cached){.cache = &lenient, .vary = FLARE_STR_INIT("X-Lang")};
    for (made_by = WHOLE; made_by <= FAILS; made_by++) {
        const int by = made_by;

        keep("/changed", NULL, 11);
        status = 500;
        made_by = by;
        gone = true;
        get("/changed", "");
        CHECK_INT(fixture_request.reply_status, 500);
        CHECK(!fixture_has("\r\nAge: "));
    }
}

/* The first asks, and the others get what is there until it has an answer. */
TEST(one_asks_for_all)
{
    cached = (struct flarei_cached){.cache = &lenient};
    keep("/asks", NULL, 12);
    status = 404; /* not 200, which would be put in its place */
    cache_control = "no-store";
    get("/asks", "");
    CHECK_INT(fixture_request.reply_status, 404);
    CHECK_INT(asked, 1);
    get("/asks", "");
    CHECK_INT(asked, 1);
    CHECK_INT(fixture_request.reply_status, 200);
    CHECK(fixture_has("\r\nAge: 12\r\n") && fixture_has("Cache-Status: flare; hit; ttl=-2\r\n"));
    wall += 9 * FLARE_TIME_SECOND;
    get("/asks", "");
    CHECK_INT(asked, 1);
    wall += FLARE_TIME_SECOND; /* it took too long: another one asks */
    get("/asks", "");
    CHECK_INT(asked, 2);
    status = 200;
    cache_control = NULL;
    wall += 10 * FLARE_TIME_SECOND; /* and its answer is put in the place */
    get("/asks", "");
    get("/asks", "");
    CHECK_INT(asked, 3);
    CHECK(fixture_has("Cache-Status: flare; hit; ttl=10\r\n"));
    wall += 41 * FLARE_TIME_SECOND; /* the window is over: each asks */
    status = 404;
    cache_control = "no-store";
    get("/asks", "");
    get("/asks", "");
    CHECK_INT(asked, 5);
}

int main(void)
{
    flarei_clock_set(&clocks);
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF, .descriptor = 2});
    RUN(errors);
    RUN(an_error_is_not_kept_in_its_place);
    RUN(what_was_changed_meanwhile_is_gone);
    RUN(one_asks_for_all);
    return TEST_END();
}
