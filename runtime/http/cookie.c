/* One cookie of a Cookie field (RFC 6265 section 4.2.1), read as browsers and other servers send them. */
#include "http/cookie.h"

bool flarei_cookie_find(flare_str cookies, flare_str name, flare_str *value)
{
    const char *at = cookies.ptr, *const end = flarei_str_end(cookies);

    while (at != end) {
        const char *stop = (const char *)memchr(at, ';', (size_t)(end - at));
        const char *equals;

        if (stop == NULL)
            stop = end;
        equals = (const char *)memchr(at, '=', (size_t)(stop - at));
        if (equals != NULL && flare_str_equal(flarei_trimmed(at, equals), name)) {
            *value = flarei_trimmed(equals + 1, stop);
            if (value->len >= 2 && value->ptr[0] == '"' && value->ptr[value->len - 1] == '"')
                *value = (flare_str){value->ptr + 1, value->len - 2};
            return true;
        }
        at = stop == end ? end : stop + 1;
    }
    return false;
}

bool flarei_cookie_value_valid(flare_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        const unsigned char byte = (unsigned char)value.ptr[i];

        if (byte <= 0x20 || byte >= 0x7f || byte == '"' || byte == ',' || byte == ';' || byte == '\\')
            return false;
    }
    return true;
}
