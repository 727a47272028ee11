/* Strings that stand for something else: formats and bytes. */
#include "http/json_scan.h"

#include <flare/text.h>

#define DEFINE_FORMAT(name, type)                                                                            \
    const char *flarei_json_##name(struct flarei_json *json, const char *at,                                 \
                                   const struct flarei_json_path *path, const char *key, type *out)          \
    {                                                                                                        \
        flare_str text = {NULL, 0};                                                                          \
                                                                                                             \
        at = flarei_json_string(json, at, path, key, 0, SIZE_MAX, &text);                                    \
        if (FLARE_LIKELY(at != NULL && text.ptr != NULL))                                                    \
            flarei_json_note(json, path, key, flarei_take_##name(text, out));                                \
        return at;                                                                                           \
    }
DEFINE_FORMAT(uuid, flare_uuid)
DEFINE_FORMAT(date, flare_date)
DEFINE_FORMAT(datetime, flare_time)
DEFINE_FORMAT(ipv4, flare_ipv4)
DEFINE_FORMAT(ipv6, flare_ipv6)
DEFINE_FORMAT(email, flare_str)
DEFINE_FORMAT(url, flare_str)

const char *flarei_json_bytes(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                              const char *key, size_t min, size_t max, flare_str *out)
{
    flare_str text = {NULL, 0};
    size_t length;
    char *bytes;

    at = flarei_json_string(json, at, path, key, 0, SIZE_MAX, &text);
    if (at == NULL || text.ptr == NULL)
        return at;
    bytes = (char *)flarei_arena_alloc(json->arena, flare_base64_decoded_max(text.len));
    if (bytes == NULL)
        return flarei_json_stop(json, FLAREI_JSON_NO_MEMORY);
    if (flare_base64_decode(FLARE_BASE64, text, bytes, &length) != FLARE_OK)
        flarei_json_fail(json, path, key, FLAREI_RULE_TYPE);
    else if (length < min || length > max)
        flarei_json_fail(json, path, key, length < min ? FLAREI_RULE_MIN_LENGTH : FLAREI_RULE_MAX_LENGTH);
    else
        *out = (flare_str){bytes, length};
    return at;
}
