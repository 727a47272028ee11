#include "server/h2_connection.h"
#include "server/h2_work.h"

/* A handler at work has its own: others reply meanwhile. */
static struct flarei_h2_reply_head *reply_of(const flare_request *rq)
{
    return rq->work != NULL ? rq->work->h2_head : &((struct flarei_connection *)rq->connection)->h2->reply;
}

size_t flarei_h2_reply_head_bytes(void)
{
    return sizeof(struct flarei_h2_reply_head);
}

static flare_reply made(flare_request *rq)
{
    rq->state = FLAREI_REQUEST_REPLIED;
    return (flare_reply){rq->mark};
}

/* Keeps what the head says until the handler has returned. A baked one is a constant; of another only the
 * media type may be the handler's own. */
static bool keep_head(flare_request *rq, const struct flarei_head *head)
{
    struct flarei_h2_reply_head *const reply = reply_of(rq);

    reply->content_type = head->content_type;
    reply->fields = head->fields;
    reply->field_count = head->field_count;
    if (head->h1.len != 0 || head->content_type.len == 0)
        return true;
    if (FLARE_UNLIKELY(head->content_type.len > sizeof reply->type_text))
        return flarei_arena_copy(rq->arena, head->content_type, &reply->content_type);
    memcpy(reply->type_text, head->content_type.ptr, head->content_type.len);
    reply->content_type.ptr = reply->type_text;
    return true;
}

static flare_reply finish(flare_request *rq)
{
    struct flarei_h2_reply_head *const reply = reply_of(rq);

    reply->length = flarei_buffer_len(rq->out) - rq->reply_start;
    if (rq->head_only || rq->reply_status == 304)
        flarei_buffer_truncate(rq->out, rq->reply_start);
    else
        rq->reply_bytes = reply->length;
    return made(rq);
}

static flare_reply whole(flare_request *rq, const struct flarei_head *head, flare_str body)
{
    if (head->status == 204 || head->status == 304)
        body.len = 0;
    if (FLARE_UNLIKELY(!keep_head(rq, head) || !flarei_buffer_append_str(rq->out, body)))
        return flarei_reply_fail(rq, "no memory for the reply");
    return finish(rq);
}

static flare_buffer *open(flare_request *rq, const struct flarei_head *head, size_t length_hint)
{
    if (FLARE_UNLIKELY(!keep_head(rq, head) || flarei_buffer_reserve(rq->out, length_hint + 1) == NULL))
        return NULL;
    rq->reply_body = flarei_buffer_len(rq->out);
    rq->reply_length_width = 1; /* it is open */
    return rq->out;
}

static flare_reply close(flare_request *rq)
{
    if (FLARE_UNLIKELY(rq->out->failed || rq->reply_length_width == 0))
        return flarei_reply_fail(rq, "the reply's content could not be written");
    return finish(rq);
}

const struct flarei_wire flarei_h2_reply_wire = {
    .open = open, .close = close, .whole = whole, .carries = true};

/* Fields of a connection, which HTTP/2 has other means for (RFC 9113, section 8.2.2). */
static bool of_connection(flare_str name)
{
    static const flare_str names[] = {FLARE_STR_INIT("connection"), FLARE_STR_INIT("keep-alive"),
                                      FLARE_STR_INIT("proxy-connection"), FLARE_STR_INIT("transfer-encoding"),
                                      FLARE_STR_INIT("upgrade")};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (flare_str_equal_nocase(names[i], name))
            return true;
    return false;
}

static size_t add(flare_field *to, size_t count, const flare_field *fields, uint32_t more)
{
    for (uint32_t i = 0; i < more && count < FLAREI_H2_REPLY_FIELDS_MAX; i++)
        if (!of_connection(fields[i].name))
            to[count++] = fields[i];
    return count;
}

size_t flarei_h2_reply_fields(const flare_request *rq, flare_field *fields, size_t count)
{
    fields[count++] = (flare_field){FLARE_STR("date"), {rq->date.ptr + 6, rq->date.len - 8}};
    if (rq->reply_field_count != 0)
        count = add(fields, count, rq->reply_fields, rq->reply_field_count);
    return count;
}

/* What the head says. @return how many fields there are */
static size_t head_fields(const struct flarei_h2_reply_head *reply,
                          flare_field fields[static FLAREI_H2_REPLY_FIELDS_MAX])
{
    size_t count = 0;

    if (reply->content_type.len != 0)
        fields[count++] = (flare_field){FLARE_STR("content-type"), reply->content_type};
    if (reply->field_count != 0)
        count = add(fields, count, reply->fields, reply->field_count);
    return count;
}

bool flarei_h2_reply_open(struct flarei_h2_connection *h2, flare_request *rq, const struct flarei_head *head,
                          struct flarei_h2_stream *stream)
{
    flare_field fields[FLAREI_H2_REPLY_FIELDS_MAX];
    char digits[FLARE_U64_MAX_BYTES];

    if (!keep_head(rq, head))
        return false;
    size_t count = head_fields(reply_of(rq), fields);

    if (rq->stream.sized)
        fields[count++] =
            (flare_field){FLARE_STR("content-length"), {digits, flare_u64_format(rq->stream.length, digits)}};
    count = flarei_h2_reply_fields(rq, fields, count);
    if (rq->head_only)
        return flarei_h2_reply(&h2->session, stream, rq->reply_status, fields, count, FLARE_STR(""));
    return flarei_h2_reply_later(&h2->session, stream, rq->reply_status, fields, count);
}

bool flarei_h2_reply_submit(struct flarei_h2_connection *h2, const flare_request *rq,
                            struct flarei_h2_stream *stream)
{
    const struct flarei_h2_reply_head *const reply = reply_of(rq);
    const flare_str content = flarei_buffer_str(rq->out);
    flare_field fields[FLAREI_H2_REPLY_FIELDS_MAX];
    char digits[FLARE_U64_MAX_BYTES];
    size_t count = head_fields(reply, fields);

    if (rq->reply_status != 204 && rq->reply_status != 304)
        fields[count++] =
            (flare_field){FLARE_STR("content-length"), {digits, flare_u64_format(reply->length, digits)}};
    count = flarei_h2_reply_fields(rq, fields, count);
    return flarei_h2_reply(&h2->session, stream, rq->reply_status, fields, count, content);
}
