/* Lines of JSON and trailers of a chunked body that a handler reads as it comes: the same lines, trailers and
 * end, however the bytes come in; and of a body that is whole the lines are those of its content, split
 * plainly. The first input byte says how many bytes come at a time, whether the lines are judged as JSON, and
 * whether the input is a content that came with its head.
 *
 * Target: runtime/http/stream_body.c runtime/http/stream.c
 */
#include "fuzz.h"

#include "http/request.h"
#include "http/stream.h"
#include "wire/h1.h"

#include <flare/flow.h>
#include <flare/gen_json.h>

#include <string.h>

enum { INPUT_MAX_BYTES = 4096, BODY_MAX_BYTES = 1 << 20, ROOM = 8 };

/* What comes, and what was seen of it: `L line\n` and `T name: value\n`, and at last how it ended. */
static struct {
    struct flarei_h1_chunked decoder;
    flare_str rest; /* came, and was not read */
    size_t to_come;
    size_t step;
    char content[INPUT_MAX_BYTES];
    size_t content_bytes;
    char seen[8 * INPUT_MAX_BYTES];
    size_t seen_bytes;
    unsigned lines;
    unsigned ends;
} run;

static void see(const char *kind, flare_str text)
{
    const size_t length = strlen(kind);

    FUZZ_CHECK(run.seen_bytes + length + text.len < sizeof run.seen);
    memcpy(run.seen + run.seen_bytes, kind, length);
    if (text.len != 0)
        memcpy(run.seen + run.seen_bytes + length, text.ptr, text.len);
    run.seen_bytes += length + text.len;
}

static enum flarei_flow refuse(flare_request *rq, unsigned status)
{
    flarei_stream_refuse_body(rq, status, FLARE_STR("refused"));
    return FLAREI_FLOW_CLOSED;
}

static enum flarei_flow read_piece(flare_request *rq, flare_str *piece)
{
    for (;;) {
        struct flarei_h1_chunked_part part;
        const int event = flarei_h1_chunked_next(&run.decoder, &run.rest, &part);

        if (event < 0)
            return refuse(rq, flarei_h1_refusal_status(event));
        switch ((enum flarei_h1_chunked_event)event) {
        case FLAREI_H1_CHUNKED_TRAILER:
            flarei_stream_keep_trailer(rq, &part.field, true);
            break;
        case FLAREI_H1_CHUNKED_DATA:
            memcpy(run.content + run.content_bytes, part.data.ptr, part.data.len);
            run.content_bytes += part.data.len;
            *piece = part.data;
            return FLAREI_FLOW_ON;
        case FLAREI_H1_CHUNKED_END:
            return FLAREI_FLOW_END;
        case FLAREI_H1_CHUNKED_MORE: {
            const size_t more = run.to_come < run.step ? run.to_come : run.step;

            if (more == 0)
                return refuse(rq, 400);
            run.rest.len += more;
            run.to_come -= more;
            return FLAREI_FLOW_WAIT;
        }
        }
    }
}

static void hop(flare_request *rq, void (*step)(flare_request *rq, void *argument), void *argument)
{
    step(rq, argument);
}

static void ended(flare_request *rq)
{
    (void)rq;
    run.ends++;
}

