/* inflate.c - inflate(): request bodies in a content coding. What comes out is within a limit of its own, or
 * the one that the body has anyway, so a bomb is a 413. */
#include "http/coding.h"
#include "http/inflate.h"
#include "http/layer.h"

#include <flare/memory.h>
#include <flare/text.h>

enum { CODINGS_MAX = 4 }; /* on one body */

void flarei_use_inflate(flare_request *rq, const struct flarei_inflate *how)
{
    rq->inflate = how;
    rq->marks |= FLAREI_MARK_INFLATE;
    rq->inflate_calls = &flarei_inflate_calls;
}

static const struct flarei_decoder *decoder_of(const struct flarei_inflate *how, flare_str name)
{
    if (flare_str_equal_nocase(name, FLARE_STR("x-gzip")))
        name = FLARE_STR("gzip");
    for (uint32_t i = 0; i < how->decoder_count; i++) {
        if (flare_str_equal_nocase(how->decoders[i]->name, name))
            return how->decoders[i];
    }
    return NULL;
}

/* The codings of a body, in the order in which they were applied. @return how many; -1 for one that is not
 * known, or too many */
static int codings_of(const flare_request *rq, const struct flarei_decoder *decoders[static CODINGS_MAX])
{
    int count = 0;

    for (uint32_t i = 0; i < rq->field_count; i++) {
        flare_str rest = rq->fields[i].value, member;

        if (!flare_str_equal_nocase(rq->fields[i].name, FLARE_STR("Content-Encoding")))
            continue;
        while (flarei_list_next(&rest, &member)) {
            if (member.len == 0 || flare_str_equal_nocase(member, FLARE_STR("identity")))
                continue;
            if (count == CODINGS_MAX || (decoders[count] = decoder_of(rq->inflate, member)) == NULL)
                return -1;
            count++;
        }
    }
    return count;
}

static bool is_known(const flare_request *rq)
{
    const struct flarei_decoder *decoders[CODINGS_MAX];

    return codings_of(rq, decoders) >= 0;
}

static unsigned refusal_of(flare_err err, flare_str *detail)
{
    if (err == FLARE_ERR_LIMIT) {
        *detail = FLARE_STR("the body is too large once it is decoded");
        return 413;
    }
    if (err == FLARE_ERR_MEMORY) {
        *detail = FLARE_STR("no memory for the body");
        return 503;
    }
    *detail = FLARE_STR("the body is not of its content coding");
    return 400;
}

static flare_err decode(flare_request *rq, uint64_t max_bytes)
{
    const struct flarei_decoder *decoders[CODINGS_MAX];
    flare_err err = FLARE_OK;
    flare_str body = rq->body;

    for (int i = codings_of(rq, decoders); i > 0 && err == FLARE_OK; i--) {
        flare_buffer out;
        /* One more than it may have, so that a body of just the limit is told from a longer one. */
        const size_t room = max_bytes < SIZE_MAX / 4 ? (size_t)max_bytes + 1 : SIZE_MAX / 4;

        flarei_buffer_init(&out, room);
        err = decoders[i - 1]->decode(body, &out);
        if (err == FLARE_OK && flarei_buffer_len(&out) > max_bytes)
            err = FLARE_ERR_LIMIT;
        if (err == FLARE_OK) {
            flarei_arena_raise(rq->arena, flarei_buffer_len(&out) + 64);
            if (!flarei_arena_copy(rq->arena, flarei_buffer_str(&out), &body))
                err = FLARE_ERR_MEMORY;
        }
        flarei_buffer_free(&out);
    }
    if (err == FLARE_OK)
        rq->body = body;
    return err;
}

static bool decode_body(flare_request *rq, uint64_t max_bytes)
{
    const flare_err err = decode(rq, max_bytes);

    if (err == FLARE_OK)
        return true;
    rq->body_refusal = (uint16_t)refusal_of(err, &rq->body_refusal_detail);
    return false;
}

const struct flarei_inflate_calls flarei_inflate_calls = {is_known, decode_body};
