/* html.c - a browser's tokenizer, as far as it tells where a value stands (HTML, section 13.2.5). */
#include "template/html.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

/* ---- tags ------------------------------------------------------------------------------------------ */

static void name_add(char *name, size_t room, size_t *length, char c)
{
    if (*length < room - 1)
        name[*length] = lower(c);
    *length += *length < room;
}

static void forget_attribute(struct html *html)
{
    memset(html->attribute, 0, sizeof html->attribute);
    html->attribute_length = 0;
    html->kind = ATTRIBUTE_PLAIN;
    html->url = URL_START;
    memset(html->scheme, 0, sizeof html->scheme);
    html->scheme_length = 0;
    html->quote = '\0';
}

static void begin_tag(struct html *html, char c, bool closing)
{
    memset(html, 0, sizeof *html);
    html->state = HTML_TAG_NAME;
    html->closing = closing;
    name_add(html->tag, sizeof html->tag, &html->tag_length, c);
}

/* The tag ends: what its content is depends on its name. */
static void end_tag(struct html *html)
{
    static const char *const texts[] = {"title", "textarea"};
    static const char *const raws[] = {"script",  "style",    "xmp",      "iframe",
                                       "noembed", "noframes", "plaintext"};
    const bool opens = !html->closing && html->tag_length < sizeof html->tag;
    const bool text = opens && is_one_of(html->tag, texts, sizeof texts / sizeof *texts);
    const bool raw = opens && is_one_of(html->tag, raws, sizeof raws / sizeof *raws);

    forget_attribute(html);
    html->has_equiv = html->has_content = html->closing = false;
    html->state = text ? HTML_RCDATA : raw ? HTML_RAW : HTML_TEXT;
    if (!text && !raw) {
        memset(html->tag, 0, sizeof html->tag);
        html->tag_length = 0;
    }
}

static const char *attribute_named(struct html *html, const char **help)
{
    if (strcmp(html->tag, "meta") != 0 || strcmp(html->attribute, "http-equiv") != 0)
        return NULL;
    html->has_equiv = true;
    if (!html->has_content)
        return NULL;
    *help = "write this content into the template";
    return "a value in 'content' would be an instruction to the browser";
}

/* From the `=` to the end of the value. */
static const char *in_value(struct html *html, char c, const char **help)
{
    if (html->state == HTML_BEFORE_VALUE) {
        if (is_space(c))
            return NULL;
        html->kind = attribute_kind(html->tag, html->attribute, html->attribute_length);
        html->state = c == '"' || c == '\'' ? HTML_QUOTED : HTML_UNQUOTED;
        html->quote = html->state == HTML_QUOTED ? c : '\0';
        return c == '>' ? "an attribute's value is missing here" : NULL;
    }
    if (html->state == HTML_QUOTED && c == html->quote) {
        forget_attribute(html);
        html->state = HTML_GAP;
    } else if (html->state == HTML_QUOTED &&
               (html->kind == ATTRIBUTE_URL || html->kind == ATTRIBUTE_RESOURCE)) {
        return url_text(html, c, help);
    } else if (html->state == HTML_UNQUOTED && (is_space(c) || c == '>')) {
        forget_attribute(html);
        html->state = HTML_TAG;
        if (c == '>')
            end_tag(html);
    }
    return NULL;
}

