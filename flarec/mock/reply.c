/* reply.c - one reply: its content, headers and cookies, and the call of its constructor. */
#include <string.h>

#include "mock/mock.h"

/* What content without a type is, where no example says it. */
#define CONTENT_TEXT_EXAMPLE "example\n"

static const struct type text_type = {.kind = TYPE_STRING, .written = "string"};

/* Declares a value of a type under a name; false: there is none. */
static bool declare(struct mock *mock, struct text *out, const struct type *type, const char *name,
                    const char *doc, enum standing standing)
{
    const struct sampled sampled = {doc, NULL, standing};
    const struct json_value *const value = mock_sample(mock, type, &sampled, 0);

    if (value == NULL) {
        mock->stuck = mock->stuck != NULL ? mock->stuck : type;
        return false;
    }
    mock_declare(mock, out, type, name, value, standing);
    return true;
}

/* One header or cookie: a constant, or a member of the one that holds all. */
struct head {
    struct text *out, members;
    bool together;
    struct text arguments;
};

static bool add_head(struct mock *mock, struct head *head, const struct type *type, const char *c_name,
                     const char *doc)
{
    const struct sampled sampled = {doc, NULL, STANDING_TEXT};
    const struct json_value *value;
    const char *const name = header_parameter(mock->emitter, c_name);

    if (type == NULL)
        return true;
    if (!head->together) {
        text_format(&head->arguments, ", %s", name);
        return declare(mock, head->out, type, name, doc, STANDING_TEXT);
    }
    value = mock_sample(mock, type, &sampled, 0);
    if (value == NULL)
        return false;
    text_format(&head->members, "    .%s = %s,\n", c_name,
                mock_initializer(mock, head->out, type, value, STANDING_TEXT));
    return true;
}

/* Headers and cookies as arguments: ", trace, sid". */
static bool add_heads(struct mock *mock, struct text *out, const struct reply *reply, const char **arguments)
{
    struct head head = {.out = out,
                        .members.arena = mock->arena,
                        .arguments.arena = mock->arena,
                        .together = typed_headers(reply) >= HEADERS_STRUCT_MIN};

    for (size_t i = 0; i < reply->headers_count; i++) {
        if (!add_head(mock, &head, reply->headers[i].type, reply->headers[i].c_name, reply->headers[i].doc))
            return false;
    }
    for (size_t i = 0; i < reply->cookies_count; i++) {
        if (!add_head(mock, &head, reply->cookies[i].type, reply->cookies[i].c_name, reply->cookies[i].doc))
            return false;
    }
    *arguments = text_of(&head.arguments);
    if (head.together) {
        text_format(out, "static const %s_headers headers = {\n%s};\n", reply->c_name,
                    text_of(&head.members));
        *arguments = ", &headers";
    }
    return true;
}

/* Declares the pieces or events that a reply consists of, its examples or one value of its type; `send` takes
 * what sends them. */
static bool add_pieces(struct mock *mock, const struct reply *reply, struct text *out, struct text *send,
                       const char *end)
{
    const bool events = reply->content == CONTENT_SSE;
    const struct type *const type = events ? reply->type : &text_type;
    const bool pointed = reply_by_pointer(type);
    const char *at = reply->doc, *example = doc_example(mock->arena, &at);

    do {
        const char *const name = arena_format(mock->arena, "piece_%u", ++mock->emitter->texts_count);
        const struct sampled sampled = {.standing = STANDING_JSON};
        const char *why = NULL;
        const struct json_value *const value =
            example != NULL ? json_value_parse(mock->arena, example, &why)
            : events        ? mock_sample(mock, type, &sampled, 0)
                            : mock_string(mock, CONTENT_TEXT_EXAMPLE, strlen(CONTENT_TEXT_EXAMPLE));

        if (value == NULL)
            return false;
        mock_declare(mock, out, type, name, value, STANDING_JSON);
        FILL(send, "mock/send", {"name", reply->c_name}, {"piece", name}, {"address", pointed ? "&" : ""},
             {"end", end});
        example = example != NULL ? doc_example(mock->arena, &at) : NULL;
    } while (example != NULL);
    return true;
}

static const char *given(struct mock *mock, const char *give, const char *made)
{
    const char *const hole = strchr(give, '$');

    return arena_format(mock->arena, "%.*s%s%s", (int)(hole - give), give, made, hole + 1);
}

static bool streamed(struct mock *mock, struct text *out, const struct reply *reply, const char *arguments,
                     const char *give)
{
    struct text trailers = {.arena = mock->arena}, send = {.arena = mock->arena};
    const char *end;

    for (size_t i = 0; i < reply->trailers_count; i++) {
        const struct reply_header *const trailer = &reply->trailers[i];
        const char *const name = header_parameter(mock->emitter, trailer->c_name);

        text_format(&trailers, ", %s", name);
        if (!declare(mock, out, trailer->type, name, trailer->doc, STANDING_TEXT))
            return false;
    }
    end = given(mock, give, arena_format(mock->arena, "%s(stream%s)", reply->c_name, text_of(&trailers)));
    if (!add_pieces(mock, reply, out, &send, end))
        return false;
    FILL(out, "mock/open", {"name", reply->c_name}, {"arguments", arguments});
    text_add(out, text_of(&send));
    text_format(out, "%s\n", end);
    return true;
}

/* The text of a reply that has no type. */
static const char *words_of(struct mock *mock, struct text *out, const struct reply *reply)
{
    const char *at = reply->doc, *why = NULL;
    const char *const example = doc_example(mock->arena, &at);
    const struct json_value *const value =
        example != NULL ? json_value_parse(mock->arena, example, &why) : NULL;

    return value != NULL
               ? str_initializer(mock->emitter, out, value->text, value->length)
               : str_initializer(mock->emitter, out, CONTENT_TEXT_EXAMPLE, strlen(CONTENT_TEXT_EXAMPLE));
}

bool mock_reply(struct mock *mock, struct text *out, const struct reply *reply, const char *handler,
                const char *give)
{
    const char *heads, *content = "";

    if (!add_heads(mock, out, reply, &heads))
        return false;
    if (reply_is_streamed(reply))
        return streamed(mock, out, reply, heads, give);
    if (reply->content == CONTENT_TEXT || reply->content == CONTENT_BYTES) {
        text_format(out, "static const flare_str body = %s;\n", words_of(mock, out, reply));
        content = ", body";
    } else if (reply->content == CONTENT_FILE) {
        const char *const words = words_of(mock, out, reply);

        FILL(out, "mock/file", {"words", words}, {"name", handler}, {"constructor", reply->c_name},
             {"heads", heads}, {"end", given(mock, give, "made")},
             {"fail",
              given(mock, give, arena_format(mock->arena, "%s_fail(rq, \"no temporary file\")", handler))},
             {"saved", strcmp(reply->media_type, "*/*") == 0 ? ".name = FLARE_STR_INIT(\"example.txt\")"
                                                             : ".path = NULL"});
        return true;
    } else if (reply->type != NULL) {
        if (!declare(mock, out, reply->type, "body", reply->doc, STANDING_JSON))
            return false;
        content = reply_by_pointer(reply->type) ? ", &body" : ", body";
    }
    text_add(out, given(mock, give, arena_format(mock->arena, "%s(rq%s%s)", reply->c_name, content, heads)));
    text_add(out, "\n");
    return true;
}
