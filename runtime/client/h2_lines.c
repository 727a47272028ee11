#include "client/h2_lines.h"

#include <flare/text.h>

enum { PSEUDO_LINES = 5 };

nghttp2_nv flarei_h2_client_line(flare_str name, flare_str value)
{
    nghttp2_nv pair = {.namelen = name.len, .valuelen = value.len, .flags = NGHTTP2_NV_FLAG_NONE};

    memcpy(&pair.name, &name.ptr, sizeof pair.name);
    memcpy(&pair.value, &value.ptr, sizeof pair.value);
    return pair;
}

size_t flarei_h2_client_lines(const flare_client *client, const flare_fetch *fetch, flare_str path,
                              flare_str cookies, flare_str length,
                              nghttp2_nv lines[static FLAREI_H2_CLIENT_LINES_MAX])
{
    const bool sends = fetch->content.len != 0 || fetch->upload.is;
    size_t n = 0;

    lines[n++] = flarei_h2_client_line(FLARE_STR(":method"), fetch->method_token);
    lines[n++] = flarei_h2_client_line(FLARE_STR(":scheme"),
                                       fetch->url.secure ? FLARE_STR("https") : FLARE_STR("http"));
    lines[n++] = flarei_h2_client_line(FLARE_STR(":authority"), fetch->url.authority);
    lines[n++] = flarei_h2_client_line(FLARE_STR(":path"), path);
    if (client->agent != NULL && !fetch->names_agent)
        lines[n++] = flarei_h2_client_line(
            FLARE_STR("user-agent"),
            (flare_str){client->agent + 12, strlen(client->agent) - 14}); /* without name and CRLF */
    if (!fetch->asks_accept)
        lines[n++] = flarei_h2_client_line(FLARE_STR("accept"), FLARE_STR("*/*"));
    if (!fetch->keep_coded)
        lines[n++] = flarei_h2_client_line(FLARE_STR("accept-encoding"), FLARE_STR("gzip, deflate"));
    if (!fetch->keep_coded && client->coding != NULL)
        lines[n++] = flarei_h2_client_line(FLARE_STR("accept-encoding"), flare_str_of(client->coding->name));
    for (size_t i = 0; i < fetch->field_count; i++)
        lines[n++] = flarei_h2_client_line(fetch->fields[i].name, fetch->fields[i].value);
    if (cookies.len != 0)
        lines[n++] = flarei_h2_client_line(FLARE_STR("cookie"), cookies);
    if (sends && fetch->content_type.len != 0)
        lines[n++] = flarei_h2_client_line(FLARE_STR("content-type"), fetch->content_type);
    if (sends && !(fetch->upload.is && fetch->upload.chunked))
        lines[n++] = flarei_h2_client_line(FLARE_STR("content-length"), length);
    if (flarei_fetch_holds(fetch))
        lines[n++] = flarei_h2_client_line(FLARE_STR("expect"), FLARE_STR("100-continue"));
    return n;
}

/* ---- Of a head that is written already ---- */

static flare_str take_until(flare_str *text, const char *mark)
{
    const size_t mark_bytes = strlen(mark);
    const char *const at = memmem(text->ptr, text->len, mark, mark_bytes);
    const flare_str part = {text->ptr, at != NULL ? (size_t)(at - text->ptr) : text->len};
    const size_t used = at != NULL ? part.len + mark_bytes : part.len;

    *text = (flare_str){text->ptr + used, text->len - used};
    return part;
}

static bool has_no_place(flare_str name, flare_str value, bool connects)
{
    static const flare_str names[] = {FLARE_STR_INIT("upgrade"), FLARE_STR_INIT("connection"),
                                      FLARE_STR_INIT("keep-alive"), FLARE_STR_INIT("proxy-connection"),
                                      FLARE_STR_INIT("transfer-encoding")};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (flare_str_equal_nocase(name, names[i]))
            return true;
    if (flare_str_equal_nocase(name, FLARE_STR("te")))
        return !flare_str_equal_nocase(value, FLARE_STR("trailers"));
    return connects && flare_str_equal_nocase(name, FLARE_STR("sec-websocket-key"));
}

size_t flarei_h2_client_lines_max(flare_str request)
{
    size_t most = PSEUDO_LINES;

    for (size_t i = 0; i < request.len; i++)
        most += request.ptr[i] == '\n';
    return most;
}

size_t flarei_h2_client_lines_of(flare_str request, bool secure, flare_str protocol, nghttp2_nv *lines)
{
    const bool connects = protocol.len != 0;
    const flare_str method = take_until(&request, " ");
    size_t n = 0;

    lines[n++] = flarei_h2_client_line(FLARE_STR(":method"), connects ? FLARE_STR("CONNECT") : method);
    if (connects)
        lines[n++] = flarei_h2_client_line(FLARE_STR(":protocol"), protocol);
    lines[n++] = flarei_h2_client_line(FLARE_STR(":scheme"), secure ? FLARE_STR("https") : FLARE_STR("http"));
    lines[n++] = flarei_h2_client_line(FLARE_STR(":path"), take_until(&request, " "));
    (void)take_until(&request, "\r\n");
    for (;;) {
        flare_str value = take_until(&request, "\r\n");
        flare_str name;

        if (value.len == 0)
            return n;
        name = take_until(&value, ": ");
        if (flare_str_equal_nocase(name, FLARE_STR("host")))
            name = FLARE_STR(":authority");
        if (!has_no_place(name, value, connects))
            lines[n++] = flarei_h2_client_line(name, value);
    }
}
