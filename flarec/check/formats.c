/* formats.c - is the text a uuid, a date, an address? For constants in a spec; the runtime reads what clients
 * send. */
#include <string.h>
#include <strings.h>

#include "check/check.h"

static bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

static bool is_hex(char letter)
{
    return is_digit(letter) || ((letter | 32) >= 'a' && (letter | 32) <= 'f');
}

/* `shape` has 9 for a digit, h for a hexadecimal one, else the character itself. Returns what is behind it,
 * or NULL. */
static const char *match(const char *text, const char *shape)
{
    for (; *shape != '\0'; shape++, text++) {
        if (*shape == '9' ? !is_digit(*text) : *shape == 'h' ? !is_hex(*text) : *text != *shape)
            return NULL;
    }
    return text;
}

static unsigned digits(const char *text, size_t count)
{
    unsigned value = 0;

    for (size_t i = 0; i < count; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    return value;
}

static const char *match_date(const char *text)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *const end = match(text, "9999-99-99");

    if (end == NULL)
        return NULL;
    const unsigned year = digits(text, 4);
    const unsigned month = digits(text + 5, 2);
    const unsigned day = digits(text + 8, 2);
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1] + (month == 2 && leap ? 1u : 0u))
        return NULL;
    return end;
}

/* RFC 3339 with an offset; `:60` is refused. */
static bool is_datetime(const char *text)
{
    const char *at = match_date(text);

    if (at == NULL || (*at != 'T' && *at != 't') || match(at + 1, "99:99:99") == NULL)
        return false;
    if (digits(at + 1, 2) > 23 || digits(at + 4, 2) > 59 || digits(at + 7, 2) > 59)
        return false;
    at += 9;
    if (*at == '.') {
        const size_t places = strspn(at + 1, "0123456789");
        if (places < 1 || places > 9)
            return false;
        at += 1 + places;
    }
    if (*at == 'Z' || *at == 'z')
        return at[1] == '\0';
    const char *const end = *at == '+' || *at == '-' ? match(at + 1, "99:99") : NULL;
    return end != NULL && *end == '\0' && digits(at + 1, 2) < 24 && digits(at + 4, 2) < 60;
}

