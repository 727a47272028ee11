/* files_send.c - files(), and replies that are files: how one is sent, whole or in parts. A small one is read
 * at once; a large one is sent on a fiber as the peer takes it. */
#include "server/files.h"

#include "http/layer.h"
#include "http/stream.h"
#include "net/sys.h"

#include <flare/gen_reply.h>
#include <flare/gen_work.h>
#include <flare/log.h>
#include <flare/reply.h>

#include <errno.h>

/* What is read at once: more would make the others wait for the disk, and cost more than a fiber. */
enum { AT_ONCE_MAX_BYTES = 32768 };

enum { PART_HEAD_MAX_BYTES = 256, BOUNDARY_BYTES = 22 };

/* What is sent. */
struct sending {
    struct flarei_found found;
    struct flarei_range ranges[FLAREI_RANGES_MAX];
    unsigned count; /* of ranges: 0: all of it */
    uint64_t length;
    uint32_t status;
    bool begun; /* its fiber has it, and closes it */
    flare_str media_type;
    char boundary[BOUNDARY_BYTES];
    char type_text[32 + BOUNDARY_BYTES];
};

/* ---- Parts (RFC 9110 section 14.6) ---- */

static char *put(char *to, const char *text, size_t bytes)
{
    memcpy(to, text, bytes);
    return to + bytes;
}

#define PUT(to, literal) put((to), "" literal, sizeof(literal) - 1)

static char *put_content_range(char *to, const struct flarei_range *range, uint64_t size)
{
    to = PUT(to, "bytes ");
    to += flare_u64_format(range->first, to);
    to = PUT(to, "-");
    to += flare_u64_format(range->first + range->bytes - 1, to);
    to = PUT(to, "/");
    return to + flare_u64_format(size, to);
}

static size_t put_part_head(char *to, const struct sending *sending, const struct flarei_range *range)
{
    char *const start = to;

    to = PUT(to, "\r\n--");
    to = put(to, sending->boundary, BOUNDARY_BYTES);
    to = PUT(to, "\r\nContent-Type: ");
    to = put(to, sending->found.media_type.ptr, sending->found.media_type.len);
    to = PUT(to, "\r\nContent-Range: ");
    to = put_content_range(to, range, sending->found.size);
    to = PUT(to, "\r\n\r\n");
    return (size_t)(to - start);
}

static size_t put_end(char *to, const struct sending *sending)
{
    char *const start = to;

    to = PUT(to, "\r\n--");
    to = put(to, sending->boundary, BOUNDARY_BYTES);
    to = PUT(to, "--\r\n");
    return (size_t)(to - start);
}

/* Of the file's own tag, so that what is asked for twice is the same twice. */
static void prepare_parts(struct sending *sending)
{
    const flare_str tag = sending->found.validators.etag;
    char head[PART_HEAD_MAX_BYTES];

    memset(sending->boundary, '-', BOUNDARY_BYTES);
    (void)put(sending->boundary, "flare", 5);
    (void)put(sending->boundary + 6, tag.ptr + 1, tag.len - 2 < 16 ? tag.len - 2 : 16);
    sending->length = put_end(head, sending);
    for (unsigned i = 0; i < sending->count; i++)
        sending->length += put_part_head(head, sending, &sending->ranges[i]) + sending->ranges[i].bytes;
    char *to = PUT(sending->type_text, "multipart/byteranges; boundary=");
    to = put(to, sending->boundary, BOUNDARY_BYTES);
    sending->media_type = (flare_str){sending->type_text, (size_t)(to - sending->type_text)};
}

/* ---- On a fiber ---- */

static bool send_bytes(flare_request *rq, const struct flarei_found *found, uint64_t first, uint64_t bytes)
{
    if (found->fd < 0)
        return flarei_stream_send(rq, (flare_str){found->content + first, (size_t)bytes});
    return flarei_stream_send_file(rq, found->fd, first, bytes);
}

static bool send_all(flare_request *rq, const struct sending *sending)
{
    char text[PART_HEAD_MAX_BYTES];

    if (sending->count == 0)
        return send_bytes(rq, &sending->found, 0, sending->found.size);
    if (sending->count == 1)
        return send_bytes(rq, &sending->found, sending->ranges[0].first, sending->ranges[0].bytes);
    for (unsigned i = 0; i < sending->count; i++) {
        const struct flarei_range *const range = &sending->ranges[i];

        if (!flarei_stream_send(rq, (flare_str){text, put_part_head(text, sending, range)}) ||
            !send_bytes(rq, &sending->found, range->first, range->bytes))
            return false;
    }
    return flarei_stream_send(rq, (flare_str){text, put_end(text, sending)});
}

