/* flare/gen_proxy.h - what emitted C uses for proxy(): who is asked, and how. */
#ifndef FLARE_GEN_PROXY_H
#define FLARE_GEN_PROXY_H

#include <flare/gen_ws.h>

FLARE_BEGIN

/* Who serves what is passed on. */
struct flarei_upstream {
    flare_str url;       /* as the spec names it, for the log */
    flare_str host;      /* a name, an address, or "unix:" and a path */
    flare_str authority; /* what Host says */
    flare_str prefix;    /* what goes before the path; without its last '/' */
    const char *ca;      /* PEM: who may sign its certificate; NULL: whom the system trusts */
    uint16_t port;
    bool secure;
    bool local; /* `host` is a unix socket's */
    bool strip; /* only what the wildcard took is passed on */
    bool host_kept;
    bool http2;           /* spoken where a secure one chooses it, and always to others */
    uint32_t connections; /* of a worker; 0: the usual */
    uint32_t connect_ms;  /* the same */
    uint32_t silence_ms;
    uint32_t tunnel_ms;
    uint32_t time_ms;
    struct flarei_body_rule body;
};

/** `proxy()`: asks the upstream, and replies as it does. @param rest what the wildcard took */
flare_reply flarei_reply_proxy(flare_request *rq, const struct flarei_upstream *upstream,
                               flare_str rest) FLARE_MUST_USE;

FLARE_END

#endif
