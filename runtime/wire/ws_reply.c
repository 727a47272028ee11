/* A server's reply to a client's handshake (RFC 6455, section 4.1). */
#include "wire/ws.h"

#include "wire/h1_scan.h"

#include <flare/text.h>

/* ---- The head ---- */

/* The line that begins at `at`, without its CRLF. @return where the next one begins, NULL without an end; a
 * line feed alone ends none, and is no field's either */
static const char *take_line(const char *at, const char *end, flare_str *line)
{
    const char *const feed = memchr(at, '\n', (size_t)(end - at));

    if (feed == NULL)
        return NULL;
    *line = (flare_str){at, (size_t)(feed - at)};
    if (line->len == 0 || feed[-1] != '\r')
        line->len = SIZE_MAX;
    else
        line->len--;
    return feed + 1;
}

/* HTTP/1.1 101 and what follows a space (RFC 9112, section 4). @return the status, 0 for no such line */
static unsigned read_status(flare_str line)
{
    static const char version[] = "HTTP/1.1 ";
    unsigned status = 0;

    if (line.len < sizeof version - 1 + 3 || memcmp(line.ptr, version, sizeof version - 1) != 0)
        return 0;
    for (size_t i = sizeof version - 1; i < sizeof version + 2; i++) {
        if (line.ptr[i] < '0' || line.ptr[i] > '9')
            return 0;
        status = status * 10 + (unsigned)(line.ptr[i] - '0');
    }
    if (line.len > sizeof version + 2 && line.ptr[sizeof version + 2] != ' ')
        return 0;
    if (skip_bytes(line.ptr, line.ptr + line.len, H1_VALUE) != line.ptr + line.len)
        return 0;
    return status >= 100 ? status : 0;
}

static void keep(flare_str *kept, flare_str value, bool *repeated)
{
    *repeated |= kept->ptr != NULL;
    *kept = value;
}

static void take_field(struct flarei_ws_reply *reply, flare_str name, flare_str value)
{
    if (flare_str_equal_nocase(name, FLARE_STR("upgrade")))
        reply->upgrades |= flarei_ws_list_has(value, FLARE_STR("websocket"));
    else if (flare_str_equal_nocase(name, FLARE_STR("connection")))
        reply->connects |= flarei_ws_list_has(value, FLARE_STR("upgrade"));
    else if (flare_str_equal_nocase(name, FLARE_STR("sec-websocket-accept")))
        keep(&reply->accept, value, &reply->repeats);
    else if (flare_str_equal_nocase(name, FLARE_STR("sec-websocket-protocol")))
        keep(&reply->protocol, value, &reply->repeats);
    else if (flare_str_equal_nocase(name, FLARE_STR("sec-websocket-extensions")))
        keep(&reply->extensions, value, &reply->repeats);
}

static bool read_field(struct flarei_ws_reply *reply, flare_str line)
{
    const char *const end = line.ptr + line.len;
    const char *const colon = skip_bytes(line.ptr, end, H1_TOKEN);
    const char *from = colon + 1, *to = end;

    if (colon == line.ptr || colon == end || *colon != ':')
        return false;
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    if (skip_bytes(from, to, H1_VALUE) != to)
        return false;
    take_field(reply, (flare_str){line.ptr, (size_t)(colon - line.ptr)},
               (flare_str){from, (size_t)(to - from)});
    return true;
}

ptrdiff_t flarei_ws_reply_read(flare_str bytes, struct flarei_ws_reply *reply)
{
    const char *const end = flarei_str_end(bytes);
    const char *at = bytes.ptr;
    flare_str line;

    *reply = (struct flarei_ws_reply){.status = 0};
    if (bytes.len == 0 || (at = take_line(at, end, &line)) == NULL)
        return 0;
    reply->status = line.len != SIZE_MAX ? read_status(line) : 0;
    if (reply->status == 0)
        return -1;
    for (;;) {
        at = take_line(at, end, &line);
        if (at == NULL)
            return 0;
        if (line.len == 0)
            return at - bytes.ptr;
        if (line.len == SIZE_MAX || !read_field(reply, line))
            return -1;
    }
}

/* ---- What it says ---- */

static const char repeated[] = "a field of the handshake is there twice";

static bool offered(const flare_str *protocols, size_t count, flare_str chosen)
{
    for (size_t i = 0; i < count; i++)
        if (flare_str_equal(protocols[i], chosen))
            return true;
    return false;
}

/* What the server chose of what was offered. */
static const char *choice_wrong(const struct flarei_ws_reply *reply, const struct flarei_ws_offered *offer,
                                struct flarei_ws_deflate *agreed, bool *deflates)
{
    if (reply->protocol.ptr != NULL && !offered(offer->protocols, offer->protocol_count, reply->protocol))
        return "the server chose a subprotocol that was not offered";
    if (reply->extensions.ptr == NULL)
        return NULL;
    if (offer->deflate == NULL)
        return reply->extensions.len == 0 ? NULL : "the server chose an extension that was not offered";
    switch (flarei_ws_deflate_agree(offer->deflate, reply->extensions, agreed)) {
    case FLAREI_WS_OFFER_AGREED:
        *deflates = true;
        return NULL;
    case FLAREI_WS_OFFER_NONE:
        return NULL;
    case FLAREI_WS_OFFER_MALFORMED:
    default:
        return "the server's extensions are not what was offered";
    }
}

const char *flarei_ws_reply_wrong(const struct flarei_ws_reply *reply, flare_str key,
                                  const struct flarei_ws_offered *offer, struct flarei_ws_deflate *agreed,
                                  bool *deflates)
{
    char accept[FLAREI_WS_ACCEPT_BYTES];

    *deflates = false;
    if (reply->status != 101)
        return "the server did not switch to WebSocket";
    if (!reply->upgrades || !reply->connects)
        return "the server did not say that it switches to WebSocket";
    if (reply->repeats)
        return repeated;
    flarei_ws_accept(key, accept);
    if (!flare_str_equal(reply->accept, (flare_str){accept, sizeof accept}))
        return "the server's Sec-WebSocket-Accept is not the key's";
    return choice_wrong(reply, offer, agreed, deflates);
}

const char *flarei_ws_connect_wrong(const struct flarei_ws_reply *reply,
                                    const struct flarei_ws_offered *offer, struct flarei_ws_deflate *agreed,
                                    bool *deflates)
{
    *deflates = false;
    if (reply->status < 200 || reply->status > 299)
        return "the server did not open a WebSocket";
    return reply->repeats ? repeated : choice_wrong(reply, offer, agreed, deflates);
}
