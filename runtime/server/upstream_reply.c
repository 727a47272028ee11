/* upstream_reply.c - proxy(): the head that the client gets. */
#include "server/upstream.h"

#include "http/layer.h"
#include "http/stream.h"
#include "server/stream_pass.h"
#include "wire/ws.h"

#include <flare/gen_reply.h>
#include <flare/text.h>

/* Fields of a reply, ours and the upstream's: as many as HTTP/2 sends besides what it adds. */
enum { FIELDS_MAX = 90 };

static bool is_one_of(flare_str name, const flare_str *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (flare_str_equal_nocase(name, names[i]))
            return true;
    return false;
}

/* What this service says itself holds; these may be said by both. */
static bool is_said(const flare_request *rq, size_t count, flare_str name)
{
    static const flare_str both[] = {FLARE_STR_INIT("set-cookie"), FLARE_STR_INIT("vary"),
                                     FLARE_STR_INIT("link"), FLARE_STR_INIT("server-timing")};

    for (size_t i = 0; i < count; i++)
        if (flare_str_equal_nocase(rq->reply_fields[i].name, name))
            return !is_one_of(name, both, sizeof both / sizeof both[0]);
    return false;
}

bool flarei_upstream_passes(const flare_field *fields, size_t count, flare_str name)
{
    static const flare_str ours[] = {FLARE_STR_INIT("content-length"), FLARE_STR_INIT("date")};

    return !flarei_hop_field(name) && !is_one_of(name, ours, sizeof ours / sizeof ours[0]) &&
           !flarei_connection_names(fields, count, name);
}

static bool keep(flare_request *rq, const flare_field *field, flare_field *kept)
{
    *kept = *field;
    return flarei_arena_copy(rq->arena, field->name, &kept->name) &&
           flarei_arena_copy(rq->arena, field->value, &kept->value);
}

static flare_err copy_fields(struct flarei_passing *passing)
{
    const flare_fetch_reply *const reply = passing->reply;
    flare_request *const rq = passing->rq;
    const size_t own = rq->reply_field_count;
    flare_field *const fields = flarei_arena_alloc(rq->arena, FIELDS_MAX * sizeof *fields);
    size_t count = own;

    if (fields == NULL)
        return FLARE_ERR_MEMORY;
    if (own != 0)
        memcpy(fields, rq->reply_fields, own * sizeof *fields);
    for (size_t i = 0; i < reply->field_count; i++) {
        const flare_field *const field = &reply->fields[i];

        if (!flarei_upstream_passes(reply->fields, reply->field_count, field->name) ||
            is_said(rq, own, field->name) ||
            (passing->connects && flare_str_equal_nocase(field->name, FLARE_STR("sec-websocket-accept"))))
            continue;
        if (count >= FIELDS_MAX - 3)
            return FLARE_ERR_LIMIT;
        if (!keep(rq, field, &fields[count++]))
            return FLARE_ERR_MEMORY;
    }
    fields[count++] = (flare_field){FLARE_STR("Via"), reply->version == 20   ? FLARE_STR("2.0 flare")
                                                      : reply->version == 10 ? FLARE_STR("1.0 flare")
                                                                             : FLARE_STR("1.1 flare")};
    if (reply->status == 101 && !passing->connects) {
        fields[count++] = (flare_field){FLARE_STR("Upgrade"), FLARE_STR("websocket")};
        fields[count++] = (flare_field){FLARE_STR("Connection"), FLARE_STR("Upgrade")};
    }
    rq->reply_fields = fields;
    rq->reply_field_count = (uint8_t)count;
    return FLARE_OK;
}

