#include "client/h2_lines.h"

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
