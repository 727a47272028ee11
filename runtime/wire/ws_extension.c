/* Sec-WebSocket-Extensions (RFC 6455, section 9.1), of which permessage-deflate is known (RFC 7692). */
#include "wire/ws.h"

#include "wire/h1_scan.h"

enum { SERVER_BITS = 1, CLIENT_BITS = 2, SERVER_NO_CONTEXT = 4, CLIENT_NO_CONTEXT = 8 };

/* One extension of a list: its parameters as far as they are permessage-deflate's. */
struct offer {
    bool is_deflate;
    bool wrong;       /* a parameter unknown, given twice, or with a value it can't have */
    unsigned present; /* which parameters */
    uint8_t server_bits;
    uint8_t client_bits; /* 0: named without a value */
};

struct cursor {
    const char *at;
    const char *end;
};

static void skip_space(struct cursor *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t'))
        cursor->at++;
}

static bool take_byte(struct cursor *cursor, char byte)
{
    skip_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != byte)
        return false;
    cursor->at++;
    return true;
}

static bool take_token(struct cursor *cursor, flare_str *token)
{
    skip_space(cursor);
    token->ptr = cursor->at;
    cursor->at = skip_bytes(cursor->at, cursor->end, H1_TOKEN);
    token->len = (size_t)(cursor->at - token->ptr);
    return token->len != 0;
}

/* A token, or a quoted one: what it quotes must be a token too. Escapes are not worth their code: no value
 * that is known has any. */
static bool take_value(struct cursor *cursor, flare_str *value)
{
    if (!take_byte(cursor, '"'))
        return take_token(cursor, value);
    value->ptr = cursor->at;
    cursor->at = skip_bytes(cursor->at, cursor->end, H1_TOKEN);
    value->len = (size_t)(cursor->at - value->ptr);
    return value->len != 0 && cursor->at < cursor->end && *cursor->at++ == '"';
}

/* 8 to 15 without leading zeros (RFC 7692, section 7.1.2), or 0. */
static uint8_t window_bits(flare_str value)
{
    if (value.len == 1 && (value.ptr[0] == '8' || value.ptr[0] == '9'))
        return (uint8_t)(value.ptr[0] - '0');
    if (value.len == 2 && value.ptr[0] == '1' && value.ptr[1] >= '0' && value.ptr[1] <= '5')
        return (uint8_t)(10 + value.ptr[1] - '0');
    return 0;
}

static unsigned parameter_of(flare_str name)
{
    if (flare_str_equal(name, FLARE_STR("server_max_window_bits")))
        return SERVER_BITS;
    if (flare_str_equal(name, FLARE_STR("client_max_window_bits")))
        return CLIENT_BITS;
    if (flare_str_equal(name, FLARE_STR("server_no_context_takeover")))
        return SERVER_NO_CONTEXT;
    if (flare_str_equal(name, FLARE_STR("client_no_context_takeover")))
        return CLIENT_NO_CONTEXT;
    return 0;
}

static void take_parameter(struct offer *offer, flare_str name, const flare_str *value)
{
    const unsigned parameter = parameter_of(name);
    const uint8_t bits = value != NULL ? window_bits(*value) : 0;

    if (parameter == 0 || (offer->present & parameter) != 0) {
        offer->wrong = true;
        return;
    }
    offer->present |= parameter;
    if (parameter == SERVER_BITS) {
        offer->server_bits = bits;
        offer->wrong |= bits == 0;
    } else if (parameter == CLIENT_BITS) {
        offer->client_bits = bits;
        offer->wrong |= value != NULL && bits == 0;
    } else {
        offer->wrong |= value != NULL;
    }
}

/* @return false if the list is malformed */
static bool take_offer(struct cursor *cursor, struct offer *offer)
{
    flare_str name, value;

    *offer = (struct offer){0};
    if (!take_token(cursor, &name))
        return false;
    offer->is_deflate = flare_str_equal(name, FLARE_STR("permessage-deflate"));
    while (take_byte(cursor, ';')) {
        bool has_value;

        if (!take_token(cursor, &name))
            return false;
        has_value = take_byte(cursor, '=');
        if (has_value && !take_value(cursor, &value))
            return false;
        take_parameter(offer, name, has_value ? &value : NULL);
    }
    skip_space(cursor);
    return cursor->at == cursor->end || *cursor->at == ',';
}

/* Passes the commas between elements, of which any may be empty. @return is there another element? */
static bool next_offer(struct cursor *cursor)
{
    while (take_byte(cursor, ','))
        continue;
    return cursor->at < cursor->end;
}

