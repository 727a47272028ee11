/* What a typed call asks: values as text, each where it belongs, and what is wrong with them. */
#include "client/call.h"

#include "http/cookie.h"
#include "http/reply.h"

#include <flare/memory.h>
#include <flare/text.h>

enum { ARENA_FIRST_BYTES = 2048, URL_MAX_BYTES = 1 << 20, BODY_MAX_BYTES = 1 << 30 };

void flare_call_free(flare_call *call)
{
    struct flarei_call_kept *const kept = call != NULL ? call->kept : NULL;

    if (kept == NULL)
        return;
    if (kept->socket != NULL)
        kept->socket->free(kept->socket);
    flare_fetch_free(kept->fetch);
    flare_form_data_free(kept->form);
    flarei_buffer_free(&kept->url);
    flarei_buffer_free(&kept->body);
    flarei_buffer_free(&kept->cookies);
    flarei_call_events_free(&kept->events);
    flarei_arena_free(&kept->arena);
    flarei_free(kept);
    *call = (flare_call){0};
}

static flare_arena *arena_of(struct flarei_calling *calling)
{
    return &calling->call->kept->arena;
}

/* ---- The beginning ---- */

void flarei_call_add_field(struct flarei_calling *calling, flare_str name, flare_str value)
{
    if (calling->field_count == calling->field_room) {
        const size_t room = calling->field_room + 8;
        flare_field *const more = flarei_arena_alloc_array(arena_of(calling), room, sizeof *more);

        if (more == NULL) {
            calling->err = FLARE_ERR_MEMORY;
            return;
        }
        if (calling->field_count != 0)
            memcpy(more, calling->fields, calling->field_count * sizeof *more);
        calling->fields = more;
        calling->field_room = room;
    }
    calling->fields[calling->field_count++] = (flare_field){name, value};
}

/* What the reply may take decoded, which is more than its text. */
static size_t arena_max_bytes(const flare_fetch_options *options)
{
    const uint64_t content =
        options->content_max_bytes != 0 ? options->content_max_bytes : FLARE_FETCH_CONTENT_MAX_BYTES;

    return content > SIZE_MAX / 32 ? SIZE_MAX / 2 : (size_t)content * 16 + ((size_t)1 << 20);
}

bool flarei_call_begin(struct flarei_calling *calling, const flare_remote *remote, flare_call *call,
                       flare_str method)
{
    struct flarei_call_kept *const kept = flarei_calloc(1, sizeof *kept);
    flare_str url = remote->options.url;

    *call = (flare_call){.kept = kept};
    *calling = (struct flarei_calling){.remote = remote, .call = call, .method = method};
    if (kept == NULL)
        return false;
    flarei_arena_init(&kept->arena, ARENA_FIRST_BYTES, arena_max_bytes(&remote->options));
    flarei_buffer_init(&kept->url, URL_MAX_BYTES);
    flarei_buffer_init(&kept->body, BODY_MAX_BYTES);
    flarei_buffer_init(&kept->cookies, URL_MAX_BYTES);
    for (size_t i = 0; i < remote->options.field_count; i++)
        flarei_call_add_field(calling, remote->options.fields[i].name, remote->options.fields[i].value);
    if (url.len != 0 && url.ptr[url.len - 1] == '/')
        url.len--;
    flarei_call_path(calling, url);
    return true;
}

void flarei_call_method(struct flarei_calling *calling, enum flare_method method)
{
    calling->headless = method == FLARE_METHOD_HEAD;
    if (method > FLARE_METHOD_UNKNOWN && method < FLARE_METHOD_COUNT && method != FLARE_METHOD_CONNECT &&
        method != FLARE_METHOD_PRI)
        return;
    calling->err = FLARE_ERR_ARGUMENT;
    calling->call->why = "a method that no route takes";
}

/* ---- What is wrong ---- */

