#include "sample.h"

#include <flare/memory.h>

#include <time.h>

flare_limits sample_limits;
atomic_int sample_states_open;
atomic_uint sample_after_count;

static const struct flarei_head text_head = FLAREI_HEAD(200, "OK", "text/plain; charset=utf-8", "");
static const struct flarei_head bytes_head = FLAREI_HEAD(200, "OK", "application/octet-stream", "");
static const struct flarei_body_rule body_rule = {.max_bytes = SAMPLE_BODY_MAX};
static const struct flarei_body_rule timed_rules[] = {
    {.max_bytes = SAMPLE_BODY_MAX, .body_time_ms = SAMPLE_TIMED_MS},
    {.max_bytes = SAMPLE_BODY_MAX, .time_ms = SAMPLE_TIMED_MS},
};

enum { PLAINTEXT, ECHO, IGNORE, BIG, FORGED, SLOW, COUNT, TIMED, PEER, CRASH };

#define ROUTE(method, pattern, name)                                                                         \
    {                                                                                                        \
        FLARE_STR_INIT(method), FLARE_STR_INIT(pattern), FLARE_STR_INIT(name), 1, 0                          \
    }
static const flare_route routes[] = {
    ROUTE("GET", "/plaintext", "plaintext"), ROUTE("POST", "/echo", "echo"),
    ROUTE("POST", "/ignore", "ignore"),      ROUTE("GET", "/big/:n", "big"),
    ROUTE("GET", "/forged", "forged"),       ROUTE("GET", "/slow", "slow"),
    ROUTE("GET", "/count", "count"),         ROUTE("POST", "/timed/:limit", "timed"),
    ROUTE("GET", "/peer", "peer"),           ROUTE("GET", "/crash", "crash"),
};

static flare_reply echo_now(flare_request *rq)
{
    return flarei_reply_whole(rq, &bytes_head, flare_request_body(rq));
}

static flare_reply echo_resume(flare_request *rq, void *input)
{
    if (*(int *)input != 42)
        return flare_fail(rq, FLARE_ERR_STATE, "the input was not kept");
    return echo_now(rq);
}

static flare_reply echo(flare_request *rq, const struct flarei_body_rule *rule)
{
    const int input = 42;

    switch (flarei_body(rq, rule)) {
    case FLAREI_BODY_READY:
        return echo_now(rq);
    case FLAREI_BODY_LATER:
        return flarei_park(rq, echo_resume, &input, sizeof input);
    case FLAREI_BODY_REFUSED:
    default:
        return flarei_reply_body_refused(rq);
    }
}

static flare_reply big(flare_request *rq, flare_str digits)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
    uint64_t length = 0;
    flare_buffer *out;

    if (flare_u64_parse(digits, &length) != FLARE_OK)
        return flarei_reply_not_found(rq);
    out = flarei_reply_open(rq, &bytes_head, length);
    for (uint64_t left = length, piece; left > 0 && out != NULL; left -= piece) {
        piece = left < sizeof letters - 1 ? left : sizeof letters - 1;
        (void)flarei_buffer_append(out, letters, (size_t)piece);
    }
    return flarei_reply_close(rq);
}

static flare_reply count(flare_request *rq)
{
    const struct sample_state *state = flarei_state(rq);

    return flare_textf(rq, 200, "%u", atomic_load(&state->seen));
}

static flare_reply slow(flare_request *rq)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};

    nanosleep(&pause, NULL);
    return flarei_reply_whole(rq, &text_head, FLARE_STR("slow"));
}

static flare_reply crash(flare_request *rq)
{
    /* In a page that nobody has, and not NULL: UBSan would end the process before the signal. */
    volatile int *volatile nowhere = (volatile int *)(uintptr_t)64;

    flarei_use_request_id(rq);
    return flare_textf(rq, 200, "%d", *nowhere);
}

static bool is(const flare_request *rq, const char *path)
{
    return flare_str_equal(rq->path, flare_str_of(path));
}

static flare_reply dispatch(flare_request *rq)
{
    struct sample_state *state = flarei_state(rq);

    if (state != NULL)
        atomic_fetch_add(&state->seen, 1);
    if (is(rq, "/plaintext")) {
        rq->route = &routes[PLAINTEXT];
        return flarei_reply_whole(rq, &text_head, FLARE_STR("Hello, World!"));
    }
    if (is(rq, "/echo")) {
        rq->route = &routes[ECHO];
        return echo(rq, &body_rule);
    }
    if (is(rq, "/timed/body_time") || is(rq, "/timed/time")) {
        rq->route = &routes[TIMED];
        return echo(rq, &timed_rules[is(rq, "/timed/time")]);
    }
    if (is(rq, "/ignore")) {
        rq->route = &routes[IGNORE];
        return flarei_reply_whole(rq, &text_head, FLARE_STR("ignored"));
    }
    if (is(rq, "/forged")) {
        rq->route = &routes[FORGED];
        return (flare_reply){0};
    }
    if (is(rq, "/slow")) {
        rq->route = &routes[SLOW];
        return slow(rq);
    }
    if (is(rq, "/count")) {
        rq->route = &routes[COUNT];
        return count(rq);
    }
    if (is(rq, "/crash")) {
        rq->route = &routes[CRASH];
        return crash(rq);
    }
    if (is(rq, "/peer")) {
        rq->route = &routes[PEER];
        return flare_textf(rq, 200, "%.*s", FLARE_STR_ARG(flare_request_peer(rq)));
    }
    if (rq->path.len > 5 && memcmp(rq->path.ptr, "/big/", 5) == 0) {
        rq->route = &routes[BIG];
        return big(rq, (flare_str){rq->path.ptr + 5, rq->path.len - 5});
    }
    return flarei_reply_not_found(rq);
}

static void after(flare_request *rq)
{
    atomic_fetch_add(&sample_after_count, 1);
    (void)rq;
}

static void *open_state(void)
{
    struct sample_state *state = flarei_calloc(1, sizeof *state);

    if (state != NULL)
        atomic_fetch_add(&sample_states_open, 1);
    return state;
}

static void close_state(void *state)
{
    atomic_fetch_sub(&sample_states_open, 1);
    flarei_free(state);
}

static void *open_nothing(void)
{
    return NULL;
}

#define SERVICE(service_name, abi_number, opener, closer, after_phase, use_bits)                             \
    {                                                                                                        \
        .abi = (abi_number), .route_count = sizeof routes / sizeof *routes,                                  \
        .name = FLARE_STR_INIT(service_name), .version = FLARE_STR_INIT("1.2.3"), .routes = routes,          \
        .limits = &sample_limits, .dispatch = dispatch, .after = (after_phase), .state_open = (opener),      \
        .state_close = (closer), .uses = (use_bits)                                                          \
    }

const flare_service sample_service = SERVICE("sample", FLARE_GEN_ABI, open_state, close_state, after, 0);
const flare_service sample_other_service = SERVICE("other", FLARE_GEN_ABI, NULL, NULL, NULL, 0);
const flare_service sample_logged_service =
    SERVICE("logged", FLARE_GEN_ABI, NULL, NULL, flarei_log_access, FLAREI_USE_LOG);
const flare_service sample_stale_service = SERVICE("stale", FLARE_GEN_ABI + 1, NULL, NULL, NULL, 0);
const flare_service sample_stateless_service =
    SERVICE("stateless", FLARE_GEN_ABI, open_nothing, close_state, NULL, 0);