static const char *in_tag(struct html *html, char c, const char **help)
{
    const char *wrong = NULL;

    switch (html->state) {
    case HTML_TAG_NAME:
        if (is_space(c) || c == '/')
            html->state = HTML_TAG;
        else if (c == '>')
            end_tag(html);
        else
            name_add(html->tag, sizeof html->tag, &html->tag_length, c);
        return NULL;
    case HTML_GAP:
        if (!is_space(c) && c != '/' && c != '>') {
            *help = "put a space before it";
            return "white space, '/' or '>' is expected in this tag";
        }
        html->state = HTML_TAG;
        return c == '>' ? in_tag(html, c, help) : NULL;
    case HTML_TAG:
        if (is_space(c) || c == '/')
            return NULL;
        forget_attribute(html);
        if (c == '>') {
            end_tag(html);
            return NULL;
        }
        if (c == '=' || c == '"' || c == '\'' || c == '<')
            return "no attribute begins with this";
        html->state = HTML_NAME;
        name_add(html->attribute, sizeof html->attribute, &html->attribute_length, c);
        return NULL;
    case HTML_NAME:
        if (c != '=' && c != '>' && c != '/' && !is_space(c)) {
            name_add(html->attribute, sizeof html->attribute, &html->attribute_length, c);
            return NULL;
        }
        wrong = attribute_named(html, help);
        if (wrong != NULL)
            return wrong;
        html->state = HTML_AFTER_NAME;
        return in_tag(html, c, help);
    case HTML_AFTER_NAME:
        if (c == '=') {
            html->state = HTML_BEFORE_VALUE;
        } else if (!is_space(c)) {
            html->state = HTML_TAG;
            return in_tag(html, c, help);
        }
        return NULL;
    case HTML_BEFORE_VALUE:
    case HTML_QUOTED:
    case HTML_UNQUOTED:
        return in_value(html, c, help);
    case HTML_TEXT:
    case HTML_LESS:
    case HTML_LESS_SLASH:
    case HTML_MARKUP:
    case HTML_COMMENT:
    case HTML_DECLARATION:
    case HTML_RCDATA:
    case HTML_RAW:
        break;
    }
    return NULL;
}

/* ---- text and comments ----------------------------------------------------------------------------- */

/* In `title`, `script` and their kin: only their own end tag ends it. */
static const char *in_content(struct html *html, char c, const char **help)
{
    const size_t name = html->tag_length;
    const size_t matched = html->matched;

    html->matched = 0;
    if (html->state == HTML_RAW && strcmp(html->tag, "plaintext") == 0)
        return NULL;
    if (matched == 0) {
        html->matched = c == '<' ? 1 : 0;
    } else if (matched == 1) {
        html->matched = c == '/' ? 2 : c == '<' ? 1 : 0;
    } else if (matched < name + 2) {
        html->matched = lower(c) == html->tag[matched - 2] ? matched + 1 : c == '<' ? 1 : 0;
    } else if (is_space(c) || c == '/' || c == '>') {
        const char first = html->tag[0];
        char rest[sizeof html->tag];
        memcpy(rest, html->tag, sizeof rest);
        begin_tag(html, first, true);
        memcpy(html->tag, rest, sizeof rest);
        html->tag_length = name;
        return in_tag(html, c, help);
    } else {
        html->matched = c == '<' ? 1 : 0;
    }
    if (html->state == HTML_RCDATA && matched != 0 && html->matched <= 1) {
        *help = "write it as &lt;";
        return "no tag begins in here, so a '<' is not clear";
    }
    if (html->state == HTML_RAW && strcmp(html->tag, "script") == 0) {
        static const char open[] = "<!--";
        html->opened = c == open[html->opened] ? html->opened + 1 : c == '<' ? 1 : 0;
        if (html->opened == sizeof open - 1) {
            *help = "remove it: scripts need no such comments";
            return "a '<!--' in a script can hide where the script ends";
        }
    }
    return NULL;
}

static const char *in_markup(struct html *html, char c, const char **help)
{
    if (html->matched == 0 && c == '[') {
        *help = "write text with references, such as &lt;";
        return "a CDATA section is none in HTML";
    }
    if (c == '-' && html->matched == 1) {
        html->state = HTML_COMMENT;
        html->matched = 2;
        html->fresh = true;
    } else if (c == '-') {
        html->matched = 1;
    } else {
        html->matched = 0;
        html->state = c == '>' ? HTML_TEXT : HTML_DECLARATION;
    }
    return NULL;
}

