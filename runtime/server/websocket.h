/* server/websocket.h - a connection that became a WebSocket. */
#ifndef FLAREI_SERVER_WEBSOCKET_H
#define FLAREI_SERVER_WEBSOCKET_H

#include "http/websocket.h"
#include "server/exchange.h"

struct flarei_websocket {
    flare_ws ws;
    struct flarei_connection *connection;
    struct flarei_websocket *next; /* of those that were written to from outside */
    struct flarei_websocket *previous;
    uint64_t heard_ms;
    bool queued;
    bool stepping; /* what it writes is flushed anyway */
    bool pinged;   /* since it was last heard */
};

/** How HTTP/1 connections carry them. */
extern const struct flarei_ws_carrier flarei_h1_websockets;

/** The accepted socket takes the connection over. */
enum flarei_step flarei_websocket_begin(struct flarei_connection *connection, flare_ws *ws);

enum flarei_step flarei_websocket_step(struct flarei_connection *connection);

/** Sets the deadline: for a Ping, its Pong, or the answer to a Close. */
void flarei_websocket_await(struct flarei_connection *connection);
void flarei_websocket_expired(struct flarei_connection *connection);

/** Its part of the drain: a Close that says 1001. */
void flarei_websocket_drain(struct flarei_connection *connection);

/** Ends it, if the connection has one: its close function runs. */
void flarei_websocket_free(struct flarei_connection *connection);

/** Sends what was written to sockets of a worker from outside of them. */
void flarei_websocket_unsent_due(flare_loop *loop, flare_timer *timer);

#endif
