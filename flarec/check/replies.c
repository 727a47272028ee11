/* replies.c - what a route may answer, and what each constructor is called. */
#include <string.h>
#include <strings.h>

#include "check/check.h"

static const struct {
    unsigned status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {511, "Network Authentication Required"},
};

const char *status_reason(uint64_t status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return NULL;
}

/* ---- content ----------------------------------------------------------------------------------------- */

static const char *const known_contents[] = {"json", "text",   "bytes", "problem",
                                             "html", "stream", "sse",   "file"};

static void no_type(struct check *check, const struct content *content)
{
    if (content->type != NULL)
        diag_help(diag_report(check->diags, CODE_REPLY_CONTENT, content->type->place,
                              "content of kind '%s' has no type", content->kind.text),
                  "remove it");
}

static const char *content_media_type(struct check *check, const struct content *content, const char *usual)
{
    const struct argument *const argument = content->args.first;

    no_type(check, content);
    if (argument == NULL)
        return usual;
    if (argument->label.text != NULL || argument->next != NULL) {
        const struct argument *const bad = argument->label.text != NULL ? argument : argument->next;
        diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT, bad->place, "content takes one media type"),
                  "write '%s(\"%s\")'", content->kind.text, usual);
        return usual;
    }
    return media_type_of(check, argument->value);
}

static void no_arguments(struct check *check, const struct content *content)
{
    static const char *const none[] = {NULL};

    arguments_known(check, &content->args, arena_format(check->arena, "'%s'", content->kind.text), none);
}

static void json_content(struct check *check, const struct content *content, struct reply *reply)
{
    reply->content = CONTENT_JSON;
    reply->media_type = "application/json";
    no_arguments(check, content);
    if (content->type == NULL) {
        diag_help(diag_report(check->diags, CODE_REPLY_CONTENT, content->place, "JSON content needs a type"),
                  "write 'json T'");
        return;
    }
    reply->type = type_resolve(check, content->type);
    if (reply->type != NULL && type_is_of_head(reply->type)) {
        value_misplaced(check, reply->type, "a reply's content");
        reply->type = NULL;
    } else if (reply->type != NULL && reply->type->optional)
        diag_help(diag_report(check->diags, CODE_REPLY_CONTENT, content->type->place,
                              "a reply's content is not optional"),
                  "remove the '?', or declare a reply without content");
}

/* html("views/product.html") Product */
static void html_content(struct check *check, const struct content *content, struct reply *reply)
{
    const struct argument *const argument = content->args.first;
    const struct type *type = NULL;

    reply->content = CONTENT_HTML;
    reply->media_type = "text/html; charset=utf-8";
    if (content->type != NULL) {
        type = type_resolve(check, content->type);
        if (type == NULL)
            return;
        if (type->kind != TYPE_OBJECT || type->optional) {
            diag_help(diag_report(check->diags, CODE_REPLY_CONTENT, content->type->place,
                                  "a page shows an object, whose members its template names"),
                      "declare a type with what the page shows");
            return;
        }
    }
    reply->type = type;
    if (argument == NULL || argument->label.text != NULL || argument->next != NULL ||
        argument->value->kind != VALUE_STRING)
        diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT,
                              argument != NULL ? argument->place : content->place,
                              "html takes the path of a template"),
                  "write 'html(\"views/page.html\")'");
    else
        reply->page = template_page(&check->templates, argument->value->text, argument->value->place, type);
}

static void problem_content(struct check *check, const struct content *content, struct reply *reply)
{
    const struct type_node *const slug = content->type;

    reply->content = CONTENT_PROBLEM;
    reply->media_type = "application/problem+json";
    no_arguments(check, content);
    if (reply->status < 400)
        diag_report(check->diags, CODE_REPLY_CONTENT, content->place, "a reply of status %u is not a problem",
                    reply->status);
    if (slug == NULL)
        return;
    if (slug->form != FORM_NAME || slug->module.text != NULL || slug->args.written || slug->optional)
        diag_help(diag_report(check->diags, CODE_REPLY_CONTENT, slug->place, "a problem is called by a name"),
                  "write 'problem out-of-stock'");
    else
        reply->slug = slug->name.text;
}

