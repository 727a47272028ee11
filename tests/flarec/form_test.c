/* Emitted readers of forms: values as they were sent, and every failure by its name and rule. */
#include "form.flare.h"

#include "../http/fixture.h"

#include <flare/gen_form.h>

static forms_asked asked;
static forms_sent sent;
static char pages[100];

forms_ask_reply forms_ask(flare_request *rq, const forms_ask_in *in)
{
    asked = in->body;
    return forms_ask_no_content(rq);
}

forms_send_reply forms_send(flare_request *rq, const forms_send_in *in)
{
    sent = in->body;
    pages[0] = '\0';
    for (size_t i = 0; i < sent.pages.value.count; i++)
        snprintf(pages + strlen(pages), sizeof pages - strlen(pages), "%.*s;",
                 FLARE_STR_ARG(sent.pages.value.items[i].bytes));
    return forms_send_ok(rq, flare_str_of(pages));
}

forms_ask_too_reply forms_ask_too(flare_request *rq, const forms_ask_too_in *in)
{
    asked = in->body;
    return forms_ask_too_no_content(rq);
}

static flare_reply fixture_dispatch(flare_request *rq)
{
    return forms_service.dispatch(rq);
}

static unsigned post(const char *path, const char *type, const char *body)
{
    flare_request *const rq = fixture_begin();

    rq->method = FLARE_METHOD_POST;
    rq->path = flare_str_of(path);
    rq->path_plain = true;
    rq->has_body = true;
    rq->body = flare_str_of(body);
    rq->body_length = rq->body.len;
    rq->content_type = flare_str_of(type);
    rq->service = &forms_service;
    flarei_request_dispatch(rq);
    return rq->reply_status;
}

static unsigned form(const char *body)
{
    return post("/asked", "application/x-www-form-urlencoded", body);
}

static unsigned parts(const char *body)
{
    return post("/sent", "multipart/form-data; boundary=B", body);
}

/* What stands in "errors", without "in":"body". */
static void check_errors(unsigned status, const char *want)
{
    const flare_str content = fixture_content();
    char got[2000] = "";
    size_t length = 0;

    CHECK_INT(status, 422);
    for (size_t i = 0; i < content.len && length + 1 < sizeof got; i++) {
        static const char in[] = "\"in\":\"body\",";

        if (content.len - i >= sizeof in - 1 && memcmp(content.ptr + i, in, sizeof in - 1) == 0)
            i += sizeof in - 2;
        else
            got[length++] = content.ptr[i];
    }
    got[length] = '\0';
    if (strstr(got, want) == NULL) {
        fprintf(stderr, "%s\nis not\n%s\n", got, want);
        CHECK(false);
    }
}

#define GOOD "name=n&email=a@b.example&tags=x"

TEST(values)
{
    CHECK_INT(form("name=J%C3%B6+rg&2fa=42&email=a%40b.example&born=2020-02-29&ok=true&color=off-white&zip="
                   "12345&mark="
                   "&tags=a&tags=b&numbers=-5&numbers=5&colors=off-white&colors=blue&raw=%ff&class=1.5"),
              204);
    CHECK_STR(asked.name, "J\xc3\xb6 rg");
    CHECK(asked.code.has && asked.code.value == 42);
    CHECK_STR(asked.email, "a@b.example");
    CHECK(asked.born.has && asked.born.value.day == 29 && asked.ok);
    CHECK_INT(asked.color, FORMS_COLOR_OFF_WHITE);
    CHECK_STR(asked.zip.value, "12345");
    CHECK_STR(asked.mark, "");
    CHECK_INT(asked.tags.count, 2);
    CHECK_STR(asked.tags.items[1], "b");
    CHECK(asked.numbers.has && asked.numbers.value.count == 2 && asked.numbers.value.items[0] == -5);
    CHECK(asked.colors.count == 2 && asked.colors.items[1] == FORMS_COLOR_UNKNOWN);
    CHECK(asked.raw.has && asked.raw.value.len == 1 && (unsigned char)asked.raw.value.ptr[0] == 0xff);
    CHECK(asked.class_.has && asked.class_.value == 1.5);
}

TEST(absences)
{
    CHECK_INT(form("&&" GOOD "&"), 204);
    CHECK(!asked.code.has && !asked.born.has && !asked.ok && !asked.zip.has && !asked.numbers.has &&
          !asked.raw.has && !asked.class_.has);
    CHECK_INT(asked.color, FORMS_COLOR_RED);
    CHECK_STR(asked.mark, "none");
    CHECK(asked.colors.count == 1 && asked.colors.items[0] == FORMS_COLOR_RED);
    check_errors(form(""),
                 "[{\"name\":\"name\",\"rule\":\"required\"},{\"name\":\"email\",\"rule\":\"required\"},"
                 "{\"name\":\"tags\",\"rule\":\"min_items\"}]");
}

