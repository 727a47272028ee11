#include "client/url.h"

#include "wire/h1_scan.h"

#include <flare/text.h>

/* ---- Reading ---- */

static bool take_scheme(flare_str *text, const char *scheme)
{
    const size_t bytes = strlen(scheme);

    if (text->len < bytes + 3 ||
        !flare_str_equal_nocase((flare_str){text->ptr, bytes}, flare_str_of(scheme)) ||
        memcmp(text->ptr + bytes, "://", 3) != 0)
        return false;
    *text = (flare_str){text->ptr + bytes + 3, text->len - bytes - 3};
    return true;
}

static bool all_of(flare_str text, unsigned class_bit)
{
    const char *const end = flarei_str_end(text);

    return skip_bytes(text.ptr, end, class_bit) == end;
}

/* @return false if it is none; 0 is none that can be connected to */
static bool read_port(flare_str text, uint16_t *port)
{
    uint32_t value = 0;

    if (text.len == 0 || text.len > 5)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    *port = (uint16_t)value;
    return value > 0 && value <= UINT16_MAX;
}

/* host, host:port or [address]:port (RFC 3986, section 3.2) */
static bool read_authority(struct flarei_url *url)
{
    const char *const start = url->authority.ptr;
    const char *const end = start + url->authority.len;
    const char *at;

    if (*start == '[') {
        at = memchr(start, ']', url->authority.len);
        if (at == NULL || !all_of((flare_str){start + 1, (size_t)(at - start - 1)}, H1_ADDRESS))
            return false;
        at++;
    } else {
        at = skip_bytes(start, end, H1_HOST);
    }
    url->host = (flare_str){start, (size_t)(at - start)};
    if (url->host.len == 0 || (*start == '[' && url->host.len < 4))
        return false;
    if (at == end)
        return true;
    return *at == ':' && read_port((flare_str){at + 1, (size_t)(end - at - 1)}, &url->port);
}

bool flarei_url_read(flare_str text, const char *plain, const char *secure, struct flarei_url *url)
{
    const char *end, *at;

    *url = (struct flarei_url){.port = 80};
    if (take_scheme(&text, secure)) {
        url->secure = true;
        url->port = 443;
    } else if (!take_scheme(&text, plain)) {
        return false;
    }
    end = text.ptr + text.len;
    for (at = text.ptr; at < end && *at != '/' && *at != '?'; at++)
        continue;
    url->authority = (flare_str){text.ptr, (size_t)(at - text.ptr)};
    url->target = (flare_str){at, (size_t)(end - at)};
    return url->authority.len != 0 && read_authority(url) && all_of(url->target, H1_TARGET);
}

flare_str flarei_url_host(flare_str host)
{
    return host.len > 2 && host.ptr[0] == '[' ? (flare_str){host.ptr + 1, host.len - 2} : host;
}

bool flarei_url_same_origin(const struct flarei_url *a, const struct flarei_url *b)
{
    return a->secure == b->secure && a->port == b->port && flare_str_equal_nocase(a->host, b->host);
}

/* ---- Resolving ---- */

/* A text that grows in a block large enough for all of it. */
struct writer {
    char *start;
    char *at;
};

static void put(struct writer *out, flare_str text)
{
    if (text.len != 0)
        memcpy(out->at, text.ptr, text.len);
    out->at += text.len;
}

/* Bytes of a reference, escaped where they must be. */
static void put_escaped(struct writer *out, flare_str text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        const unsigned char byte = (unsigned char)text.ptr[i];

        if (is_class((char)byte, H1_TARGET)) {
            *out->at++ = (char)byte;
        } else {
            *out->at++ = '%';
            *out->at++ = digits[byte >> 4];
            *out->at++ = digits[byte & 15];
        }
    }
}

static bool has_scheme(flare_str text)
{
    size_t i = 0;

    while (i < text.len &&
           ((text.ptr[i] >= 'a' && text.ptr[i] <= 'z') || (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z') ||
            (i > 0 && memchr("0123456789+-.", text.ptr[i], 13) != NULL)))
        i++;
    return i > 0 && i < text.len && text.ptr[i] == ':';
}

static size_t path_length(flare_str target)
{
    const char *const question = target.len != 0 ? memchr(target.ptr, '?', target.len) : NULL;

    return question != NULL ? (size_t)(question - target.ptr) : target.len;
}

/* Takes "." and ".." out of the path at `path` (RFC 3986, section 5.2.4), in place. @return its new end */
static char *remove_dots(char *path, char *end)
{
    char *to = path;
    const char *at = path;

    while (at < end) {
        const char *next = at + 1;
        size_t bytes;

        while (next < end && *next != '/')
            next++;
        bytes = (size_t)(next - at); /* the slash and a segment */
        if (bytes == 2 && at[1] == '.') {
            if (next == end)
                *to++ = '/';
        } else if (bytes == 3 && at[1] == '.' && at[2] == '.') {
            while (to > path && *--to != '/')
                continue;
            if (next == end)
                *to++ = '/';
        } else {
            memmove(to, at, bytes);
            to += bytes;
        }
        at = next;
    }
    return to;
}

/* The path and query of a reference that names no host. */
static void put_target(struct writer *out, const struct flarei_url *base, flare_str reference)
{
    const size_t base_path = path_length(base->target);
    const size_t path = path_length(reference);
    const flare_str query = {reference.ptr + path, reference.len - path};
    char *const start = out->at;

    if (path == 0) {
        put(out, reference.len != 0 ? (flare_str){base->target.ptr, base_path} : base->target);
        put_escaped(out, reference);
        return;
    }
    if (reference.ptr[0] != '/') {
        size_t keep = base_path;

        while (keep > 0 && base->target.ptr[keep - 1] != '/')
            keep--;
        put(out, keep != 0 ? (flare_str){base->target.ptr, keep} : FLARE_STR("/"));
    }
    put_escaped(out, (flare_str){reference.ptr, path});
    out->at = remove_dots(start, out->at);
    put_escaped(out, query);
}

flare_err flarei_url_resolve(flare_arena *arena, const struct flarei_url *base, flare_str reference,
                             flare_str *text)
{
    const char *const fragment = reference.len != 0 ? memchr(reference.ptr, '#', reference.len) : NULL;
    struct flarei_url url;
    struct writer out;

    if (fragment != NULL)
        reference.len = (size_t)(fragment - reference.ptr);
    out.start = flarei_arena_alloc(arena, 16 + base->authority.len + base->target.len + 3 * reference.len);
    if (out.start == NULL)
        return FLARE_ERR_MEMORY;
    out.at = out.start;
    if (has_scheme(reference)) {
        put_escaped(&out, reference);
    } else {
        put(&out, base->secure ? FLARE_STR("https:") : FLARE_STR("http:"));
        if (reference.len >= 2 && reference.ptr[0] == '/' && reference.ptr[1] == '/') {
            put_escaped(&out, reference);
        } else {
            put(&out, FLARE_STR("//"));
            put(&out, base->authority);
            put_target(&out, base, reference);
        }
    }
    *text = (flare_str){out.start, (size_t)(out.at - out.start)};
    return flarei_url_read(*text, "http", "https", &url) ? FLARE_OK : FLARE_ERR_SYNTAX;
}