static uint64_t duration(struct check *check, const struct content *content, const char *label,
                         uint64_t usual)
{
    const struct argument *const argument = argument_find(check, &content->args, label);

    if (argument == NULL)
        return usual;
    if (argument->value->kind == VALUE_DURATION && argument->value->whole <= UINT32_MAX)
        return argument->value->whole;
    diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT, argument->value->place, "'%s' is a time", label),
              "write one such as '15s'");
    return usual;
}

static void sse_content(struct check *check, const struct content *content, struct reply *reply)
{
    static const char *const labels[] = {"heartbeat", "retry", NULL};

    reply->content = CONTENT_SSE;
    reply->media_type = "text/event-stream";
    arguments_known(check, &content->args, "'sse'", labels);
    reply->heartbeat_ms = duration(check, content, "heartbeat", 15000);
    reply->retry_ms = duration(check, content, "retry", 0);
    if (content->type == NULL) {
        diag_help(diag_report(check->diags, CODE_REPLY_CONTENT, content->place, "events have a type"),
                  "write 'sse T'");
        return;
    }
    reply->type = type_resolve(check, content->type);
    if (reply->type != NULL && type_is_of_head(reply->type)) {
        value_misplaced(check, reply->type, "an event");
        reply->type = NULL;
    } else if (reply->type != NULL && reply->type->optional) {
        diag_help(
            diag_report(check->diags, CODE_REPLY_CONTENT, content->type->place, "an event is not optional"),
            "remove the '?'");
        reply->type = NULL;
    }
}

static void reply_content(struct check *check, const struct content *content, struct reply *reply)
{
    const char *const kind = content->kind.text;
    struct diagnostic *diagnostic;

    if (strcmp(kind, "json") == 0) {
        json_content(check, content, reply);
    } else if (strcmp(kind, "problem") == 0) {
        problem_content(check, content, reply);
    } else if (strcmp(kind, "html") == 0) {
        html_content(check, content, reply);
    } else if (strcmp(kind, "text") == 0) {
        reply->content = CONTENT_TEXT;
        reply->media_type = content_media_type(check, content, "text/plain; charset=utf-8");
    } else if (strcmp(kind, "bytes") == 0) {
        reply->content = CONTENT_BYTES;
        reply->media_type = content_media_type(check, content, "application/octet-stream");
    } else if (strcmp(kind, "stream") == 0) {
        reply->content = CONTENT_STREAM;
        reply->media_type = content_media_type(check, content, "application/octet-stream");
    } else if (strcmp(kind, "file") == 0) {
        reply->content = CONTENT_FILE;
        reply->media_type = content_media_type(check, content, "application/pdf");
        if (content->args.first == NULL)
            reply->media_type = "*/*";
    } else if (strcmp(kind, "sse") == 0) {
        sse_content(check, content, reply);
    } else {
        diagnostic = diag_report(check->diags, CODE_REPLY_CONTENT, content->kind.place,
                                 "there is no content '%s'", kind);
        if (!diag_help_nearest(diagnostic, kind, known_contents,
                               sizeof known_contents / sizeof *known_contents))
            diag_help(diagnostic, "name the kind first: json %s", kind);
        return;
    }
    if (reply->status == 204 || reply->status == 205 || reply->status == 304)
        diag_help(diag_report(check->diags, CODE_REPLY_NO_CONTENT, content->place,
                              "a reply of status %u has no content", reply->status),
                  "remove it, or choose another status");
}

/* ---- headers ------------------------------------------------------------------------------------------- */

/* What the server itself writes. */
static const char *const own_headers[] = {"content_length", "content_type", "transfer_encoding", "connection",
                                          "date",           "keep_alive",   "upgrade",           "trailer"};

/* What a file's reply says of it. */
static const char *const file_headers[] = {"ETag",          "Last-Modified",       "Accept-Ranges",
                                           "Content-Range", "Content-Disposition", "X-Content-Type-Options"};

static void header_refused(struct check *check, struct place place, const char *why, const char *name)
{
    diag_report(check->diags, CODE_REPLY_HEADER, place, why, name);
}