static bool is_uuid(const char *text)
{
    const char *const end = match(text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh");

    return end != NULL && *end == '\0';
}

static bool is_ipv4(const char *text)
{
    for (int part = 0; part < 4; part++) {
        size_t count = 0;
        while (count < 4 && is_digit(text[count]))
            count++;
        if (count == 0 || count > 3 || (count > 1 && *text == '0') || digits(text, count) > 255)
            return false;
        text += count;
        if (*text != (part < 3 ? '.' : '\0'))
            return false;
        text++;
    }
    return true;
}

/* RFC 4291 section 2.2, without a zone. */
static bool is_ipv6(const char *text)
{
    int groups = 0;
    bool gap = false;

    if (text[0] == ':' && text[1] != ':')
        return false;
    if (text[0] == ':') {
        gap = true;
        text += 2;
    }
    while (*text != '\0') {
        size_t count = 0;
        while (count < 5 && is_hex(text[count]))
            count++;
        if (text[count] == '.' && count > 0)
            return is_ipv4(text) && (gap ? groups <= 5 : groups == 6);
        if (count == 0 || count > 4 || ++groups > 8)
            return false;
        text += count;
        if (*text == '\0')
            break;
        if (*text++ != ':')
            return false;
        if (*text == ':') {
            if (gap)
                return false;
            gap = true;
            text++;
        } else if (*text == '\0') {
            return false;
        }
    }
    return gap ? groups <= 7 : groups == 8;
}

static bool is_alphanumeric(char letter)
{
    return is_digit(letter) || ((letter | 32) >= 'a' && (letter | 32) <= 'z');
}

static bool is_one_of(char letter, const char *set)
{
    return letter != '\0' && strchr(set, letter) != NULL;
}

/* Labels of a domain, at least two; the last one is no number. */
static bool is_domain(const char *text)
{
    for (size_t labels = 1;; labels++) {
        const size_t count = strcspn(text, ".");
        bool number = true;
        for (size_t i = 0; i < count; i++) {
            if (!is_alphanumeric(text[i]) && text[i] != '-')
                return false;
            number = number && is_digit(text[i]);
        }
        if (count == 0 || count > 63 || text[0] == '-' || text[count - 1] == '-')
            return false;
        if (text[count] == '\0')
            return labels >= 2 && !number;
        text += count + 1;
    }
}

/* A dot-atom of RFC 5322 at a domain, in the sizes of RFC 5321. */
static bool is_email(const char *text)
{
    const char *const at = strchr(text, '@');

    if (at == NULL || at == text || at - text > 64 || strlen(text) > 254)
        return false;
    for (const char *letter = text; letter < at; letter++) {
        const bool dot = *letter == '.';
        if (dot ? letter == text || letter + 1 == at || letter[1] == '.'
                : !is_alphanumeric(*letter) && !is_one_of(*letter, "!#$%&'*+-/=?^_`{|}~"))
            return false;
    }
    return is_domain(at + 1);
}

/* Skips what RFC 3986 lets stand anywhere, and the characters of `more`. */
static const char *skip_uri(const char *text, const char *more)
{
    for (;;) {
        if (is_alphanumeric(*text) || is_one_of(*text, "-._~!$&'()*+,;=") || is_one_of(*text, more))
            text++;
        else if (*text == '%' && is_hex(text[1]) && is_hex(text[2]))
            text += 3;
        else
            return text;
    }
}

/* NULL where there is no host. */
static const char *skip_host(const char *text)
{
    char address[64];
    const char *const close = *text == '[' ? strchr(text, ']') : NULL;

    if (*text != '[') {
        const char *const end = skip_uri(text, "");
        return end == text ? NULL : end;
    }
    if (close == NULL || (size_t)(close - text) > sizeof address)
        return NULL;
    memcpy(address, text + 1, (size_t)(close - text) - 1);
    address[close - text - 1] = '\0';
    return *address != '\0' && is_ipv6(address) ? close + 1 : NULL;
}

/* Absolute, of any scheme (RFC 3986 section 3.1). */
bool url_fits(const char *text)
{
    unsigned port = 0;

    if (!((*text | 32) >= 'a' && (*text | 32) <= 'z'))
        return false;
    while (is_alphanumeric(*text) || is_one_of(*text, "+-."))
        text++;
    if (strncmp(text, "://", 3) != 0)
        return false;
    text = skip_host(text + 3);
    if (text == NULL)
        return false;
    if (*text == ':') {
        for (text++; is_digit(*text) && port <= 65535; text++)
            port = port * 10 + (unsigned)(*text - '0');
        if (port > 65535)
            return false;
    }
    if (*text == '/')
        text = skip_uri(text, ":@/");
    if (*text == '?')
        text = skip_uri(text + 1, ":@/?");
    if (*text == '#')
        text = skip_uri(text + 1, ":@/?");
    return *text == '\0';
}

static bool is_of_web(const char *text)
{
    const size_t length = strcspn(text, ":");

    return (length == 4 && strncasecmp(text, "http", length) == 0) ||
           (length == 5 && strncasecmp(text, "https", length) == 0);
}

/* Days from 1970-01-01: Gregorian, years that begin in March. */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
    const int64_t shifted = (int64_t)year - (month <= 2) + 400;
    const int64_t of_era = shifted % 400;
    const int64_t of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;

    return (shifted / 400 - 1) * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool datetime_read(const char *text, int64_t *nanoseconds)
{
    const int64_t billion = 1000000000;
    int64_t seconds = days_of(digits(text, 4), digits(text + 5, 2), digits(text + 8, 2)) * 86400 +
                      digits(text + 11, 2) * 3600 + digits(text + 14, 2) * 60 + digits(text + 17, 2);
    int64_t fraction = 0;

    text += 19;
    if (*text == '.') {
        int64_t unit = billion / 10;
        for (text++; is_digit(*text); text++, unit /= 10)
            fraction += unit * (*text - '0');
    }
    if (*text == '+' || *text == '-') {
        const int64_t offset = digits(text + 1, 2) * 3600 + digits(text + 4, 2) * 60;
        seconds -= *text == '+' ? offset : -offset;
    }
    /* Before the epoch one second is counted with the fraction: the least second alone is out of range. */
    if (seconds < 0) {
        seconds++;
        fraction -= billion;
    }
    if (seconds > INT64_MAX / billion || seconds < INT64_MIN / billion ||
        (fraction > 0 ? seconds * billion > INT64_MAX - fraction : seconds * billion < INT64_MIN - fraction))
        return false;
    *nanoseconds = seconds * billion + fraction;
    return true;
}

bool format_fits(enum type_kind kind, const char *text)
{
    if (kind == TYPE_UUID)
        return is_uuid(text);
    if (kind == TYPE_DATETIME)
        return is_datetime(text);
    if (kind == TYPE_IPV4)
        return is_ipv4(text);
    if (kind == TYPE_IPV6)
        return is_ipv6(text);
    if (kind == TYPE_EMAIL)
        return is_email(text);
    if (kind == TYPE_URL)
        return is_of_web(text) && url_fits(text);
    if (kind != TYPE_DATE)
        return true;
    const char *const end = match_date(text);
    return end != NULL && *end == '\0';
}
