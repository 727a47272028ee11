/* attributes.c - what the value of an attribute is. Those that nobody here knows are refused: to some library
 * they may be code. */
#include <string.h>

#include "template/html.h"

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

#define AMONG(name, ...)                                                                                     \
    is_among((name), (const char *const[]){__VA_ARGS__},                                                     \
             sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static bool starts(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

static bool is_word(const char *name)
{
    for (; *name != '\0'; name++) {
        if ((*name < 'a' || *name > 'z') && (*name < '0' || *name > '9') && *name != '-' && *name != '_')
            return false;
    }
    return true;
}

/* data- attributes that libraries are known to run. */
static bool is_code(const char *name)
{
    static const char *const known[] = {"on", "hx-", "x-", "v-", "ng-", "bind", "action", "turbo-stream"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (starts(name, known[i]))
            return true;
    }
    return false;
}

static bool is_plain(const char *name)
{
    return AMONG(name, "abbr", "accept", "accesskey", "align", "alt", "autocapitalize", "autocomplete",
                 "border", "class", "cols", "colspan", "content", "coords", "datetime", "dir", "dirname",
                 "download", "draggable", "enterkeyhint", "for", "form", "headers", "height", "hidden",
                 "high", "id", "inputmode", "itemid", "itemprop", "itemref", "kind", "label", "lang", "list",
                 "low", "max", "maxlength", "media", "min", "minlength", "name", "nonce", "optimum",
                 "pattern", "placeholder", "role", "rows", "rowspan", "scope", "shape", "size", "sizes",
                 "slot", "span", "spellcheck", "srclang", "start", "step", "summary", "tabindex", "title",
                 "translate", "usemap", "valign", "value", "width", "wrap",
                 /* SVG */
                 "cx", "cy", "d", "dx", "dy", "fill-opacity", "opacity", "points", "r", "rx", "ry",
                 "stroke-width", "text-anchor", "transform", "viewbox", "x", "x1", "x2", "y", "y1", "y2");
}

enum attribute_kind attribute_kind(const char *tag, const char *attribute, size_t attribute_length)
{
    if (attribute_length >= sizeof((struct html *)0)->attribute)
        return starts(attribute, "on") ? ATTRIBUTE_SCRIPT : ATTRIBUTE_UNKNOWN;
    if (starts(attribute, "on") || strcmp(attribute, "srcdoc") == 0)
        return ATTRIBUTE_SCRIPT;
    if (strcmp(attribute, "style") == 0)
        return ATTRIBUTE_STYLE;
    if (AMONG(attribute, "srcset", "imagesrcset", "ping", "attributionsrc"))
        return ATTRIBUTE_SET;
    if (AMONG(attribute, "href", "src", "action", "formaction", "cite", "data", "poster", "background",
              "longdesc", "xlink:href", "manifest", "codebase", "archive", "classid", "profile", "icon"))
        return AMONG(tag, "a", "area", "img", "form", "button", "input", "video", "audio", "source", "track",
                     "blockquote", "q", "ins", "del", "image")
                   ? ATTRIBUTE_URL
                   : ATTRIBUTE_RESOURCE;
    /* What these are is what their attributes say. */
    if (AMONG(tag, "script", "style", "link", "iframe", "frame", "object", "embed", "applet", "base",
              "param"))
        return AMONG(attribute, "nonce", "title", "id", "class", "width", "height", "media")
                   ? ATTRIBUTE_PLAIN
                   : ATTRIBUTE_UNKNOWN;
    if (AMONG(tag, "animate", "animatetransform", "animatemotion", "set"))
        return ATTRIBUTE_UNKNOWN;
    if (starts(attribute, "aria-"))
        return is_word(attribute) ? ATTRIBUTE_PLAIN : ATTRIBUTE_UNKNOWN;
    if (starts(attribute, "data-"))
        return is_word(attribute) && !is_code(attribute + 5) ? ATTRIBUTE_PLAIN : ATTRIBUTE_UNKNOWN;
    return is_plain(attribute) ? ATTRIBUTE_PLAIN : ATTRIBUTE_UNKNOWN;
}
