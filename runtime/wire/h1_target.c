#include "wire/h1_parts.h"
#include "wire/h1_scan.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hex(char byte)
{
    return is_digit(byte) || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f');
}

/* Behind a reg-name, whose every '%' is followed by two hexadecimal digits (RFC 3986, section 2.1); or NULL.
 */
static const char *skip_reg_name(const char *at, const char *end)
{
    for (;;) {
        at = skip_bytes(at, end, H1_HOST);
        if (FLARE_LIKELY(at == end || *at != '%'))
            return at;
        if (end - at < 3 || !is_hex(at[1]) || !is_hex(at[2]))
            return NULL;
        at += 3;
    }
}

/* ":" and a number of at most 65535, or nothing where none is needed. A colon without a number is what the
 * grammar allows and no port is meant. */
static bool port_valid(const char *at, const char *end, bool needed)
{
    unsigned port = 0;

    if (at == end)
        return !needed;
    if (*at != ':')
        return false;
    if (++at == end)
        return !needed;
    for (; at < end; at++) {
        if (!is_digit(*at))
            return false;
        port = port * 10 + (unsigned)(*at - '0');
        if (port > 65535)
            return false;
    }
    return port > 0 || !needed;
}

/* The IPv6address or IPvFuture between brackets: only its bytes are judged, as it is never resolved. */
static const char *skip_ip_literal(const char *at, const char *end)
{
    const char *close = skip_bytes(at + 1, end, H1_ADDRESS);

    if (close == end || *close != ']' || close - at < 3)
        return NULL;
    return close + 1;
}

bool flarei_h1_authority_valid(flare_str authority, bool port_needed)
{
    const char *at = authority.ptr, *end = at + authority.len;

    if (authority.len == 0)
        return false;
    if (*at == '[') {
        at = skip_ip_literal(at, end);
        if (!at)
            return false;
    } else {
        at = skip_reg_name(at, end);
        if (at == NULL || at == authority.ptr)
            return false;
    }
    return port_valid(at, end, port_needed);
}

/* The length of "http://" or "https://" in front of `target`, or 0. */
static size_t scheme_length(flare_str target)
{
    static const flare_str schemes[] = {FLARE_STR_INIT("http://"), FLARE_STR_INIT("https://")};

    for (size_t i = 0; i < 2; i++) {
        size_t n = 0;
        while (n < schemes[i].len && n < target.len && (target.ptr[n] | 0x20) == (schemes[i].ptr[n] | 0x20))
            n++;
        if (n == schemes[i].len)
            return n;
    }
    return 0;
}

static int read_absolute_form(struct flarei_h1_head *head, size_t scheme, const char *question)
{
    const char *at = head->target.ptr + scheme, *end = head->target.ptr + head->target.len;
    const char *path_end = question ? question : end;
    const char *path = memchr(at, '/', (size_t)(path_end - at));

    if (!path)
        path = path_end;
    head->target_form = FLAREI_H1_ABSOLUTE_FORM;
    head->host = (flare_str){at, (size_t)(path - at)};
    if (!flarei_h1_authority_valid(head->host, false))
        return FLAREI_H1_BAD_TARGET;
    if (path < path_end)
        head->path = (flare_str){path, (size_t)(path_end - path)};
    else if (head->method == FLARE_METHOD_OPTIONS && !question)
        head->path = FLARE_STR("*");
    else
        head->path = FLARE_STR("/");
    if (question)
        head->query = (flare_str){question + 1, (size_t)(end - question - 1)};
    return 0;
}

int flarei_h1_read_target(struct flarei_h1_head *head, const char *question)
{
    flare_str target = head->target;

    if (*target.ptr == '/' && head->method != FLARE_METHOD_CONNECT) {
        const char *end = target.ptr + target.len;
        head->target_form = FLAREI_H1_ORIGIN_FORM;
        head->path = (flare_str){target.ptr, (size_t)((question ? question : end) - target.ptr)};
        if (question)
            head->query = (flare_str){question + 1, (size_t)(end - question - 1)};
        return 0;
    }
    if (head->method == FLARE_METHOD_CONNECT) {
        head->target_form = FLAREI_H1_AUTHORITY_FORM;
        head->path = (flare_str){NULL, 0};
        head->query = (flare_str){NULL, 0};
        head->host = target;
        return flarei_h1_authority_valid(target, true) ? 0 : FLAREI_H1_BAD_TARGET_FORM;
    }
    if (target.len == 1 && *target.ptr == '*') {
        head->target_form = FLAREI_H1_ASTERISK_FORM;
        head->path = target;
        return head->method == FLARE_METHOD_OPTIONS ? 0 : FLAREI_H1_BAD_TARGET_FORM;
    }
    size_t scheme = scheme_length(target);
    return scheme ? read_absolute_form(head, scheme, question) : FLAREI_H1_BAD_TARGET;
}