/* `matched` counts dashes; behind `<!--` there are two already, since `<!-->` is whole. */
static void in_comment(struct html *html, char c)
{
    if (c == '>' && (html->matched >= 2 || html->bang)) {
        html->state = HTML_TEXT;
        html->matched = 0;
        html->fresh = html->bang = false;
        return;
    }
    html->bang = c == '!' && html->matched >= 2 && !html->fresh;
    if (c == '-')
        html->matched = html->matched >= 2 ? 2 : html->matched + 1;
    else
        html->matched = 0;
    html->fresh = html->fresh && c == '-';
}

static const char *step(struct html *html, char c, const char **help)
{
    switch (html->state) {
    case HTML_TEXT:
        if (c == '<')
            html->state = HTML_LESS;
        return NULL;
    case HTML_LESS:
        if (is_letter(c))
            begin_tag(html, c, false);
        else if (c != '<')
            html->state = c == '/'   ? HTML_LESS_SLASH
                          : c == '!' ? HTML_MARKUP
                          : c == '?' ? HTML_DECLARATION
                                     : HTML_TEXT;
        return NULL;
    case HTML_LESS_SLASH:
        if (is_letter(c))
            begin_tag(html, c, true);
        else
            html->state = c == '>' ? HTML_TEXT : HTML_DECLARATION;
        return NULL;
    case HTML_MARKUP:
        return in_markup(html, c, help);
    case HTML_COMMENT:
        in_comment(html, c);
        return NULL;
    case HTML_DECLARATION:
        if (c == '>')
            html->state = HTML_TEXT;
        return NULL;
    case HTML_RCDATA:
    case HTML_RAW:
        return in_content(html, c, help);
    case HTML_TAG_NAME:
    case HTML_TAG:
    case HTML_GAP:
    case HTML_NAME:
    case HTML_AFTER_NAME:
    case HTML_BEFORE_VALUE:
    case HTML_QUOTED:
    case HTML_UNQUOTED:
        return in_tag(html, c, help);
    }
    return NULL;
}

