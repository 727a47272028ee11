/* download.h - one URL on its way to a file. */
#ifndef FETCH_DOWNLOAD_H
#define FETCH_DOWNLOAD_H

#include "options.h"

#include <stdio.h>

struct all;

struct download {
    struct all *all;
    const char *url;
    flare_fetch *fetch;
    flare_fetch_file file; /* that is sent */
    flare_fetch_source source;
    char range[48];
    char name[256]; /* of its file; "": the standard output */
    FILE *out;
    uint64_t kept;  /* bytes that were there before */
    uint64_t bytes; /* that came, with these */
    uint64_t total; /* 0: nobody said */
    bool done;
    bool failed;
};

/* All of them. */
struct all {
    const struct options *options;
    flare_loop *loop;
    flare_client *client;
    flare_cookie_jar *cookies; /* or NULL */
    struct download *downloads;
    int count, next, done, failed;
    flare_timer tick;
    uint64_t begin_ms;
    int signal; /* that ended it all; or 0 */
};

/* Begins the next ones, as many as may run at a time; stops the loop behind the last. */
void downloads_go_on(struct all *all);

/* Ends those that are under way, so that what came of them is in their files. */
void downloads_give_up(struct all *all);

/* progress.c: draws where things are. */
void progress_draw(struct all *all, bool last);

#endif
