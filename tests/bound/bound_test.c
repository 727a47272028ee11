/* Requests made at random from a grammar, valid and not, against the bound that flarec tells for their route.
 */
#include "allocator.h"
#include "http/request.h"
#include "test.h"

#include "memory.flare.h"

#include <flare/log.h>

#include <stdlib.h>

enum { REQUESTS = 60000, TEXT_MAX = 40000, BODY_MAX = 16 << 10 };

/* ---- Randomness ---- */

static uint64_t state = 0x9e3779b97f4a7c15;

static unsigned below(unsigned count)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 32) % count);
}

/* ---- Texts by a grammar: a capital stands for what rules[] says, [X~9] for up to 9 of X with commas ---- */

static const char *const rules[128] = {
    ['S'] = "\"\"|\"a\"|\"abc\"|\"\\n\"|\"\\u00e9\\u00e9\"|\"\\\"\\\\\"|\"green\"|\"gr\\u0065en\"|\"kind\"|"
            "\"AQID\"|\"\\u0041QID\"|"
            "\"a longer text than any of "
            "them\"|\"a@b.example\"|\"\\ud83d\\ude00\"|\"\\t\\t\\t\\t\\t\\t\\t\\t\\t\\t\"",
    ['N'] = "0|1|7|255|256|-1|1.5|1e3|-0.0|0.0|123456789012345678901|1e-400|3.25|2",
    ['C'] = "\"red\"|\"green\"|\"bl\\u0075e\"|\"black\"|S",
    ['P'] = "{\"x\":N,\"y\":N}|{\"x\":N,\"y\":N,\"name\":S}|{\"name\":S,\"name\":S}|{}",
    ['L'] = "{\"points\":[P~9],\"label\":S}|{\"label\":S,\"points\":[P~4]}|N",
    ['T'] = "{}|{S:S}|{S:S,S:S,S:S}|{\"a\":S,\"b\":S,\"\\u0063\":S,\"d\":S,\"e\":S}",
    ['H'] = "{\"lines\":[L~5],\"colors\":[C~9],\"tags\":T,\"raw\":S}|{\"lines\":[L~3],\"colors\":[C~4],"
            "\"tags\":T}",
    ['W'] = "{}|{}|{}|{}|{\"a\":N}|{\"h\":N,\"a\":N}",
    ['A'] = "[W~9]|[W~3]|[{}]|[{}]|[{}]",
    ['K'] = "{\"n\":1}|{\"n\":1,\"next\":K,\"list\":[N~9]}|{\"next\":K,\"n\":2}|{\"n\":3,\"next\":K}|{\"n\":"
            "3,\"next\":K}",
    ['F'] = "{\"kind\":\"circle\",\"radius\":N}|{\"side\":N,\"names\":[S~4],\"kind\":\"squ\\u0061re\"}|{"
            "\"kind\":S}",
    ['U'] = "{\"name\":S,\"colors\":[C~4],\"wide\":W}|{\"colors\":null}|{\"name\":S}",
    ['M'] = "{}|{S:{S:[N~6],S:[N~3]},S:{}}|{S:{S:[N~5],S:[N~5]},S:{S:[]},S:{S:[N~2]}}",
    ['J'] = "N|S|null|[J~4]|{S:J}",
    ['V'] = "a|%41|+|%c3%a9|red|gr%65en|1|2|300|AQID|a%20longer%20value%20than%20most%20of%20them|true|%zz||%"
            "41+%42+%43",
    ['Q'] = "a=V|b=V|c=V|d=V|q=V|debug=V|from=V|count=V|sort=V|after=V|sort=V|c=V|b=V",
    ['Y'] = "Q|Q&Q|Q&Y|Q&Y|Q&Y|Q&Y",
    ['G'] = "name=V|ages=V|ages=V|mails=a%40b.example|color=V|note=V|%6eame=V|mails=V",
    ['Z'] = "G|G&G|G&Z|G&Z|G&Z|G&Z|name=V&mails=a@b.c&Z",
    ['B'] = "a|a,b|a, b, c,d,e,f,g,h,i,j,k|,,,|B,B|x",
    ['D'] = "a=1|b=2|theme=x|a=\"q\"|D; D|D; a=V",
    ['X'] = "\n|{\"label\":\"\\n\",\"points\":[]}\nX|{\"points\":[{\"x\":1,\"y\":2}],\"label\":\"a\\t\"}\nX|"
            "{\"label\":\"\\u00e9\",\"points\":[]}\nX|{\"points\":[],\"label\":\"\\n\"}\nX",
    ['R'] = "L|X|X|L\nR|L\nR|L\n|\n\nR",
    ['O'] = "V|V|O/V|aO|%2e",
    ['I'] = "[S~90]|[S~9]|[]",
    ['E'] = "[N~150]|[N~12]|[N~3]",
};

