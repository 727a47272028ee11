/* formats.c - is the text a uuid, a date, an address? For constants in a spec; the runtime reads what clients
 * send. */
#include <string.h>

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
        if (!is_digit(*++at))
            return false;
        while (is_digit(*at))
            at++;
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

static bool is_email(const char *text)
{
    const char *const at = strchr(text, '@');

    if (at == NULL || at == text || at[1] == '\0' || strchr(at + 1, '@') != NULL || strlen(text) > 254)
        return false;
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return false;
    }
    return true;
}

static bool is_url(const char *text)
{
    const char *const colon = strchr(text, ':');

    if (colon == NULL || colon[1] == '\0' || (text[0] | 32) < 'a' || (text[0] | 32) > 'z')
        return false;
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= ' ' || *text == 0x7f || strchr("\"<>\\^`{|}", *text) != NULL)
            return false;
    }
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
        return is_url(text);
    if (kind != TYPE_DATE)
        return true;
    const char *const end = match_date(text);
    return end != NULL && *end == '\0';
}
