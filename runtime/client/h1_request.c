/* A request as HTTP/1.1 says it (RFC 9112, section 3). */
#include "client/cookies.h"
#include "client/fetch.h"
#include "client/h2.h"
#include "client/proxy.h"
#include "wire/h1_write.h"

#include <flare/number.h>

enum { JOINED_MAX_BYTES = 16384 }; /* content that is sent with its head */

static void write_text(flare_buffer *out, flare_str text)
{
    (void)flarei_buffer_append_str(out, text);
}

static void write_content_head(flare_buffer *out, const flare_fetch *fetch)
{
    char length[FLARE_U64_MAX_BYTES];

    if (fetch->content_type.len != 0)
        flarei_h1_put_field(out, FLARE_STR("Content-Type"), fetch->content_type);
    if (fetch->upload.is && fetch->upload.chunked)
        flarei_h1_put_field(out, FLARE_STR("Transfer-Encoding"), FLARE_STR("chunked"));
    else
        flarei_h1_put_field(out, FLARE_STR("Content-Length"),
                            (flare_str){length, flare_u64_format(flarei_fetch_content_bytes(fetch), length)});
}

static void write_cookies(flare_buffer *out, const flare_client *client, const flare_fetch *fetch)
{
    static const flare_str name = FLARE_STR_INIT("Cookie: ");
    const size_t before = flarei_buffer_len(out);

    write_text(out, name);
    (void)flarei_cookies_write(client->cookies, &fetch->url, flarei_clock_wall(), out);
    if (!out->failed && flarei_buffer_len(out) == before + name.len)
        flarei_buffer_truncate(out, before);
    else
        write_text(out, FLARE_STR("\r\n"));
}

/* HTTP/2, of the first request of a connection (RFC 7540, section 3.2). */
static void write_offer(struct flarei_connection *connection)
{
#if FLAREI_HTTP2
    const struct flarei_origin *const origin = connection->origin;
    char settings[FLAREI_H2_CLIENT_SETTINGS_BYTES];

    connection->offers = connection->client->http2 == FLARE_CLIENT_HTTP2_UPGRADED && !origin->secure &&
                         origin->proxy == NULL && connection->served == 0 && !origin->declined_h2;
    if (!connection->offers)
        return;
    write_text(&connection->out, FLARE_STR("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"));
    flarei_h1_put_field(&connection->out, FLARE_STR("HTTP2-Settings"),
                        (flare_str){settings, flarei_h2_client_settings(connection->client, settings)});
#else
    (void)connection;
#endif
}

void flarei_h1_write_request(struct flarei_connection *connection, const flare_fetch *fetch)
{
    flare_buffer *const out = &connection->out;
    const flare_client *const client = connection->client;
    const struct flarei_proxy *const proxy = connection->origin->proxy;
    const bool through_proxy = proxy != NULL && !fetch->url.secure;
    const flare_str target = fetch->url.target;

    if (fetch->forward != NULL) {
        write_text(out, fetch->forward->head);
        return;
    }
    write_text(out, fetch->method_token);
    write_text(out, FLARE_STR(" "));
    if (through_proxy) {
        write_text(out, FLARE_STR("http://"));
        write_text(out, fetch->url.authority);
    }
    if (target.len == 0 || target.ptr[0] != '/')
        write_text(out, FLARE_STR("/"));
    write_text(out, target);
    write_text(out, FLARE_STR(" HTTP/1.1\r\nHost: "));
    write_text(out, fetch->url.authority);
    write_text(out, FLARE_STR("\r\n"));
    if (client->agent != NULL && !fetch->names_agent)
        write_text(out, flare_str_of(client->agent));
    if (through_proxy)
        write_text(out, flare_str_of(proxy->authorization));
    if (!fetch->asks_accept)
        write_text(out, FLARE_STR("Accept: */*\r\n"));
    if (!fetch->keep_coded) {
        write_text(out, FLARE_STR("Accept-Encoding: gzip, deflate"));
        if (client->coding != NULL) {
            write_text(out, FLARE_STR(", "));
            write_text(out, flare_str_of(client->coding->name));
        }
        write_text(out, FLARE_STR("\r\n"));
    }
    for (size_t i = 0; i < fetch->field_count; i++)
        flarei_h1_put_field(out, fetch->fields[i].name, fetch->fields[i].value);
    if (client->cookies != NULL && !fetch->has_cookies)
        write_cookies(out, client, fetch);
    if (flarei_fetch_has_content(fetch))
        write_content_head(out, fetch);
    else
        write_offer(connection);
    if (flarei_fetch_holds(fetch))
        flarei_h1_put_field(out, FLARE_STR("Expect"), FLARE_STR("100-continue"));
    write_text(out, FLARE_STR("\r\n"));
    if (fetch->content.len <= JOINED_MAX_BYTES && !flarei_fetch_holds(fetch)) {
        write_text(out, fetch->content);
        connection->content_sent = fetch->content.len;
    }
}
