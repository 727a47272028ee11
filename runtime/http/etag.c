/* etag.c - etag(): replies to GET and HEAD say which version they are, and conditions of the request are
 * judged by that (RFC 9110, sections 8.8 and 13). It is a layer over the wire: the content is written aside.
 */
#include "base/hash.h"
#include "http/conditional.h"
#include "http/layer.h"

#include <flare/gen_use.h>
#include <flare/text.h>

enum { TAG_MAX_BYTES = sizeof("W/\"0123456789abcdef\"") - 1 };

struct tagging {
    struct flarei_layer_aside aside;
    bool weak;
    char tag[TAG_MAX_BYTES];
};

static flare_str make_tag(struct tagging *of, flare_str content)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t hash = flarei_hash64(content);
    char *to = of->tag;

    if (of->weak) {
        *to++ = 'W';
        *to++ = '/';
    }
    *to++ = '"';
    for (unsigned i = 0; i < 16; i++, hash <<= 4)
        *to++ = digits[hash >> 60];
    *to++ = '"';
    return (flare_str){of->tag, (size_t)(to - of->tag)};
}

/* Hands on what is known whole, or what the conditions make of it. */
static flare_reply hand_on(flare_request *rq, const struct flarei_head *head, flare_str content)
{
    struct tagging *const of = (struct tagging *)rq->layer;
    const flare_time now = flarei_clock_wall();
    struct flarei_validators validators = {.has_modified = false};
    flare_str date;

    flarei_layer_pop(rq);
    if (!flarei_reply_has(rq, head, FLARE_STR("ETag"), &validators.etag) && head->status == 200) {
        validators.etag = make_tag(of, content);
        if (flarei_reply_field_constant(rq, FLARE_STR("ETag"), validators.etag) != FLARE_OK)
            return flarei_reply_fail(rq, "no memory for the reply's tag");
    }
    if (flarei_reply_has(rq, head, FLARE_STR("Last-Modified"), &date))
        validators.has_modified = flare_time_http_parse(date, now, &validators.modified) == FLARE_OK;
    switch (flarei_condition_judge(rq->fields, rq->field_count, true, &validators, now)) {
    case FLAREI_CONDITION_NOT_MODIFIED:
        return flarei_reply_not_modified(rq, head);
    case FLAREI_CONDITION_FAILED:
        flarei_reply_undo(rq);
        return flarei_reply_problem_of(rq, 412, FLARE_STR(""), FLARE_STR(""));
    case FLAREI_CONDITION_GO_ON:
        break;
    }
    return flarei_reply_whole(rq, head, content);
}

/* Without them the reply would be one that conditions are about (section 13.2.1). */
static bool is_tagged(const struct flarei_head *head)
{
    return head->status == 200 || head->status == 203 || head->status == 204;
}

static flare_reply whole(flare_request *rq, const struct flarei_head *head, flare_str body)
{
    if (is_tagged(head))
        return hand_on(rq, head, body);
    flarei_layer_pop(rq);
    return flarei_reply_whole(rq, head, body);
}

static flare_buffer *open(flare_request *rq, const struct flarei_head *head, size_t length_hint)
{
    return flarei_layer_open(rq, head, length_hint, is_tagged(head));
}

static flare_reply close(flare_request *rq)
{
    const struct flarei_layer_aside *const of = (const struct flarei_layer_aside *)rq->layer;

    if (!flarei_layer_written(of))
        return flarei_layer_fail(rq);
    return hand_on(rq, of->head, flarei_buffer_str(of->content));
}

static const struct flarei_wire wire = {.open = open, .close = close, .whole = whole};

void flarei_use_etag(flare_request *rq, bool weak)
{
    struct tagging *of;

    if (rq->method != FLARE_METHOD_GET && rq->method != FLARE_METHOD_HEAD)
        return;
    of = (struct tagging *)flarei_layer_push(rq, &wire, sizeof *of);
    if (of == NULL)
        return;
    of->aside.content = NULL;
    of->weak = weak;
}
