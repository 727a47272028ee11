/* A head and a body, through the codec, the target, emitted extraction and a reply: whatever comes, there is
 * exactly one reply, and the target and the query are read as their plain twins here read them.
 *
 * Target: runtime/http/target.c runtime/http/extract.c runtime/http/refusals.c runtime/http/body.c
 */
#include "fuzz.h"
#include "request.flare.h"

#include "http/request.h"
#include "wire/h1.h"

#include <flare/log.h>

static bool deep;

fuzzed_take_all_reply fuzzed_take_all(flare_request *rq, const fuzzed_take_all_in *in)
{
    static const flare_uuid no_id;
    const fuzzed_all all = {
        .flag = in->flag,
        .i = in->i,
        .u = in->u,
        .small = in->small,
        .f = in->f,
        .g = in->g,
        .text = in->text,
        .raw = in->raw,
        .id = in->id.has ? in->id.value : no_id,
        .day = in->day.has ? in->day.value : (flare_date){1970, 1, 1},
        .at = in->at.has ? in->at.value : 0,
        .mail = in->mail.has ? in->mail.value : FLARE_STR(""),
        .link = in->link.has ? in->link.value : FLARE_STR(""),
        .four = in->four.value,
        .six = in->six.value,
        .color = in->color,
        .colors = in->colors,
        .words = in->words,
        .maybe = in->maybe,
    };

    FUZZ_CHECK(in->u >= 1 && in->text.len >= 1 && in->small >= -100 && in->small <= 100 && in->i >= -5);
    FUZZ_CHECK(in->f >= -1.5 && in->f <= 1e9);
    FUZZ_CHECK(in->colors.count <= 3 && in->words.count <= 4 && in->list.count <= 3);
    FUZZ_CHECK(in->color >= FUZZED_COLOR_RED && in->color <= FUZZED_COLOR_OFF_WHITE);
    deep = in->colors.count == 3; /* as many as there may be */
    return fuzzed_take_all_ok(rq, &all);
}

flare_reply fuzzed_file(flare_request *rq, const fuzzed_file_in *in)
{
    return flare_text(rq, 200, in->rest);
}

fuzzed_take_body_reply fuzzed_take_body(flare_request *rq, const fuzzed_take_body_in *in)
{
    FUZZ_CHECK(in->body.len <= 64);
    return fuzzed_take_body_ok(rq, in->body);
}

fuzzed_take_json_reply fuzzed_take_json(flare_request *rq, const fuzzed_take_json_in *in)
{
    FUZZ_CHECK(in->body.title.len >= 1 && in->body.marks.value.count <= 3);
    return fuzzed_take_json_no_content(rq);
}

fuzzed_take_text_reply fuzzed_take_text(flare_request *rq, const fuzzed_take_text_in *in)
{
    FUZZ_CHECK(in->one.len >= 2 && in->body.len <= 1024);
    FUZZ_CHECK(!in->token.has || (in->token.value.len >= 3 && in->token.value.len <= 64));
    return fuzzed_take_text_ok(rq, in->body);
}

static int digit(char c)
{
    const char *const digits = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c);

    return at ? (int)(at - digits) : -1;
}

