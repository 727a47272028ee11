/* A byte that chooses the method (and the side on which the path has forbidden memory) and a path: the
 * emitted dispatch takes the route, and captures the parts, that trying all routes in turn finds.
 *
 * Target: runtime/http/segment.c runtime/http/route_index.c runtime/http/target.c
 */
#include "dispatch.flare.h"
#include "fuzz.h"

#include "http/request.h"

#include <flare/log.h>
#include <flare/method.h>

#include <sys/mman.h>
#include <unistd.h>

enum { PATH_MAX_BYTES = 4000, CAPTURES_MAX = 3, SEGMENTS_MAX = 8, ANY = FLARE_METHOD_COUNT };

static const struct route {
    enum flare_method method;
    const char *path;
} routes[] = {
    {FLARE_METHOD_GET, "/"},
    {FLARE_METHOD_DELETE, "/*"},
    {FLARE_METHOD_GET, "/a"},
    {FLARE_METHOD_GET, "/a/"},
    {FLARE_METHOD_POST, "/a//"},
    {FLARE_METHOD_GET, "/a/b"},
    {FLARE_METHOD_PUT, "/a/b"},
    {FLARE_METHOD_PUT, "/a/:x"},
    {FLARE_METHOD_GET, "/a/:x/c"},
    {FLARE_METHOD_POST, "/a/b/*"},
    {FLARE_METHOD_GET, "/a/*"},
    {FLARE_METHOD_HEAD, "/a/:x/d"},
    {FLARE_METHOD_GET, "/a/b/d"},
    {FLARE_METHOD_HEAD, "/a/b/d/e"},
    {FLARE_METHOD_GET, "/a/b/d/e"},
    {FLARE_METHOD_PATCH, "/:x/b/:y"},
    {FLARE_METHOD_GET, "/:x/:y/:z/d/e"},
    {FLARE_METHOD_OPTIONS, "/:x//:y"},
    {FLARE_METHOD_POST, "/:x/:y/*"},
    {(enum flare_method)ANY, "/any/:x"},
    {FLARE_METHOD_GET, "/any/fixed"},
    {FLARE_METHOD_PUT, "/a-prefix-of-more-than-a-block/:x/tail"},
    {FLARE_METHOD_GET, "/a-prefix-of-more-than-a-block/*"},
    {FLARE_METHOD_PUT, "/a-prefix-of-more-than-a-block/b/tail/:x"},
    {FLARE_METHOD_GET, "/ab"},
    {FLARE_METHOD_GET, "/abc"},
    {FLARE_METHOD_POST, "/:x"},
    {FLARE_METHOD_QUERY, "/:x/b/c"},
    {FLARE_METHOD_PUT, "/*"},
    {(enum flare_method)ANY, "/a/:x/c/d/*"},
    {FLARE_METHOD_DELETE, "/a//b"},
};
enum { ROUTES_COUNT = sizeof routes / sizeof *routes };

/* What the handlers saw. */
static struct {
    int calls, route;
    flare_str captures[CAPTURES_MAX];
} seen;

static flare_reply take(flare_request *rq, int route, flare_str first, flare_str second, flare_str third)
{
    seen.calls++;
    seen.route = route;
    seen.captures[0] = first;
    seen.captures[1] = second;
    seen.captures[2] = third;
    return flare_empty(rq, 204);
}

