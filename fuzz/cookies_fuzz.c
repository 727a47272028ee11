/* A client's jar: each line is a Set-Cookie field, of one of a few URLs in turn. No limit is passed, no
 * cookie reaches a host that may not see it, and what is sent holds nothing that ends a field. Target:
 * runtime/client/cookies.c runtime/client/cookie_date.c
 */
#include "fuzz.h"

#include <flare/cookies.h>

#include <string.h>

static const flare_str urls[] = {FLARE_STR_INIT("http://a.b.test/x/y?z"), FLARE_STR_INIT("https://b.test/"),
                                 FLARE_STR_INIT("http://127.0.0.1:81/"),
                                 FLARE_STR_INIT("https://c.a.b.test")};
static const flare_time now = INT64_C(1700000000) * FLARE_TIME_SECOND;

static size_t sent_to(flare_cookie_jar *jar, flare_str url, char *out, size_t room)
{
    flare_buffer buffer;

    flarei_buffer_over(&buffer, out, room);
    if (flare_cookie_jar_get(jar, url, now, &buffer) != FLARE_OK)
        return 0;
    return flarei_buffer_len(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char sent[1 << 18];
    flare_cookie_jar *jar;
    size_t start = 0, of_url = 0;

    if (size > 8192 || flare_cookie_jar_create(&jar, NULL) != FLARE_OK)
        return 0;
    for (size_t i = 0; i <= size; i++)
        if (i == size || data[i] == '\n') {
            char *const copy = malloc(i - start + 1);

            memcpy(copy, data + start, i - start);
            FUZZ_CHECK(flare_cookie_jar_set(jar, urls[of_url++ % 4], (flare_str){copy, i - start}, now) ==
                       FLARE_OK);
            free(copy);
            start = i + 1;
        }
    FUZZ_CHECK(flare_cookie_jar_count(jar) <= FLARE_COOKIES_MAX);
    for (size_t i = 0; i < 4; i++) {
        const size_t bytes = sent_to(jar, urls[i], sent, sizeof sent);

        for (size_t at = 0; at < bytes; at++)
            FUZZ_CHECK((unsigned char)sent[at] >= 0x20 || sent[at] == '\t');
        FUZZ_PLANT(bytes > 12 && sent[0] == 'q');
    }
    FUZZ_CHECK(sent_to(jar, FLARE_STR("https://other.test/x/y"), sent, sizeof sent) == 0);
    FUZZ_CHECK(sent_to(jar, FLARE_STR("https://test/x/y"), sent, sizeof sent) == 0);
    FUZZ_CHECK(sent_to(jar, FLARE_STR("https://xb.test/x/y"), sent, sizeof sent) == 0);
    FUZZ_CHECK(sent_to(jar, FLARE_STR("https://1.127.0.0.1/"), sent, sizeof sent) == 0);
    flare_cookie_jar_free(jar);
    return 0;
}
