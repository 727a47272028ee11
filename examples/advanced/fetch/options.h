/* options.h - what the command line asks for. */
#ifndef FETCH_OPTIONS_H
#define FETCH_OPTIONS_H

#include <flare/client.h>
#include <flare/form_data.h>

enum { FIELDS_MAX = 64 };

struct options {
    const char *const *urls;
    int url_count;
    const char *output; /* a file; NULL: the standard output */
    bool own_names;     /* each into a file named as in its URL */
    bool resume;
    bool show_head;
    bool summary;
    bool progress;
    bool insecure;
    bool environment; /* its proxies */
    unsigned parallel;
    const char *method;
    flare_field fields[FIELDS_MAX];
    size_t field_count;
    flare_str content_type;
    const char *data; /* to send; begins with @: a file */
    flare_form_data *form;
    const char *user;
    const char *bearer;
    const char *proxy;
    const char *authorities;
    flare_client_http2 http2;
    uint32_t timeout_ms;
    uint32_t expect_ms;
    uint32_t retries;
    bool keep_redirects;
    bool keep_cookies;
};

/* Says what is wrong. @return 0: go on; else the status to exit with, plus one */
int options_read(struct options *options, int argc, char **argv);

#endif
