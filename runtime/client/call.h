/* client/call.h - what the files of typed calls share. */
#ifndef FLAREI_CLIENT_CALL_H
#define FLAREI_CLIENT_CALL_H

#include <flare/form_data.h>
#include <flare/gen_client.h>

/* What a call holds beside what its user sees. */
struct flarei_call_kept {
    flare_fetch *fetch;
    flare_form_data *form; /* a multipart body, or NULL */
    flare_arena arena;
    flare_buffer url;
    flare_buffer body;
    flare_buffer cookies;
    flare_call_failure failures[FLARE_CALL_FAILURES_MAX];
};

/** Notes a failure; the 33rd and later are dropped. */
void flarei_call_fail(struct flarei_calling *calling, enum flarei_place place, flare_str name,
                      flare_str pointer, enum flarei_rule rule);
/** Ends reading JSON: notes its failures, each with its pointer; malformed text as one of the whole. */
void flarei_call_json_end(struct flarei_calling *calling, struct flarei_json *json, const char *at);

#endif
