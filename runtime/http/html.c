/* html.c - values in pages: what they may not be is markup. */
#include <flare/gen_html.h>
#include <flare/text.h>

/* The references of what can't stand as it is, shorter names first taken. */
static flare_str reference_of(char byte)
{
    switch (byte) {
    case '<':
        return FLARE_STR("&lt;");
    case '>':
        return FLARE_STR("&gt;");
    case '&':
        return FLARE_STR("&amp;");
    case '"':
        return FLARE_STR("&#34;");
    case '\'':
        return FLARE_STR("&#39;");
    case '\0':
        return FLARE_STR("\xef\xbf\xbd");
    default:
        return (flare_str){NULL, 0};
    }
}

static const bool is_markup[256] = {
    ['<'] = true, ['>'] = true, ['&'] = true, ['"'] = true, ['\''] = true, ['\0'] = true};

static bool is_text(flare_buffer *out, flare_str value)
{
    size_t scalars;

    if (FLARE_LIKELY(flare_utf8_count(value, FLARE_UTF8_ANY, &scalars)))
        return true;
    flarei_put_failed(out, "a string of the page is not UTF-8");
    return false;
}

void flarei_put_html(flare_buffer *out, flare_str value)
{
    size_t done = 0;

    if (!is_text(out, value))
        return;
    for (size_t i = 0; i < value.len; i++) {
        if (FLARE_LIKELY(!is_markup[(unsigned char)value.ptr[i]]))
            continue;
        const flare_str reference = reference_of(value.ptr[i]);
        flarei_put(out, value.ptr + done, i - done);
        flarei_put(out, reference.ptr, reference.len);
        done = i + 1;
    }
    if (done < value.len)
        flarei_put(out, value.ptr + done, value.len - done);
}

void flarei_put_markup(flare_buffer *out, flare_str value)
{
    if (is_text(out, value) && value.len != 0)
        flarei_put(out, value.ptr, value.len);
}

/* ---- URLs ---------------------------------------------------------------------------------------- */

static void put_percent(flare_buffer *out, char byte)
{
    static const char hex[] = "0123456789ABCDEF";
    const unsigned char code = (unsigned char)byte;
    const char text[3] = {'%', hex[code >> 4], hex[code & 15]};

    flarei_put(out, text, sizeof text);
}

static bool is_unreserved(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

void flarei_put_url_part(flare_buffer *out, flare_str value)
{
    if (!is_text(out, value))
        return;
    for (size_t i = 0; i < value.len; i++) {
        if (is_unreserved(value.ptr[i]))
            flarei_put(out, value.ptr + i, 1);
        else
            put_percent(out, value.ptr[i]);
    }
}

/* Is what stands before the first colon a scheme that runs nothing? What a browser would pass over in a
 * scheme, such as a tab, is in none of these. */
static bool has_good_scheme(flare_str value)
{
    static const flare_str schemes[] = {FLARE_STR_INIT("http"), FLARE_STR_INIT("https"),
                                        FLARE_STR_INIT("mailto"), FLARE_STR_INIT("tel"),
                                        FLARE_STR_INIT("sms")};
    size_t length = 0;

    while (length < value.len && memchr(":/?#", value.ptr[length], 4) == NULL)
        length++;
    if (length == value.len || value.ptr[length] != ':')
        return true;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t at = 0;
        while (at < length && at < schemes[i].len && flarei_ascii_lower(value.ptr[at]) == schemes[i].ptr[at])
            at++;
        if (at == length && at == schemes[i].len)
            return true;
    }
    return false;
}

void flarei_put_url(flare_buffer *out, flare_str value)
{
    static const char kept[] = ":/?#[]@!$()*+,;=%";

    if (!is_text(out, value))
        return;
    if (!has_good_scheme(value)) {
        FLAREI_PUT(out, "about:invalid");
        return;
    }
    for (size_t i = 0; i < value.len; i++) {
        const char byte = value.ptr[i];
        if (is_unreserved(byte) || memchr(kept, byte, sizeof kept - 1) != NULL)
            flarei_put(out, &byte, 1);
        else if (byte == '&')
            FLAREI_PUT(out, "&amp;");
        else
            put_percent(out, byte);
    }
}
