#include "server/h2_connection.h"

#include "http/request.h"

#include <flare/memory.h>

#define SWITCHING "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"

/* Does a comma-separated list hold this token, in any case? */
static bool list_holds(flare_str list, flare_str token)
{
    while (list.len != 0) {
        const char *const comma = memchr(list.ptr, ',', list.len);
        flare_str member = {list.ptr, comma ? (size_t)(comma - list.ptr) : list.len};

        list.ptr += member.len + (comma != NULL);
        list.len -= member.len + (comma != NULL);
        while (member.len != 0 && (*member.ptr == ' ' || *member.ptr == '\t')) {
            member.ptr++;
            member.len--;
        }
        while (member.len != 0 && (member.ptr[member.len - 1] == ' ' || member.ptr[member.len - 1] == '\t'))
            member.len--;
        if (flare_str_equal_nocase(member, token))
            return true;
    }
    return false;
}

/* What is asked for: h2c by Upgrade, with HTTP2-Settings once, named by Connection too. @return its value, or
 * an empty slice */
static flare_str asked_settings(const struct flarei_h1_head *head)
{
    flare_str settings = {NULL, 0};
    bool h2c = false, named = false;
    unsigned count = 0;

    for (unsigned i = 0; i < head->field_count; i++) {
        const flare_field *const field = &head->fields[i];

        if (flare_str_equal_nocase(field->name, FLARE_STR("Upgrade"))) {
            h2c |= list_holds(field->value, FLARE_STR("h2c"));
        } else if (flare_str_equal_nocase(field->name, FLARE_STR("Connection"))) {
            named |= list_holds(field->value, FLARE_STR("HTTP2-Settings"));
        } else if (flare_str_equal_nocase(field->name, FLARE_STR("HTTP2-Settings"))) {
            settings = field->value;
            count++;
        }
    }
    return h2c && named && count == 1 ? settings : (flare_str){NULL, 0};
}

/* Fields of the HTTP/1 connection, and Host, which becomes :authority. */
static bool stays_behind(flare_str name)
{
    static const flare_str names[] = {FLARE_STR_INIT("Host"),
                                      FLARE_STR_INIT("Connection"),
                                      FLARE_STR_INIT("Upgrade"),
                                      FLARE_STR_INIT("HTTP2-Settings"),
                                      FLARE_STR_INIT("Keep-Alive"),
                                      FLARE_STR_INIT("Proxy-Connection"),
                                      FLARE_STR_INIT("Transfer-Encoding"),
                                      FLARE_STR_INIT("TE")};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (flare_str_equal_nocase(names[i], name))
            return true;
    return false;
}

/* HTTP/2's names are in lower case. @return false without memory */
static bool lower(flare_arena *arena, flare_str *name)
{
    char *const copy = flarei_arena_alloc(arena, name->len);

    if (copy == NULL)
        return false;
    for (size_t i = 0; i < name->len; i++)
        copy[i] = name->ptr[i] >= 'A' && name->ptr[i] <= 'Z' ? (char)(name->ptr[i] | 0x20) : name->ptr[i];
    name->ptr = copy;
    return true;
}

/* The target as :path has it: without the scheme and authority of an absolute-form. */
static bool path_of(flare_arena *arena, const struct flarei_h1_head *head, flare_str *path)
{
    const size_t bytes = head->path.len + (head->query.ptr != NULL) + head->query.len;
    char *copy;

    *path = head->target;
    if (head->target_form != FLAREI_H1_ABSOLUTE_FORM)
        return true;
    copy = flarei_arena_alloc(arena, bytes);
    if (copy == NULL)
        return false;
    memcpy(copy, head->path.ptr, head->path.len);
    if (head->query.ptr != NULL) {
        copy[head->path.len] = '?';
        memcpy(copy + head->path.len + 1, head->query.ptr, head->query.len);
    }
    *path = (flare_str){copy, bytes};
    return true;
}

static void copy_head(struct flarei_h2_head *to, const struct flarei_h1_head *from)
{
    flare_str path;

    if (!path_of(to->arena, from, &path)) {
        to->no_memory = true;
        return;
    }
    flarei_h2_head_field(to, FLARE_STR(":method"), from->method_token, true);
    flarei_h2_head_field(to, FLARE_STR(":authority"), from->host, true);
    flarei_h2_head_field(to, FLARE_STR(":path"), path, true);
    for (unsigned i = 0; i < from->field_count; i++) {
        flare_str name = from->fields[i].name;

        if (stays_behind(name))
            continue;
        if (!lower(to->arena, &name)) {
            to->no_memory = true;
            return;
        }
        flarei_h2_head_field(to, name, from->fields[i].value, true);
    }
}

/* The request that asked becomes stream 1. @return false: no memory, or malformed settings */
static bool first_stream(struct flarei_h2_connection *h2, const struct flarei_exchange *from,
                         flare_str settings)
{
    struct flarei_h2_stream *stream = flarei_h2_request_events.begin(h2);
    struct flarei_h2_request *request;
    struct flarei_exchange *to;
    int refusal;

    if (stream == NULL)
        return false;
    request = FLARE_OWNER(stream, struct flarei_h2_request, stream);
    to = request->exchange;
    copy_head(&h2->head, &from->head);
    if (from->rq.body.len != 0) {
        to->body = flarei_malloc(from->rq.body.len);
        if (to->body == NULL)
            return false;
        memcpy(to->body, from->rq.body.ptr, from->rq.body.len);
        to->body_bytes = to->body_capacity = from->rq.body.len;
    }
    refusal = flarei_h2_head_end(&h2->head, true);
    if (!flarei_h2_upgrade(&h2->session, settings, from->rq.head_only, stream))
        return false;
    flarei_h2_request_events.request(h2, stream, refusal);
    return true;
}

bool flarei_h2_connection_upgrade(struct flarei_connection *connection, struct flarei_exchange *exchange)
{
    const flare_str settings = asked_settings(&exchange->head);
    flare_buffer *const out = exchange->rq.out;

    if (settings.ptr == NULL || exchange->head.chunked || !exchange->rq.body_complete ||
        !exchange->rq.keep_alive)
        return false;
    if (!flarei_h2_connection_begin(connection))
        return false;
    if (!first_stream(connection->h2, exchange, settings) ||
        !flarei_buffer_append_str(out, FLARE_STR(SWITCHING))) {
        flarei_h2_connection_free(connection);
        connection->phase = FLAREI_PHASE_HEAD;
        return false;
    }
    flarei_exchange_abandon(connection);
    return true;
}
