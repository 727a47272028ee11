/* Messages of a typed call's WebSocket: those that come are kept until somebody asks for them, and those that
 * go are what the service takes. */
#include "client/call.h"

#include "http/websocket.h"

#include <flare/text.h>

enum {
    KEPT_BYTES = 65536, /* of messages that nobody asked for; then the server waits */
    SAID_MAX_BYTES = 65536
};

/* What stands before a message that is kept. */
struct head {
    size_t bytes;
    bool is_text;
};

static flare_arena *arena_of(struct flarei_calling *calling)
{
    return &calling->call->kept->arena;
}

/* ---- What comes ---- */

void flarei_call_keep(struct flarei_call_socket *socket, bool is_text, flare_str payload)
{
    const struct head head = {payload.len, is_text};

    if (socket->rule->hears == FLAREI_MESSAGES_NONE) {
        flarei_call_breach(socket, FLARE_WS_UNSUPPORTED, FLARE_STR("no message is expected"));
        return;
    }
    if (flarei_buffer_reserve(&socket->kept, sizeof head + payload.len) == NULL) {
        socket->err = FLARE_ERR_MEMORY;
        (void)flare_ws_client_close(socket->ws, FLARE_WS_INTERNAL, FLARE_STR(""));
        return;
    }
    (void)flarei_buffer_append(&socket->kept, &head, sizeof head);
    (void)flarei_buffer_append_str(&socket->kept, payload);
    socket->full = flarei_buffer_len(&socket->kept) >= KEPT_BYTES;
    if (socket->full)
        flare_ws_client_pause(socket->ws);
}

static bool has_message(const struct flarei_call_socket *socket)
{
    return flarei_buffer_len(&socket->kept) != 0 || socket->over || socket->late;
}

/* Waits until something is kept. */
static flare_err await_message(struct flarei_call_socket *socket, uint64_t timeout_ms)
{
    const bool timed = timeout_ms != FLARE_FOREVER && !has_message(socket);
    flare_err err;

    if (timed) {
        socket->late = false;
        if (socket->client->own_loop)
            flare_loop_update_now(socket->client->loop);
        flare_timer_set(socket->client->loop, &socket->patience, timeout_ms);
    }
    err = flarei_call_socket_wait(socket, &socket->listener, true, has_message);
    if (timed && socket->client != NULL)
        flare_timer_cancel(socket->client->loop, &socket->patience);
    socket->late = false;
    if (err == FLARE_OK && flarei_buffer_len(&socket->kept) == 0)
        err = !socket->over ? FLARE_ERR_TIMEOUT : socket->err != FLARE_OK ? socket->err : FLARE_ERR_CLOSED;
    return err;
}

/* What is kept is handed out from now on, and there is room again. */
static void turn_over(struct flarei_call_socket *socket)
{
    const flare_buffer given = socket->given;

    socket->given = socket->kept;
    socket->kept = given;
    flarei_buffer_clear(&socket->kept);
    if (socket->full && socket->ws != NULL)
        flare_ws_client_resume(socket->ws);
    socket->full = false;
}

static flare_str take_first(struct flarei_call_socket *socket, bool *is_text)
{
    const flare_str rest = flarei_buffer_str(&socket->given);
    struct head head;

    memcpy(&head, rest.ptr, sizeof head);
    *is_text = head.is_text;
    flarei_buffer_consume(&socket->given, sizeof head + head.bytes);
    return (flare_str){rest.ptr + sizeof head, head.bytes};
}