static void prepare(flare_request *rq, void *argument)
{
    const struct sending *const sending = argument;

    while (rq->layer != NULL) /* none sees what is not made in memory */
        flarei_layer_pop(rq);
    rq->stream.sized = true;
    rq->stream.length = sending->length;
}

/* Where a handler runs that may wait. */
static flare_reply send_here(flare_request *rq, struct sending *sending)
{
    const struct flarei_head head = {.status = sending->status, .content_type = sending->media_type};
    bool sent;

    rq->stream.calls->hop(rq, prepare, sending);
    sent = flarei_stream_open(rq, &head) && (rq->head_only || send_all(rq, sending));
    flarei_found_close(&sending->found);
    if (!sent && rq->state == FLAREI_REQUEST_STREAMING)
        return flarei_stream_break(rq);
    return flarei_stream_close(rq);
}

static flare_reply run(flare_request *rq, void *input)
{
    struct sending *const sending = *(struct sending **)input;

    sending->begun = true;
    return send_here(rq, sending);
}

static flare_reply send_later(flare_request *rq, const struct sending *what)
{
    static const struct flarei_work_rule rule = {.run = run, .input_bytes = sizeof(struct sending *)};
    struct sending *const sending = flarei_arena_alloc(rq->arena, sizeof *sending);
    flare_reply reply;

    if (sending != NULL) {
        *sending = *what;
        if (what->media_type.ptr == what->type_text)
            sending->media_type.ptr = sending->type_text;
        reply = flarei_async_stream(rq, &rule, &sending);
        if (!sending->begun)
            flarei_found_close(&sending->found);
        return reply;
    }
    struct flarei_found found = what->found;
    flarei_found_close(&found);
    return flarei_reply_fail(rq, "no memory for sending a file");
}

/* ---- At once ---- */