/* The upstream's Date, where it has one (RFC 9110, section 6.6.1). */
static bool keep_date(struct flarei_passing *passing)
{
    static const char name[] = "Date: ";
    const flare_str value = flare_fetch_field(passing->reply, FLARE_STR("date"));
    char *text;

    if (value.len == 0)
        return true;
    text = flarei_arena_alloc(passing->rq->arena, sizeof name - 1 + value.len + 2);
    if (text == NULL)
        return false;
    memcpy(text, name, sizeof name - 1);
    memcpy(text + sizeof name - 1, value.ptr, value.len);
    memcpy(text + sizeof name - 1 + value.len, "\r\n", 2);
    passing->rq->date = (flare_str){text, sizeof name - 1 + value.len + 2};
    passing->rq->stream.dated = true;
    return true;
}

/* Of a handshake that is ours: is it answered? What the two ends agree on beside that is theirs. @return what
 * is wrong; NULL: nothing */
static const char *switch_wrong(const struct flarei_passing *passing)
{
    const flare_fetch_reply *const reply = passing->reply;
    char accept[FLAREI_WS_ACCEPT_BYTES];
    bool upgrades = false, connects = false;
    unsigned accepts = 0;

    if (reply->status != 101) /* another success would say that there is a tunnel */
        return reply->status < 300 ? "it did not switch to WebSocket" : NULL;
    flarei_ws_accept((flare_str){passing->key, sizeof passing->key}, accept);
    for (size_t i = 0; i < reply->field_count; i++) {
        const flare_field *const field = &reply->fields[i];

        if (flare_str_equal_nocase(field->name, FLARE_STR("upgrade")))
            upgrades |= flarei_ws_list_has(field->value, FLARE_STR("websocket"));
        else if (flare_str_equal_nocase(field->name, FLARE_STR("connection")))
            connects |= flarei_ws_list_has(field->value, FLARE_STR("upgrade"));
        else if (flare_str_equal_nocase(field->name, FLARE_STR("sec-websocket-accept")))
            accepts += flare_str_equal(field->value, (flare_str){accept, sizeof accept}) ? 1 : 2;
    }
    if (!upgrades || !connects)
        return "it did not say that it switches to WebSocket";
    return accepts == 1 ? NULL : "its Sec-WebSocket-Accept is not the key's";
}

flare_err flarei_upstream_reply(struct flarei_passing *passing)
{
    flare_request *const rq = passing->rq;
    const flare_fetch_reply *const reply = passing->reply;
    const bool switches = reply->status == 101;
    const struct flarei_head head = {.status = switches && passing->connects ? 200 : reply->status};
    const flare_str length = flare_fetch_field(reply, FLARE_STR("content-length"));
    flare_err err;

    passing->why = passing->connects ? switch_wrong(passing) : NULL;
    if (passing->why != NULL)
        return FLARE_ERR_SYNTAX;
    while (rq->wire != NULL && !rq->wire->carries) /* no layer sees what is not made here */
        flarei_layer_pop(rq);
    err = copy_fields(passing);
    if (err == FLARE_OK && !keep_date(passing))
        err = FLARE_ERR_MEMORY;
    if (err != FLARE_OK)
        return err;
    passing->empty = reply->status == 204 || reply->status == 304;
    if (passing->empty)
        return FLARE_OK;
    if (switches) {
        flarei_stream_tunnel(rq);
        passing->tunnel = true;
    } else if (length.len != 0 && flare_u64_parse(length, &rq->stream.length) == FLARE_OK) {
        rq->stream.sized = true;
    }
    passing->opened = flarei_stream_open(rq, &head);
    return passing->opened ? FLARE_OK : FLARE_ERR_MEMORY;
}

void flarei_upstream_interim(flare_request *rq, const struct flarei_h1_response *response)
{
    flare_field fields[FIELDS_MAX];
    size_t count = 0;

    if (rq->state != FLAREI_REQUEST_OPEN || rq->stream.lost)
        return;
    for (size_t i = 0; i < response->field_count && count < FIELDS_MAX; i++)
        if (flarei_upstream_passes(response->fields, response->field_count, response->fields[i].name))
            fields[count++] = response->fields[i];
    flarei_stream_interim(rq, response->status, fields, count);
}