static const struct constant *header_constant(struct check *check, const struct statement *statement)
{
    const struct value *const value = statement->value;
    struct constant *const constant = ARENA_NEW(check->arena, struct constant);

    if (value->kind != VALUE_STRING && value->kind != VALUE_INTEGER) {
        diag_help(diag_report(check->diags, CODE_REPLY_HEADER, value->place,
                              "a constant header is a string or a number"),
                  "write it in double quotes");
        return NULL;
    }
    for (size_t i = 0; i < value->length; i++) {
        const unsigned char byte = (unsigned char)value->text[i];
        if (byte < ' ' || byte >= 0x7f || ((i == 0 || i + 1 == value->length) && byte == ' ')) {
            diag_report(check->diags, CODE_REPLY_HEADER, value->place, "a header can't hold this value");
            return NULL;
        }
    }
    constant->place = value->place;
    constant->written = place_text(check->arena, value->place);
    constant->text = value->text;
    constant->length = value->length;
    return constant;
}

static bool reply_header(struct check *check, const struct statement *statement, struct table *scope,
                         struct reply_header *header)
{
    static const char *const none[] = {NULL};
    const char *const snake = name_snake(check->arena, statement->name.text);

    header->name = statement->name.text;
    header->place = statement->name.place;
    header->doc = statement->doc != NULL ? statement->doc->text : NULL;
    if (statement->args.written)
        arguments_known(check, &statement->args, "a header", none);
    if (!is_http_token(header->name)) {
        diag_report(check->diags, CODE_HEADER_NAME, header->place, "'%s' can't be the name of a header",
                    header->name);
        return false;
    }
    for (size_t i = 0; i < sizeof own_headers / sizeof *own_headers; i++) {
        if (strcmp(own_headers[i], snake) == 0) {
            header_refused(check, header->place, "the server writes '%s' itself", header->name);
            return false;
        }
    }
    header->c_name = name_in_c(check, &statement->name, &statement->c_name);
    if (header->c_name == NULL || name_taken(check, scope, header->c_name, &statement->name, "the header"))
        return false;
    if (statement->type == NULL) {
        header->constant = header_constant(check, statement);
        return header->constant != NULL;
    }
    header->type = type_resolve(check, statement->type);
    if (header->type != NULL && !type_is_scalar(header->type)) {
        header_refused(check, statement->type->place, "the header '%s' holds one value", header->name);
        return false;
    }
    if (statement->value != NULL) {
        header_refused(check, statement->value->place, "the header '%s' has a type or a value, not both",
                       header->name);
        return false;
    }
    return header->type != NULL;
}

/* A header that is known behind the content only. */
static bool reply_trailer(struct check *check, const struct statement *statement, struct table *scope,
                          const struct reply *reply, struct reply_header *trailer)
{
    if (reply->content != CONTENT_STREAM) {
        diag_help(diag_report(check->diags, CODE_REPLY_HEADER, statement->name.place,
                              "'%s' can't follow this reply: trailers are a stream's", statement->name.text),
                  "declare it as a header, or the content as 'stream(\"...\")'");
        return false;
    }
    if (!reply_header(check, statement, scope, trailer))
        return false;
    if (trailer->type == NULL || trailer->type->optional) {
        diag_help(diag_report(check->diags, CODE_REPLY_HEADER, statement->name.place,
                              "the trailer '%s' has a type, and is always there", statement->name.text),
                  "write 'trailer %s: string;'", statement->name.text);
        return false;
    }
    return true;
}

static bool is_files_own(const struct reply *reply, const char *name)
{
    for (size_t i = 0; i < sizeof file_headers / sizeof *file_headers && reply->content == CONTENT_FILE;
         i++) {
        if (strcasecmp(file_headers[i], name) == 0)
            return true;
    }
    return false;
}

static void reply_headers(struct check *check, const struct statement *statement, struct reply *reply)
{
    struct table scope = {0};
    size_t count = 0;
    struct reply_header *headers, *trailers;

    if (statement->block == NULL)
        return;
    for (const struct statement *inner = statement->block->first; inner != NULL; inner = inner->next)
        count++;
    headers = ARENA_ARRAY(check->arena, count + 1, struct reply_header);
    trailers = ARENA_ARRAY(check->arena, count + 1, struct reply_header);
    for (const struct statement *inner = statement->block->first; inner != NULL; inner = inner->next) {
        if (inner->kind == STATEMENT_TRAILER) {
            if (reply_trailer(check, inner, &scope, reply, &trailers[reply->trailers_count]))
                reply->trailers_count++;
        } else if (inner->kind == STATEMENT_HEADER &&
                   reply_header(check, inner, &scope, &headers[reply->headers_count])) {
            if (is_files_own(reply, inner->name.text))
                header_refused(check, inner->name.place, "a reply that is a file says '%s' itself",
                               inner->name.text);
            reply->headers_count++;
        }
    }
    reply->headers = headers;
    reply->trailers = trailers;
    reply_cookies(check, statement->block->first, &scope, reply);
}

