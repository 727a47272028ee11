/* builtin.h - the handlers that a route can have, and what those that are built in are told. */
#ifndef FLAREC_BUILTIN_H
#define FLAREC_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>

enum handler_kind {
    HANDLER_FUNCTION,
    HANDLER_FIXED,
    HANDLER_REDIRECT,
    HANDLER_DOCS,
    HANDLER_METRICS,
    HANDLER_HEALTH,
    HANDLER_READY,
    HANDLER_FILES,
    HANDLER_PROXY
};

/* A file that files() puts into the program. */
struct held_file {
    const char *name; /* below the folder, with slashes */
    const char *bytes;
    size_t length;
};

/* files("public", index: "index.html") */
struct files {
    const char *folder; /* as written: the server finds it from where it runs */
    const char *only;   /* the one file in it that is served, or NULL */
    const char *index;  /* "" for none */
    const char *cache;  /* Cache-Control, or "" */
    bool listing, hidden, precompressed, embed;
    const struct held_file *held; /* embed: by name */
    size_t held_count;
};

/* proxy("http://127.0.0.1:9000") */
struct upstream {
    const char *url;       /* as written */
    const char *host;      /* without brackets; of a unix socket as written */
    const char *authority; /* of Host */
    const char *prefix;    /* what goes before the path, without its last '/' */
    const char *ca;        /* "" for whom the system trusts */
    unsigned port;
    bool secure, local, strip, keep_host, http2;
    unsigned connections; /* 0: the runtime's, as the next ones */
    unsigned connect_ms, silence_ms, tunnel_ms;
};

#endif
