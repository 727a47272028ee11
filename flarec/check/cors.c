/* cors.c - the settings of cors(). */
#include <stdio.h>
#include <string.h>

#include "check/check.h"

static const char *after_scheme(const char *text)
{
    const size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+-.");

    return length != 0 && strncmp(text + length, "://", 3) == 0 ? text + length + 3 : NULL;
}

/* As a browser writes it (RFC 6454 section 6.2): scheme and host in lower case, a port that is not the usual
 * one, nothing behind. A '*' may be its host's first labels, above two that are said. */
static bool is_origin(const char *text)
{
    const char *const host = after_scheme(text), *at = host;
    size_t length, dots = 0;

    if (host == NULL)
        return false;
    if (strncmp(at, "*.", 2) == 0)
        at += 2;
    if (*at == '[' && at == host)
        length = strspn(at, "[]:.0123456789abcdef");
    else
        length = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-._");
    for (size_t i = 0; i < length; i++)
        dots += at[i] == '.';
    if (length == 0 || at[0] == '.' || (at != host && dots == 0))
        return false;
    at += length;
    if ((strcmp(at, ":443") == 0 && strncmp(text, "https:", 6) == 0) ||
        (strcmp(at, ":80") == 0 && strncmp(text, "http:", 5) == 0))
        return false;
    if (*at == ':' && at[1] != '\0')
        at += 1 + strspn(at + 1, "0123456789");
    return *at == '\0';
}

const char *const *origins_read(struct check *check, const char *label, const struct value *first,
                                size_t *count)
{
    const char **origins;
    size_t most = 0;

    for (const struct value *item = first; item != NULL; item = item->next)
        most++;
    origins = ARENA_ARRAY(check->arena, most, const char *);
    *count = 0;
    for (const struct value *item = first; item != NULL; item = item->next) {
        if (is_origin(item->text))
            origins[(*count)++] = item->text;
        else
            setting_wrong(check, item, label, "a list of origins as browsers send them",
                          "write \"https://example.com\": scheme and host in lower case, no path, no usual "
                          "port; \"https://*.example.com\" takes all hosts below");
    }
    return origins;
}

static void read_origins(struct check *check, const struct statement *statement, struct cors *cors)
{
    const struct value *item = setting_strings(check, &statement->args, "origins");

    if (item == NULL) {
        if (!setting_written(&statement->args, "origins"))
            use_contradiction(check, statement->place, "cors() does not say whose pages may read replies",
                              "write origins: [\"https://example.com\"], or [\"*\"] for everybody");
        return;
    }
    if (item->next == NULL && strcmp(item->text, "*") == 0) {
        if (cors->credentials)
            use_contradiction(check, item->place, "any page could read what a user's cookies give it",
                              "name the origins, or remove 'credentials'");
        return;
    }
    cors->origins = origins_read(check, "origins", item, &cors->origins_count);
}

void cors_check(struct check *check, const struct statement *statement, struct use *use)
{
    static const char *const labels[] = {"origins", "credentials", "methods", "headers",
                                         "expose",  "max_age",     NULL};
    static const char *const no_methods[] = {"CONNECT", "TRACE", "TRACK", NULL};
    struct cors *const cors = ARENA_NEW(check->arena, struct cors);
    const struct arguments *const args = &statement->args;
    uint64_t seconds;

    use->cors = cors;
    arguments_known(check, args, "cors()", labels);
    cors->credentials = setting_flag(check, args, "credentials", false);
    read_origins(check, statement, cors);
    cors->methods = setting_tokens(check, args, "methods", no_methods);
    cors->headers = setting_tokens(check, args, "headers", NULL);
    cors->expose = setting_tokens(check, args, "expose", NULL);
    if (setting_seconds(check, args, "max_age", 86400, &seconds))
        cors->max_age = arena_format(check->arena, "%llu", (unsigned long long)seconds);
}
