#include "client/cookies.h"

#include <flare/formats.h>
#include <flare/memory.h>
#include <flare/text.h>

struct cookie {
    int64_t expires_s; /* INT64_MAX: with the jar */
    uint64_t made;     /* counts the jar's cookies */
    uint64_t used;     /* counts the jar's uses */
    flare_str name;    /* in its block, as all texts */
    flare_str value;
    flare_str domain; /* lower case */
    flare_str path;
    bool host_only;
    bool secure;
};

struct flare_cookie_jar {
    flare_cookie_jar_options options;
    struct cookie **cookies;
    size_t count;
    size_t room;
    uint64_t made;
    uint64_t uses;
};

/* What a field says. */
struct said {
    flare_str name;
    flare_str value;
    flare_str domain;
    flare_str path;
    int64_t expires_s;
    bool has_max_age;
    bool secure;
};

/* ---- The field ---- */

static flare_str trimmed(flare_str text)
{
    while (text.len != 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = (flare_str){text.ptr + 1, text.len - 1};
    while (text.len != 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* Cuts off what is before a byte, or all. @return whether the byte was there */
static bool cut(flare_str *rest, char byte, flare_str *part)
{
    const char *const at = rest->len != 0 ? memchr(rest->ptr, byte, rest->len) : NULL;

    *part = *rest;
    if (at == NULL) {
        rest->len = 0;
        return false;
    }
    part->len = (size_t)(at - rest->ptr);
    *rest = (flare_str){at + 1, rest->len - part->len - 1};
    return true;
}

static bool has_control(flare_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char byte = (unsigned char)text.ptr[i];

        if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
            return true;
    }
    return false;
}

static void read_max_age(flare_str value, int64_t now_s, struct said *said)
{
    const bool negative = value.len != 0 && value.ptr[0] == '-';
    int64_t seconds = 0;

    if (value.len == (negative ? 1u : 0u))
        return;
    for (size_t i = negative; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return;
        if (seconds <= FLARE_COOKIE_MAX_AGE_S)
            seconds = seconds * 10 + (value.ptr[i] - '0');
    }
    said->has_max_age = true;
    if (negative || seconds == 0)
        said->expires_s = INT64_MIN;
    else
        said->expires_s = now_s + (seconds < FLARE_COOKIE_MAX_AGE_S ? seconds : FLARE_COOKIE_MAX_AGE_S);
}

static void read_attribute(flare_str name, flare_str value, int64_t now_s, struct said *said)
{
    if (value.len > FLARE_COOKIE_ATTRIBUTE_MAX_BYTES)
        return;
    if (flare_str_equal_nocase(name, FLARE_STR("secure"))) {
        said->secure = true;
    } else if (flare_str_equal_nocase(name, FLARE_STR("max-age"))) {
        read_max_age(value, now_s, said);
    } else if (flare_str_equal_nocase(name, FLARE_STR("expires"))) {
        int64_t seconds;

        if (said->has_max_age || !flarei_cookie_date(value, &seconds))
            return;
        said->expires_s = seconds < now_s + FLARE_COOKIE_MAX_AGE_S ? seconds : now_s + FLARE_COOKIE_MAX_AGE_S;
    } else if (flare_str_equal_nocase(name, FLARE_STR("domain"))) {
        if (value.len != 0 && value.ptr[0] == '.')
            value = (flare_str){value.ptr + 1, value.len - 1};
        said->domain = value;
    } else if (flare_str_equal_nocase(name, FLARE_STR("path"))) {
        said->path = value.len != 0 && value.ptr[0] == '/' ? value : (flare_str){NULL, 0};
    }
}

static bool read_field(flare_str field, int64_t now_s, struct said *said)
{
    flare_str pair, name;

    *said = (struct said){.expires_s = INT64_MAX};
    if (has_control(field))
        return false;
    (void)cut(&field, ';', &pair);
    said->value = pair;
    if (cut(&said->value, '=', &name)) {
        said->name = trimmed(name);
        said->value = trimmed(said->value);
    } else {
        said->value = trimmed(pair);
    }
    if ((said->name.len == 0 && said->value.len == 0) ||
        said->name.len + said->value.len > FLARE_COOKIE_MAX_BYTES)
        return false;
    while (field.len != 0) {
        flare_str attribute, rest;

        (void)cut(&field, ';', &attribute);
        rest = attribute;
        (void)cut(&rest, '=', &name);
        read_attribute(trimmed(name), trimmed(rest), now_s, said);
    }
    return true;
}

/* ---- Whose it is ---- */

static bool is_address(flare_str host)
{
    flare_ipv4 ipv4;

    return (host.len != 0 && host.ptr[0] == '[') || flare_ipv4_parse(host, &ipv4) == FLARE_OK;
}

/* RFC 6265bis, section 5.1.3 */
static bool domain_matches(flare_str host, flare_str domain)
{
    const size_t more = host.len - domain.len;

    if (host.len < domain.len || !flare_str_equal_nocase((flare_str){host.ptr + more, domain.len}, domain))
        return false;
    return more == 0 || (host.ptr[more - 1] == '.' && !is_address(host));
}

/* Section 5.1.4 */
static bool path_matches(flare_str asked, flare_str path)
{
    if (asked.len < path.len || memcmp(asked.ptr, path.ptr, path.len) != 0)
        return false;
    return asked.len == path.len || path.ptr[path.len - 1] == '/' || asked.ptr[path.len] == '/';
}

static flare_str path_of(const struct flarei_url *url)
{
    const char *const question = url->target.len != 0 ? memchr(url->target.ptr, '?', url->target.len) : NULL;
    const flare_str path = {url->target.ptr,
                            question != NULL ? (size_t)(question - url->target.ptr) : url->target.len};

    return path.len != 0 ? path : FLARE_STR("/");
}

static flare_str default_path(const struct flarei_url *url)
{
    flare_str path = path_of(url);

    while (path.len > 1 && path.ptr[path.len - 1] != '/')
        path.len--;
    if (path.len > 1)
        path.len--;
    return path;
}

static bool is_public(const flare_cookie_jar *jar, flare_str domain)
{
    char lower[256];

    if (domain.len > sizeof lower || domain.len == 0)
        return true;
    for (size_t i = 0; i < domain.len; i++)
        lower[i] = flarei_ascii_lower(domain.ptr[i]);
    if (jar->options.is_public_suffix != NULL)
        return jar->options.is_public_suffix((flare_str){lower, domain.len}, jar->options.context);
    return memchr(domain.ptr, '.', domain.len) == NULL;
}

static bool begins_with(flare_str text, flare_str prefix)
{
    return text.len >= prefix.len && flare_str_equal_nocase((flare_str){text.ptr, prefix.len}, prefix);
}

/* Prefixes of a name promise something; of a value without a name they would forge one (section 5.7). */
static bool keeps_promises(const struct said *said, const struct flarei_url *url, bool host_only)
{
    static const flare_str secure = FLARE_STR_INIT("__secure-"), host = FLARE_STR_INIT("__host-");

    if (said->name.len == 0 && (begins_with(said->value, secure) || begins_with(said->value, host)))
        return false;
    if (said->secure && !url->secure)
        return false;
    if (begins_with(said->name, secure))
        return said->secure;
    if (begins_with(said->name, host))
        return said->secure && host_only && said->domain.len == 0 &&
               flare_str_equal(said->path, FLARE_STR("/"));
    return true;
}

/* ---- The jar ---- */

static void forget(flare_cookie_jar *jar, size_t index)
{
    flarei_free(jar->cookies[index]);
    jar->cookies[index] = jar->cookies[--jar->count];
}

static char *put(char **at, flare_str text)
{
    char *const start = *at;

    if (text.len != 0)
        memcpy(start, text.ptr, text.len);
    *at += text.len;
    return start;
}

static struct cookie *make(const struct said *said, flare_str domain)
{
    struct cookie *const cookie =
        flarei_calloc(1, sizeof *cookie + said->name.len + said->value.len + said->path.len + domain.len);
    char *at = (char *)(cookie + 1);

    if (cookie == NULL)
        return NULL;
    cookie->name = (flare_str){put(&at, said->name), said->name.len};
    cookie->value = (flare_str){put(&at, said->value), said->value.len};
    cookie->path = (flare_str){put(&at, said->path), said->path.len};
    cookie->domain = (flare_str){at, domain.len};
    for (size_t i = 0; i < domain.len; i++)
        at[i] = flarei_ascii_lower(domain.ptr[i]);
    cookie->expires_s = said->expires_s;
    cookie->secure = said->secure;
    return cookie;
}

/* The index of the cookie that has this one's place; count: none. */
static size_t find(const flare_cookie_jar *jar, const struct cookie *wanted)
{
    size_t i = 0;

    while (i < jar->count && !(flare_str_equal(jar->cookies[i]->name, wanted->name) &&
                               flare_str_equal(jar->cookies[i]->domain, wanted->domain) &&
                               jar->cookies[i]->host_only == wanted->host_only &&
                               flare_str_equal(jar->cookies[i]->path, wanted->path)))
        i++;
    return i;
}

/* A cookie of plain http may not hide one that only https may set. */
static bool hides_secure(const flare_cookie_jar *jar, const struct cookie *cookie)
{
    for (size_t i = 0; i < jar->count; i++) {
        const struct cookie *const other = jar->cookies[i];

        if (other->secure && flare_str_equal(other->name, cookie->name) &&
            (domain_matches(other->domain, cookie->domain) ||
             domain_matches(cookie->domain, other->domain)) &&
            path_matches(cookie->path, other->path))
            return true;
    }
    return false;
}

/* Makes room: the one that was used the longest ago goes, of the domain or of all. */
static void evict(flare_cookie_jar *jar, flare_str domain)
{
    size_t of_domain = 0, oldest_of_domain = 0, oldest = 0;

    for (size_t i = 0; i < jar->count; i++) {
        if (jar->cookies[i]->used < jar->cookies[oldest]->used)
            oldest = i;
        if (flare_str_equal(jar->cookies[i]->domain, domain) &&
            (of_domain++ == 0 || jar->cookies[i]->used < jar->cookies[oldest_of_domain]->used))
            oldest_of_domain = i;
    }
    if (of_domain >= FLARE_COOKIES_OF_DOMAIN_MAX)
        forget(jar, oldest_of_domain);
    else if (jar->count >= FLARE_COOKIES_MAX)
        forget(jar, oldest);
}

static bool has_room(flare_cookie_jar *jar)
{
    const size_t room = jar->room != 0 ? 2 * jar->room : 16;
    struct cookie **more;

    if (jar->count < jar->room)
        return true;
    more = flarei_realloc(jar->cookies, room * sizeof(struct cookie *));
    if (more == NULL)
        return false;
    jar->cookies = more;
    jar->room = room;
    return true;
}

static flare_err keep(flare_cookie_jar *jar, struct cookie *cookie, bool secure, int64_t now_s)
{
    size_t index = find(jar, cookie);

    cookie->made = index < jar->count ? jar->cookies[index]->made : ++jar->made;
    cookie->used = ++jar->uses;
    if ((!secure && hides_secure(jar, cookie)) || (index == jar->count && cookie->expires_s <= now_s)) {
        flarei_free(cookie);
        return FLARE_OK;
    }
    if (index < jar->count)
        forget(jar, index);
    if (cookie->expires_s <= now_s) {
        flarei_free(cookie);
        return FLARE_OK;
    }
    evict(jar, cookie->domain);
    if (!has_room(jar)) {
        flarei_free(cookie);
        return FLARE_ERR_MEMORY;
    }
    jar->cookies[jar->count++] = cookie;
    return FLARE_OK;
}

flare_err flarei_cookies_keep(flare_cookie_jar *jar, const struct flarei_url *url, flare_str field,
                              flare_time now)
{
    const int64_t now_s = now / FLARE_TIME_SECOND;
    bool host_only;
    struct cookie *cookie;
    struct said said;

    if (!read_field(field, now_s, &said))
        return FLARE_OK;
    if (said.domain.len != 0 && is_public(jar, said.domain)) {
        if (!flare_str_equal_nocase(said.domain, url->host))
            return FLARE_OK;
        said.domain.len = 0;
    }
    if (said.domain.len != 0 && !domain_matches(url->host, said.domain))
        return FLARE_OK;
    host_only = said.domain.len == 0;
    if (!keeps_promises(&said, url, host_only))
        return FLARE_OK;
    if (said.path.len == 0)
        said.path = default_path(url);
    cookie = make(&said, host_only ? url->host : said.domain);
    if (cookie == NULL)
        return FLARE_ERR_MEMORY;
    cookie->host_only = host_only;
    return keep(jar, cookie, url->secure, now_s);
}

/* ---- What is sent ---- */

static bool is_for(const struct cookie *cookie, const struct flarei_url *url, flare_str path)
{
    return (cookie->host_only ? flare_str_equal_nocase(url->host, cookie->domain)
                              : domain_matches(url->host, cookie->domain)) &&
           (url->secure || !cookie->secure) && path_matches(path, cookie->path);
}

/* Longer paths first, then the older (section 5.8.3). */
static bool goes_before(const struct cookie *a, const struct cookie *b)
{
    return a->path.len != b->path.len ? a->path.len > b->path.len : a->made < b->made;
}

/* The first of those that are for it behind `last`. */
static struct cookie *next_for(flare_cookie_jar *jar, const struct flarei_url *url, flare_str path,
                               const struct cookie *last)
{
    struct cookie *best = NULL;

    for (size_t i = 0; i < jar->count; i++) {
        struct cookie *const cookie = jar->cookies[i];

        if (is_for(cookie, url, path) && (last == NULL || goes_before(last, cookie)) &&
            (best == NULL || goes_before(cookie, best)))
            best = cookie;
    }
    return best;
}

flare_err flarei_cookies_write(flare_cookie_jar *jar, const struct flarei_url *url, flare_time now,
                               flare_buffer *out)
{
    const int64_t now_s = now / FLARE_TIME_SECOND;
    const flare_str path = path_of(url);
    struct cookie *cookie = NULL;
    bool first = true;

    for (size_t i = jar->count; i-- > 0;)
        if (jar->cookies[i]->expires_s <= now_s)
            forget(jar, i);
    jar->uses++;
    while ((cookie = next_for(jar, url, path, cookie)) != NULL) {
        if (!first)
            (void)flarei_buffer_append_str(out, FLARE_STR("; "));
        first = false;
        (void)flarei_buffer_append_str(out, cookie->name);
        if (cookie->name.len != 0)
            (void)flarei_buffer_append_byte(out, '=');
        (void)flarei_buffer_append_str(out, cookie->value);
        cookie->used = jar->uses;
    }
    return out->failed ? FLARE_ERR_MEMORY : FLARE_OK;
}

/* ---- For users ---- */

flare_err flare_cookie_jar_create(flare_cookie_jar **jar, const flare_cookie_jar_options *options)
{
    *jar = flarei_calloc(1, sizeof **jar);
    if (*jar == NULL)
        return FLARE_ERR_MEMORY;
    if (options != NULL)
        (*jar)->options = *options;
    return FLARE_OK;
}

void flare_cookie_jar_free(flare_cookie_jar *jar)
{
    if (jar == NULL)
        return;
    flare_cookie_jar_clear(jar);
    flarei_free(jar->cookies);
    flarei_free(jar);
}

void flare_cookie_jar_clear(flare_cookie_jar *jar)
{
    while (jar->count != 0)
        forget(jar, jar->count - 1);
}

size_t flare_cookie_jar_count(const flare_cookie_jar *jar)
{
    return jar->count;
}

flare_err flare_cookie_jar_set(flare_cookie_jar *jar, flare_str url, flare_str field, flare_time now)
{
    struct flarei_url read;

    if (!flarei_url_read(url, "http", "https", &read))
        return FLARE_ERR_ARGUMENT;
    return flarei_cookies_keep(jar, &read, field, now);
}

flare_err flare_cookie_jar_get(flare_cookie_jar *jar, flare_str url, flare_time now, flare_buffer *out)
{
    struct flarei_url read;

    if (!flarei_url_read(url, "http", "https", &read))
        return FLARE_ERR_ARGUMENT;
    return flarei_cookies_write(jar, &read, now, out);
}
