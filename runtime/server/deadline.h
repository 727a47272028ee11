/* server/deadline.h - what a connection may take its time for, and what happens when it takes more. */
#ifndef FLAREI_SERVER_DEADLINE_H
#define FLAREI_SERVER_DEADLINE_H

#include "server/connection.h"

/** Prepares the timer of a new connection. */
void flarei_deadline_init(struct flarei_connection *connection);

/** Sets what the connection waits for now. A deadline of the same kind keeps running, but IDLE, which begins
 * anew. Mostly a write to a field: the timer is only moved when it would be late. */
void flarei_deadline_set(struct flarei_connection *connection, enum flarei_deadline kind, uint64_t delay_ms);

/** The same with a time on the loop's clock, which may be another than before. */
void flarei_deadline_move(struct flarei_connection *connection, enum flarei_deadline kind, uint64_t at_ms);

/** A new request or reply has its own time: the next set begins anew. */
static inline void flarei_deadline_forget(struct flarei_connection *connection)
{
    connection->deadline = FLAREI_DEADLINE_NONE;
}

/** Has flarei_connection_continue() called after a while. */
void flarei_deadline_again(struct flarei_connection *connection, uint64_t delay_ms);

#endif