static bool read_all(flare_buffer *out, int fd, uint64_t at, uint64_t bytes)
{
    char *to = flarei_buffer_reserve(out, (size_t)bytes);

    if (to == NULL)
        return false;
    for (uint64_t done = 0; done < bytes;) {
        const ssize_t got = flarei_sys.pread(fd, to + done, (size_t)(bytes - done), (off_t)(at + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        done += (uint64_t)got;
    }
    flarei_buffer_commit(out, (size_t)bytes);
    return true;
}

static flare_reply send_now(flare_request *rq, struct sending *sending)
{
    const struct flarei_head head = {.status = sending->status, .content_type = sending->media_type};
    const uint64_t first = sending->count != 0 ? sending->ranges[0].first : 0;
    flare_buffer *out;
    bool good;

    if (sending->found.fd < 0)
        return flarei_reply_whole(rq, &head,
                                  (flare_str){sending->found.content + first, (size_t)sending->length});
    out = flarei_reply_open(rq, &head, (size_t)sending->length);
    good = out != NULL && read_all(out, sending->found.fd, first, sending->length);
    flarei_found_close(&sending->found);
    if (!good) {
        if (out != NULL)
            flarei_buffer_fail(out);
        flare_log(FLARE_LOG_ERROR, "%.*s: a file could not be read, or became shorter meanwhile",
                  FLARE_STR_ARG(rq->route->name));
    }
    return flarei_reply_close(rq);
}

/* ---- What is asked for ---- */

static bool add_fields(flare_request *rq, const struct flarei_files *files, const struct flarei_found *found)
{
    char date[FLARE_TIME_HTTP_BYTES];
    flare_err err = flare_reply_header(rq, FLARE_STR("ETag"), found->validators.etag);

    if (err == FLARE_OK && found->validators.has_modified)
        err = flare_reply_header(rq, FLARE_STR("Last-Modified"),
                                 (flare_str){date, flare_time_http_format(found->validators.modified, date)});
    if (err == FLARE_OK && files != NULL && files->cache.len != 0)
        err = flarei_reply_field_constant(rq, FLARE_STR("Cache-Control"), files->cache);
    if (err == FLARE_OK && files != NULL && files->precompressed)
        err = flarei_reply_field_constant(rq, FLARE_STR("Vary"), FLARE_STR("Accept-Encoding"));
    return err == FLARE_OK;
}

/* Of what has content. */
static bool add_content_fields(flare_request *rq, const struct flarei_found *found, bool asked)
{
    flare_err err =
        asked ? flarei_reply_field_constant(rq, FLARE_STR("Accept-Ranges"), FLARE_STR("bytes")) : FLARE_OK;

    if (err == FLARE_OK)
        err = flarei_reply_field_constant(rq, FLARE_STR("X-Content-Type-Options"), FLARE_STR("nosniff"));
    if (err == FLARE_OK && found->coding.len != 0)
        err = flarei_reply_field_constant(rq, FLARE_STR("Content-Encoding"), found->coding);
    return err == FLARE_OK;
}

/* Of the fields that a handler's reply declares for its file, which stay in what stands in its place (RFC
 * 9110, sections 15.4.5, 15.5.13 and 15.5.17)? A refusal has cookies; a 304 whatever does not tell of
 * content. */
static bool stays(flare_str name, bool refused)
{
    if (refused)
        return flare_str_equal_nocase(name, FLARE_STR("Set-Cookie"));
    return name.len <= 8 || !flare_str_equal_nocase((flare_str){name.ptr, 8}, FLARE_STR("Content-")) ||
           flare_str_equal_nocase(name, FLARE_STR("Content-Location"));
}

static void drop_declared(flare_request *rq, bool refused)
{
    uint8_t count = rq->kept_fields;

    for (uint32_t i = rq->kept_fields; i < rq->reply_field_count; i++)
        if (stays(rq->reply_fields[i].name, refused))
            rq->reply_fields[count++] = rq->reply_fields[i];
    rq->reply_field_count = count;
}

static flare_reply unsatisfiable(flare_request *rq, uint64_t size)
{
    char text[16 + FLARE_U64_MAX_BYTES];
    char *to = PUT(text, "bytes */");

    to += flare_u64_format(size, to);
    if (flare_reply_header(rq, FLARE_STR("Content-Range"), (flare_str){text, (size_t)(to - text)}) !=
        FLARE_OK)
        return flarei_reply_fail(rq, "no memory for the fields of a file");
    return flare_problem(rq, 416, FLARE_STR(""));
}

/* @return false without memory */
static bool choose_part(flare_request *rq, struct sending *sending)
{
    char text[32 + 3 * FLARE_U64_MAX_BYTES];

    sending->status = 206;
    if (sending->count != 1) {
        prepare_parts(sending);
        return true;
    }
    sending->length = sending->ranges[0].bytes;
    const char *const end = put_content_range(text, &sending->ranges[0], sending->found.size);
    return flare_reply_header(rq, FLARE_STR("Content-Range"), (flare_str){text, (size_t)(end - text)}) ==
           FLARE_OK;
}

/* @param files NULL: a handler replies, which waits. What it did is not undone by a condition: they are asked
 * for what is only read. */
static flare_reply answer(flare_request *rq, const struct flarei_files *files, unsigned status,
                          struct flarei_found *found)
{
    const bool asked = status == 200 && (rq->method == FLARE_METHOD_GET || rq->method == FLARE_METHOD_HEAD);
    const flare_time now = flarei_clock_wall();
    const enum flarei_condition condition =
        asked ? flarei_condition_judge(rq->fields, rq->field_count, true, &found->validators, now)
              : FLAREI_CONDITION_GO_ON;
    struct sending sending = {
        .found = *found, .status = status, .length = found->size, .media_type = found->media_type};
    enum flarei_ranges ranges = FLAREI_RANGES_NONE;
    flare_str range;
    bool good;

    if (asked && condition == FLAREI_CONDITION_GO_ON && rq->method == FLARE_METHOD_GET &&
        flare_request_header(rq, FLARE_STR("Range"), &range) &&
        flarei_condition_range(rq->fields, rq->field_count, &found->validators, now))
        ranges = flarei_ranges_parse(range, found->size, sending.ranges, &sending.count);
    const bool refused = condition == FLAREI_CONDITION_FAILED || ranges == FLAREI_RANGES_UNSATISFIABLE;
    if (files == NULL && (refused || condition == FLAREI_CONDITION_NOT_MODIFIED))
        drop_declared(rq, refused);
    good = refused || !asked || add_fields(rq, files, found);
    if (good && condition == FLAREI_CONDITION_GO_ON && !refused)
        good = add_content_fields(rq, found, asked) &&
               (ranges != FLAREI_RANGES_SOME || choose_part(rq, &sending));
    if (good && condition == FLAREI_CONDITION_GO_ON && !refused)
        return sending.count <= 1 && sending.length <= AT_ONCE_MAX_BYTES ? send_now(rq, &sending)
               : files != NULL                                           ? send_later(rq, &sending)
                                                                         : send_here(rq, &sending);
    flarei_found_close(found);
    if (!good)
        return flarei_reply_fail(rq, "no memory for the fields of a file");
    if (condition == FLAREI_CONDITION_NOT_MODIFIED)
        return flare_empty(rq, 304);
    if (condition == FLAREI_CONDITION_FAILED)
        return flare_problem(rq, 412, FLARE_STR(""));
    return unsatisfiable(rq, found->size);
}

flare_reply flarei_files_send(flare_request *rq, const struct flarei_files *files, struct flarei_found *found)
{
    return answer(rq, files, 200, found);
}

flare_reply flarei_found_reply(flare_request *rq, unsigned status, struct flarei_found *found)
{
    return answer(rq, NULL, status, found);
}
