/* cookies.c - the cookies that a reply sets (RFC 6265). What is not said is the safe choice: for the whole
 * host, sent back over TLS only, not to scripts, and not with what other sites ask for. */
#include <string.h>
#include <strings.h>

#include "check/check.h"

static void refused(struct check *check, struct place place, const char *why, const char *help)
{
    struct diagnostic *const diagnostic = diag_report(check->diags, CODE_REPLY_COOKIE, place, "%s", why);

    if (help != NULL)
        diag_help(diagnostic, "%s", help);
}

/* Text that an attribute may hold: no control characters, no semicolons. */
static const char *text_of_attribute(struct check *check, const struct arguments *args, const char *label,
                                     const char *usual)
{
    const struct argument *const argument = argument_find(check, args, label);

    if (argument == NULL)
        return usual;
    if (argument->value->kind != VALUE_STRING || argument->value->length == 0) {
        diag_help(
            diag_report(check->diags, CODE_BAD_ARGUMENT, argument->value->place, "'%s' is a string", label),
            "write it in double quotes");
        return usual;
    }
    for (size_t i = 0; i < argument->value->length; i++) {
        const unsigned char byte = (unsigned char)argument->value->text[i];
        if (byte <= ' ' || byte >= 0x7f || byte == ';') {
            refused(check, argument->value->place, "a cookie's attribute can't hold this",
                    "it is ASCII without blanks and semicolons");
            return usual;
        }
    }
    return argument->value->text;
}

static const char *same_site_of(struct check *check, const struct arguments *args)
{
    static const char *const values[] = {"Lax", "Strict", "None"};
    const struct argument *const argument = argument_find(check, args, "same_site");

    if (argument == NULL)
        return values[0];
    for (size_t i = 0; i < sizeof values / sizeof *values && argument->value->kind == VALUE_NAME; i++) {
        if (strcasecmp(values[i], argument->value->text) == 0)
            return values[i];
    }
    diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT, argument->value->place,
                          "'same_site' is lax, strict or none"),
              "write 'same_site: strict'");
    return values[0];
}

/* 400 days: browsers keep none for longer. */
#define MAX_AGE_SECONDS (400u * 24 * 60 * 60)

static void max_age(struct check *check, const struct arguments *args, struct reply_cookie *cookie)
{
    const struct argument *const argument = argument_find(check, args, "max_age");
    const struct value *value;

    if (argument == NULL)
        return;
    value = argument->value;
    if (value->kind != VALUE_DURATION || value->whole % 1000 != 0 || value->whole / 1000 > MAX_AGE_SECONDS) {
        refused(check, value->place, "this is not the age of a cookie",
                "it is whole seconds, such as 30d, and at most 400d: browsers keep none for longer");
        return;
    }
    cookie->has_max_age = true;
    cookie->max_age_seconds = value->whole / 1000;
}

static void check_prefix(struct check *check, const struct reply_cookie *cookie)
{
    const bool host = strncmp(cookie->name, "__Host-", 7) == 0;

    if ((host || strncmp(cookie->name, "__Secure-", 9) == 0) && !cookie->secure)
        refused(check, cookie->place, "a cookie of this name is sent over TLS only",
                "remove 'secure: false'");
    else if (host && (cookie->domain != NULL || strcmp(cookie->path, "/") != 0))
        refused(check, cookie->place, "a cookie of this name is one host's, for all its paths",
                "remove 'domain' and 'path'");
    else if (strcmp(cookie->same_site, "None") == 0 && !cookie->secure)
        refused(check, cookie->place, "browsers drop a cookie that is for all sites and not secure",
                "remove 'secure: false'");
}

void cookie_attributes(struct check *check, const struct arguments *args, struct reply_cookie *cookie)
{
    max_age(check, args, cookie);
    cookie->path = text_of_attribute(check, args, "path", "/");
    cookie->domain = text_of_attribute(check, args, "domain", NULL);
    cookie->same_site = same_site_of(check, args);
    cookie->secure = setting_flag(check, args, "secure", true);
    cookie->http_only = setting_flag(check, args, "http_only", true);
    check_prefix(check, cookie);
}

static bool reply_cookie(struct check *check, const struct statement *statement, struct table *names,
                         struct reply_cookie *cookie)
{
    static const char *const labels[] = {"max_age",   "path",      "domain", "secure",
                                         "http_only", "same_site", NULL};
    const struct arguments *const args = &statement->args;

    cookie->name = statement->name.text;
    cookie->place = statement->name.place;
    cookie->doc = statement->doc != NULL ? statement->doc->text : NULL;
    arguments_known(check, args, "a cookie", labels);
    cookie_attributes(check, args, cookie);
    if (!is_http_token(cookie->name)) {
        diag_report(check->diags, CODE_HEADER_NAME, cookie->place, "'%s' can't be the name of a cookie",
                    cookie->name);
        return false;
    }
    cookie->c_name = name_in_c(check, &statement->name, &statement->c_name);
    if (cookie->c_name == NULL || name_taken(check, names, cookie->c_name, &statement->name, "the cookie"))
        return false;
    if (statement->value != NULL)
        refused(check, statement->value->place, "a cookie that is set has no default",
                "its constructor is given the value");
    const bool removed = cookie->has_max_age && cookie->max_age_seconds == 0;
    if (statement->type == NULL || removed) {
        if (!removed)
            refused(check, cookie->place, "a cookie that is set has a type",
                    "write ': string' behind it, or 'max_age: 0s' to remove it");
        else if (statement->type != NULL)
            refused(check, statement->type->place, "a cookie that is removed has no value",
                    "remove the type");
        return removed;
    }
    cookie->type = type_resolve(check, statement->type);
    if (cookie->type == NULL)
        return false;
    if (!type_is_scalar(cookie->type) || type_is_of_head(cookie->type)) {
        refused(check, statement->type->place, "a cookie holds one value", NULL);
        return false;
    }
    return true;
}

void reply_cookies(struct check *check, const struct statement *block, struct table *names,
                   struct reply *reply)
{
    struct reply_cookie *cookies;
    size_t count = 0;

    for (const struct statement *inner = block; inner != NULL; inner = inner->next)
        count += inner->kind == STATEMENT_COOKIE;
    cookies = ARENA_ARRAY(check->arena, count + 1, struct reply_cookie);
    for (const struct statement *inner = block; inner != NULL; inner = inner->next) {
        if (inner->kind == STATEMENT_COOKIE &&
            reply_cookie(check, inner, names, &cookies[reply->cookies_count]))
            reply->cookies_count++;
    }
    reply->cookies = cookies;
}
