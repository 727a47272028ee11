/* cache_control.c - Cache-Control, and the rules of RFC 9111 for a cache that all clients share. */
#include "http/cache_control.h"

#include <flare/text.h>

/* delta-seconds (section 1.2.2): what overflows is very long. @return -1 where it is no number */
static int32_t seconds(flare_str text)
{
    int64_t value = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return -1;
        if (value <= INT32_MAX)
            value = value * 10 + (text.ptr[i] - '0');
    }
    if (text.len == 0)
        return -1;
    return value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static flare_str trimmed(const char *from, const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    return (flare_str){from, (size_t)(to - from)};
}

/* Where a value in quotes ends: behind its last quote, or at the end where that is missing. */
static const char *quoted_end(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        if (*at == '\\' && at + 1 < end)
            at++;
    }
    return at < end ? at + 1 : end;
}

/* A number may be quoted, too (section 5.2). */
static int32_t number(flare_str value)
{
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        return seconds((flare_str){value.ptr + 1, value.len - 2});
    return seconds(value);
}

static const struct {
    flare_str name;
    uint32_t flag;
} flags[] = {
    {FLARE_STR_INIT("no-store"), FLAREI_CACHE_NO_STORE},
    {FLARE_STR_INIT("no-cache"), FLAREI_CACHE_NO_CACHE},
    {FLARE_STR_INIT("private"), FLAREI_CACHE_PRIVATE},
    {FLARE_STR_INIT("public"), FLAREI_CACHE_PUBLIC},
    {FLARE_STR_INIT("must-revalidate"), FLAREI_CACHE_MUST_REVALIDATE},
    {FLARE_STR_INIT("proxy-revalidate"), FLAREI_CACHE_PROXY_REVALIDATE},
    {FLARE_STR_INIT("must-understand"), FLAREI_CACHE_MUST_UNDERSTAND},
    {FLARE_STR_INIT("only-if-cached"), FLAREI_CACHE_ONLY_IF_CACHED},
};

static void set_once(int32_t *to, int32_t value)
{
    if (*to < 0)
        *to = value;
}

static void take(flare_str name, flare_str value, bool has_value, struct flarei_cache_control *control)
{
    const int32_t count = has_value ? number(value) : -1;

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (flare_str_equal_nocase(name, flags[i].name)) {
            control->flags |= flags[i].flag;
            return;
        }
    }
    if (flare_str_equal_nocase(name, FLARE_STR("max-age")))
        set_once(&control->max_age_s, count < 0 ? 0 : count);
    else if (flare_str_equal_nocase(name, FLARE_STR("s-maxage")))
        set_once(&control->s_maxage_s, count < 0 ? 0 : count);
    else if (flare_str_equal_nocase(name, FLARE_STR("min-fresh")))
        set_once(&control->min_fresh_s, count < 0 ? INT32_MAX : count);
    else if (flare_str_equal_nocase(name, FLARE_STR("max-stale")))
        set_once(&control->max_stale_s, !has_value ? INT32_MAX : count < 0 ? 0 : count);
    else if (flare_str_equal_nocase(name, FLARE_STR("stale-if-error")))
        set_once(&control->stale_if_error_s, count);
    else if (flare_str_equal_nocase(name, FLARE_STR("stale-while-revalidate")))
        set_once(&control->stale_while_revalidate_s, count);
}

void flarei_cache_control_none(struct flarei_cache_control *control)
{
    *control = (struct flarei_cache_control){0, -1, -1, -1, -1, -1, -1};
}

void flarei_cache_control_add(flare_str line, struct flarei_cache_control *control)
{
    const char *at = line.ptr, *const end = flarei_str_end(line);

    while (at < end) {
        const char *const from = at;
        const char *equals = NULL;
        flare_str name, value = {NULL, 0};

        while (at < end && *at != ',') {
            if (*at == '=' && equals == NULL)
                equals = at;
            at = *at == '"' ? quoted_end(at, end) : at + 1;
        }
        name = trimmed(from, equals != NULL ? equals : at);
        if (equals != NULL)
            value = trimmed(equals + 1, at);
        if (name.len != 0)
            take(name, value, equals != NULL, control);
        if (at < end)
            at++;
    }
}

