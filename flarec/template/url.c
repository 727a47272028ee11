/* url.c - where in a URL is a value? What stands before it in the template says whether it can choose the
 * scheme or the host. */
#include <string.h>

#include "template/html.h"

static bool ends_host(char c)
{
    return c == '/' || c == '\\' || c == '?' || c == '#';
}

/* The colon behind a scheme. */
static void scheme_ends(struct html *html)
{
    static const char *const followed[] = {"http", "https"};
    static const char *const opaque[] = {"mailto", "tel", "sms"};

    html->url = URL_FOREIGN_SCHEME;
    for (size_t i = 0; i < sizeof followed / sizeof *followed; i++) {
        if (html->scheme_length == strlen(followed[i]) &&
            memcmp(html->scheme, followed[i], html->scheme_length) == 0)
            html->url = URL_AUTHORITY;
    }
    for (size_t i = 0; i < sizeof opaque / sizeof *opaque; i++) {
        if (html->scheme_length == strlen(opaque[i]) &&
            memcmp(html->scheme, opaque[i], html->scheme_length) == 0)
            html->url = URL_OPAQUE;
    }
}

static void name_goes_on(struct html *html, char c)
{
    html->url = URL_NAME;
    if (html->scheme_length < sizeof html->scheme)
        html->scheme[html->scheme_length] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    html->scheme_length += html->scheme_length <= sizeof html->scheme;
}

static void name_ends(struct html *html, enum url_state url)
{
    memset(html->scheme, 0, sizeof html->scheme);
    html->scheme_length = 0;
    html->url = url;
}

const char *url_text(struct html *html, char c, const char **help)
{
    switch (html->url) {
    case URL_START:
    case URL_NAME:
        if (html->url == URL_START && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
            break;
        if (html->url == URL_START && (c == '/' || c == '\\')) {
            html->url = URL_SLASH;
        } else if (c == ':') {
            scheme_ends(html);
            name_ends(html, html->url);
        } else if (c == '&') {
            name_ends(html, URL_OBSCURE);
        } else if (ends_host(c)) {
            name_ends(html, URL_PATH);
        } else {
            name_goes_on(html, c);
        }
        break;
    case URL_SLASH:
    case URL_VALUE_SLASH:
        html->url = c == '/' || c == '\\' ? URL_AUTHORITY : c == '&' ? URL_OBSCURE : URL_PATH;
        break;
    case URL_AUTHORITY:
        if (c == '&')
            html->url = URL_OBSCURE;
        else if (!ends_host(c) && c != '\t' && c != '\n' && c != '\r')
            html->url = URL_HOST;
        break;
    case URL_HOST:
        if (c == '&')
            html->url = URL_OBSCURE;
        else if (ends_host(c))
            html->url = URL_PATH;
        break;
    case URL_VALUE:
        if (c == ':' || c == '&') {
            *help = "write the scheme into the template, or give the whole URL as one value";
            return c == ':'
                       ? "this colon would make a scheme of the value before it"
                       : "this reference may be a colon, which would make a scheme of the value before it";
        }
        if (ends_host(c))
            html->url = URL_PATH;
        break;
    case URL_PATH:
    case URL_OPAQUE:
    case URL_OBSCURE:
    case URL_FOREIGN_SCHEME:
        break;
    }
    return NULL;
}

const char *url_value(struct html *html, enum escape *escape, const char **help)
{
    const bool resource = html->kind == ATTRIBUTE_RESOURCE;

    *escape = ESCAPE_URL_PART;
    switch (html->url) {
    case URL_START:
        if (resource) {
            *help = "begin the URL in the template, so far that it says where it leads: \"/scripts/…\"";
            return "a value can't choose where this URL leads: what it loads acts for the page";
        }
        *escape = ESCAPE_URL;
        html->url = URL_VALUE;
        return NULL;
    case URL_NAME:
        name_ends(html, URL_VALUE);
        return NULL;
    case URL_SLASH:
    case URL_VALUE_SLASH:
        html->url = URL_VALUE_SLASH;
        return NULL;
    case URL_AUTHORITY:
    case URL_HOST:
        if (resource) {
            *help = "write the host into the template, with the slash behind it";
            return "a value can't choose the host of this URL: what it loads acts for the page";
        }
        html->url = URL_HOST;
        return NULL;
    case URL_PATH:
    case URL_OPAQUE:
    case URL_VALUE:
        return NULL;
    case URL_OBSCURE:
        *help = "write the start of the URL without '&…;'";
        return "a character reference hides where this URL leads";
    case URL_FOREIGN_SCHEME:
        *help = "schemes that a value may stand behind are http, https, mailto, tel and sms";
        return "a value can't stand behind this scheme";
    }
    return NULL;
}
