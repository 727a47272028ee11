/* server/websocket.h - a connection that became a WebSocket, and what sockets of streams share with it. */
#ifndef FLAREI_SERVER_WEBSOCKET_H
#define FLAREI_SERVER_WEBSOCKET_H

#include "http/websocket.h"
#include "server/exchange.h"

struct flarei_websocket {
    flare_ws ws;
    struct flarei_connection *connection;
    struct flarei_h2_request *request; /* whose stream it is, or NULL: the connection is its own */
    struct flarei_link place;          /* among those that were written to from outside */
    uint64_t heard_ms;
    uint64_t message_ms; /* when a whole message came last */
    uint64_t closing_ms; /* since when it waits for the answer to its Close, or 0 */
    bool queued;
    bool stepping; /* what it writes is flushed anyway */
    bool pinged;   /* since it was last heard */
};

/* ---- What those of streams need too ---- */

/** A new socket of a connection. @return NULL without memory */
struct flarei_websocket *flarei_websocket_new(struct flarei_connection *connection);
void flarei_websocket_release(struct flarei_websocket *websocket);

/** It was accepted: its time begins, which in a drain is short. */
void flarei_websocket_start(struct flarei_websocket *websocket);

/** Something came, and was taken. */
void flarei_websocket_heard(struct flarei_websocket *websocket);

/** Its connection, or stream, goes; it does not. */
void flarei_websocket_part(struct flarei_websocket *websocket);

/** A message that held it is being handled: its peer is listened to again. Its connection may end in here. */
void flarei_websocket_resume(struct flarei_websocket *websocket);

/** It was written to from outside of its connection's steps: that is sent soon. */
void flarei_websocket_queue(struct flarei_websocket *websocket);

/** Until when it waits, with nothing to send: for a byte, a Pong, or the answer to its Close. */
uint64_t flarei_websocket_deadline(struct flarei_websocket *websocket);

/** That passed. @return whether it gets another chance: a Ping was written */
bool flarei_websocket_asks(struct flarei_websocket *websocket);

/* ---- What the rest of the server calls ---- */

struct flarei_h2_websockets;

/** Reached through the services that have such routes alone, so that others do not hold the code. */
struct flarei_websockets {
    const struct flarei_ws_carrier *carrier; /* HTTP/1 connections */
    const struct flarei_h2_websockets *h2;   /* streams; NULL in a build without HTTP/2 */

    /** What the sockets of a worker share. */
    void (*open)(struct flarei_worker *worker);
    void (*close)(struct flarei_worker *worker);

    /** The accepted socket takes the connection over. */
    enum flarei_step (*begin)(struct flarei_connection *connection, flare_ws *ws);
    enum flarei_step (*step)(struct flarei_connection *connection);
    /** While its handler is behind, the peer shut down its side. */
    void (*hung_up)(struct flarei_connection *connection);
    /** Sets the deadline: for a Ping, its Pong, or the answer to a Close. */
    void (*await)(struct flarei_connection *connection);
    void (*expired)(struct flarei_connection *connection);
    /** Its part of the drain: a Close that says 1001. */
    void (*drain)(struct flarei_connection *connection);
    /** Ends the connection's: its close function runs. */
    void (*free)(struct flarei_connection *connection);
};

/** Of a connection that is a socket, or may become one. */
static inline const struct flarei_websockets *flarei_websockets_of(const struct flarei_connection *connection)
{
    return connection->site->served->service->websockets;
}

/** How HTTP/1 connections of a service carry sockets; NULL where it has none. */
static inline const struct flarei_ws_carrier *flarei_websockets_carrier(const flare_service *service)
{
    return service->websockets != NULL ? service->websockets->carrier : NULL;
}

#endif