void flarei_cache_control_read(const flare_field *fields, size_t count, struct flarei_cache_control *control)
{
    flarei_cache_control_none(control);
    for (size_t i = 0; i < count; i++) {
        if (flare_str_equal_nocase(fields[i].name, FLARE_STR("Cache-Control")))
            flarei_cache_control_add(fields[i].value, control);
    }
}

/* ---- the rules ----------------------------------------------------------------------------------------- */

/* Statuses that may be kept though they do not say how long they are fresh (RFC 9110 section 15.1). */
static bool is_heuristic(unsigned status)
{
    static const uint16_t statuses[] = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501};

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        if (statuses[i] == status)
            return true;
    }
    return false;
}

/* Of a part and of what is not modified nothing is known to be whole. */
static bool is_understood(unsigned status)
{
    return status >= 200 && status <= 599 && status != 206 && status != 304;
}

bool flarei_cache_for_all(const struct flarei_cache_control *control)
{
    return (control->flags & (FLAREI_CACHE_PUBLIC | FLAREI_CACHE_MUST_REVALIDATE)) != 0 ||
           control->s_maxage_s >= 0;
}

static bool is_forbidden(const struct flarei_cache_facts *facts, const struct flarei_cache_control *control)
{
    uint32_t said = control->flags;

    /* no-store stands beside must-understand for caches that do not know that one (section 5.2.2.3). */
    if ((said & FLAREI_CACHE_MUST_UNDERSTAND) != 0) {
        if (!is_heuristic(facts->status))
            return true;
        said &= ~FLAREI_CACHE_NO_STORE;
    }
    if ((said & (FLAREI_CACHE_NO_STORE | FLAREI_CACHE_NO_CACHE | FLAREI_CACHE_PRIVATE)) != 0 ||
        (facts->asked_flags & FLAREI_CACHE_NO_STORE) != 0)
        return true;
    if (facts->sets_cookie || facts->varies_by_all || !is_understood(facts->status))
        return true;
    return facts->personal && !flarei_cache_for_all(control);
}

int32_t flarei_cache_lifetime_s(const struct flarei_cache_facts *facts,
                                const struct flarei_cache_control *control)
{
    int64_t lifetime = 0;

    if (is_forbidden(facts, control))
        return 0;
    if (control->s_maxage_s >= 0)
        lifetime = control->s_maxage_s;
    else if (control->max_age_s >= 0)
        lifetime = control->max_age_s;
    else if (facts->has_expires)
        lifetime = facts->expires_valid ? (facts->expires - facts->now) / FLARE_TIME_SECOND : 0;
    else if (is_heuristic(facts->status) || (control->flags & FLAREI_CACHE_PUBLIC) != 0)
        lifetime = facts->fresh_s;
    lifetime -= facts->age_s;
    if (lifetime > INT32_MAX)
        return INT32_MAX;
    return lifetime > 0 ? (int32_t)lifetime : 0;
}

bool flarei_cache_usable(const struct flarei_cache_control *asked, int64_t age_s, int64_t lifetime_s,
                         bool must_revalidate)
{
    if (asked == NULL)
        return age_s < lifetime_s;
    if ((asked->flags & FLAREI_CACHE_NO_CACHE) != 0)
        return false;
    if (asked->max_age_s >= 0 && age_s > asked->max_age_s)
        return false;
    if (asked->min_fresh_s >= 0 && lifetime_s - age_s < asked->min_fresh_s)
        return false;
    if (age_s < lifetime_s)
        return true;
    return asked->max_stale_s >= 0 && !must_revalidate && age_s - lifetime_s <= asked->max_stale_s;
}

bool flarei_cache_usable_stale(const struct flarei_cache_control *asked, int64_t age_s, int64_t lifetime_s,
                               bool must_revalidate, int32_t window_s)
{
    if (must_revalidate || window_s <= 0 || age_s - lifetime_s >= window_s)
        return false;
    if (asked == NULL)
        return true;
    return (asked->flags & FLAREI_CACHE_NO_CACHE) == 0 && asked->min_fresh_s < 0 &&
           (asked->max_age_s < 0 || age_s <= asked->max_age_s);
}

int32_t flarei_cache_age_s(flare_str value)
{
    const int32_t age = seconds(value);

    return age < 0 ? 0 : age;
}
