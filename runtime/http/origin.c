#include "http/origin.h"

/* Where a host begins with a star, what stands for that is one label or more. */
static bool origin_fits(flare_str pattern, flare_str origin)
{
    const char *const star = (const char *)memchr(pattern.ptr, '*', pattern.len);
    const size_t before = star != NULL ? (size_t)(star - pattern.ptr) : 0;

    if (star == NULL)
        return flare_str_equal(pattern, origin);
    const size_t behind = pattern.len - before - 1;
    if (origin.len <= before + behind || memcmp(origin.ptr, pattern.ptr, before) != 0 ||
        memcmp(origin.ptr + origin.len - behind, star + 1, behind) != 0)
        return false;
    for (size_t i = before; i < origin.len - behind; i++) {
        const char byte = origin.ptr[i];

        if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9') && byte != '-' && byte != '.')
            return false;
    }
    return origin.ptr[before] != '.';
}

bool flarei_origin_among(const flare_str *origins, uint32_t count, flare_str origin)
{
    for (uint32_t i = 0; i < count; i++) {
        if (origin_fits(origins[i], origin))
            return true;
    }
    return false;
}
