#include "fixture.h"

#include "types.flare.h"

#include <flare/log.h>

static flare_reply fixture_dispatch(flare_request *rq)
{
    return types_service.dispatch(rq);
}

static const flare_field *fields;
static uint32_t field_count;

/* The content of the reply to a GET; its status is checked. */
static flare_str get(const char *target, unsigned status)
{
    flare_request *const rq = fixture_begin();
    const char *const query = strchr(target, '?');
    char line[40];

    rq->path = (flare_str){target, query != NULL ? (size_t)(query - target) : strlen(target)};
    rq->query = flare_str_of(query != NULL ? query + 1 : "");
    rq->fields = fields;
    rq->field_count = field_count;
    flarei_request_dispatch(rq);
    CHECK_INT(rq->state, FLAREI_REQUEST_REPLIED);
    snprintf(line, sizeof line, "HTTP/1.1 %u ", status);
    if (!fixture_has(line))
        fprintf(stderr, "  %s: %.20s\n", target, flarei_buffer_str(&fixture_out).ptr);
    CHECK(fixture_has(line));
    return fixture_content();
}

static void check_get(const char *target, const char *content)
{
    const flare_str got = get(target, 200);

    CHECK_STR(got, content);
}

/* One refusal: its place, its name and its rule. */
static void check_refused(const char *target, const char *place, const char *name, const char *rule)
{
    char wanted[200];

    (void)get(target, 400);
    snprintf(wanted, sizeof wanted, "[{\"in\":\"%s\",\"name\":\"%s\",%s\"}]", place, name, rule);
    if (!fixture_has(wanted)) {
        const flare_str content = fixture_content();

        fprintf(stderr, "  %s: %.*s\n", target, FLARE_STR_ARG(content));
    }
    CHECK(fixture_has(wanted));
}

/* ---- Replies ---- */

TEST(a_type_that_holds_itself)
{
    check_get(
        "/node",
        "{\"name\":\"root\",\"next\":{\"name\":\"leaf\",\"nodes\":[],\"named\":{}},\"nodes\":[{\"name\":"
        "\"leaf\",\"nodes\":[],\"named\":{}}],\"named\":{\"a\\\"b\":{\"name\":\"leaf\",\"nodes\":[],"
        "\"named\":{}},\"\":{\"name\":\"leaf\",\"nodes\":[],\"named\":{}}}}");
}

TEST(maps_raw_json_and_numbers_as_text)
{
    check_get("/whole", "{\"amounts\":{\"all\":{\"cents\":\"-9223372036854775808\",\"currency\":\"EUR\"}},"
                        "\"grid\":{\"x\":[1,255],\"y\":[]},\"least\":\"-9223372036854775808\",\"color\":"
                        "\"off-white\"}");
    check_get("/whole?what=1",
              "{\"amounts\":{\"all\":{\"cents\":\"-9223372036854775808\",\"currency\":\"EUR\"}},"
              "\"grid\":{\"x\":[1,255],\"y\":[]},\"pay\":{\"@kind\":\"card\",\"last4\":\"4242\"},\"extra\":"
              "[null, {\"a\": 1e9}],\"least\":\"-9223372036854775808\",\"most\":\"18446744073709551615\","
              "\"color\":\"off-white\"}");
    check_get("/map", "{}");
    check_get("/raw?text=[1,%202]", "[1, 2]");
    check_get("/number", "\"-1\"");
    check_get("/number?number=9223372036854775807", "\"9223372036854775807\"");
    check_refused("/number?number=-6", "query", "number", "\"rule\":\"min");
}

TEST(what_was_never_set_is_a_500)
{
    (void)get("/whole?what=2", 500); /* the unknown member of an open enum */
    (void)get("/whole?what=3", 500); /* raw JSON of no bytes */
    (void)get("/raw?text=", 500);
    (void)get("/payment?arm=0", 500);
    (void)get("/payment?arm=9", 500);
}

TEST(patches)
{
    check_get("/change", "{}");
    check_get("/change?what=1", "{\"note\":null,\"color\":null,\"pay\":null,\"tags\":null,\"parts\":null}");
    check_get("/change?what=2", "{\"name\":\"n\",\"note\":\"\",\"color\":\"red\",\"pay\":{\"@kind\":"
                                "\"nothing\"},\"tags\":[\"a\"]}");
}

TEST(unions)
{
    check_get("/payment?arm=1", "{\"@kind\":\"card\",\"last4\":\"1\"}");
    CHECK(fixture_has("X-Color: off-white\r\n"));
    check_get("/payment?arm=2", "{\"@kind\":\"bank-transfer\",\"iban\":\"DE\"}");
    CHECK(!fixture_has("X-Color"));
    check_get("/payment?arm=3", "{\"@kind\":\"again\",\"pay\":{\"@kind\":\"card\",\"last4\":\"1\"},\"n\":7}");
    check_get("/payment?arm=4", "{\"@kind\":\"nothing\"}");
}

