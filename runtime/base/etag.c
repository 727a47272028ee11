#include <flare/etag.h>

/* etagc: any visible character but the quote, and bytes from 0x80 on. */
static const char *tag_end(const char *at, const char *end)
{
    if (end - at >= 2 && at[0] == 'W' && at[1] == '/')
        at += 2;
    if (at == end || *at != '"')
        return NULL;
    for (at++; at != end && *at != '"'; at++) {
        const unsigned char byte = (unsigned char)*at;

        if (byte <= 0x20 || byte == 0x7f)
            return NULL;
    }
    return at == end ? NULL : at + 1;
}

bool flare_etag_valid(flare_str text)
{
    return text.len != 0 && tag_end(text.ptr, flarei_str_end(text)) == flarei_str_end(text);
}

/* Steps to the next tag of a list. @return false at the end, and with *bad where the list is none */
static bool next_tag(flare_str *rest, flare_str *tag, bool *bad)
{
    const char *at = rest->ptr;
    const char *const end = flarei_str_end(*rest);
    const char *stop;

    while (at != end && (*at == ' ' || *at == '\t' || *at == ','))
        at++;
    *bad = false;
    if (at == end)
        return false;
    stop = tag_end(at, end);
    *bad = stop == NULL || (stop != end && *stop != ' ' && *stop != '\t' && *stop != ',');
    if (*bad)
        return false;
    *tag = (flare_str){at, (size_t)(stop - at)};
    while (stop != end && (*stop == ' ' || *stop == '\t'))
        stop++;
    *bad = stop != end && *stop != ',';
    *rest = (flare_str){stop, (size_t)(end - stop)};
    return !*bad;
}

static bool is_any(flare_str list)
{
    return list.len == 1 && list.ptr[0] == '*';
}

bool flare_etag_list_valid(flare_str text)
{
    flare_str tag;
    bool bad, some = false;

    if (is_any(text))
        return true;
    while (next_tag(&text, &tag, &bad))
        some = true;
    return some && !bad;
}

static bool is_weak(flare_str tag)
{
    return tag.len >= 2 && tag.ptr[0] == 'W';
}

static flare_str opaque(flare_str tag)
{
    return is_weak(tag) ? (flare_str){tag.ptr + 2, tag.len - 2} : tag;
}

static bool matches(flare_str list, flare_str etag, bool weakly)
{
    flare_str tag;
    bool bad;

    if (etag.len == 0)
        return false;
    if (is_any(list))
        return true;
    if (!weakly && is_weak(etag))
        return false;
    while (next_tag(&list, &tag, &bad)) {
        if ((weakly || !is_weak(tag)) && flare_str_equal(opaque(tag), opaque(etag)))
            return true;
    }
    return false;
}

bool flare_etag_matches(flare_str list, flare_str etag)
{
    return matches(list, etag, false);
}

bool flare_etag_matches_weakly(flare_str list, flare_str etag)
{
    return matches(list, etag, true);
}