#define NONE FLARE_STR("")
#define HANDLER(number)                                                                                      \
    flare_reply overlapping_r##number(flare_request *rq)                                                     \
    {                                                                                                        \
        return take(rq, 1##number - 100, NONE, NONE, NONE);                                                  \
    }
#define HANDLER_OF(number, first, second, third)                                                             \
    flare_reply overlapping_r##number(flare_request *rq, const overlapping_r##number##_in *in)               \
    {                                                                                                        \
        return take(rq, 1##number - 100, first, second, third);                                              \
    }

HANDLER(00)
HANDLER_OF(01, in->rest, NONE, NONE)
HANDLER(02)
HANDLER(03)
HANDLER(04)
HANDLER(05)
HANDLER(06)
HANDLER_OF(07, in->x, NONE, NONE)
HANDLER_OF(08, in->x, NONE, NONE)
HANDLER_OF(09, in->rest, NONE, NONE)
HANDLER_OF(10, in->rest, NONE, NONE)
HANDLER_OF(11, in->x, NONE, NONE)
HANDLER(12)
HANDLER(13)
HANDLER(14)
HANDLER_OF(15, in->x, in->y, NONE)
HANDLER_OF(16, in->x, in->y, in->z)
HANDLER_OF(17, in->x, in->y, NONE)
HANDLER_OF(18, in->x, in->y, in->rest)
HANDLER_OF(19, in->x, NONE, NONE)
HANDLER(20)
HANDLER_OF(21, in->x, NONE, NONE)
HANDLER_OF(22, in->rest, NONE, NONE)
HANDLER_OF(23, in->x, NONE, NONE)
HANDLER(24)
HANDLER(25)
HANDLER_OF(26, in->x, NONE, NONE)
HANDLER_OF(27, in->x, NONE, NONE)
HANDLER_OF(28, in->rest, NONE, NONE)
HANDLER_OF(29, in->x, in->rest, NONE)
HANDLER(30)

/* ---- the plain twin ---------------------------------------------------------------------------------- */

struct fit {
    char kinds[SEGMENTS_MAX + 1]; /* per segment, the better the smaller */
    flare_str captures[CAPTURES_MAX];
};

static bool fits(const char *pattern, flare_str path, struct fit *fit)
{
    const char *at = path.ptr, *const end = path.ptr + path.len;
    size_t captures = 0;

    *fit = (struct fit){"", {NONE, NONE, NONE}};
    for (size_t depth = 0;; depth++) {
        if (at == end || *at != '/')
            return false;
        at++;
        pattern++;
        const size_t want = strcspn(pattern, "/");
        const char *const slash = (const char *)memchr(at, '/', (size_t)(end - at));
        const size_t length = (size_t)((slash != NULL ? slash : end) - at);

        fit->kinds[depth] = *pattern == '*' ? '3' : *pattern == ':' ? '2' : '1';
        if (*pattern == '*') {
            fit->captures[captures] = (flare_str){at, (size_t)(end - at)};
            return true;
        }
        if (*pattern == ':' && length != 0)
            fit->captures[captures++] = (flare_str){at, length};
        else if (*pattern == ':' || length != want || memcmp(at, pattern, want) != 0)
            return false;
        pattern += want;
        at += length;
        if (*pattern == '\0')
            return at == end;
    }
}

/* @return the route's number, or -1; `allowed` gets the methods of all that fit */
static int find(enum flare_method method, flare_str path, struct fit *best, uint64_t *allowed)
{
    int found = -1;

    *allowed = 0;
    for (int i = 0; i < ROUTES_COUNT; i++) {
        const enum flare_method has = routes[i].method;
        const bool head_of_get = has == FLARE_METHOD_GET && method == FLARE_METHOD_HEAD;
        struct fit fit;
        int order;

        if (!fits(routes[i].path, path, &fit))
            continue;
        *allowed |= UINT64_C(1) << has | UINT64_C(1) << FLARE_METHOD_OPTIONS;
        if (has == FLARE_METHOD_GET)
            *allowed |= UINT64_C(1) << FLARE_METHOD_HEAD;
        if (has != method && (int)has != ANY && !head_of_get)
            continue;
        order = found < 0 ? -1 : strcmp(fit.kinds, best->kinds);
        if (order < 0 || (order == 0 && !head_of_get)) {
            found = i;
            *best = fit;
        }
    }
    return found;
}

/* ---- the comparison ----------------------------------------------------------------------------------- */

static int digit(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Is `value` what `raw` means? Its escapes are well formed. */
static bool is_unescaped(flare_str value, flare_str raw)
{
    size_t length = 0;

    for (size_t i = 0; i < raw.len; i++, length++) {
        const bool escape = raw.ptr[i] == '%';
        const int byte = escape ? digit(raw.ptr[i + 1]) * 16 + digit(raw.ptr[i + 2]) : raw.ptr[i];

        if (length == value.len || (unsigned char)value.ptr[length] != byte)
            return false;
        i += escape ? 2 : 0;
    }
    return length == value.len;
}

static uint64_t allow_of(flare_str reply)
{
    const char *at = (const char *)memmem(reply.ptr, reply.len, "\r\nAllow: ", 9);
    uint64_t methods = 0;

    if (at == NULL)
        return 0;
    for (at += 9;;) {
        const char *const name = at;

        while (*at != ',' && *at != '\r')
            at++;
        const enum flare_method method = flare_method_of((flare_str){name, (size_t)(at - name)});
        FUZZ_CHECK(method != FLARE_METHOD_UNKNOWN && (methods >> method & 1) == 0);
        methods |= UINT64_C(1) << method;
        if (*at == '\r')
            return methods;
        at += 2;
    }
}

static void compare(const flare_request *rq, flare_str reply)
{
    struct fit best;
    uint64_t allowed;
    const int route = find(rq->method, rq->path, &best, &allowed);

    if (rq->method == FLARE_METHOD_UNKNOWN || rq->method == FLARE_METHOD_CONNECT) {
        FUZZ_CHECK(seen.calls == 0 && rq->reply_status == 501);
    } else if (route >= 0 && rq->reply_status == 400) {
        /* What a '*' took is text: only escapes can make it none. */
        FUZZ_CHECK(seen.calls == 0 && strchr(best.kinds, '3') != NULL && !rq->path_plain);
    } else if (route >= 0) {
        FUZZ_CHECK(seen.calls == 1 && seen.route == route && rq->reply_status == 204);
        for (size_t i = 0; i < CAPTURES_MAX; i++)
            FUZZ_CHECK(is_unescaped(seen.captures[i], best.captures[i]));
        /* As if what is a constant elsewhere could be no capture. */
        FUZZ_PLANT(route == 16 && (flare_str_equal(seen.captures[0], FLARE_STR("b")) ||
                                   flare_str_equal(seen.captures[1], FLARE_STR("b")) ||
                                   flare_str_equal(seen.captures[2], FLARE_STR("b"))));
    } else if (allowed == 0) {
        FUZZ_CHECK(seen.calls == 0 && rq->reply_status == 404 && allow_of(reply) == 0);
    } else {
        FUZZ_CHECK(seen.calls == 0);
        FUZZ_CHECK(rq->reply_status == (rq->method == FLARE_METHOD_OPTIONS ? 204 : 405));
        FUZZ_CHECK(allow_of(reply) == allowed);
    }
}

/* The path between two pages that can't be read, flush with one of them. */
static flare_str fence(flare_str path, bool at_start)
{
    static char *memory;
    static size_t page;
    char *at;

    if (memory == NULL) {
        page = (size_t)sysconf(_SC_PAGESIZE);
        memory = (char *)mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        FUZZ_CHECK(memory != MAP_FAILED && mprotect(memory + page, page, PROT_READ | PROT_WRITE) == 0);
    }
    at = memory + (at_start ? page : 2 * page - path.len);
    memmove(at, path.ptr, path.len);
    return (flare_str){at, path.len};
}

static enum flare_method method_of(uint8_t selector)
{
    static const char letters[] = "GHPUDOAQX";
    static const enum flare_method methods[] = {
        FLARE_METHOD_GET,   FLARE_METHOD_HEAD,   FLARE_METHOD_POST,
        FLARE_METHOD_PUT,   FLARE_METHOD_DELETE, FLARE_METHOD_OPTIONS,
        FLARE_METHOD_PATCH, FLARE_METHOD_QUERY,  FLARE_METHOD_UNKNOWN,
    };
    const char *const found = (const char *)memchr(letters, selector & 0x7f, sizeof letters - 1);

    return found != NULL ? methods[found - letters] : (enum flare_method)(selector % FLARE_METHOD_COUNT);
}

static void try_service(const flare_service *emitted, const uint8_t *data, size_t size)
{
    flare_service service = *emitted;
    char text[PATH_MAX_BYTES] = "/";
    flare_request rq = {0};
    bool has_percent = false;
    flare_arena arena;
    flare_buffer out;

    /* What the codec lets through: printable, without a query. */
    for (size_t i = 2; i < size; i++) {
        const char c = (char)(data[i] & 0x7f);

        text[i - 1] = c <= ' ' || c == 0x7f ? 'a' : c == '?' || c == '#' ? '/' : c;
        has_percent |= text[i - 1] == '%';
    }
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF, .descriptor = 2});
    flarei_arena_init(&arena, 256, 1 << 20);
    flarei_buffer_init(&out, 1 << 20);
    rq.arena = &arena;
    flarei_request_begin(&rq, &service, NULL, &out);
    rq.method = method_of(data[0]);
    rq.head_only = rq.method == FLARE_METHOD_HEAD;
    rq.keep_alive = true;
    rq.version_minor = 1;
    rq.body_complete = true;
    rq.date = FLARE_STR("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    seen.calls = 0;
    if (flarei_request_target(&rq, fence((flare_str){text, size - 1}, data[0] >= 0x80), FLARE_STR(""),
                              has_percent, true) == FLARE_OK) {
        rq.path = fence(rq.path, data[0] >= 0x80);
        flarei_request_dispatch(&rq);
        compare(&rq, flarei_buffer_str(&out));
    }
    flarei_request_end(&rq);
    flarei_buffer_free(&out);
    flarei_arena_free(&arena);
}

/* The same routes, most of them by hash. */
extern const flare_service indexed_service;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > PATH_MAX_BYTES)
        return 0;
    try_service(&overlapping_service, data, size);
    try_service(&indexed_service, data, size);
    return 0;
}
