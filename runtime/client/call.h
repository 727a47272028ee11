/* client/call.h - what the files of typed calls share. */
#ifndef FLAREI_CLIENT_CALL_H
#define FLAREI_CLIENT_CALL_H

#include <flare/form_data.h>
#include <flare/gen_client.h>

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

/* What a call holds beside what its user sees. */
struct flarei_call_kept {
    flare_fetch *fetch;
    flare_form_data *form; /* a multipart body, or NULL */
    flare_arena arena;
    flare_buffer url;
    flare_buffer body;
    flare_buffer cookies;
    struct flarei_call_events events;
    flare_fetch_reply reply; /* one that was collected by flarei_call_open() */
    flare_call_failure failures[FLARE_CALL_FAILURES_MAX];
};

/** Notes a failure; the 33rd and later are dropped. */
void flarei_call_fail(struct flarei_calling *calling, enum flarei_place place, flare_str name,
                      flare_str pointer, enum flarei_rule rule);
/** Ends reading JSON: notes its failures, each with its pointer; malformed text as one of the whole.
 *  @param before what stands before each pointer */
void flarei_call_json_end(struct flarei_calling *calling, struct flarei_json *json, const char *at,
                          flare_str before);
/** A media type without its parameters. */
flare_str flarei_call_essence(flare_str media_type);
/** What is kept of events. @param max bytes that one may have */
void flarei_call_events_init(struct flarei_call_events *events, uint64_t max);
void flarei_call_events_free(struct flarei_call_events *events);
/** As flare_fetch_wait(), but a reply of events stays open. */
flare_err flarei_call_open(struct flarei_calling *calling, const flare_fetch_options *options,
                           const flare_fetch_reply **reply) FLARE_MUST_USE;

#endif
