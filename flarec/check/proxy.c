/* proxy.c - proxy(): the upstream and what is said of it. */
#include <string.h>

#include "check/check.h"

enum { PATH_MAX_BYTES = 107 }; /* of a unix socket */

static void upstream_wrong(struct check *check, struct place place, const char *why)
{
    diag_help(diag_report(check->diags, CODE_UPSTREAM, place, "%s", why),
              "write proxy(\"http://127.0.0.1:9000\"), \"https://api.example.org\" or "
              "\"unix:/run/api.sock\"");
}

static bool is_host_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

static bool is_address_byte(char c)
{
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

/* @return what is wrong, or NULL */
static const char *read_port(const char *at, const char *end, struct upstream *upstream)
{
    unsigned port = 0;

    if (at == end)
        return NULL;
    if (*at++ != ':' || at == end || end - at > 5)
        return "this is no host with a port";
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return "this is no host with a port";
        port = port * 10 + (unsigned)(*at - '0');
    }
    upstream->port = port;
    return port == 0 || port > 65535 ? "there is no such port" : NULL;
}

/* host, host:port or [address]:port */
static const char *read_authority(struct check *check, const char *start, const char *end,
                                  struct upstream *upstream)
{
    const bool address = start < end && *start == '[';
    const char *const host = start + address;
    const char *at = host;

    while (at < end && (address ? is_address_byte(*at) : is_host_byte(*at)))
        at++;
    if (at == host || (address && (at == end || *at != ']')))
        return "a host is missing";
    upstream->host = arena_copy(check->arena, host, (size_t)(at - host));
    upstream->authority = arena_copy(check->arena, start, (size_t)(end - start));
    return read_port(at + address, end, upstream);
}

static const char *read_prefix(struct check *check, const char *path, struct upstream *upstream)
{
    size_t length = strlen(path);

    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)path[i] <= ' ' || (unsigned char)path[i] >= 0x7f ||
            strchr("?#\"<>\\^`{|}", path[i]) != NULL)
            return path[i] == '?'   ? "an upstream has no query: each request brings its own"
                   : path[i] == '#' ? "an upstream has no fragment"
                                    : "this path can't be sent";
    }
    while (length > 0 && path[length - 1] == '/')
        length--;
    upstream->prefix = arena_copy(check->arena, path, length);
    return NULL;
}

static const char *read_upstream(struct check *check, const char *text, struct upstream *upstream)
{
    const char *why;

    upstream->url = text;
    if (strncmp(text, "unix:", 5) == 0) {
        upstream->local = true;
        upstream->host = text;
        return text[5] == '\0'                     ? "the path of a socket is missing"
               : strlen(text + 5) > PATH_MAX_BYTES ? "a unix socket's path has at most 107 bytes"
                                                   : NULL;
    }
    upstream->secure = strncmp(text, "https://", 8) == 0;
    if (!upstream->secure && strncmp(text, "http://", 7) != 0)
        return "this is no URL of http or https";
    upstream->port = upstream->secure ? 443 : 80;
    text += upstream->secure ? 8 : 7;
    const char *const end = text + strcspn(text, "/?#");
    if (memchr(text, '@', (size_t)(end - text)) != NULL)
        return "an upstream has no user: a guard or the client says who asks";
    why = read_authority(check, text, end, upstream);
    return why != NULL ? why : read_prefix(check, end, upstream);
}

static unsigned milliseconds(struct check *check, const struct arguments *args, const char *label)
{
    uint64_t value = 0;

    if (setting_duration(check, args, label, 86400, &value) && value == 0)
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS, argument_find(check, args, label)->place,
                              "'%s' leaves no time at all", label),
                  "leave it out for the usual time");
    return (unsigned)value;
}

static void settings(struct check *check, const struct statement *statement, const struct arguments *args,
                     struct upstream *upstream)
{
    static const char *const labels[] = {"strip",  "keep_host", "connections", "connect", "silence",
                                         "tunnel", "http2",     "ca",          NULL};
    const char *const path = statement->path.text;
    const size_t length = path != NULL ? strlen(path) : 0;
    uint64_t connections = 0;

    arguments_known(check, args, "proxy()", labels);
    upstream->strip = setting_flag(check, args, "strip", false);
    upstream->keep_host = setting_flag(check, args, "keep_host", false);
    upstream->http2 = setting_flag(check, args, "http2", false);
    (void)setting_number(check, args, "connections", 1, 65535, &connections);
    upstream->connections = (unsigned)connections;
    upstream->connect_ms = milliseconds(check, args, "connect");
    upstream->silence_ms = milliseconds(check, args, "silence");
    upstream->tunnel_ms = milliseconds(check, args, "tunnel");
    upstream->ca = setting_text(check, args, "ca", "");
    if (upstream->strip && (length < 2 || strcmp(path + length - 2, "/*") != 0))
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS,
                              argument_find(check, args, "strip")->place,
                              "'strip' leaves what a wildcard takes, and this path has none"),
                  "end the path in '/*', or remove 'strip'");
    if (upstream->ca[0] != '\0' && !upstream->secure)
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS, argument_find(check, args, "ca")->place,
                              "'ca' is of upstreams that are asked over TLS"),
                  "remove it, or write https://");
}

void proxy_handler(struct check *check, const struct statement *statement, struct route *route)
{
    const struct argument *const first = statement->target->args.first;
    struct upstream *const upstream = &route->upstream;
    struct arguments rest = statement->target->args;
    const char *why;

    route->handler = HANDLER_PROXY;
    *upstream = (struct upstream){
        .url = "", .host = "localhost", .authority = "localhost", .prefix = "", .ca = "", .port = 80};
    if (first == NULL || first->label.text != NULL || first->value->kind != VALUE_STRING ||
        strlen(first->value->text) != first->value->length) {
        diag_help(diag_report(check->diags, CODE_HANDLER_ARGUMENTS, first != NULL ? first->place : rest.place,
                              "an upstream is expected here"),
                  "write proxy(\"http://127.0.0.1:9000\")");
        return;
    }
    why = read_upstream(check, first->value->text, upstream);
    if (why != NULL)
        upstream_wrong(check, first->place, why);
    rest.first = first->next;
    settings(check, statement, &rest, upstream);
}
