#include "http/media_type.h"
#include "test.h"

static void check(const char *path, const char *want)
{
    const flare_str got = flarei_media_type(flare_str_of(path));

    CHECK_STR(got, want);
}

TEST(names)
{
    check("index.html", "text/html; charset=utf-8");
    check("a.b/x.CSS", "text/css; charset=utf-8");
    check("a.min.js", "text/javascript; charset=utf-8");
    check("photo.jpeg", "image/jpeg");
    check("x.7z", "application/x-7z-compressed");
    check("x.zst", "application/zstd");
    check("x.webmanifest", "application/manifest+json");
    check("x.woff2", "font/woff2");
    check("x.woff", "font/woff");
}

TEST(others)
{
    static const char other[] = "application/octet-stream";

    check("", other);
    check("html", other);
    check("x.", other);
    check("x.htm2", other);
    check("x.webmanifests", other);
    check("a.html/x", other);
    check("x.ht", other);
}

int main(void)
{
    RUN(names);
    RUN(others);
    return TEST_END();
}