flare_err flarei_call_message(struct flarei_calling *calling, flare_call *call, bool is_text,
                              uint64_t timeout_ms)
{
    struct flarei_call_socket *const socket = flarei_call_socket_of(call);
    flare_err err = FLARE_OK;

    *calling = (struct flarei_calling){.call = call};
    if (socket == NULL || socket->listener != NULL)
        return FLARE_ERR_STATE;
    /* What the last one took. */
    if (socket->marked)
        flarei_arena_rewind(arena_of(calling), socket->mark);
    socket->mark = flarei_arena_mark_get(arena_of(calling));
    socket->marked = true;
    if (socket->breached)
        flarei_buffer_clear(&socket->given);
    if (flarei_buffer_len(&socket->given) == 0) {
        err = await_message(socket, timeout_ms);
        flarei_call_tell_socket(call, socket);
        if (err != FLARE_OK)
            return err;
        turn_over(socket);
    }
    calling->content = take_first(socket, &calling->is_text);
    if (calling->is_text == is_text)
        return FLARE_OK;
    call->why = is_text ? "the message is bytes, not a text" : "the message is a text, not bytes";
    flarei_call_breach(socket, FLARE_WS_UNSUPPORTED, FLARE_STR("a message of this kind is not taken"));
    return FLARE_ERR_CONTRACT;
}

const char *flarei_call_message_read(struct flarei_calling *calling, struct flarei_json *json)
{
    return flarei_json_begin(json, calling->content, arena_of(calling));
}

flare_err flarei_call_message_checked(struct flarei_calling *calling, struct flarei_json *json,
                                      const char *at)
{
    char reason[FLAREI_WS_CONTROL_MAX_BYTES];
    const flare_err err =
        flarei_call_judge(calling, json, at, "the message is not as the spec says: see the failures");

    if (err == FLARE_ERR_CONTRACT)
        flarei_call_breach(calling->call->kept->socket, FLARE_WS_DATA, flarei_ws_json_reason(json, reason));
    return err;
}

/* ---- What goes ---- */

flare_err flarei_call_say_begin(struct flarei_calling *calling, flare_call *call)
{
    struct flarei_call_socket *const socket = flarei_call_socket_of(call);

    *calling = (struct flarei_calling){.call = call};
    if (socket == NULL || socket->speaker != NULL)
        return FLARE_ERR_STATE;
    flarei_buffer_clear(&call->kept->body);
    return FLARE_OK;
}

/* Of a text whether it is one, and of all how long it is. */
static flare_err check_said(struct flarei_calling *calling, bool is_text, flare_str said)
{
    const struct flarei_call_rule *const rule = calling->call->kept->socket->rule;
    size_t scalars;

    if (is_text && calling->content.len != 0 && !flare_utf8_count(said, FLARE_UTF8_ANY, &scalars))
        flarei_call_note(calling, FLAREI_IN_BODY, FLARE_STR(""), FLAREI_RULE_UTF8);
    if (calling->err != FLARE_OK)
        return calling->err;
    if (calling->call->failure_count != 0) {
        calling->call->why = "what is said is not as the spec says: see the failures";
        return FLARE_ERR_ARGUMENT;
    }
    if (said.len > (rule->message_max_bytes != 0 ? rule->message_max_bytes : SAID_MAX_BYTES)) {
        calling->call->why = "the message is longer than the service takes";
        return FLARE_ERR_LIMIT;
    }
    return FLARE_OK;
}

static bool has_room(const struct flarei_call_socket *socket)
{
    return socket->room || socket->over;
}

flare_err flarei_call_say(struct flarei_calling *calling, bool is_text)
{
    struct flarei_call_kept *const kept = calling->call->kept;
    struct flarei_call_socket *const socket = kept->socket;
    const flare_str said = calling->content.len != 0 ? calling->content : flarei_buffer_str(&kept->body);
    flare_err err = check_said(calling, is_text, said);

    while (err == FLARE_OK) {
        socket->room = false;
        err = socket->ws == NULL ? FLARE_ERR_CLOSED
              : is_text          ? flare_ws_client_send_text(socket->ws, said)
                                 : flare_ws_client_send_bytes(socket->ws, said);
        if (err != FLARE_ERR_AGAIN)
            break;
        err = flarei_call_socket_wait(socket, &socket->speaker, false, has_room);
    }
    flarei_call_tell_socket(calling->call, socket);
    if (err == FLARE_ERR_CLOSED && socket->breached) {
        calling->call->why = "the server sent what the spec does not declare";
        err = FLARE_ERR_CONTRACT;
    }
    return err;
}
