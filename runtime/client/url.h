/* client/url.h - URLs of who asks (RFC 3986, RFC 9110 section 4.2). */
#ifndef FLAREI_CLIENT_URL_H
#define FLAREI_CLIENT_URL_H

#include <flare/arena.h>
#include <flare/err.h>

/** A URL's parts; slices point into it. */
struct flarei_url {
    bool secure;
    bool local;          /* not of a URL that was read: `host` is "unix:" and a path */
    flare_str authority; /* as in Host */
    flare_str host;      /* with the brackets of an IPv6 address */
    uint16_t port;
    flare_str target; /* without a fragment; may begin with its '?', or be empty */
};

/** Reads a URL of one of two schemes. What is not ASCII, a user, and blanks are refused.
 *  @param plain such as "http" @param secure such as "https" @return false if it is none */
bool flarei_url_read(flare_str text, const char *plain, const char *secure, struct flarei_url *url);

/** A host as the system's resolver takes it: without brackets. */
flare_str flarei_url_host(flare_str host);

/** Are two URLs of one origin (RFC 6454)? */
bool flarei_url_same_origin(const struct flarei_url *a, const struct flarei_url *b);

/** What a reference means where it was found (RFC 3986, section 5.2). Its bytes that no URL may hold are
 * escaped, since servers write them into Location; its fragment is dropped.
 *  @param base of http or https @param reference any bytes @param text the URL, in the arena
 *  @return FLARE_OK; FLARE_ERR_SYNTAX (it is none, or of another scheme); FLARE_ERR_MEMORY */
flare_err flarei_url_resolve(flare_arena *arena, const struct flarei_url *base, flare_str reference,
                             flare_str *text);

#endif
