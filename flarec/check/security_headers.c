/* security_headers.c - the settings of security_headers(). What is not said is the safe choice. */
#include <string.h>

#include "check/check.h"

/* Two years, which is what lists of such hosts ask for at most. */
#define HSTS_SECONDS_MAX     (730u * 24 * 60 * 60)
#define HSTS_PRELOAD_SECONDS (365u * 24 * 60 * 60)

static void add(struct headers *headers, const char *name, const char *value)
{
    headers->items[headers->count].name = name;
    headers->items[headers->count++].value = value;
}

static void transport(struct check *check, const struct statement *statement, struct headers *headers)
{
    const struct arguments *const args = &statement->args;
    const bool subdomains = setting_flag(check, args, "subdomains", false);
    const bool preload = setting_flag(check, args, "preload", false);
    uint64_t seconds = 0;
    const bool set = setting_seconds(check, args, "hsts", HSTS_SECONDS_MAX, &seconds);

    if (!set && !setting_written(args, "hsts") && (subdomains || preload))
        use_contradiction(check, statement->place,
                          "'subdomains' and 'preload' are of 'hsts', which is not set", "write 'hsts: 365d'");
    else if (set && preload && (!subdomains || seconds < HSTS_PRELOAD_SECONDS))
        use_contradiction(check, statement->place, "browsers' lists want a year and all subdomains",
                          "write 'hsts: 365d, subdomains: true, preload: true', or remove 'preload'");
    else if (set)
        headers->transport =
            arena_format(check->arena, "max-age=%llu%s%s", (unsigned long long)seconds,
                         subdomains ? "; includeSubDomains" : "", preload ? "; preload" : "");
}

static void framing(struct check *check, const struct statement *statement, struct headers *headers)
{
    static const char *const words[] = {"none", "self", NULL};
    const struct arguments *const args = &statement->args;
    const char *const frames = setting_word(check, args, "frames", words, "none");
    const char *const csp = setting_text(check, args, "csp", NULL);
    const char *const ancestors = arena_format(check->arena, "frame-ancestors '%s'", frames);

    if (csp != NULL && strstr(csp, "frame-ancestors") != NULL) {
        if (setting_written(args, "frames"))
            use_contradiction(check, statement->place, "both 'frames' and 'csp' say who may frame the page",
                              "remove one of them");
        add(headers, "Content-Security-Policy", csp);
        return;
    }
    add(headers, "X-Frame-Options", strcmp(frames, "self") == 0 ? "SAMEORIGIN" : "DENY");
    add(headers, "Content-Security-Policy",
        csp != NULL ? arena_format(check->arena, "%s; %s", csp, ancestors) : ancestors);
}

void security_headers_check(struct check *check, const struct statement *statement, struct use *use)
{
    static const char *const labels[] = {"csp",      "frames",    "hsts",       "permissions", "preload",
                                         "referrer", "resources", "subdomains", NULL};
    static const char *const reach[] = {"same_origin", "same_site", "cross_origin", NULL};
    struct headers *const headers = ARENA_NEW(check->arena, struct headers);
    const struct arguments *const args = &statement->args;
    const char *permissions;
    const char *resources;

    use->headers = headers;
    arguments_known(check, args, "security_headers()", labels);
    add(headers, "X-Content-Type-Options", "nosniff");
    add(headers, "Referrer-Policy", setting_text(check, args, "referrer", "strict-origin-when-cross-origin"));
    framing(check, statement, headers);
    add(headers, "Cross-Origin-Opener-Policy", "same-origin");
    resources = setting_word(check, args, "resources", reach, "same_origin");
    add(headers, "Cross-Origin-Resource-Policy",
        strcmp(resources, "same_site") == 0      ? "same-site"
        : strcmp(resources, "cross_origin") == 0 ? "cross-origin"
                                                 : "same-origin");
    permissions = setting_text(check, args, "permissions", NULL);
    if (permissions != NULL)
        add(headers, "Permissions-Policy", permissions);
    transport(check, statement, headers);
}
