/* compress.c - compress(): replies in a content coding that the client takes (RFC 9110 sections 8.4, 12.5.3).
 * It is a layer over the wire: of a reply that is worth it the content is written aside, coded, and handed
 * on. */
#include "http/accept.h"
#include "http/coding.h"
#include "http/layer.h"

#include <flare/text.h>

struct compressing {
    struct flarei_layer_aside aside;
    const struct flarei_compress *how;
    const struct flarei_encoder *encoder;
};

/* What gets smaller. */
static const flare_str media_types[] = {
    FLARE_STR_INIT("text/*"),
    FLARE_STR_INIT("application/json"),
    FLARE_STR_INIT("+json"),
    FLARE_STR_INIT("+xml"),
    FLARE_STR_INIT("application/xml"),
    FLARE_STR_INIT("application/javascript"),
    FLARE_STR_INIT("application/x-ndjson"),
    FLARE_STR_INIT("application/yaml"),
    FLARE_STR_INIT("application/wasm"),
    FLARE_STR_INIT("application/x-tar"),
    FLARE_STR_INIT("font/ttf"),
    FLARE_STR_INIT("font/otf"),
    FLARE_STR_INIT("image/bmp"),
};

static bool has_member(flare_str list, flare_str name)
{
    flare_str member;

    while (flarei_list_next(&list, &member)) {
        if (flare_str_equal_nocase(member, name))
            return true;
    }
    return false;
}

/* May the content of this reply be coded, and is it of a kind that is worth it? One whose tag is baked in its
 * head is not: the tag would have to be another. */
static bool is_worth_coding(const flare_request *rq, const struct flarei_head *head)
{
    flare_str value;

    if (rq->head_only || head->status < 200 || head->status == 204 || head->status == 206 ||
        head->status == 304 || head->secret)
        return false;
    if (!flarei_media_type_among(media_types, sizeof media_types / sizeof *media_types, head->content_type) ||
        flare_str_equal_nocase(head->content_type, FLARE_STR("text/event-stream")))
        return false;
    if (flarei_reply_has(rq, head, FLARE_STR("Content-Encoding"), &value) ||
        flarei_reply_has(rq, head, FLARE_STR("Content-Range"), &value))
        return false;
    if (flarei_reply_has(rq, head, FLARE_STR("Cache-Control"), &value) &&
        has_member(value, FLARE_STR("no-transform")))
        return false;
    for (uint32_t i = 0; i < head->field_count; i++) {
        if (flare_str_equal_nocase(head->fields[i].name, FLARE_STR("ETag")))
            return false;
    }
    return true;
}

/* Two codings of one content are not the same bytes: a strong tag becomes a weak one (section 8.8.1). */
static bool weaken_tag(flare_request *rq)
{
    for (uint32_t i = 0; i < rq->reply_field_count; i++) {
        flare_field *const field = &rq->reply_fields[i];
        char *text;

        if (!flare_str_equal_nocase(field->name, FLARE_STR("ETag")) || field->value.len == 0 ||
            field->value.ptr[0] != '"')
            continue;
        text = (char *)flarei_arena_alloc(rq->arena, field->value.len + 2);
        if (text == NULL)
            return false;
        memcpy(text, "W/", 2);
        memcpy(text + 2, field->value.ptr, field->value.len);
        field->value = (flare_str){text, field->value.len + 2};
    }
    return true;
}

/* Hands on what is known whole. */
static flare_reply hand_on(flare_request *rq, const struct flarei_head *head, flare_str content, bool worth)
{
    const struct compressing *const of = (const struct compressing *)rq->layer;
    flare_buffer *coded;

    flarei_layer_pop(rq);
    if (!worth || content.len < of->how->min_bytes)
        return flarei_reply_whole(rq, head, content);
    coded = flarei_layer_made();
    if (coded == NULL || !of->encoder->encode(content, of->how->level, coded) ||
        flarei_buffer_len(coded) >= content.len)
        return flarei_reply_whole(rq, head, content);
    if (!weaken_tag(rq) ||
        flarei_reply_field_constant(rq, FLARE_STR("Content-Encoding"), of->encoder->name) != FLARE_OK)
        return flarei_reply_fail(rq, "no memory for the fields of a coded reply");
    return flarei_reply_whole(rq, head, flarei_buffer_str(coded));
}

static flare_reply whole(flare_request *rq, const struct flarei_head *head, flare_str body)
{
    return hand_on(rq, head, body, is_worth_coding(rq, head));
}

static flare_buffer *open(flare_request *rq, const struct flarei_head *head, size_t length_hint)
{
    return flarei_layer_open(rq, head, length_hint, is_worth_coding(rq, head));
}

static flare_reply close(flare_request *rq)
{
    const struct flarei_layer_aside *const of = (const struct flarei_layer_aside *)rq->layer;

    if (!flarei_layer_written(of))
        return flarei_layer_fail(rq);
    return hand_on(rq, of->head, flarei_buffer_str(of->content), true);
}

/* Each send is coded and flushed, so that the client can read what was sent. */
static void stream(flare_request *rq, const struct flarei_head *head)
{
    const struct compressing *const of = (const struct compressing *)rq->layer;
    struct flarei_coder *coder;

    flarei_layer_pop(rq);
    if (!is_worth_coding(rq, head))
        return;
    coder = (struct flarei_coder *)flarei_arena_alloc(rq->arena, sizeof *coder);
    if (coder == NULL)
        return;
    coder->state = of->encoder->begin(of->how->level);
    if (coder->state == NULL)
        return;
    if (!weaken_tag(rq) ||
        flarei_reply_field_constant(rq, FLARE_STR("Content-Encoding"), of->encoder->name) != FLARE_OK) {
        of->encoder->end(coder->state);
        return;
    }
    coder->encoder = of->encoder;
    flarei_buffer_init(&coder->out, FLAREI_CODER_OUT_MAX_BYTES);
    rq->stream.coder = coder;
}

static const struct flarei_wire wire = {.open = open, .close = close, .whole = whole, .stream = stream};

void flarei_use_compress(flare_request *rq, const struct flarei_compress *how)
{
    int weights[FLAREI_CODINGS_MAX + 2] = {-1, -1, -1, -1, -1, -1};
    flare_str names[FLAREI_CODINGS_MAX];
    struct compressing *of;
    bool asked = false;
    size_t chosen;

    /* Without it a cache could give a coded reply to a client that takes none. */
    (void)flarei_reply_field_kept(rq, FLARE_STR("Vary"), FLARE_STR("Accept-Encoding"));
    for (uint32_t i = 0; i < how->encoder_count; i++)
        names[i] = how->encoders[i]->name;
    for (uint32_t i = 0; i < rq->field_count; i++) {
        if (rq->fields[i].name.len == sizeof "Accept-Encoding" - 1 &&
            flare_str_equal_nocase(rq->fields[i].name, FLARE_STR("Accept-Encoding"))) {
            flarei_accept_codings(rq->fields[i].value, names, how->encoder_count, weights);
            asked = true;
        }
    }
    chosen = asked ? flarei_accept_choose(weights, how->encoder_count) : how->encoder_count;
    if (chosen == how->encoder_count || rq->head_only)
        return;
    of = (struct compressing *)flarei_layer_push(rq, &wire, sizeof *of);
    if (of == NULL)
        return;
    of->how = how;
    of->encoder = how->encoders[chosen];
    of->aside.content = NULL;
}
