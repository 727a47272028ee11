/* client/call.h - what the files of typed calls share. */
#ifndef FLAREI_CLIENT_CALL_H
#define FLAREI_CLIENT_CALL_H

#include "client/pool.h"

#include <flare/form_data.h>
#include <flare/gen_client.h>
#include <flare/websocket_client.h>

/* A reply of events on its way. */
struct flarei_call_events {
    bool open;   /* more may come */
    bool begun;  /* the first line was there */
    bool skip;   /* a line feed behind a carriage return */
    bool marked; /* `mark` is set */
    flarei_arena_mark mark;
    flare_str part;    /* what was received and not looked at; the fetch's */
    flare_buffer line; /* the beginning of one that is not there whole */
    flare_buffer data; /* of the event; before them the content of another reply */
    flare_buffer name;
    flare_buffer id; /* the last that was said */
    uint32_t retry_ms;
    size_t max; /* bytes of each of these */
};

/* A WebSocket. */
struct flarei_call_socket {
    struct flarei_client_guest guest;
    flare_client *client; /* NULL when it is no more */
    flare_ws_client *ws;
    const struct flarei_call_rule *rule;
    void (*free)(struct flarei_call_socket *socket);
    struct flarei_fiber *listener; /* waits for a message, the beginning or the end; or NULL */
    struct flarei_fiber *speaker;  /* waits for room; or NULL */
    flare_timer patience;          /* the listener's */
    flare_buffer kept;             /* messages that came, each behind its head */
    flare_buffer given;            /* those that are handed out, one after the other */
    flarei_arena_mark mark;        /* before what the message at hand took */
    flare_err err;                 /* that it ended with */
    uint16_t code;
    uint8_t reason_bytes;
    bool marked;
    bool told; /* it was open, or it was not to be had */
    bool open; /* it was */
    bool over;
    bool full;     /* the server has to wait until somebody listens */
    bool room;     /* sending is worth another try */
    bool late;     /* the listener's patience is over */
    bool breached; /* the server sent what the spec does not declare */
    char reason[125];
};

/* What a call holds beside what its user sees. */
struct flarei_call_kept {
    flare_fetch *fetch;
    flare_form_data *form; /* a multipart body, or NULL */
    flare_arena arena;
    flare_buffer url;
    flare_buffer body;
    flare_buffer cookies;
    struct flarei_call_events events;
    struct flarei_call_socket *socket; /* or NULL */
    flare_fetch_reply reply;           /* one that was collected by flarei_call_open(), or of a handshake */
    flare_call_failure failures[FLARE_CALL_FAILURES_MAX];
};

/** Notes a failure; the 33rd and later are dropped. */
void flarei_call_fail(struct flarei_calling *calling, enum flarei_place place, flare_str name,
                      flare_str pointer, enum flarei_rule rule);
/** Ends reading JSON: notes its failures, each with its pointer; malformed text as one of the whole.
 *  @param before what stands before each pointer */
void flarei_call_json_end(struct flarei_calling *calling, struct flarei_json *json, const char *at,
                          flare_str before);
/** Adds a field to the request. */
void flarei_call_add_field(struct flarei_calling *calling, flare_str name, flare_str value);
/** All was said: is it fit to be sent? @return FLARE_OK; FLARE_ERR_ARGUMENT; FLARE_ERR_MEMORY */
flare_err flarei_call_complete(struct flarei_calling *calling);
/** Notes what is wrong with JSON that was read. @return FLARE_OK; FLARE_ERR_CONTRACT; FLARE_ERR_MEMORY
 *  @param why of FLARE_ERR_CONTRACT */
flare_err flarei_call_judge(struct flarei_calling *calling, struct flarei_json *json, const char *at,
                            const char *why);
/** A media type without its parameters. */
flare_str flarei_call_essence(flare_str media_type);
/** What is kept of events. @param max bytes that one may have */
void flarei_call_events_init(struct flarei_call_events *events, uint64_t max);
void flarei_call_events_free(struct flarei_call_events *events);
/** As flare_fetch_wait(), but a reply of events stays open. */
flare_err flarei_call_open(struct flarei_calling *calling, const flare_fetch_options *options,
                           const flare_fetch_reply **reply) FLARE_MUST_USE;
/** A call's socket that was opened, or NULL; what the call before it told is forgotten. */
struct flarei_call_socket *flarei_call_socket_of(flare_call *call);
/** Waits until `there`. @param slot the listener or the speaker @param soft a drain ends it too @return
 * FLARE_OK; FLARE_ERR_CANCELLED; FLARE_ERR_STATE; the loop's error */
flare_err flarei_call_socket_wait(struct flarei_call_socket *socket, struct flarei_fiber **slot, bool soft,
                                  bool (*there)(const struct flarei_call_socket *socket));
/** A message came. */
void flarei_call_keep(struct flarei_call_socket *socket, bool is_text, flare_str payload);
/** Ends a socket whose server sent what the spec does not declare. */
void flarei_call_breach(struct flarei_call_socket *socket, unsigned code, flare_str reason);
/** Tells the call what became of its socket. */
void flarei_call_tell_socket(flare_call *call, const struct flarei_call_socket *socket);

#endif
