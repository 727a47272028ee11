#include "redis/place.h"

#include <flare/memory.h>
#include <flare/number.h>
#include <flare/text.h>

#include <openssl/crypto.h>

enum { PORT = 6379 };

static bool take_prefix(flare_str *text, flare_str prefix)
{
    if (text->len < prefix.len || !flare_str_equal_nocase((flare_str){text->ptr, prefix.len}, prefix))
        return false;
    *text = (flare_str){text->ptr + prefix.len, text->len - prefix.len};
    return true;
}

/* Cuts a text at a place in it; what stands behind that byte is `rest`. */
static void cut(flare_str *text, const char *at, flare_str *rest)
{
    *rest = (flare_str){at + 1, (size_t)(text->ptr + text->len - at - 1)};
    text->len = (size_t)(at - text->ptr);
}

static const char *find(flare_str text, char byte)
{
    return text.len != 0 ? (const char *)memchr(text.ptr, byte, text.len) : NULL;
}

/* Decodes a slice of the place's text where it stands. */
static bool decode(struct flarei_redis_place *place, flare_str *text)
{
    char *const at = place->text + (text->ptr - place->text);

    return flare_percent_decode(*text, FLARE_PERCENT_PATH, at, &text->len) == FLARE_OK;
}

/* user:password, either of them maybe empty */
static bool read_user(struct flarei_redis_place *place, flare_str text)
{
    const char *const colon = find(text, ':');

    if (colon == NULL)
        return false;
    place->user = text;
    place->has_password = true;
    cut(&place->user, colon, &place->password);
    return decode(place, &place->user) && decode(place, &place->password);
}

/* Takes what stands in front of the last @, if there is one. */
static bool take_user(struct flarei_redis_place *place, flare_str *text)
{
    const char *at = NULL;
    flare_str user = *text;

    for (size_t i = 0; i < text->len; i++)
        if (text->ptr[i] == '@')
            at = text->ptr + i;
    if (at == NULL)
        return true;
    cut(&user, at, text);
    return read_user(place, user);
}

static bool read_database(struct flarei_redis_place *place, flare_str text)
{
    return flare_u32_parse(text, &place->database) == FLARE_OK && place->database <= INT32_MAX;
}

static bool read_port(struct flarei_redis_place *place, flare_str text)
{
    return flare_u16_parse(text, &place->port) == FLARE_OK && place->port != 0;
}

/* host, host:port or [address]:port */
static bool read_host(struct flarei_redis_place *place, flare_str text)
{
    const char *end = find(text, ':');
    flare_str port = {NULL, 0};

    if (text.len != 0 && text.ptr[0] == '[') {
        end = find(text, ']');
        if (end == NULL || end == text.ptr + 1)
            return false;
        place->host = (flare_str){text.ptr + 1, (size_t)(end - text.ptr - 1)};
        if (++end == text.ptr + text.len)
            return true;
        if (*end != ':')
            return false;
        cut(&text, end, &port);
        return read_port(place, port);
    }
    if (end != NULL)
        cut(&text, end, &port);
    if (text.len != 0)
        place->host = text;
    return end == NULL || read_port(place, port);
}

/* [user:password@]host[:port][/database] */
static bool read_network(struct flarei_redis_place *place, flare_str text)
{
    const char *const slash = find(text, '/');
    flare_str path = {NULL, 0};

    if (find(text, '?') != NULL || find(text, '#') != NULL)
        return false;
    if (slash != NULL)
        cut(&text, slash, &path);
    return take_user(place, &text) && read_host(place, text) && (path.len == 0 || read_database(place, path));
}

/* [user:password@]/path[?db=database] */
static bool read_unix(struct flarei_redis_place *place, flare_str text)
{
    const char *const slash = find(text, '/'), *mark;
    flare_str path, query = {NULL, 0};

    if (slash == NULL)
        return false;
    path = (flare_str){slash, text.len - (size_t)(slash - text.ptr)};
    text.len = (size_t)(slash - text.ptr);
    mark = find(path, '?');
    if (mark != NULL)
        cut(&path, mark, &query);
    if (!take_user(place, &text) || text.len != 0 || !decode(place, &path) ||
        path.len > FLARE_ADDRESS_PATH_MAX_BYTES)
        return false;
    place->address.family = FLARE_ADDRESS_UNIX;
    memcpy(place->address.path, path.ptr, path.len);
    return mark == NULL || (take_prefix(&query, FLARE_STR("db=")) && read_database(place, query));
}

static bool read_place(struct flarei_redis_place *place, flare_str text)
{
    if (take_prefix(&text, FLARE_STR("unix://")))
        return read_unix(place, text);
    place->secure = take_prefix(&text, FLARE_STR("rediss://"));
    return (place->secure || take_prefix(&text, FLARE_STR("redis://"))) && read_network(place, text);
}

flare_err flarei_redis_place_read(struct flarei_redis_place *place, const char *url)
{
    const size_t bytes = strlen(url) + 1;

    *place = (struct flarei_redis_place){.host = FLARE_STR("127.0.0.1"), .port = PORT};
    place->text = flarei_malloc(bytes);
    if (place->text == NULL)
        return FLARE_ERR_MEMORY;
    memcpy(place->text, url, bytes);
    if (read_place(place, (flare_str){place->text, bytes - 1}))
        return FLARE_OK;
    flarei_redis_place_clear(place);
    return FLARE_ERR_SYNTAX;
}

void flarei_redis_place_clear(struct flarei_redis_place *place)
{
    if (place->text != NULL)
        OPENSSL_cleanse(place->text, strlen(place->text));
    flarei_free(place->text);
    place->text = NULL;
}