TEST(failures)
{
    check_errors(
        form("name=&2fa=0&email=a&born=x&ok=1&zip=1234a&mark=123456&tags=&numbers=6&raw=12345&class=x"),
        "[{\"name\":\"name\",\"rule\":\"min_length\"},{\"name\":\"2fa\",\"rule\":\"min\"},"
        "{\"name\":\"email\",\"rule\":\"type\"},{\"name\":\"born\",\"rule\":\"type\"},"
        "{\"name\":\"ok\",\"rule\":\"type\"},{\"name\":\"zip\",\"rule\":\"pattern\"},"
        "{\"name\":\"mark\",\"rule\":\"max_length\"},{\"name\":\"tags\",\"pointer\":\"/"
        "0\",\"rule\":\"min_length\"},"
        "{\"name\":\"numbers\",\"pointer\":\"/"
        "0\",\"rule\":\"max\"},{\"name\":\"raw\",\"rule\":\"max_length\"},"
        "{\"name\":\"class\",\"rule\":\"type\"}]");
    check_errors(form(GOOD "&name=m&name=o"), "[{\"name\":\"name\",\"rule\":\"repeated\"}]");
    check_errors(form(GOOD "&x=1&y=2"), "[{\"rule\":\"unknown\"}]");
    check_errors(form(GOOD "&tags=y&tags=x"), "[{\"name\":\"tags\",\"rule\":\"unique\"}]");
    check_errors(form(GOOD "&tags=y&tags=z&tags=q&tags=r"), "[{\"name\":\"tags\",\"rule\":\"max_items\"}]");
    check_errors(form("name=%ff&email=a@b.example&tags=x"), "[{\"name\":\"name\",\"rule\":\"utf8\"}]");
    CHECK_INT(form("name=%f"), 400);
    CHECK_INT(form("%zz=1"), 400);
    CHECK_INT(form("name=%00"), 400);
    CHECK_INT(post("/asked", "multipart/form-data; boundary=B", "--B--"), 415);
}

TEST(counts)
{
    static char body[3 * FLAREI_FORM_ITEMS_MAX + 100];
    size_t length = 0;

    for (size_t i = 0; i < FLAREI_FORM_ITEMS_MAX - 3; i++, length += 2)
        memcpy(body + length, "q&", 2);
    memcpy(body + length, GOOD, sizeof GOOD);
    check_errors(form(body), "[{\"rule\":\"unknown\"}]");
    memcpy(body + length, "q&" GOOD, sizeof "q&" GOOD);
    CHECK_INT(form(body), 413);
}

#define PART(fields, value) "--B\r\nContent-Disposition: form-data; " fields "\r\n\r\n" value "\r\n"
#define PNG                 "\r\nContent-Type: image/png"
#define TITLE               PART("name=title", "T")
#define COVER               PART("name=cover; filename=\"c.png\"" PNG, "1234")

TEST(files)
{
    CHECK_INT(parts(TITLE COVER PART("name=pages; filename=a", "one") PART("name=pages; filename=b", "--Atwo")
                        PART("name=unknown; filename=x", "x") PART("name=note", "") "--B--"),
              200);
    CHECK_STR(sent.title, "T");
    CHECK_STR(sent.cover.filename, "c.png");
    CHECK_STR(sent.cover.content_type, "image/png");
    CHECK_INT(sent.cover.size, 4);
    CHECK_INT(sent.cover.fd, -1);
    CHECK(!sent.back.has && sent.pages.has && sent.extra.count == 0 && sent.note.has);
    CHECK_STR(fixture_content(), "one;--Atwo;");
    CHECK_INT(post("/asked/7", "multipart/form-data; boundary=B",
                   PART("name=name", "n") PART("name=email", "a@b.example") PART("name=tags", "t") "--B--"),
              204);
    CHECK_STR(asked.email, "a@b.example");
}

TEST(file_failures)
{
    check_errors(parts("--B--"),
                 "[{\"name\":\"title\",\"rule\":\"required\"},{\"name\":\"cover\",\"rule\":\"required\"}]");
    check_errors(parts(TITLE PART("name=cover; filename=c" PNG, "123") "--B--"),
                 "[{\"name\":\"cover\",\"rule\":\"min_length\"}]");
    check_errors(parts(TITLE PART("name=cover; filename=c", "1234") "--B--"),
                 "[{\"name\":\"cover\",\"rule\":\"media_type\"}]");
    check_errors(parts(TITLE COVER COVER "--B--"), "[{\"name\":\"cover\",\"rule\":\"repeated\"}]");
    check_errors(parts(TITLE COVER PART("name=pages; filename=c", "1") "--B--"),
                 "[{\"name\":\"pages\",\"rule\":\"min_items\"}]");
    check_errors(parts(PART("name=title; filename=t", "T") PART("name=cover", "1234") "--B--"),
                 "[{\"name\":\"title\",\"rule\":\"type\"},{\"name\":\"cover\",\"rule\":\"type\"}]");
    check_errors(parts(TITLE COVER PART("name=back; filename=\"\xff\"", "1") "--B--"),
                 "[{\"name\":\"back\",\"rule\":\"utf8\"}]");
    check_errors(parts(TITLE COVER PART("name=extra; filename=a", "1") PART("name=extra; filename=a", "1")
                           PART("name=extra; filename=a", "1") "--B--"),
                 "[{\"name\":\"extra\",\"rule\":\"max_items\"}]");
    /* A file control in which nothing was chosen is absent. */
    CHECK_INT(
        parts(TITLE COVER PART("name=back; filename=\"\"", "") PART("name=extra; filename=\"\"", "") "--B--"),
        200);
    CHECK(!sent.back.has && sent.extra.count == 0);
    CHECK_INT(parts(TITLE COVER "--B-"), 400);
    CHECK_INT(parts(TITLE COVER), 400);
}

int main(void)
{
    RUN(values);
    RUN(absences);
    RUN(failures);
    RUN(counts);
    RUN(files);
    RUN(file_failures);
    return TEST_END();
}
