/* mock.c - which reply a request to a mock asks for, by the field Prefer (RFC 7240). */
#include <flare/gen_mock.h>
#include <flare/number.h>
#include <flare/text.h>

#include "server/file.h"

#include <string.h>

/* What is asked for; the first of a name counts (RFC 7240 section 2). */
struct wish {
    bool coded, named;
    uint32_t status; /* 0: what was said is none */
    flare_str name;
};

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static flare_str cut(flare_str *text, const char *set, bool in)
{
    flare_str taken = {text->ptr, 0};

    while (taken.len < text->len && is_one_of(taken.ptr[taken.len], set) == in)
        taken.len++;
    text->ptr += taken.len;
    text->len -= taken.len;
    return taken;
}

/* What stands between quotes, as it is: none of our values has an escape. */
static flare_str cut_quoted(flare_str *text)
{
    const char *const start = ++text->ptr;

    text->len--;
    while (text->len != 0 && *text->ptr != '"') {
        const size_t step = *text->ptr == '\\' && text->len > 1 ? 2 : 1;

        text->ptr += step;
        text->len -= step;
    }
    const flare_str taken = {start, (size_t)(text->ptr - start)};
    if (text->len != 0) {
        text->ptr++;
        text->len--;
    }
    return taken;
}

static void take_preference(struct wish *wish, flare_str name, flare_str value)
{
    if (flare_str_equal_nocase(name, FLARE_STR("code")) && !wish->coded) {
        wish->coded = true;
        if (flare_u32_parse(value, &wish->status) != FLARE_OK)
            wish->status = 0;
    } else if (flare_str_equal_nocase(name, FLARE_STR("example")) && !wish->named) {
        wish->named = true;
        wish->name = value;
    }
}

/* A parameter of a preference counts as one of its own: `code=404;example=x` and `code=404, example=x`. */
static void take_line(struct wish *wish, flare_str line)
{
    while (line.len != 0) {
        flare_str name, value = {line.ptr, 0};

        (void)cut(&line, " \t,;", true);
        name = cut(&line, " \t,;=", false);
        (void)cut(&line, " \t", true);
        if (line.len != 0 && *line.ptr == '=') {
            line.ptr++;
            line.len--;
            (void)cut(&line, " \t", true);
            value = line.len != 0 && *line.ptr == '"' ? cut_quoted(&line) : cut(&line, " \t,;", false);
        }
        take_preference(wish, name, value);
    }
}

static struct wish wish_of(const flare_request *rq)
{
    struct wish wish = {.coded = false};
    size_t count;
    const flare_field *const fields = flare_request_fields(rq, &count);

    for (size_t i = 0; i < count; i++) {
        if (flare_str_equal_nocase(fields[i].name, FLARE_STR("prefer")))
            take_line(&wish, fields[i].value);
    }
    return wish;
}

static bool is_named(flare_str wanted, flare_str name)
{
    if (wanted.len != name.len)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if ((wanted.ptr[i] == '-' ? '_' : wanted.ptr[i]) != name.ptr[i])
            return false;
    }
    return true;
}

static size_t find(const struct wish *wish, const struct flarei_mock_reply *replies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if ((!wish->coded || wish->status == replies[i].status) &&
            (!wish->named || is_named(wish->name, replies[i].name)))
            return i + 1;
    }
    return 0;
}

/* A field that there is no memory for is left out: the reply is what was asked for all the same. */
static void tell(flare_request *rq, const struct wish *wish, const struct flarei_mock_reply *reply)
{
    (void)flare_reply_header(rq, FLARE_STR("Vary"), FLARE_STR("Prefer"));
    if (wish->coded || wish->named)
        (void)flare_reply_header(
            rq, FLARE_STR("Preference-Applied"),
            flare_format(rq, "%s%.0u%s%s%.*s", wish->coded ? "code=" : "", wish->coded ? reply->status : 0,
                         wish->coded && wish->named ? ", " : "", wish->named ? "example=" : "",
                         wish->named ? (int)reply->name.len : 0, reply->name.ptr));
}

size_t flarei_mock_choose(flare_request *rq, const struct flarei_mock_reply *replies, size_t count,
                          size_t usual)
{
    const struct wish wish = wish_of(rq);
    const size_t found = wish.coded || wish.named ? find(&wish, replies, count) : usual;

    if (found != 0)
        tell(rq, &wish, &replies[found - 1]);
    return found;
}

flare_reply flarei_mock_refuse(flare_request *rq)
{
    (void)flare_reply_header(rq, FLARE_STR("Vary"), FLARE_STR("Prefer"));
    return flare_problem(rq, 501, FLARE_STR("no-such-reply"));
}

bool flarei_mock_file_open(flare_str content, flare_file_content *file)
{
    const int fd = flarei_system_files.open();

    if (fd < 0)
        return false;
    if (flarei_system_files.write(fd, content.ptr, content.len, 0) != FLARE_OK) {
        (void)flarei_system_files.close(fd);
        return false;
    }
    file->fd = fd;
    return true;
}

void flarei_mock_file_close(const flare_file_content *file)
{
    (void)flarei_system_files.close(file->fd);
}
