/* chat.c - who is in a room hears what is said in it. Members are on all workers, so their list has a lock;
 * sending waits for nothing, so it may be held meanwhile. */
#include "state.h"

#include <stdlib.h>
#include <string.h>

struct chat_member {
    struct chat_member *next;
    struct shop_state *state;
    flare_ws *ws;
    size_t room_bytes, name_bytes;
    char room[4 * 32]; /* bytes of 32 characters, at most */
    char name[4 * 20];
};

/* It runs on the worker's thread, as all that answers a handshake. */
flare_reply shop_chat_open(flare_request *rq, const shop_chat_in *in, flare_ws *ws)
{
    struct shop_state *const state = shop_state_of(rq);
    struct chat_member *const member = (struct chat_member *)calloc(1, sizeof *member);

    if (member == NULL)
        return flare_fail(rq, FLARE_ERR_MEMORY, "no memory for a member");
    *member = (struct chat_member){
        .state = state, .ws = ws, .room_bytes = in->room.len, .name_bytes = in->name.len};
    memcpy(member->room, in->room.ptr, in->room.len);
    memcpy(member->name, in->name.ptr, in->name.len);
    flare_ws_set_data(ws, member);
    (void)pthread_mutex_lock(&state->chat_lock);
    member->next = state->chat_members;
    state->chat_members = member;
    (void)pthread_mutex_unlock(&state->chat_lock);
    return shop_chat_accept(rq, ws);
}

/* One frame for all. Who does not read is not waited for: it misses what does not fit. */
void shop_chat_message(flare_ws *ws, const shop_said *message)
{
    const struct chat_member *const from = (const struct chat_member *)flare_ws_data(ws);
    const shop_heard heard = {.from = {from->name, from->name_bytes}, .text = message->text};
    flare_ws_frame *const frame = shop_chat_frame(&heard);

    if (frame == NULL)
        return;
    (void)pthread_mutex_lock(&from->state->chat_lock);
    for (const struct chat_member *to = from->state->chat_members; to != NULL; to = to->next)
        if (to->room_bytes == from->room_bytes && memcmp(to->room, from->room, to->room_bytes) == 0)
            (void)flare_ws_frame_send(frame, to->ws);
    (void)pthread_mutex_unlock(&from->state->chat_lock);
    flare_ws_frame_free(frame);
}

void shop_chat_close(flare_ws *ws, unsigned code)
{
    struct chat_member *const member = (struct chat_member *)flare_ws_data(ws);
    struct chat_member **link = &member->state->chat_members;

    (void)code;
    (void)pthread_mutex_lock(&member->state->chat_lock);
    while (*link != member)
        link = &(*link)->next;
    *link = member->next;
    (void)pthread_mutex_unlock(&member->state->chat_lock);
    free(member);
}