static flare_err wait_for_more(flare_request *rq)
{
    (void)rq;
    return FLARE_OK;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Each is found under its name, the first of two, where the body came whole. */
static void check_trailers(flare_request *rq)
{
    flare_str value = {NULL, 0};

    rq->streamed = true;
    FUZZ_CHECK(!flare_request_trailer(rq, FLARE_STR("no such:"), &value));
    for (uint32_t i = 0; i < rq->stream.trailer_count && !rq->body_failed; i++) {
        uint32_t first = 0;

        while (!flare_str_equal_nocase(rq->stream.trailers[first].name, rq->stream.trailers[i].name))
            first++;
        if (flare_request_trailer(rq, rq->stream.trailers[i].name, &value))
            FUZZ_CHECK(value.ptr == rq->stream.trailers[first].value.ptr);
    }
}

/* Fills `run`; the bytes outlive it. */
static void read_all(const char *bytes, size_t length, size_t step, bool judged, bool whole)
{
    static const struct flarei_stream_calls calls = {
        .read = read_piece, .hop = hop, .wait = wait_for_more, .end = ended};
    static const struct flarei_h1_limits h1 = {1024, 256, 20, 128, 48};
    static const flare_limits limits = {.body_max_bytes = BODY_MAX_BYTES, .memory_max_bytes = BODY_MAX_BYTES};
    static const flare_service service;
    struct flarei_json json;
    flare_request rq = {0};
    flare_arena arena;
    flare_buffer out;
    const char *at;

    memset(&run, 0, sizeof run);
    run.rest.ptr = bytes;
    run.to_come = length;
    run.step = step;
    flarei_h1_chunked_init(&run.decoder, &h1, BODY_MAX_BYTES);
    flarei_arena_init(&arena, 256, BODY_MAX_BYTES);
    flarei_buffer_init(&out, BODY_MAX_BYTES);
    rq.arena = &arena;
    flarei_request_begin(&rq, &service, NULL, &out);
    rq.limits = &limits;
    rq.date = FLARE_STR("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    rq.has_body = true;
    rq.body_complete = false;
    flarei_stream_of(&rq)->calls = &calls;
    if (whole) {
        rq.body_complete = true;
        rq.body = (flare_str){bytes, length};
        memcpy(run.content, bytes, length);
        run.content_bytes = length;
    }
    while (flarei_stream_line(&rq, &json, &at)) {
        if (at == NULL) /* no JSON, which is told at the line's end */
            for (at = json.start; at < json.end && blank(*at); at++)
                continue;
        see("L ", (flare_str){at, (size_t)(json.end - at)});
        see("\n", FLARE_STR(""));
        run.lines++;
        if (judged && !flarei_stream_line_end(&rq, &json, flarei_json_skip(&json, at, ROOM)))
            break;
    }
    for (uint32_t i = 0; i < rq.stream.trailer_count; i++) {
        see("T ", rq.stream.trailers[i].name);
        see(": ", rq.stream.trailers[i].value);
        see("\n", FLARE_STR(""));
    }
    FUZZ_PLANT(run.lines > 1 && rq.stream.trailer_count > 2 && !rq.body_failed);
    see(rq.body_failed ? "failed" : "whole", FLARE_STR(""));
    FUZZ_CHECK(rq.body_failed == flare_body_failed(&rq));
    FUZZ_CHECK(!flarei_stream_line(&rq, &json, &at)); /* and no more */
    check_trailers(&rq);
    if (rq.body_failed) {
        const flare_reply reply = flarei_stream_judge_body(&rq, (flare_reply){rq.mark});

        FUZZ_CHECK(reply.flarei_mark == rq.mark && rq.reply_status == rq.body_refusal);
    }
    (void)flarei_stream_break(&rq);
    FUZZ_CHECK(run.ends == 1 && rq.state == FLAREI_REQUEST_STREAMED && !rq.keep_alive);
    FUZZ_CHECK(flarei_stream_judge_body(&rq, (flare_reply){rq.mark}).flarei_mark == rq.mark);
    flarei_stream_lose(&rq);
    FUZZ_CHECK(!flarei_stream_line(&rq, &json, &at));
    flarei_stream_free(&rq);
    FUZZ_CHECK(rq.stream.items == NULL && rq.stream.line == NULL);
    flarei_buffer_free(&out);
    flarei_arena_free(&arena);
}

/* The lines of a content that are not blank, each without the blanks around it. */
static void check_lines(void)
{
    const char *at = run.content, *const end = at + run.content_bytes;
    size_t seen = 0;

    for (const char *line = at; at <= end; line = ++at) {
        while (at < end && *at != '\n')
            at++;
        size_t length = (size_t)(at - line);
        while (length != 0 && blank(line[length - 1]))
            length--;
        while (length != 0 && blank(*line)) {
            line++;
            length--;
        }
        if (length == 0)
            continue;
        FUZZ_CHECK(memcmp(run.seen + seen, "L ", 2) == 0 && memcmp(run.seen + seen + 2, line, length) == 0);
        FUZZ_CHECK(run.seen[seen + 2 + length] == '\n');
        seen += length + 3;
    }
    FUZZ_CHECK(run.seen[seen] == 'T' || run.seen[seen] == 'w');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char before[sizeof run.seen];
    size_t before_bytes;

    if (size < 2 || size > INPUT_MAX_BYTES)
        return 0;
    read_all((const char *)data + 1, size - 1, size, (data[0] & 16) != 0, (data[0] & 32) != 0);
    if (run.seen[run.seen_bytes - 1] == 'e')
        check_lines();
    memcpy(before, run.seen, run.seen_bytes);
    before_bytes = run.seen_bytes;
    read_all((const char *)data + 1, size - 1, data[0] % 16 + 1u, (data[0] & 16) != 0, (data[0] & 32) != 0);
    FUZZ_CHECK(run.seen_bytes == before_bytes && memcmp(run.seen, before, before_bytes) == 0);
    return 0;
}