/* ---- replies ------------------------------------------------------------------------------------------- */

/* What a constructor's name stands for. */
struct maker {
    const struct statement *statement;
};

/* `as` NAME, else the problem's slug, else the status. */
static const char *constructor_of(struct check *check, const struct statement *statement,
                                  const struct reply *reply)
{
    const struct name none = {0};

    if (statement->c_name.text != NULL)
        return name_in_c(check, &none, &statement->c_name);
    if (reply->slug != NULL)
        return name_in_c(check, &statement->content->type->name, &none);
    const char *const reason = status_reason(reply->status);
    if (reason == NULL)
        return arena_format(check->arena, "status_%u", reply->status);
    char *const text = arena_copy(check->arena, reason, strlen(reason));
    for (char *at = text; *at != '\0'; at++)
        *at = *at == ' ' || *at == '-' ? '_' : *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at;
    return text;
}

static bool reply_status(struct check *check, const struct statement *statement, struct reply *reply)
{
    const struct value *const value = statement->value;

    if (value->negative || value->whole < 200 || value->whole > 599) {
        diag_help(
            diag_report(check->diags, CODE_STATUS, value->place, "%s is not a final status", value->text),
            "a status is from 200 to 599");
        return false;
    }
    reply->status = (unsigned)value->whole;
    reply->reason = status_reason(reply->status);
    if (reply->reason == NULL)
        reply->reason = "";
    return true;
}

static void constructor_clash(struct check *check, const struct statement *statement,
                              const struct statement *first, const char *constructor)
{
    const struct place place = place_join(statement->keyword, statement->value->place);
    struct diagnostic *const diagnostic =
        diag_report(check->diags, CODE_REPLY_CLASH, place, "two replies are made by '%s'", constructor);

    diag_also(diagnostic, place_join(first->keyword, first->value->place), "the other one");
    diag_help(diagnostic, "name one of them: reply %s as another_name", statement->value->text);
}

static void add(struct check *check, const struct statement *statement, struct table *scope,
                const char *c_name, const char *what, struct reply *reply)
{
    reply->place = statement->place;
    reply->doc = statement->doc != NULL ? statement->doc->text : NULL;
    if (!reply_status(check, statement, reply))
        return;
    if (statement->content != NULL)
        reply_content(check, statement->content, reply);
    reply_headers(check, statement, reply);
    reply->constructor = constructor_of(check, statement, reply);
    if (reply->constructor == NULL)
        return;
    if (strcmp(reply->constructor, "fail") == 0) {
        diag_help(diag_report(check->diags, CODE_RESERVED_NAME, statement->place,
                              "every %s has a constructor 'fail'", what),
                  "give this reply another name");
        return;
    }
    struct maker *const maker = ARENA_NEW(check->arena, struct maker);
    maker->statement = statement;
    const struct maker *const first = table_add(scope, check->arena, reply->constructor, maker);
    if (first != NULL)
        constructor_clash(check, statement, first->statement, reply->constructor);
    else if (c_name != NULL)
        reply->c_name = arena_format(check->arena, "%s_%s", c_name, reply->constructor);
}

struct reply *replies_check(struct check *check, const struct statement *block, const char *c_name,
                            const char *what, size_t *total)
{
    struct table scope = {0};
    struct reply *replies;
    size_t count = 0;

    for (const struct statement *statement = block; statement != NULL; statement = statement->next)
        count += statement->kind == STATEMENT_REPLY;
    replies = ARENA_ARRAY(check->arena, count + 1, struct reply);
    for (const struct statement *statement = block; statement != NULL; statement = statement->next) {
        if (statement->kind == STATEMENT_REPLY)
            add(check, statement, &scope, c_name, what, &replies[(*total)++]);
    }
    return replies;
}