static uint8_t lesser(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

/* @return can the offer be met? */
static bool meet(const struct flarei_ws_deflate *wanted, const struct offer *offer,
                 struct flarei_ws_deflate *agreed)
{
    if (!offer->is_deflate || offer->wrong)
        return false;
    *agreed = *wanted;
    agreed->server_no_context_takeover |= (offer->present & SERVER_NO_CONTEXT) != 0;
    agreed->client_no_context_takeover |= (offer->present & CLIENT_NO_CONTEXT) != 0;
    if ((offer->present & SERVER_BITS) != 0)
        agreed->server_max_window_bits = lesser(wanted->server_max_window_bits, offer->server_bits);
    if (agreed->server_max_window_bits < 9)
        return false; /* zlib has no raw deflate with a window of 256 bytes */
    if ((offer->present & CLIENT_BITS) == 0)
        agreed->client_max_window_bits = 15; /* may not be asked for (section 7.1.2.2) */
    else if (offer->client_bits != 0)
        agreed->client_max_window_bits = lesser(wanted->client_max_window_bits, offer->client_bits);
    return true;
}

enum flarei_ws_offer flarei_ws_deflate_choose(const struct flarei_ws_deflate *wanted, flare_str line,
                                              struct flarei_ws_deflate *agreed)
{
    struct cursor cursor = {line.ptr, line.ptr + line.len};
    enum flarei_ws_offer result = FLAREI_WS_OFFER_NONE;

    while (line.len != 0 && next_offer(&cursor)) {
        struct offer offer;

        if (!take_offer(&cursor, &offer))
            return FLAREI_WS_OFFER_MALFORMED;
        if (result == FLAREI_WS_OFFER_NONE && meet(wanted, &offer, agreed))
            result = FLAREI_WS_OFFER_AGREED;
    }
    return result;
}

enum flarei_ws_offer flarei_ws_deflate_agree(const struct flarei_ws_deflate *offered, flare_str line,
                                             struct flarei_ws_deflate *agreed)
{
    struct cursor cursor = {line.ptr, line.ptr + line.len};
    struct offer answer;

    if (line.len == 0 || !next_offer(&cursor))
        return FLAREI_WS_OFFER_NONE;
    if (!take_offer(&cursor, &answer) || next_offer(&cursor) || !answer.is_deflate || answer.wrong)
        return FLAREI_WS_OFFER_MALFORMED;
    if ((answer.present & CLIENT_BITS) != 0 && answer.client_bits == 0)
        return FLAREI_WS_OFFER_MALFORMED;
    *agreed = (struct flarei_ws_deflate){
        .server_no_context_takeover = (answer.present & SERVER_NO_CONTEXT) != 0,
        .client_no_context_takeover =
            (answer.present & CLIENT_NO_CONTEXT) != 0 || offered->client_no_context_takeover,
        .server_max_window_bits = (answer.present & SERVER_BITS) != 0 ? answer.server_bits : 15,
        .client_max_window_bits = (answer.present & CLIENT_BITS) != 0
                                      ? lesser(answer.client_bits, offered->client_max_window_bits)
                                      : offered->client_max_window_bits};
    if (offered->server_no_context_takeover && !agreed->server_no_context_takeover)
        return FLAREI_WS_OFFER_MALFORMED;
    if (agreed->server_max_window_bits > offered->server_max_window_bits)
        return FLAREI_WS_OFFER_MALFORMED;
    return agreed->client_max_window_bits < 9 ? FLAREI_WS_OFFER_MALFORMED : FLAREI_WS_OFFER_AGREED;
}

static size_t put(char *text, size_t at, const char *more)
{
    const size_t len = strlen(more);

    memcpy(text + at, more, len);
    return at + len;
}

static size_t put_bits(char *text, size_t at, const char *name, unsigned bits)
{
    at = put(text, at, name);
    if (bits >= 10)
        text[at++] = '1';
    text[at++] = (char)('0' + bits % 10);
    return at;
}

size_t flarei_ws_deflate_format(const struct flarei_ws_deflate *agreed, bool offer,
                                char text[FLAREI_WS_DEFLATE_TEXT_BYTES])
{
    size_t at = put(text, 0, "permessage-deflate");

    if (agreed->server_no_context_takeover)
        at = put(text, at, "; server_no_context_takeover");
    if (agreed->client_no_context_takeover)
        at = put(text, at, "; client_no_context_takeover");
    if (agreed->server_max_window_bits < 15)
        at = put_bits(text, at, "; server_max_window_bits=", agreed->server_max_window_bits);
    if (agreed->client_max_window_bits < 15)
        at = put_bits(text, at, "; client_max_window_bits=", agreed->client_max_window_bits);
    else if (offer)
        at = put(text, at, "; client_max_window_bits");
    return at;
}