void flarei_call_fail(struct flarei_calling *calling, enum flarei_place place, flare_str name,
                      flare_str pointer, enum flarei_rule rule)
{
    flare_call *const call = calling->call;

    if (call->failure_count == FLARE_CALL_FAILURES_MAX)
        return;
    call->failures = call->kept->failures;
    call->kept->failures[call->failure_count++] =
        (flare_call_failure){flarei_place_name(place), name, pointer, flarei_rule_name(rule)};
}

void flarei_call_note(struct flarei_calling *calling, enum flarei_place place, flare_str name,
                      enum flarei_rule rule)
{
    if (rule != FLAREI_FINE)
        flarei_call_fail(calling, place, name, FLARE_STR(""), rule);
}

static flare_str pointer_of(struct flarei_calling *calling, ptrdiff_t index)
{
    char *text;

    if (index < 0)
        return FLARE_STR("");
    text = flarei_arena_alloc(arena_of(calling), 1 + FLARE_U64_MAX_BYTES);
    if (text == NULL) {
        calling->err = FLARE_ERR_MEMORY;
        return FLARE_STR("");
    }
    text[0] = '/';
    return (flare_str){text, 1 + flare_u64_format((uint64_t)index, text + 1)};
}

void flarei_call_count(struct flarei_calling *calling, enum flarei_place place, flare_str name, size_t count,
                       size_t min, size_t max)
{
    flarei_call_note(calling, place, name,
                     count < min   ? FLAREI_RULE_MIN_ITEMS
                     : count > max ? FLAREI_RULE_MAX_ITEMS
                                   : FLAREI_FINE);
}

void flarei_call_unique(struct flarei_calling *calling, enum flarei_place place, flare_str name,
                        const void *items, size_t count, size_t item_bytes, enum flarei_items kind)
{
    const enum flarei_rule rule = flarei_check_unique(arena_of(calling), items, count, item_bytes, kind);

    if (rule == FLAREI_RULE_MEMORY)
        calling->err = FLARE_ERR_MEMORY;
    else
        flarei_call_note(calling, place, name, rule);
}

/* ---- Values as text ---- */

