/* Dates, times and the named formats: what parses is written and parsed back, and agrees with the C library.
 * Target: runtime/base/formats.c runtime/base/time.c
 */
#include "fuzz.h"

#include <flare/formats.h>
#include <flare/text.h>
#include <flare/time.h>

#include <arpa/inet.h>
#include <time.h>

static void check_time(flare_str text)
{
    char written[FLARE_TIME_MAX_BYTES];
    flare_time time = 77, back = 0;
    const flare_err err = flare_time_parse(text, &time);

    if (err != FLARE_OK) {
        FUZZ_CHECK((err == FLARE_ERR_SYNTAX || err == FLARE_ERR_RANGE) && time == 77);
        return;
    }
    const flare_str again = {written, flare_time_format(time, written)};

    FUZZ_CHECK(flare_time_parse(again, &back) == FLARE_OK && back == time);
    FUZZ_PLANT(time < 0 && time % FLARE_TIME_SECOND != 0);
}

static void check_http_date(flare_str text)
{
    static const flare_time now = INT64_C(1709208000) * 1000000000;
    char written[FLARE_TIME_HTTP_BYTES], want[64];
    flare_time time = 77, back = 0;
    const flare_err err = flare_time_http_parse(text, now, &time);

    if (err != FLARE_OK) {
        FUZZ_CHECK((err == FLARE_ERR_SYNTAX || err == FLARE_ERR_RANGE) && time == 77);
        return;
    }
    const time_t seconds = (time_t)(time / FLARE_TIME_SECOND);
    const flare_str again = {written, flare_time_http_format(time, written)};
    struct tm parts;

    FUZZ_CHECK(time % FLARE_TIME_SECOND == 0 && gmtime_r(&seconds, &parts) != NULL);
    FUZZ_CHECK(strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT", &parts) == again.len);
    FUZZ_CHECK(memcmp(want, written, again.len) == 0);
    FUZZ_CHECK(flare_time_http_parse(again, now, &back) == FLARE_OK && back == time);
}

static void check_date(flare_str text)
{
    char written[FLARE_DATE_BYTES];
    flare_date date = {0, 0, 0};

    if (flare_date_parse(text, &date) != FLARE_OK)
        return;
    FUZZ_CHECK(flare_date_valid(date));
    FUZZ_CHECK(flare_date_format(date, written) == text.len && memcmp(written, text.ptr, text.len) == 0);
    const flare_date back = flare_date_from_days(flare_date_to_days(date));

    FUZZ_CHECK(back.year == date.year && back.month == date.month && back.day == date.day);
}

static void check_addresses(flare_str text, const char *terminated, bool no_nul)
{
    char written[FLARE_IPV6_MAX_BYTES];
    struct in_addr want4;
    struct in6_addr want6;
    flare_ipv4 four;
    flare_ipv6 six, six_back;
    const bool is_four = flare_ipv4_parse(text, &four) == FLARE_OK;
    const bool is_six = flare_ipv6_parse(text, &six) == FLARE_OK;

    FUZZ_CHECK(is_four == (no_nul && inet_pton(AF_INET, terminated, &want4) == 1));
    FUZZ_CHECK(is_six == (no_nul && inet_pton(AF_INET6, terminated, &want6) == 1));
    if (is_four) {
        FUZZ_CHECK(memcmp(&want4, four.bytes, 4) == 0);
        FUZZ_CHECK(flare_ipv4_format(four, written) == text.len && memcmp(written, text.ptr, text.len) == 0);
    }
    if (is_six) {
        const flare_str again = {written, flare_ipv6_format(six, written)};

        FUZZ_CHECK(memcmp(&want6, six.bytes, 16) == 0);
        FUZZ_CHECK(again.len <= FLARE_IPV6_MAX_BYTES && flare_ipv6_parse(again, &six_back) == FLARE_OK);
        FUZZ_CHECK(memcmp(six.bytes, six_back.bytes, 16) == 0);
    }
}

static void check_uuid(flare_str text)
{
    char written[FLARE_UUID_BYTES];
    flare_uuid uuid;

    if (flare_uuid_parse(text, &uuid) != FLARE_OK)
        return;
    const flare_str again = {written, flare_uuid_format(uuid, written)};

    FUZZ_CHECK(flare_str_equal_nocase(text, again));
}

/* What every valid one has, whatever else. */
static void check_email_and_url(flare_str text, bool no_nul)
{
    bool ascii = no_nul;

    for (size_t i = 0; i < text.len; i++)
        ascii = ascii && text.ptr[i] > ' ' && text.ptr[i] < 0x7f;
    if (flare_email_valid(text)) {
        const char *const at = (const char *)memchr(text.ptr, '@', text.len);

        FUZZ_CHECK(ascii && text.len <= 254 && at != NULL && at - text.ptr <= 64 && at > text.ptr);
        FUZZ_CHECK(memchr(at + 1, '.', (size_t)(flarei_str_end(text) - at - 1)) != NULL);
        FUZZ_CHECK(memchr(at + 1, '@', (size_t)(flarei_str_end(text) - at - 1)) == NULL);
    }
    if (flare_url_valid(text)) {
        FUZZ_CHECK(ascii && text.len >= 8 && (text.ptr[0] | 0x20) == 'h');
        FUZZ_CHECK(memmem(text.ptr, text.len, "://", 3) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const flare_str text = {(const char *)data, size};
    const bool no_nul = size == 0 || memchr(data, 0, size) == NULL;
    char *const terminated = (char *)malloc(size + 1);
    char written[FLARE_TIME_MAX_BYTES];
    flare_time time = 0, back = 1;

    if (terminated == NULL)
        abort();
    if (size > 0)
        memcpy(terminated, data, size);
    terminated[size] = '\0';
    check_time(text);
    check_http_date(text);
    check_date(text);
    check_addresses(text, terminated, no_nul);
    check_uuid(text);
    check_email_and_url(text, no_nul);
    memcpy(&time, terminated, size < sizeof time ? size : sizeof time);
    const flare_str moment = {written, flare_time_format(time, written)};

    FUZZ_CHECK(flare_time_parse(moment, &back) == FLARE_OK && back == time);
    free(terminated);
    return 0;
}
