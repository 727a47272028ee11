/* Rooms are lists of members. A socket belongs to its worker's thread, so this service is run with one
 * worker. */
#include "ws_chat.flare.h"

#include <stdlib.h>

struct member {
    struct member *next;
    struct room *room;
    flare_ws *ws;
    char name[20 * 4]; /* bytes of 20 characters, at most */
    size_t name_bytes;
};

struct room {
    const char *name;
    struct member *members;
    uint32_t present;
};

struct ws_chat_state {
    struct room rooms[2];
};

struct ws_chat_state *ws_chat_state_open(void)
{
    struct ws_chat_state *const state = calloc(1, sizeof *state);

    if (state != NULL) {
        state->rooms[0].name = "lobby";
        state->rooms[1].name = "kitchen";
    }
    return state;
}

void ws_chat_state_close(struct ws_chat_state *state)
{
    free(state);
}

/* One frame for all. Who does not read is not waited for: it misses what does not fit. */
static void tell(const struct room *room, const struct member *from, flare_str text)
{
    const ws_chat_heard heard = {
        .from = {from->name, from->name_bytes}, .text = text, .present = room->present};
    flare_ws_frame *const frame = ws_chat_room_frame(&heard);

    for (const struct member *member = room->members; frame != NULL && member != NULL; member = member->next)
        (void)flare_ws_frame_send(frame, member->ws);
    flare_ws_frame_free(frame);
}

ws_chat_room_reply ws_chat_room_open(flare_request *rq, const ws_chat_room_in *in, flare_ws *ws)
{
    struct ws_chat_state *const state = ws_chat_state_of(rq);
    ws_chat_room_reply accepted;
    struct member *member;

    for (size_t i = 0; i < sizeof state->rooms / sizeof *state->rooms; i++) {
        struct room *const room = &state->rooms[i];

        if (!flare_str_equal(in->room, flare_str_of(room->name)))
            continue;
        member = calloc(1, sizeof *member);
        if (member == NULL)
            return ws_chat_room_fail(rq, "no memory for a member");
        *member = (struct member){room->members, room, ws, "", in->name.len};
        memcpy(member->name, in->name.ptr, in->name.len);
        flare_ws_set_data(ws, member);
        accepted = ws_chat_room_accept(rq, ws);
        room->members = member;
        room->present++;
        tell(room, member, FLARE_STR("came in"));
        return accepted;
    }
    return ws_chat_room_no_room(rq);
}

void ws_chat_room_message(flare_ws *ws, const ws_chat_said *message)
{
    const struct member *const member = flare_ws_data(ws);

    tell(member->room, member, message->text);
}

void ws_chat_room_close(flare_ws *ws, unsigned code)
{
    struct member *const member = flare_ws_data(ws);
    struct room *const room = member->room;
    struct member **link = &room->members;

    (void)code;
    while (*link != member)
        link = &(*link)->next;
    *link = member->next;
    room->present--;
    tell(room, member, FLARE_STR("left"));
    free(member);
}

ws_chat_page_reply ws_chat_page(flare_request *rq)
{
    return ws_chat_page_ok(
        rq, FLARE_STR("<!doctype html>\n"
                      "<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Chat</title></head><body>\n"
                      "<h1>Lobby</h1>\n"
                      "<ul id=\"heard\"></ul>\n"
                      "<form id=\"say\"><input id=\"text\" maxlength=\"500\" autofocus> "
                      "<button>Say</button></form>\n"
                      "<script>\n"
                      "const name = new URLSearchParams(location.search).get('name') ?? 'somebody';\n"
                      "const scheme = location.protocol === 'https:' ? 'wss' : 'ws';\n"
                      "const socket = new WebSocket(`${scheme}://${location.host}/rooms/lobby?name="
                      "${encodeURIComponent(name)}`);\n"
                      "const line = text => {\n"
                      "  const item = document.createElement('li');\n"
                      "  item.textContent = text;\n"
                      "  document.querySelector('#heard').append(item);\n"
                      "};\n"
                      "socket.onmessage = event => {\n"
                      "  const heard = JSON.parse(event.data);\n"
                      "  line(`${heard.from}: ${heard.text} (${heard.present} here)`);\n"
                      "};\n"
                      "socket.onclose = event => line(`ended: ${event.code} ${event.reason}`);\n"
                      "document.querySelector('#say').onsubmit = event => {\n"
                      "  event.preventDefault();\n"
                      "  const input = document.querySelector('#text');\n"
                      "  socket.send(JSON.stringify({text: input.value}));\n"
                      "  input.value = '';\n"
                      "};\n"
                      "</script></body></html>\n"));
}
