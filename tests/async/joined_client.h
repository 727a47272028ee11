/* joined_client.h - clients of joined.flare, and a clock that its tests move. */
#ifndef JOINED_CLIENT_H
#define JOINED_CLIENT_H

#include "../server/harness.h"
#include "joined.h"

enum { MANY = 12, KINDS = 3 };

/** A path of each kind of handler. */
extern const char *const kinds[KINDS];
/** Of what is asked for: each start() is of another one. */
extern unsigned last_id;
/** The last one that was read. */
extern struct reply reply;
/** How far the caches' clock was moved. Set it up before a server runs. */
extern atomic_llong clock_ns;
void clock_set_up(void);

/** A server whose handlers wait. @return false where there is none, and says so */
bool start(struct harness *h);
/** Waits for a count. @return whether it came */
bool comes(atomic_int *count, int want);
/** Sends a request, and waits until the server has seen it. @return its descriptor */
int ask_with(const struct harness *h, const char *method, const char *path, const char *fields);
int ask(const struct harness *h, const char *path);
/** MANY of them; where the handler is asked first it has begun before the second one asks. */
void ask_many(const struct harness *h, const char *path, int *fds);
/** Reads its reply and hangs up. @return the status */
int hear(int fd);
/** Does a text stand in the head of the reply? */
bool said(const char *field);

#endif
