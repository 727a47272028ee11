/* html.h - where in HTML is a place of a page, as a browser's parser sees it? Fed with the page's text, it
 * says how a value is escaped there, or why it can't be. What can't be told for sure is refused. */
#ifndef FLAREC_TEMPLATE_HTML_H
#define FLAREC_TEMPLATE_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "template/page.h"

enum html_state {
    HTML_TEXT,
    HTML_LESS,        /* behind `<` */
    HTML_LESS_SLASH,  /* behind `</` */
    HTML_MARKUP,      /* behind `<!` and up to one `-` */
    HTML_COMMENT,     /* in one */
    HTML_DECLARATION, /* a doctype, or what browsers take as a comment: up to `>` */
    HTML_TAG_NAME,
    HTML_TAG,  /* where an attribute may begin */
    HTML_GAP,  /* behind a value in quotes, or where branches of a tag meet */
    HTML_NAME, /* an attribute's */
    HTML_AFTER_NAME,
    HTML_BEFORE_VALUE,
    HTML_QUOTED,   /* a value in quotes */
    HTML_UNQUOTED, /* one without */
    HTML_RCDATA,   /* text of `title` and `textarea` */
    HTML_RAW       /* of `script`, `style` and their kin */
};

/* What an attribute's value is. */
enum attribute_kind {
    ATTRIBUTE_PLAIN,    /* text */
    ATTRIBUTE_URL,      /* a URL that is followed or shown */
    ATTRIBUTE_RESOURCE, /* one whose content acts for the page: its origin must be in the template */
    ATTRIBUTE_SCRIPT,   /* JavaScript */
    ATTRIBUTE_STYLE,    /* CSS */
    ATTRIBUTE_SET,      /* several URLs with sizes */
    ATTRIBUTE_UNKNOWN
};

/* Where in a URL. */
enum url_state {
    URL_START,
    URL_NAME,          /* a scheme, or a relative path */
    URL_SLASH,         /* behind one slash at the start */
    URL_VALUE_SLASH,   /* the same with a value behind it, which may be empty */
    URL_AUTHORITY,     /* behind two */
    URL_HOST,          /* in its text */
    URL_PATH,          /* behind what says where the URL leads */
    URL_OPAQUE,        /* mailto:… */
    URL_VALUE,         /* behind a value at the start: a colon would end a scheme */
    URL_OBSCURE,       /* a character reference where the scheme or host may be */
    URL_FOREIGN_SCHEME /* none that may be completed by a value */
};

/* Compared by html_meet(): what says nothing in a state is zero. */
struct html {
    enum html_state state;
    char quote;         /* QUOTED */
    bool closing;       /* the tag is an end tag */
    char tag[24];       /* its name in lower case, as far as it fits */
    size_t tag_length;  /* may be more */
    char attribute[40]; /* the same */
    size_t attribute_length;
    enum attribute_kind kind; /* of the value at hand */
    enum url_state url;
    char scheme[8]; /* URL_NAME */
    size_t scheme_length;
    bool has_equiv, has_content; /* of a `meta` */
    size_t matched;              /* RCDATA, RAW: of `</name`; COMMENT: dashes, at most 2; MARKUP: dashes */
    bool fresh;                  /* COMMENT: at its start */
    bool bang;                   /* COMMENT: behind `--!` */
    size_t opened;               /* RAW: of `<!--` */
};

/* The text goes on. NULL, or what is wrong with the byte at *at, and perhaps how to write it. */
const char *html_text(struct html *html, const char *text, size_t length, size_t *at, const char **help);
/* A value stands here. NULL and how it is escaped, or why it may not. */
const char *html_value(struct html *html, enum escape *escape, const char **help);
/* Is it one place? */
bool html_same(const struct html *one, const struct html *other);
/* The place where two ways of a page meet again; false where it can't be told. */
bool html_meet(struct html *html, const struct html *other);
/* "in a script": for messages. */
const char *html_words(const struct html *html);

/* attributes.c */
enum attribute_kind attribute_kind(const char *tag, const char *attribute, size_t attribute_length);

/* url.c */
const char *url_text(struct html *html, char c, const char **help);
const char *url_value(struct html *html, enum escape *escape, const char **help);

#endif
