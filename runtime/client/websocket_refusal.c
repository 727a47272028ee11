/* What a server replies in place of opening a socket: its head, and as much of its content as is asked for.
 */
#include "client/websocket.h"

#include "wire/h1_response.h"

#include <flare/memory.h>

enum { FIELDS_MAX = 256 };

struct flarei_ws_refusal {
    flare_ws_client_refusal told;
    flare_arena arena; /* of the head */
    flare_buffer content;
    struct flarei_h1_chunked chunked;
    uint64_t left;   /* of content by length */
    uint8_t framing; /* enum flarei_h1_framing */
    bool whole;
};

static const struct flarei_h1_limits limits = {FLARE_WS_CLIENT_HEAD_MAX_BYTES,
                                               FLARE_WS_CLIENT_HEAD_MAX_BYTES - 1, FIELDS_MAX, 8192, 256};

void flarei_ws_refusal_free(struct flarei_ws_refusal *refusal)
{
    if (refusal == NULL)
        return;
    flarei_buffer_free(&refusal->content);
    flarei_arena_free(&refusal->arena);
    flarei_free(refusal);
}

const flare_ws_client_refusal *flare_ws_client_refused(const flare_ws_client *ws)
{
    return ws->refusal != NULL && ws->refusal->whole ? &ws->refusal->told : NULL;
}

static flare_err end(struct flarei_ws_refusal *refusal)
{
    refusal->told.content = flarei_buffer_str(&refusal->content);
    refusal->whole = true;
    return FLARE_ERR_REFUSED;
}

/* ---- The head ---- */

static flare_err read_head(flare_ws_client *ws, flare_str head)
{
    struct flarei_ws_refusal *const refusal = ws->refusal;
    struct flarei_h1_response response = {.field_capacity = FIELDS_MAX};
    flare_str kept;
    ptrdiff_t used;

    response.fields = flarei_arena_alloc_array(&refusal->arena, FIELDS_MAX, sizeof *response.fields);
    if (response.fields == NULL || !flarei_arena_copy(&refusal->arena, head, &kept))
        return FLARE_ERR_MEMORY;
    used = flarei_h1_parse_response(&limits, kept.ptr, kept.len, FLARE_METHOD_GET, &response);
    if (used <= 0) {
        ws->why = used < 0 ? flarei_h1_refusal_text(used).ptr : "the server's reply is not HTTP/1.1";
        return FLARE_ERR_SYNTAX;
    }
    refusal->told.fields = response.fields;
    refusal->told.field_count = response.field_count;
    refusal->framing = response.framing;
    refusal->left = response.content_length;
    if (response.framing == FLAREI_H1_BY_CHUNKS)
        flarei_h1_chunked_init(&refusal->chunked, &limits, UINT64_MAX);
    return response.framing == FLAREI_H1_NO_CONTENT ||
                   (response.framing == FLAREI_H1_BY_LENGTH && response.content_length == 0)
               ? end(refusal)
               : FLARE_ERR_AGAIN;
}

/* Over HTTP/2 it was read, and goes with its stream. */
static flare_err copy_head(flare_ws_client *ws)
{
    struct flarei_ws_refusal *const refusal = ws->refusal;
    size_t count;
    const flare_field *const from = flarei_ws_h2_fields(ws->h2, &count);
    flare_field *const fields = flarei_arena_alloc_array(&refusal->arena, count, sizeof *fields);

    if (fields == NULL && count != 0)
        return FLARE_ERR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (!flarei_arena_copy(&refusal->arena, from[i].name, &fields[i].name) ||
            !flarei_arena_copy(&refusal->arena, from[i].value, &fields[i].value))
            return FLARE_ERR_MEMORY;
    }
    refusal->told.fields = fields;
    refusal->told.field_count = count;
    return FLARE_ERR_AGAIN;
}

flare_err flarei_ws_client_refuse(flare_ws_client *ws, flare_str head)
{
    struct flarei_ws_refusal *refusal;

    if (ws->refusal_max_bytes == 0)
        return FLARE_ERR_REFUSED;
    refusal = flarei_calloc(1, sizeof *refusal);
    if (refusal == NULL)
        return FLARE_ERR_MEMORY;
    ws->refusal = refusal;
    refusal->told.status = ws->status;
    refusal->told.version = ws->h2 != NULL ? 20 : 11;
    refusal->framing = FLAREI_H1_UNTIL_CLOSED;
    flarei_arena_init(&refusal->arena, 1024, 4 * FLARE_WS_CLIENT_HEAD_MAX_BYTES);
    flarei_buffer_init(&refusal->content, ws->refusal_max_bytes);
    return head.len != 0 ? read_head(ws, head) : copy_head(ws);
}

/* ---- The content ---- */

static flare_err keep(flare_ws_client *ws, flare_str part)
{
    flare_buffer *const content = &ws->refusal->content;

    if (part.len > ws->refusal_max_bytes - flarei_buffer_len(content))
        return FLARE_ERR_LIMIT;
    return flarei_buffer_append_str(content, part) ? FLARE_OK : FLARE_ERR_MEMORY;
}

static flare_err take_chunks(flare_ws_client *ws, flare_str *input)
{
    flare_err err = FLARE_OK;

    while (err == FLARE_OK) {
        struct flarei_h1_chunked_part part;
        const int event = flarei_h1_chunked_next(&ws->refusal->chunked, input, &part);

        if (event == FLAREI_H1_CHUNKED_MORE)
            return FLARE_OK;
        if (event == FLAREI_H1_CHUNKED_END)
            return end(ws->refusal);
        if (event == FLAREI_H1_CHUNKED_DATA)
            err = keep(ws, part.data);
        if (event < 0) {
            ws->why = flarei_h1_refusal_text(event).ptr;
            err = FLARE_ERR_SYNTAX;
        }
    }
    return err;
}

static flare_err take_bytes(flare_ws_client *ws, flare_str *input)
{
    struct flarei_ws_refusal *const refusal = ws->refusal;
    const bool counted = refusal->framing == FLAREI_H1_BY_LENGTH;
    flare_str part = *input;
    flare_err err;

    if (counted && part.len > refusal->left)
        part.len = (size_t)refusal->left;
    *input = (flare_str){input->ptr + part.len, input->len - part.len};
    err = keep(ws, part);
    refusal->left -= counted ? part.len : 0;
    return err == FLARE_OK && counted && refusal->left == 0 ? end(refusal) : err;
}

ptrdiff_t flarei_ws_refusal_take(flare_ws_client *ws, flare_str bytes)
{
    flare_str left = bytes;
    const flare_err err =
        ws->refusal->framing == FLAREI_H1_BY_CHUNKS ? take_chunks(ws, &left) : take_bytes(ws, &left);

    return err == FLARE_OK ? (ptrdiff_t)(bytes.len - left.len) : (ptrdiff_t)err;
}

bool flarei_ws_refusal_ended(const flare_ws_client *ws)
{
    if (ws->refusal == NULL || ws->refusal->framing != FLAREI_H1_UNTIL_CLOSED)
        return false;
    (void)end(ws->refusal);
    return true;
}