struct text {
    char bytes[TEXT_MAX];
    size_t length;
};

static void put(struct text *text, const char *bytes, size_t length)
{
    if (length > sizeof text->bytes - text->length)
        length = sizeof text->bytes - text->length;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

static void expand(struct text *text, const char *rule, unsigned depth);

/* One of what `|` parts. */
static void choose(struct text *text, char name, unsigned depth)
{
    const char *rule = rules[(unsigned char)name];
    char option[256];
    unsigned options = 1, number;
    size_t length;

    for (const char *at = rule; *at != '\0'; at++)
        options += *at == '|';
    number = depth > 40 ? 0 : below(options);
    for (; number > 0; number--)
        rule = strchr(rule, '|') + 1;
    length = strcspn(rule, "|");
    memcpy(option, rule, length);
    option[length] = '\0';
    expand(text, option, depth + 1);
}

static void expand(struct text *text, const char *rule, unsigned depth)
{
    for (const char *at = rule; *at != '\0'; at++) {
        if (at[0] == '[' && at[1] >= 'A' && at[1] <= 'Z' && at[2] == '~') {
            const char *const close = strchr(at, ']');
            const unsigned count = depth > 40 ? 0 : below((unsigned)strtoul(at + 3, NULL, 10) + 1);

            put(text, "[", 1);
            for (unsigned i = 0; i < count; i++) {
                if (i != 0)
                    put(text, ",", 1);
                choose(text, at[1], depth + 1);
            }
            put(text, "]", 1);
            at = close;
        } else if (*at >= 'A' && *at <= 'Z' && rules[(unsigned char)*at] != NULL &&
                   !(at > rule && at[-1] == '%') && strncmp(at, "AQID", 4) != 0) {
            choose(text, *at, depth);
        } else if (strncmp(at, "AQID", 4) == 0) {
            put(text, at, 4);
            at += 3;
        } else {
            put(text, at, 1);
        }
    }
}

/* Changes a few bytes, or repeats or drops a piece. */
static void mutate(struct text *text)
{
    for (unsigned times = below(4) + 1; times > 0 && text->length > 4; times--) {
        const size_t at = below((unsigned)text->length - 1);
        const size_t piece =
            below(40) + 1 < text->length - at ? below((unsigned)(text->length - at)) % 40 : 1;

        switch (below(4)) {
        case 0:
            text->bytes[at] = "{}[]\",:\\0e%&=\n\x80\xff"[below(16)];
            break;
        case 1:
            memmove(text->bytes + at, text->bytes + at + piece, text->length - at - piece);
            text->length -= piece;
            break;
        default:
            for (unsigned copies = below(30); copies > 0 && text->length + piece < sizeof text->bytes;
                 copies--) {
                memmove(text->bytes + at + piece, text->bytes + at, text->length - at);
                text->length += piece;
            }
            break;
        }
    }
}

/* ---- Requests ---- */

struct kind {
    const char *target; /* a rule */
    const char *body;   /* a rule; NULL: none; "" a multipart one */
    const char *type;
};

static const struct kind kinds[] = {
    {"/shape", "H", "application/json"},
    {"/wide", "[W~40]", "application/json"},
    {"/many", "[A~250]", "application/json"},
    {"/chain", "K", "application/json"},
    {"/figures", "[F~14]", "application/json"},
    {"/patch", "U", "application/json"},
    {"/maps", "M", "application/json"},
    {"/set", "I", "application/json"},
    {"/reals", "E", "application/json"},
    {"/word", "S", "application/json"},
    {"/raw", "J", "application/json"},
    {"/lines", "R", "application/x-ndjson"},
    {"/contact", "Z", "application/x-www-form-urlencoded"},
    {"/upload", "", "multipart/form-data; boundary=b"},
    {"/text", "S", "text/plain"},
    {"/page?Y", NULL, NULL},
    {"/query?Y", NULL, NULL},
    {"/heads", NULL, NULL},
    {"/path/7/O", NULL, NULL},
    {"/rest/O", NULL, NULL},
    {"/guarded/%37?Y", "P", "application/json"},
};

static void put_multipart(struct text *text)
{
    static const char *const names[] = {"title", "files", "more", "other", "files", "more"};

    for (unsigned parts = below(60); parts > 0; parts--) {
        char head[200];
        const int length =
            snprintf(head, sizeof head, "--b\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n%s\r\n",
                     names[below(6)], below(2) != 0 ? "; filename=\"a%22b.txt\"" : "",
                     below(3) == 0 ? "Content-Type: image/png\r\n" : "");

        put(text, head, (size_t)length);
        for (unsigned bytes = below(below(4) == 0 ? 5000 : 30); bytes > 0; bytes--)
            put(text, "x", 1);
        put(text, "\r\n", 2);
    }
    put(text, "--b--\r\n", 7);
}

static flare_arena arena;
static flare_buffer out;
static flare_request request;
static flare_limits limits;

/* The body, at once or as it comes. */
static void give_body(flare_request *rq, flare_str body)
{
    if (rq->state != FLAREI_REQUEST_PARKED)
        return;
    if (rq->upload != NULL) {
        while (body.len != 0) {
            const size_t piece = below((unsigned)body.len) + 1;

            if (!flarei_upload_feed(rq, (flare_str){body.ptr, piece}))
                break;
            body.ptr += piece;
            body.len -= piece;
        }
        if (body.len != 0 || !flarei_upload_end(rq)) {
            flarei_request_refuse(rq, rq->body_refusal, rq->body_refusal_detail);
            return;
        }
        rq->body = FLARE_STR("");
    } else {
        rq->body = body;
    }
    flarei_request_resume(rq);
}

static unsigned statuses[600];

/* @return the most that it had at once */
static size_t run(const struct kind *kind, const struct text *target, flare_str body,
                  const flare_field *fields, uint32_t field_count)
{
    flare_request *const rq = &request;
    const char *const query = (const char *)memchr(target->bytes, '?', target->length);
    const size_t length = query != NULL ? (size_t)(query - target->bytes) : target->length;
    size_t peak;
    flare_err err;

    flarei_buffer_clear(&out);
    flarei_request_begin(rq, &memory_service, NULL, &out);
    rq->limits = &limits;
    rq->date = FLARE_STR("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    rq->method = kind->body != NULL ? FLARE_METHOD_POST : FLARE_METHOD_GET;
    rq->version_minor = 1;
    rq->fields = fields;
    rq->field_count = field_count;
    rq->has_body = kind->body != NULL;
    rq->body_length = kind->body != NULL ? body.len : 0;
    rq->body_complete = kind->body == NULL || below(2) == 0;
    rq->body = rq->body_complete ? body : FLARE_STR("");
    rq->content_type = kind->type != NULL ? flare_str_of(kind->type) : FLARE_STR("");
    err = flarei_request_target(
        rq, (flare_str){target->bytes, length},
        query != NULL ? (flare_str){query + 1, target->length - length - 1} : FLARE_STR(""),
        memchr(target->bytes, '%', length) != NULL, memmem(target->bytes, length, "/.", 2) != NULL);
    if (err != FLARE_OK) { /* as the server does */
        flarei_request_refuse(rq, err == FLARE_ERR_MEMORY ? 503 : 400, FLARE_STR(""));
    } else {
        flarei_request_dispatch(rq);
        give_body(rq, body);
    }
    statuses[rq->reply_status % 600]++;
    peak = flarei_arena_peak(&arena);
    flarei_request_end(rq);
    flarei_arena_free(&arena);
    return peak;
}

/* What flarec tells of the route at `pattern`. */
static unsigned long long figure_of(const char *pattern)
{
    FILE *const file = fopen(FIGURES, "r");
    unsigned long long bytes, found = 0;
    char method[16], path[80];

    while (file != NULL && fscanf(file, "%llu %15s %79s", &bytes, method, path) == 3)
        if (strcmp(path, pattern) == 0)
            found = bytes;
    if (file != NULL)
        fclose(file);
    return found;
}

TEST(no_request_takes_more_than_is_told)
{
    static const char *const patterns[] = {
        "/shape", "/wide",  "/many",  "/chain", "/figures",        "/patch",   "/maps",
        "/set",   "/reals", "/word",  "/raw",   "/lines",          "/contact", "/upload",
        "/text",  "/page",  "/query", "/heads", "/path/:id/:name", "/rest/*",  "/guarded/:id"};
    static struct text target, body, list, cookie;
    unsigned long long figures[sizeof kinds / sizeof *kinds];
    size_t most[sizeof kinds / sizeof *kinds] = {0};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        figures[i] = figure_of(patterns[i]);
        CHECK(figures[i] != 0);
    }
    for (unsigned number = 0; number < REQUESTS; number++) {
        const size_t which = below(sizeof kinds / sizeof *kinds);
        const struct kind *const kind = &kinds[which];
        size_t peak;

        target.length = body.length = list.length = cookie.length = 0;
        expand(&target, kind->target, 0);
        if (kind->body != NULL && *kind->body == '\0')
            put_multipart(&body);
        else if (kind->body != NULL)
            expand(&body, kind->body, 0);
        if (below(4) == 0)
            mutate(&body);
        expand(&list, "B", 0);
        expand(&cookie, "D", 0);
        if (target.length > 2000 || body.length > BODY_MAX || list.length + cookie.length > 8000)
            continue;
        const flare_field fields[] = {{FLARE_STR("X-List"), {list.bytes, list.length}},
                                      {FLARE_STR("Cookie"), {cookie.bytes, cookie.length}},
                                      {FLARE_STR("Authorization"), FLARE_STR("Bearer abc")}};

        peak = run(kind, &target, (flare_str){body.bytes, body.length}, fields, 3);
        most[which] = peak > most[which] ? peak : most[which];
        if (peak > figures[which])
            fprintf(stderr, "  %s takes %zu bytes, told are %llu: %.*s\n", patterns[which], peak,
                    figures[which], (int)body.length, body.bytes);
        CHECK(peak <= figures[which]);
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        printf("%-16s at most %7zu of %8llu bytes told\n", patterns[i], most[i], figures[i]);
        /* What is told is met by something: raw JSON and text take nothing that is not the wire's. */
        CHECK(most[i] != 0 || strcmp(patterns[i], "/text") == 0);
    }
    CHECK(statuses[204] > REQUESTS / 20 && statuses[422] > REQUESTS / 50 && statuses[400] > REQUESTS / 50);
    printf("204: %u, 400: %u, 422: %u, 413: %u, 503: %u\n", statuses[204], statuses[400], statuses[422],
           statuses[413], statuses[503]);
}

/* One request of a kind, its parts made anew. @return false: it is too long for the wire */
static bool make(const struct kind *kind, struct text *target, struct text *body)
{
    target->length = body->length = 0;
    expand(target, kind->target, 0);
    if (kind->body != NULL && *kind->body == '\0')
        put_multipart(body);
    else if (kind->body != NULL)
        expand(body, kind->body, 0);
    return target->length <= 2000 && body->length <= BODY_MAX;
}

/* The status that a request gets; `seed` says how its body comes. */
static unsigned status_of(const struct kind *kind, const struct text *target, const struct text *body,
                          uint64_t seed)
{
    const flare_field fields[] = {{FLARE_STR("X-List"), FLARE_STR("a, b, c, d, e, f")},
                                  {FLARE_STR("Cookie"), FLARE_STR("a=1; b=2")},
                                  {FLARE_STR("Authorization"), FLARE_STR("Bearer abc")}};

    state = seed;
    request.reply_status = 0;
    (void)run(kind, target, (flare_str){body->bytes, body->length}, fields, 3);
    return request.reply_status;
}

TEST(no_memory_at_any_call_is_the_servers_fault)
{
    static struct text target, body;
    unsigned failures = 0;

    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF, .descriptor = 2});
    flarei_arena_free(&arena);
    flarei_arena_init(&arena, 16, 1 << 20); /* many chunks, so that there are many calls */
    for (unsigned number = 0; number < 4000; number++) {
        const struct kind *const kind = &kinds[number % (sizeof kinds / sizeof *kinds)];
        const bool fits = make(kind, &target, &body);
        const uint64_t seed = state;
        const unsigned status = fits ? status_of(kind, &target, &body, seed) : 0;

        for (size_t at = 1; status != 0 && at < 200; at++) {
            struct test_allocator heap = {.fail_at = at};
            unsigned got;

            test_allocator_use(&heap);
            got = status_of(kind, &target, &body, seed);
            test_allocator_use(NULL);
            CHECK_INT(heap.live, 0);
            if (got != status && got != 503 && got != 500)
                fprintf(stderr, "  %s: %u, not %u, as allocation %zu fails\n", kind->target, got, status, at);
            CHECK(got == status || got == 503 || got == 500);
            if (heap.calls < at)
                break;
            failures += got != status;
        }
    }
    CHECK(failures > 2000);
    printf("%u requests refused for want of memory\n", failures);
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_TEXT, .level = FLARE_LOG_INFO, .descriptor = 2});
}

int main(void)
{
    limits = *memory_service.limits;
    limits.memory_max_bytes = 1 << 20;
    flarei_arena_init(&arena, 4096, 1 << 20);
    flarei_buffer_init(&out, 1 << 20);
    request.arena = &arena;
    RUN(no_request_takes_more_than_is_told);
    RUN(no_memory_at_any_call_is_the_servers_fault);
    flarei_buffer_free(&out);
    return TEST_END();
}