#define DEFINE_TEXT(name, type, room)                                                                        \
    flare_str flarei_call_##name(struct flarei_calling *calling, type value)                                 \
    {                                                                                                        \
        char *const text = flarei_arena_alloc(arena_of(calling), room);                                      \
                                                                                                             \
        if (text == NULL) {                                                                                  \
            calling->err = FLARE_ERR_MEMORY;                                                                 \
            return FLARE_STR("");                                                                            \
        }                                                                                                    \
        return (flare_str){text, flare_##name##_format(value, text)};                                        \
    }
DEFINE_TEXT(i64, int64_t, FLARE_I64_MAX_BYTES)
DEFINE_TEXT(u64, uint64_t, FLARE_U64_MAX_BYTES)
DEFINE_TEXT(f32, float, FLARE_F32_MAX_BYTES)
DEFINE_TEXT(f64, double, FLARE_F64_MAX_BYTES)
DEFINE_TEXT(uuid, flare_uuid, FLARE_UUID_BYTES)
DEFINE_TEXT(date, flare_date, FLARE_DATE_BYTES)
DEFINE_TEXT(time, flare_time, FLARE_TIME_MAX_BYTES)
DEFINE_TEXT(ipv4, flare_ipv4, FLARE_IPV4_MAX_BYTES)
DEFINE_TEXT(ipv6, flare_ipv6, FLARE_IPV6_MAX_BYTES)

flare_str flarei_call_bearer(struct flarei_calling *calling, flare_str token)
{
    static const flare_str scheme = FLARE_STR_INIT("Bearer ");
    char *const text = flarei_arena_alloc(arena_of(calling), scheme.len + token.len);

    if (text == NULL) {
        calling->err = FLARE_ERR_MEMORY;
        return FLARE_STR("");
    }
    memcpy(text, scheme.ptr, scheme.len);
    if (token.len != 0)
        memcpy(text + scheme.len, token.ptr, token.len);
    return (flare_str){text, scheme.len + token.len};
}

/* ---- Where they belong ---- */

static void put_encoded(flare_buffer *out, flare_str text, flare_percent_rule rule)
{
    char *to;

    if (text.len == 0)
        return;
    to = flarei_buffer_reserve(out, text.len * 3);
    if (to != NULL)
        flarei_buffer_commit(out, flare_percent_encode(text, rule, to));
}

void flarei_call_path(struct flarei_calling *calling, flare_str path)
{
    (void)flarei_buffer_append_str(&calling->call->kept->url, path);
}

/* "." and ".." are no values that a path can hold, escaped or not. */
static bool is_dots(flare_str segment)
{
    return FLAREI_IS(segment, ".") || FLAREI_IS(segment, "..");
}

static enum flarei_rule put_segment(struct flarei_calling *calling, flare_str text)
{
    if (text.len == 0)
        return FLAREI_RULE_REQUIRED;
    if (is_dots(text))
        return FLAREI_RULE_ESCAPE;
    put_encoded(&calling->call->kept->url, text, FLARE_PERCENT_PATH);
    return FLAREI_FINE;
}

void flarei_call_rest(struct flarei_calling *calling, flare_str rest)
{
    size_t scalars;

    if (!flare_utf8_count(rest, FLARE_UTF8_NO_NUL, &scalars)) {
        flarei_call_note(calling, FLAREI_IN_PATH, FLARE_STR("*"), FLAREI_RULE_UTF8);
        return;
    }
    for (const char *at = rest.ptr, *const end = flarei_str_end(rest); at != end;) {
        const char *stop = memchr(at, '/', (size_t)(end - at));

        stop = stop != NULL ? stop : end;
        if (is_dots((flare_str){at, (size_t)(stop - at)}))
            flarei_call_note(calling, FLAREI_IN_PATH, FLARE_STR("*"), FLAREI_RULE_ESCAPE);
        put_encoded(&calling->call->kept->url, (flare_str){at, (size_t)(stop - at)}, FLARE_PERCENT_PATH);
        if (stop != end)
            flarei_call_path(calling, FLARE_STR("/"));
        at = stop != end ? stop + 1 : end;
    }
}

static void put_pair(flare_buffer *out, flare_str name, flare_str text)
{
    put_encoded(out, name, FLARE_PERCENT_FORM);
    (void)flarei_buffer_append_byte(out, '=');
    put_encoded(out, text, FLARE_PERCENT_FORM);
}

/* An item of a list stands between commas (RFC 9110 section 5.6.1), where it must be found as it is. */
static bool is_member(flare_str text)
{
    flare_str rest = text, member;

    return flarei_list_next(&rest, &member) && member.len == text.len;
}

static enum flarei_rule put_header(struct flarei_calling *calling, flare_str name, ptrdiff_t index,
                                   flare_str text)
{
    const flare_str trimmed = text.len != 0 ? flarei_trimmed(text.ptr, flarei_str_end(text)) : text;

    if (trimmed.len != text.len || !flarei_field_value_valid(text) || (index >= 0 && !is_member(text)))
        return FLAREI_RULE_ESCAPE;
    flarei_call_add_field(calling, name, text);
    return FLAREI_FINE;
}

static enum flarei_rule put_cookie(struct flarei_calling *calling, flare_str name, flare_str text)
{
    flare_buffer *const cookies = &calling->call->kept->cookies;

    if (!flarei_cookie_value_valid(text))
        return FLAREI_RULE_ESCAPE;
    if (flarei_buffer_len(cookies) != 0)
        (void)flarei_buffer_append_str(cookies, FLARE_STR("; "));
    (void)flarei_buffer_append_str(cookies, name);
    (void)flarei_buffer_append_byte(cookies, '=');
    (void)flarei_buffer_append_str(cookies, text);
    return FLAREI_FINE;
}

static enum flarei_rule put_value(struct flarei_calling *calling, enum flarei_place place, flare_str name,
                                  ptrdiff_t index, flare_str text)
{
    struct flarei_call_kept *const kept = calling->call->kept;

    switch (place) {
    case FLAREI_IN_PATH:
        return put_segment(calling, text);
    case FLAREI_IN_HEADER:
        return put_header(calling, name, index, text);
    case FLAREI_IN_COOKIE:
        return put_cookie(calling, name, text);
    case FLAREI_IN_QUERY:
        (void)flarei_buffer_append_byte(&kept->url, calling->asks ? '&' : '?');
        calling->asks = true;
        put_pair(&kept->url, name, text);
        return FLAREI_FINE;
    case FLAREI_IN_BODY:
        break;
    }
    if (kept->form != NULL) {
        if (flare_form_data_add(kept->form, name, text) != FLARE_OK)
            calling->err = FLARE_ERR_MEMORY;
        return FLAREI_FINE;
    }
    if (flarei_buffer_len(&kept->body) != 0)
        (void)flarei_buffer_append_byte(&kept->body, '&');
    put_pair(&kept->body, name, text);
    return FLAREI_FINE;
}

void flarei_call_value(struct flarei_calling *calling, enum flarei_place place, flare_str name,
                       ptrdiff_t index, flare_str text, enum flarei_rule rule)
{
    /* Where a value is to stand says more than what kind it breaks. */
    if (rule == FLAREI_FINE)
        rule = put_value(calling, place, name, index, text);
    if (rule != FLAREI_FINE)
        flarei_call_fail(calling, place, name, pointer_of(calling, index), rule);
}

/* What the service will say of the user and password, joined. */
static enum flarei_rule basic_rule(flare_basic basic, flare_str joined)
{
    size_t scalars;

    if (basic.user.len != 0 && memchr(basic.user.ptr, ':', basic.user.len) != NULL)
        return FLAREI_RULE_ESCAPE;
    for (size_t i = 0; i < joined.len; i++) {
        if ((unsigned char)joined.ptr[i] < 0x20 || joined.ptr[i] == 0x7f)
            return FLAREI_RULE_TYPE;
    }
    return flare_utf8_count(joined, FLARE_UTF8_NO_NUL, &scalars) ? FLAREI_FINE : FLAREI_RULE_UTF8;
}

void flarei_call_basic(struct flarei_calling *calling, flare_str name, flare_basic basic)
{
    static const flare_str scheme = FLARE_STR_INIT("Basic ");
    const size_t length = basic.user.len + 1 + basic.password.len;
    char *const joined = flarei_arena_alloc(arena_of(calling), length);
    char *const text = flarei_arena_alloc(arena_of(calling), scheme.len + flare_base64_encoded_max(length));
    size_t bytes;

    if (joined == NULL || text == NULL) {
        calling->err = FLARE_ERR_MEMORY;
        return;
    }
    if (basic.user.len != 0)
        memcpy(joined, basic.user.ptr, basic.user.len);
    joined[basic.user.len] = ':';
    if (basic.password.len != 0)
        memcpy(joined + basic.user.len + 1, basic.password.ptr, basic.password.len);
    memcpy(text, scheme.ptr, scheme.len);
    bytes = scheme.len + flare_base64_encode(FLARE_BASE64, joined, length, text + scheme.len);
    flarei_call_value(calling, FLAREI_IN_HEADER, name, -1, (flare_str){text, bytes},
                      basic_rule(basic, (flare_str){joined, length}));
}

/* ---- Bodies ---- */

void flarei_call_content(struct flarei_calling *calling, flare_str content, flare_str content_type)
{
    calling->content = content;
    calling->content_type = content.len != 0 ? content_type : FLARE_STR("");
}

flare_buffer *flarei_call_body(struct flarei_calling *calling, flare_str content_type)
{
    calling->content_type = content_type;
    return &calling->call->kept->body;
}

void flarei_call_multipart(struct flarei_calling *calling)
{
    const flare_err err = flare_form_data_create(&calling->call->kept->form);

    if (err != FLARE_OK)
        calling->err = err;
}

/* What the service will say of it. */
static enum flarei_rule file_rule(const flare_file *file, uint64_t size, uint64_t min, uint64_t max,
                                  const flare_str *media_types, uint32_t media_type_count)
{
    if (file->filename.len == 0 && size == 0)
        return FLAREI_RULE_REQUIRED;
    if (!flarei_media_type_among(media_types, media_type_count, file->content_type))
        return FLAREI_RULE_MEDIA_TYPE;
    return size < min ? FLAREI_RULE_MIN_LENGTH : size > max ? FLAREI_RULE_MAX_LENGTH : FLAREI_FINE;
}

void flarei_call_file(struct flarei_calling *calling, flare_str name, ptrdiff_t index, const flare_file *file,
                      uint64_t min, uint64_t max, const flare_str *media_types, uint32_t media_type_count)
{
    flare_form_data *const form = calling->call->kept->form;
    const bool open = file->bytes.ptr == NULL && file->fd > 0;
    enum flarei_rule rule =
        file_rule(file, open ? file->size : file->bytes.len, min, max, media_types, media_type_count);
    flare_err err = FLARE_OK;

    if (form == NULL)
        return;
    if (rule == FLAREI_FINE && open)
        err = flare_form_data_add_file(form, name, file->filename, file->content_type, file->fd);
    else if (rule == FLAREI_FINE)
        err = flare_form_data_add_bytes(form, name, file->filename, file->content_type, file->bytes);
    if (err == FLARE_ERR_ARGUMENT)
        rule = FLAREI_RULE_MEDIA_TYPE;
    else if (err != FLARE_OK)
        calling->err = err;
    if (rule != FLAREI_FINE)
        flarei_call_fail(calling, FLAREI_IN_BODY, name, pointer_of(calling, index), rule);
}

const char *flarei_call_line_read(struct flarei_calling *calling, struct flarei_json *json, size_t start)
{
    flare_buffer *const body = &calling->call->kept->body;
    flare_str line = FLARE_STR("");

    if (!body->failed) {
        line = flarei_buffer_str(body);
        line = (flare_str){line.ptr + start, line.len - start};
    }
    calling->mark = flarei_arena_mark_get(arena_of(calling));
    return flarei_json_begin(json, line, arena_of(calling));
}

const char *flarei_call_body_read(struct flarei_calling *calling, struct flarei_json *json)
{
    return flarei_call_line_read(calling, json, 0);
}

/* Notes a failure of the body at a pointer, which is kept with the call. */
static void fail_at(struct flarei_calling *calling, flare_str before, flare_str pointer,
                    enum flarei_rule rule)
{
    char *const text = flarei_arena_alloc(arena_of(calling), before.len + pointer.len + 1);

    if (text == NULL) {
        calling->err = FLARE_ERR_MEMORY;
        return;
    }
    if (before.len != 0)
        memcpy(text, before.ptr, before.len);
    if (pointer.len != 0)
        memcpy(text + before.len, pointer.ptr, pointer.len);
    flarei_call_fail(calling, FLAREI_IN_BODY, FLARE_STR(""), (flare_str){text, before.len + pointer.len},
                     rule);
}

void flarei_call_json_end(struct flarei_calling *calling, struct flarei_json *json, const char *at,
                          flare_str before)
{
    const enum flarei_json_verdict verdict = flarei_json_end(json, at);

    if (verdict == FLAREI_JSON_NO_MEMORY)
        calling->err = FLARE_ERR_MEMORY;
    else if (verdict != FLAREI_JSON_FINE && verdict != FLAREI_JSON_INVALID)
        fail_at(calling, before, FLARE_STR(""), FLAREI_RULE_TYPE);
    for (uint32_t i = 0; verdict == FLAREI_JSON_INVALID && i < json->count; i++)
        fail_at(calling, before, flarei_json_pointer(json, i), json->failures[i].rule);
}

static void check_written(struct flarei_calling *calling, struct flarei_json *json, const char *at,
                          flare_str before)
{
    const flare_buffer *const body = &calling->call->kept->body;
    const size_t failed = calling->call->failure_count;

    if (body->failed && !body->unfit)
        calling->err = FLARE_ERR_MEMORY;
    else
        flarei_call_json_end(calling, json, at, before);
    if (calling->call->failure_count == failed)
        flarei_arena_rewind(arena_of(calling), calling->mark);
}

void flarei_call_body_checked(struct flarei_calling *calling, struct flarei_json *json, const char *at)
{
    check_written(calling, json, at, FLARE_STR(""));
}

void flarei_call_line_checked(struct flarei_calling *calling, struct flarei_json *json, const char *at,
                              size_t start, size_t index)
{
    flare_buffer *const body = &calling->call->kept->body;
    char before[1 + FLARE_U64_MAX_BYTES] = "/";
    char *line;

    check_written(calling, json, at, (flare_str){before, 1 + flare_u64_format(index, before + 1)});
    if (body->failed)
        return;
    /* JSON of the user's own may have line ends between its tokens. */
    line = (char *)(uintptr_t)flarei_buffer_str(body).ptr;
    for (size_t i = start; i < flarei_buffer_len(body); i++) {
        if (line[i] == '\n')
            line[i] = ' ';
    }
    (void)flarei_buffer_append_byte(body, '\n');
}

/* ---- Asking ---- */

flare_err flarei_call_complete(struct flarei_calling *calling)
{
    struct flarei_call_kept *const kept = calling->call->kept;

    if (flarei_buffer_len(&kept->cookies) != 0)
        flarei_call_add_field(calling, FLARE_STR("Cookie"), flarei_buffer_str(&kept->cookies));
    if (calling->err != FLARE_OK)
        return calling->err;
    if (calling->call->failure_count != 0) {
        calling->call->why = "what is asked is not as the spec says: see the failures";
        return FLARE_ERR_ARGUMENT;
    }
    if (kept->url.failed || kept->body.failed || kept->cookies.failed)
        return FLARE_ERR_MEMORY;
    if (calling->remote->options.url.len != 0 &&
        memchr(calling->remote->options.url.ptr, '?', calling->remote->options.url.len) != NULL) {
        calling->call->why = "the remote's URL has a query";
        return FLARE_ERR_ARGUMENT;
    }
    return FLARE_OK;
}

flare_err flarei_call_send(struct flarei_calling *calling)
{
    struct flarei_call_kept *const kept = calling->call->kept;
    flare_fetch_options options = calling->remote->options;
    const flare_fetch_reply *reply;
    flare_fetch_source source;
    flare_err err = flarei_call_complete(calling);

    if (err != FLARE_OK)
        return err;
    options.url = flarei_buffer_str(&kept->url);
    options.method = calling->method;
    options.fields = calling->fields;
    options.field_count = calling->field_count;
    options.source = NULL;
    options.content = calling->content.len != 0 ? calling->content : flarei_buffer_str(&kept->body);
    options.content_type = calling->content_type;
    if (kept->form != NULL) {
        source = flare_form_data_source(kept->form);
        options.source = &source;
        options.content = FLARE_STR("");
        options.content_type = flare_form_data_content_type(kept->form);
    }
    options.keep_redirects |= calling->keep_redirects;
    if (calling->events) {
        flarei_call_events_init(&kept->events, options.content_max_bytes != 0
                                                   ? options.content_max_bytes
                                                   : FLARE_FETCH_CONTENT_MAX_BYTES);
        err = flarei_call_open(calling, &options, &reply);
    } else {
        err = flare_fetch_wait(&kept->fetch, calling->remote->client, &options, &reply);
    }
    if (reply != NULL && reply->status != 0)
        calling->call->reply = reply;
    if (err != FLARE_OK && kept->fetch != NULL)
        calling->call->why = flare_fetch_why(kept->fetch);
    return err;
}
