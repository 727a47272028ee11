#include "demo.flare.h"

static const char page[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>flare demo</title>\n"
    "<style>\n"
    "body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem; font: 1.05rem/1.6 system-ui, sans-serif;\n"
    "       color: #222; background: #fffdf8 }\n"
    "h1 { color: #c2410c } code { background: #f5ede0; padding: .1em .35em; border-radius: .25em }\n"
    "li { margin: .5em 0 } a { color: #9a3412 }\n"
    "</style>\n"
    "<h1>flare is up</h1>\n"
    "<p>Every route below was written in <code>demo.flare</code> and compiled to C.</p>\n"
    "<ul>\n"
    "<li><a href=\"/stars\">/stars</a>: typed JSON\n"
    "<li><a href=\"/stars?within=10\">/stars?within=10</a>: a query with a range\n"
    "<li><a href=\"/stars/2\">/stars/2</a>: a path parameter, a reply header\n"
    "<li><a href=\"/stars/99\">/stars/99</a>: a declared 404\n"
    "<li><a href=\"/stars/zero\">/stars/zero</a>: a refusal, as problem+json\n"
    "<li><a "
    "href=\"/greet/Ada?mood=over-the-moon&amp;times=3\">/greet/Ada?mood=over-the-moon&amp;times=3</a>: "
    "an enum\n"
    "<li><a href=\"/greet/Ada?mood=grim&amp;times=99\">/greet/Ada?mood=grim&amp;times=99</a>: "
    "two mistakes, both told\n"
    "<li><a href=\"/fixed\">/fixed</a>: a fixed reply\n"
    "<li><a href=\"/old\">/old</a>: a redirect back here\n"
    "<li><code>curl -d 'hello' URL/shout</code>: a body of at most 64 KiB\n"
    "</ul>\n"
    "</html>\n";

static const demo_star stars[] = {
    {1, FLARE_STR_INIT("Sol"), FLARE_STR_INIT("yellow"), 0.0},
    {2, FLARE_STR_INIT("Proxima Centauri"), FLARE_STR_INIT("red"), 4.2465},
    {3, FLARE_STR_INIT("Sirius"), FLARE_STR_INIT("white"), 8.6},
    {4, FLARE_STR_INIT("Vega"), FLARE_STR_INIT("blue-white"), 25.04},
    {5, FLARE_STR_INIT("Betelgeuse"), FLARE_STR_INIT("red"), 548.0},
};
static const size_t star_count = sizeof stars / sizeof stars[0];

flare_reply demo_home(flare_request *rq)
{
    return flare_bytes(rq, 200, FLARE_STR("text/html; charset=utf-8"), (flare_str){page, sizeof page - 1});
}

/* Sorted by distance, so that the near ones are a prefix. */
demo_list_stars_reply demo_list_stars(flare_request *rq, const demo_list_stars_in *in)
{
    size_t count = 0;

    while (count < star_count && stars[count].light_years <= in->within)
        count++;
    const demo_sky sky = {.count = (uint32_t)count, .stars = {stars, count}};
    return demo_list_stars_ok(rq, &sky);
}

demo_get_star_reply demo_get_star(flare_request *rq, const demo_get_star_in *in)
{
    for (size_t i = 0; i < star_count; i++)
        if (stars[i].id == in->id)
            return demo_get_star_ok(rq, &stars[i]);
    return demo_get_star_not_found(rq);
}

demo_greet_reply demo_greet(flare_request *rq, const demo_greet_in *in)
{
    const demo_greeting greeting = {
        .text = flare_format(rq, "hello, %.*s", FLARE_STR_ARG(in->name)),
        .mood = in->mood,
        .times = in->times,
    };

    return demo_greet_ok(rq, &greeting);
}

demo_shout_reply demo_shout(flare_request *rq, const demo_shout_in *in)
{
    char *loud = flare_alloc(rq, in->body.len + 1);

    if (loud == NULL)
        return demo_shout_fail(rq, "no memory");
    for (size_t i = 0; i < in->body.len; i++) {
        const char c = in->body.ptr[i];

        if ((unsigned char)c >= 0x80 || c == 0)
            return demo_shout_not_text(rq);
        loud[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return demo_shout_ok(rq, (flare_str){loud, in->body.len});
}
