#include "http/request.h"

/* RFC 3986, section 2.3 */
static bool unreserved(unsigned c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

/* Is there a segment `.` or `..`? The path starts with a '/'. */
static bool has_dot_segment(flare_str path)
{
    for (size_t i = 0; i + 1 < path.len; i++) {
        if (path.ptr[i] != '/' || path.ptr[i + 1] != '.')
            continue;
        size_t end = i + 2;
        if (end < path.len && path.ptr[end] == '.')
            end++;
        if (end == path.len || path.ptr[end] == '/')
            return true;
    }
    return false;
}

/* Copies the path with escapes in one form: unreserved characters plain, others as %XX in upper case. */
static flare_err normalise(flare_request *rq, flare_str *path)
{
    static const char hex[] = "0123456789ABCDEF";
    char *const copy = (char *)flarei_arena_alloc(rq->arena, path->len);
    char *to = copy;

    if (copy == NULL)
        return FLARE_ERR_MEMORY;
    for (size_t i = 0; i < path->len; i++) {
        if (path->ptr[i] != '%') {
            *to++ = path->ptr[i];
            continue;
        }
        const int high = path->len - i > 2 ? flarei_hex_value(path->ptr[i + 1]) : -1;
        const int low = high < 0 ? -1 : flarei_hex_value(path->ptr[i + 2]);
        if (low < 0 || (high | low) == 0)
            return FLARE_ERR_SYNTAX;
        const unsigned byte = (unsigned)high << 4 | (unsigned)low;
        if (unreserved(byte)) {
            *to++ = (char)byte;
        } else {
            *to++ = '%';
            *to++ = hex[high];
            *to++ = hex[low];
        }
        i += 2;
    }
    *path = (flare_str){copy, (size_t)(to - copy)};
    return FLARE_OK;
}

flare_err flarei_request_odd_target(flare_request *rq, flare_str path, bool has_percent)
{
    if (has_percent) {
        flare_err err = normalise(rq, &path);

        if (err != FLARE_OK)
            return err;
        rq->path = path;
    }
    return has_dot_segment(path) ? FLARE_ERR_SYNTAX : FLARE_OK;
}
