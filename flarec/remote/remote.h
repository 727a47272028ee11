/* remote.h - what the files of the client pass share. It emits a client of a service from what emit/ has:
 * what a service reads a client writes, and the other way round.
 *
 *   remote.c  the pass: which routes, names, the two files
 *   mirror.c  the model in which a service reads what the client writes and replies
 *   header.c  X.client.h: of each route what is asked, what comes back, the function
 *   ask.c     what the function does before it sends: inputs and the body, written and checked
 *   answer.c  and after: the reply, found among the declared ones and read
 *   socket.c  of a WebSocket's route: what its handshake offers, and its messages
 */
#ifndef FLAREC_REMOTE_REMOTE_H
#define FLAREC_REMOTE_REMOTE_H

#include "emit/header.h"

/* A reply that may come: the route's, or that of a guard before it. */
struct answer {
    const struct reply *reply;
    const char *name; /* of its member: "ok", "signed_in_unauthorized" */
};

/* A route that the client has a function for. */
struct typed_call {
    const struct route *route;
    const char *name;     /* shop_client_get_product */
    const char *function; /* the same, or of a WebSocket shop_client_chat_open */
    const struct answer *answers;
    size_t answers_count;
};

struct client {
    struct emitter *emitter;
    struct header *header;
    struct arena *arena;
    struct typed_call *calls;
    size_t calls_count;
};

/* Why a route has no function yet, or NULL. */
const char *client_refusal(const struct route *route);
/* Its reply of events, or NULL. */
const struct reply *client_events(const struct route *route);
/* The prototype of the function that gives them. */
const char *client_next_prototype(struct client *client, const struct typed_call *call);
/* The guards before a route that are the user's own, each with what it reads: NULL behind the last. */
const struct guard *client_guard(const struct route *route, size_t number);
/* A route's member for what a guard reads: "signed_in". */
const char *client_guard_member(struct client *client, const struct route *route, const struct guard *guard);
/* The media type that a body is sent as; NULL: it is told with each call. */
const char *client_media_type(const struct body *body);
/* What a body is told as: lines of JSON as an array; NULL: bytes. */
const struct type *client_body_type(const struct client *client, const struct body *body);
/* A member that is no input: "body_type", "method", "subprotocol". */
const char *client_own_member(struct client *client, const struct route *route, const char *name);
/* The subprotocols that a WebSocket's route uses, or NULL. */
const struct use *client_subprotocols(const struct route *route);
/* Has it anything to be told? */
bool client_has_in(const struct route *route);
/* Is the content of a reply told, and as a type? A HEAD has none. */
bool client_has_body(const struct route *route, const struct reply *reply);
/* Has a reply anything beside its status? */
bool client_holds(const struct route *route, const struct reply *reply);
/* A reply's header or cookie as a member. */
const char *client_member(const struct client *client, const char *c_name);
/* The prototype of a call's function. */
const char *client_prototype(struct client *client, const struct typed_call *call);
/* In capitals. */
const char *client_upper(struct client *client, const char *name);
/* Does the client tell an input by an optional: has it `?`, a default, or is it a guard's? */
bool client_may_lack(const struct input *input, bool guards);

/* mirror.c */
const struct model *client_mirror(struct client *client, const struct model *model);
/* header.c */
void client_header(struct client *client, struct text *out);
/* ask.c: statements; `body` takes what must stand before the function. */
void client_ask(struct client *client, const struct typed_call *call, struct text *out);
/* answer.c: the whole rest of the function. */
void client_answer(struct client *client, const struct typed_call *call, struct text *out);
/* And the function that gives its events. */
void client_next(struct client *client, const struct typed_call *call, struct text *out);

/* socket.c: the prototypes of the functions for messages. */
void client_socket_header(struct client *client, const struct typed_call *call, struct text *out);
/* The constant that the handshake is made by. */
void client_handshake(struct client *client, const struct typed_call *call, struct text *out);
/* The functions for messages. */
void client_socket(struct client *client, const struct typed_call *call, struct text *out);

#endif
