/* Whom cookies may be set for, by the list of public suffixes. */
#include "test.h"

#include <flare/cookies.h>

static bool takes(const char *url, const char *field)
{
    const flare_cookie_jar_options options = {.is_public_suffix = flare_cookie_public_suffix};
    flare_cookie_jar *jar;
    bool kept;

    CHECK_INT(flare_cookie_jar_create(&jar, &options), FLARE_OK);
    CHECK_INT(
        flare_cookie_jar_set(jar, flare_str_of(url), flare_str_of(field), 1700000000 * FLARE_TIME_SECOND),
        FLARE_OK);
    kept = flare_cookie_jar_count(jar) != 0;
    flare_cookie_jar_free(jar);
    return kept;
}

TEST(suffixes)
{
    CHECK(flare_cookie_public_suffix(FLARE_STR("com"), NULL));
    CHECK(flare_cookie_public_suffix(FLARE_STR("co.uk"), NULL));
    CHECK(flare_cookie_public_suffix(FLARE_STR("anything.ck"), NULL));
    CHECK(!flare_cookie_public_suffix(FLARE_STR("www.ck"), NULL));
    CHECK(!flare_cookie_public_suffix(FLARE_STR("example.co.uk"), NULL));
    CHECK(flare_cookie_public_suffix(FLARE_STR("nobody-has-this"), NULL));
    char long_name[300];
    memset(long_name, 'a', sizeof long_name);
    CHECK(flare_cookie_public_suffix((flare_str){long_name, sizeof long_name}, NULL));
}

TEST(cookies_for_others)
{
    CHECK(takes("http://a.example.co.uk/", "a=b; Domain=example.co.uk"));
    CHECK(!takes("http://a.example.co.uk/", "a=b; Domain=co.uk"));
    CHECK(!takes("http://a.example.co.uk/", "a=b; Domain=uk"));
    CHECK(!takes("http://me.github.io/", "a=b; Domain=github.io"));
    CHECK(takes("http://me.github.io/", "a=b"));
    CHECK(takes("http://github.io/", "a=b; Domain=github.io")); /* the suffix itself, for itself alone */
}

int main(void)
{
    RUN(suffixes);
    RUN(cookies_for_others);
    return TEST_END();
}