/* What a path must be routed as, character by character. @return its length, or -1 */
static long route_plainly(flare_str path, char *out)
{
    long length = 0;

    for (size_t i = 0; i < path.len; i++) {
        if (path.ptr[i] != '%') {
            out[length++] = path.ptr[i];
            continue;
        }
        if (i + 2 >= path.len || digit(path.ptr[i + 1]) < 0 || digit(path.ptr[i + 2]) < 0)
            return -1;
        const int byte = digit(path.ptr[i + 1]) * 16 + digit(path.ptr[i + 2]);
        if (byte == 0)
            return -1;
        if (byte < 128 &&
            strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", byte) != NULL)
            out[length++] = (char)byte;
        else
            length += snprintf(out + length, 4, "%%%02X", (unsigned)byte);
        i += 2;
    }
    out[length] = '\0';
    for (char *at = strchr(out, '/'); at != NULL; at = strchr(at + 1, '/')) {
        const size_t segment = strcspn(at + 1, "/");

        if ((segment == 1 && at[1] == '.') || (segment == 2 && at[1] == '.' && at[2] == '.'))
            return -1;
    }
    return length;
}

/* How many pairs of a query are named "a". */
static size_t count_pairs(flare_str query, char *text)
{
    size_t count = 0;
    char *rest = text;

    memcpy(text, query.ptr, query.len);
    text[query.len] = '\0';
    while (rest != NULL) {
        char *const pair = rest;
        size_t length;
        bool good;

        rest = strchr(rest, '&');
        if (rest != NULL)
            *rest++ = '\0';
        if (*pair == '\0')
            continue;
        pair[strcspn(pair, "=")] = '\0';
        good = flare_percent_decode(flare_str_of(pair), FLARE_PERCENT_FORM, pair, &length) == FLARE_OK &&
               length == 1 && pair[0] == 'a';
        count += good;
    }
    return count;
}

static void check_query(flare_request *rq, char *text)
{
    static const struct flarei_input input = FLAREI_INPUT(QUERY, false, "a");
    struct flarei_query_walk walk = flarei_query_walk_of(rq, &input);
    size_t count = 0;

    while (flarei_query_next(&walk))
        count++;
    FUZZ_CHECK(count == (rq->query.len ? count_pairs(rq->query, text) : 0));
}

static void check_reply(const flare_request *rq, const flare_buffer *out)
{
    const flare_str reply = flarei_buffer_str(out);
    const char *body, *length;

    FUZZ_CHECK(rq->state == FLAREI_REQUEST_REPLIED);
    FUZZ_CHECK(reply.len > 17 && memcmp(reply.ptr, "HTTP/1.1 ", 9) == 0);
    FUZZ_CHECK(rq->reply_status >= 200 && rq->reply_status < 505 && rq->reply_status != 500);
    body = (const char *)memmem(reply.ptr, reply.len, "\r\n\r\n", 4);
    FUZZ_CHECK(body != NULL);
    body += 4;
    length = (const char *)memmem(reply.ptr, (size_t)(body - reply.ptr), "\r\nContent-Length: ", 18);
    FUZZ_CHECK((length != NULL) == (rq->reply_status != 204));
    if (length != NULL && !rq->head_only)
        FUZZ_CHECK(strtoull(length + 18, NULL, 10) == (size_t)(reply.ptr + reply.len - body));
    if (rq->head_only)
        FUZZ_CHECK(body == reply.ptr + reply.len);
}

static void describe(flare_request *rq, const struct flarei_h1_head *head, flare_str body)
{
    rq->method = head->method;
    rq->head_only = head->method == FLARE_METHOD_HEAD;
    rq->keep_alive = head->keep_alive;
    rq->version_minor = head->version_minor;
    rq->fields = head->fields;
    rq->field_count = head->field_count;
    rq->has_body = head->chunked || head->has_content_length;
    rq->body_length = head->chunked ? UINT64_MAX : head->content_length;
    rq->date = FLARE_STR("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    rq->body = body;
    rq->body_complete = !rq->has_body || rq->body_length == body.len;
    if (head->notable[FLAREI_H1_CONTENT_TYPE] != 0)
        rq->content_type = head->fields[head->notable[FLAREI_H1_CONTENT_TYPE] - 1].value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct flarei_h1_limits h1 = FLAREI_H1_LIMITS_DEFAULT;
    static const flare_limits limits = {.body_max_bytes = 1 << 20};
    flare_field fields[100];
    struct flarei_h1_head head = {.fields = fields, .field_capacity = 100};
    const ptrdiff_t length = flarei_h1_parse_head(&h1, (const char *)data, size, &head);
    flare_service service = fuzzed_service;
    flare_request rq = {0};
    flare_arena arena;
    flare_buffer out;
    flare_err err;

    if (length <= 0)
        return 0;
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF, .descriptor = 2});
    service.limits = &limits;
    flarei_arena_init(&arena, 256, 1 << 20);
    flarei_buffer_init(&out, 1 << 20);
    rq.arena = &arena;
    flarei_request_begin(&rq, &service, NULL, &out);
    const flare_str body = {(const char *)data + length, size - (size_t)length};
    describe(&rq, &head, body);
    char *const text = malloc(3 * size + 1);
    const long routed = route_plainly(head.path, text);
    err = flarei_request_target(&rq, head.path, head.query, head.path_has_percent, head.path_has_dot);
    FUZZ_CHECK((err == FLARE_OK) == (routed >= 0));
    if (err != FLARE_OK) {
        flarei_request_refuse(&rq, 400, FLARE_STR("malformed path"));
    } else {
        FUZZ_CHECK(rq.path.len == (size_t)routed && memcmp(rq.path.ptr, text, rq.path.len) == 0);
        check_query(&rq, text);
        deep = false;
        flarei_request_dispatch(&rq);
        FUZZ_PLANT(deep);
    }
    if (rq.state == FLAREI_REQUEST_PARKED) {
        rq.body.len = body.len < rq.body_max_bytes ? body.len : (size_t)rq.body_max_bytes;
        flarei_request_resume(&rq);
    }
    check_reply(&rq, &out);
    flarei_request_end(&rq);
    free(text);
    flarei_buffer_free(&out);
    flarei_arena_free(&arena);
    return 0;
}