const char *html_text(struct html *html, const char *text, size_t length, size_t *at, const char **help)
{
    for (*at = 0; *at < length; ++*at) {
        const char *const wrong = step(html, text[*at], help);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

/* ---- values ------------------------------------------------------------------------------------ */

static const char *quoted_value(struct html *html, enum escape *escape, const char **help)
{
    *escape = ESCAPE_HTML;
    switch (html->kind) {
    case ATTRIBUTE_PLAIN:
        if (strcmp(html->tag, "meta") == 0 && strcmp(html->attribute, "content") == 0) {
            html->has_content = true;
            if (html->has_equiv) {
                *help = "write this content into the template";
                return "a value in 'content' would be an instruction to the browser";
            }
        }
        return NULL;
    case ATTRIBUTE_URL:
    case ATTRIBUTE_RESOURCE:
        return url_value(html, escape, help);
    case ATTRIBUTE_SCRIPT:
        *help = "put the value into a data- attribute, and read it there by a script of your own";
        return "this attribute holds code";
    case ATTRIBUTE_STYLE:
        *help = "choose among classes instead: class=\"{% if … %}…{% endif %}\"";
        return "this attribute holds CSS, which no escaping makes safe";
    case ATTRIBUTE_SET:
        *help = "write it into the template, or use one URL in 'src'";
        return "this attribute holds several URLs";
    case ATTRIBUTE_UNKNOWN:
        *help = "write its value into the template, chosen by {% if … %}, or use a data- attribute";
        return "this attribute is not known to hold text or one URL";
    }
    return NULL;
}

const char *html_value(struct html *html, enum escape *escape, const char **help)
{
    *escape = ESCAPE_HTML;
    switch (html->state) {
    case HTML_TEXT:
        return NULL;
    case HTML_RCDATA:
        *help = "write a '<' before a value as &lt;";
        return html->matched == 0 ? NULL : "a value can't stand behind this '<'";
    case HTML_QUOTED:
        return quoted_value(html, escape, help);
    case HTML_LESS:
    case HTML_LESS_SLASH:
    case HTML_TAG_NAME:
        *help = "write the tags into the template, chosen by {% if … %}; a '<' before a value is &lt;";
        return "a value can't be the name of a tag";
    case HTML_TAG:
    case HTML_GAP:
    case HTML_NAME:
    case HTML_AFTER_NAME:
        *help = "write the attribute's name into the template, and its value in quotes";
        return "a value can't be an attribute";
    case HTML_BEFORE_VALUE:
    case HTML_UNQUOTED:
        *help = "put quotes around the attribute's value";
        return "a value can't stand in an attribute without quotes";
    case HTML_MARKUP:
    case HTML_COMMENT:
    case HTML_DECLARATION:
        *help = "use {# … #} for comments that are yours";
        return "a value can't stand in a comment or declaration";
    case HTML_RAW:
        *help = strcmp(html->tag, "script") == 0
                    ? "put the value into a data- attribute, and read it there by the script"
                    : NULL;
        return "no escaping makes a value safe in here";
    }
    return NULL;
}

/* ---- ways that meet ---------------------------------------------------------------------------- */

static bool in_attributes(const struct html *html)
{
    return html->state == HTML_TAG_NAME || html->state == HTML_TAG || html->state == HTML_GAP ||
           html->state == HTML_NAME || html->state == HTML_AFTER_NAME;
}

bool html_same(const struct html *one, const struct html *other)
{
    return one->state == other->state && one->quote == other->quote && one->closing == other->closing &&
           one->tag_length == other->tag_length && memcmp(one->tag, other->tag, sizeof one->tag) == 0 &&
           one->attribute_length == other->attribute_length &&
           memcmp(one->attribute, other->attribute, sizeof one->attribute) == 0 && one->kind == other->kind &&
           one->url == other->url && one->scheme_length == other->scheme_length &&
           memcmp(one->scheme, other->scheme, sizeof one->scheme) == 0 && one->matched == other->matched &&
           one->fresh == other->fresh && one->bang == other->bang && one->opened == other->opened;
}

bool html_meet(struct html *html, const struct html *other)
{
    const bool tags_alike = html->closing == other->closing && html->tag_length == other->tag_length &&
                            memcmp(html->tag, other->tag, sizeof html->tag) == 0;
    const char *help;

    if (in_attributes(html) && in_attributes(other) && tags_alike && !html_same(html, other)) {
        /* Names that end here are whole: the next byte can't add to them. */
        struct html ended = *other;
        const bool good = (html->state != HTML_NAME || attribute_named(html, &help) == NULL) &&
                          (ended.state != HTML_NAME || attribute_named(&ended, &help) == NULL);
        forget_attribute(html);
        html->state = HTML_GAP;
        html->has_equiv = html->has_equiv || ended.has_equiv;
        html->has_content = html->has_content || ended.has_content;
        return good && !(html->has_equiv && html->has_content);
    }
    html->has_equiv = html->has_equiv || other->has_equiv;
    html->has_content = html->has_content || other->has_content;
    return html_same(html, other) && !(html->has_equiv && html->has_content);
}

const char *html_words(const struct html *html)
{
    static const char *const words[] = {[HTML_TEXT] = "in text",
                                        [HTML_LESS] = "behind a '<'",
                                        [HTML_LESS_SLASH] = "behind a '</'",
                                        [HTML_MARKUP] = "behind a '<!'",
                                        [HTML_COMMENT] = "in a comment",
                                        [HTML_DECLARATION] = "in a declaration",
                                        [HTML_TAG_NAME] = "in the name of a tag",
                                        [HTML_TAG] = "in a tag",
                                        [HTML_GAP] = "in a tag",
                                        [HTML_NAME] = "in the name of an attribute",
                                        [HTML_AFTER_NAME] = "behind the name of an attribute",
                                        [HTML_BEFORE_VALUE] = "behind the '=' of an attribute",
                                        [HTML_QUOTED] = "in the value of an attribute",
                                        [HTML_UNQUOTED] = "in the value of an attribute",
                                        [HTML_RCDATA] = "in the text of an element",
                                        [HTML_RAW] = "in a script, a style or their kin"};

    return words[html->state];
}