/* ---- Inputs ---- */

TEST(inputs_by_default)
{
    check_get("/inputs", "{\"tag\":[],\"n\":[1,2],\"color\":1,\"colors\":0,\"id\":[]}");
    check_get(
        "/inputs?tag=a&tag=b&n=-1&n=0&f=0.5&f=-0.5&color=off-white&colors=red&colors=blue&code=AB&even=4"
        "&site=ftp://a/b&warm=red",
        "{\"tag\":[\"a\",\"b\"],\"n\":[-1,0],\"f\":[0.5,-0.5],\"color\":2,\"colors\":2,\"code\":\"AB\","
        "\"even\":4,\"site\":\"ftp://a/b\",\"warm\":\"red\",\"id\":[]}");
}

TEST(an_open_enum_takes_what_it_does_not_know)
{
    check_get("/inputs?color=blue", "{\"tag\":[],\"n\":[1,2],\"color\":3,\"colors\":0,\"id\":[]}");
    check_get("/inputs?color=", "{\"tag\":[],\"n\":[1,2],\"color\":3,\"colors\":0,\"id\":[]}");
}

TEST(unique)
{
    static const flare_field ids[] = {
        {FLARE_STR_INIT("X-Id"), FLARE_STR_INIT("a0000000-0000-0000-0000-000000000001, "
                                                "a0000000-0000-0000-0000-000000000002")},
        {FLARE_STR_INIT("x-id"), FLARE_STR_INIT("A0000000-0000-0000-0000-000000000001")}};
    char many[400] = "/inputs?";

    check_refused("/inputs?tag=a&tag=b&tag=a", "query", "tag", "\"rule\":\"unique");
    check_refused("/inputs?tag=&tag=", "query", "tag", "\"rule\":\"unique");
    check_refused("/inputs?n=5&n=6&n=5", "query", "n", "\"rule\":\"unique");
    check_refused("/inputs?f=0.0&f=-0.0", "query", "f", "\"rule\":\"unique");
    /* Two that are unknown are alike. */
    check_refused("/inputs?colors=x&colors=y", "query", "colors", "\"rule\":\"unique");
    /* What is no value at all has its own rule, and is not compared. */
    check_refused("/inputs?n=x&n=x", "query", "n",
                  "\"pointer\":\"/0\",\"rule\":\"type\"},{\"in\":\"query\","
                  "\"name\":\"n\",\"pointer\":\"/1\",\"rule\":\"type");
    for (int i = 0; i < 40; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "tag=%d&", i);
    (void)get(many, 200);
    many[strlen(many) - 3] = '0'; /* 39 becomes 30 */
    many[strlen(many) - 2] = '\0';
    many[strlen(many) - 1] = '3';
    snprintf(many + strlen(many), sizeof many - strlen(many), "0");
    check_refused(many, "query", "tag", "\"rule\":\"unique");
    fields = ids;
    field_count = 1;
    (void)get("/inputs", 200);
    field_count = 2;
    check_refused("/inputs", "header", "X-Id", "\"rule\":\"unique");
    field_count = 0;
}

TEST(checks_of_ones_own)
{
    check_refused("/inputs?even=5", "query", "even", "\"rule\":\"check");
    check_refused("/inputs?code=XA", "query", "code", "\"rule\":\"check");
    check_refused("/inputs?warm=off-white", "query", "warm", "\"rule\":\"check");
    /* It sees only what keeps to the rest. */
    check_refused("/inputs?code=xa", "query", "code", "\"rule\":\"pattern");
    check_refused("/inputs?code=", "query", "code", "\"rule\":\"min_length");
    check_refused("/inputs?even=-2", "query", "even", "\"rule\":\"min");
}

TEST(schemes)
{
    check_refused("/inputs?site=http://a", "query", "site", "\"rule\":\"scheme");
    check_refused("/inputs?site=ftps://a", "query", "site", "\"rule\":\"scheme");
    check_refused("/inputs?site=ftp:a", "query", "site", "\"rule\":\"type");
    check_refused("/inputs?site=https://aaaaaaaaaaaaa", "query", "site", "\"rule\":\"max_length");
    (void)get("/inputs?site=HTTPS://a", 200);
}

int main(void)
{
    RUN(a_type_that_holds_itself);
    RUN(maps_raw_json_and_numbers_as_text);
    RUN(what_was_never_set_is_a_500);
    RUN(patches);
    RUN(unions);
    RUN(inputs_by_default);
    RUN(an_open_enum_takes_what_it_does_not_know);
    RUN(unique);
    RUN(checks_of_ones_own);
    RUN(schemes);
    flarei_arena_free(&fixture_arena);
    flarei_buffer_free(&fixture_out);
    return TEST_END();
}
