/* What was asked for, checked and copied. */
#include "client/fetch.h"

#include "wire/h1_scan.h"

#include <flare/text.h>

static bool all_of(flare_str text, unsigned class_bit)
{
    const char *const end = flarei_str_end(text);

    return skip_bytes(text.ptr, end, class_bit) == end;
}

/* Fields that the client writes itself, or that must not be there. */
static bool is_ours(flare_str name)
{
    static const flare_str ours[] = {FLARE_STR_INIT("host"),
                                     FLARE_STR_INIT("content-length"),
                                     FLARE_STR_INIT("transfer-encoding"),
                                     FLARE_STR_INIT("connection"),
                                     FLARE_STR_INIT("proxy-connection"),
                                     FLARE_STR_INIT("keep-alive"),
                                     FLARE_STR_INIT("upgrade"),
                                     FLARE_STR_INIT("te"),
                                     FLARE_STR_INIT("trailer"),
                                     FLARE_STR_INIT("expect"),
                                     FLARE_STR_INIT("http2-settings"),
                                     FLARE_STR_INIT("content-type")};

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (flare_str_equal_nocase(name, ours[i]))
            return true;
    return false;
}

static char *put(char *at, flare_str text)
{
    if (text.len != 0)
        memcpy(at, text.ptr, text.len);
    return at + text.len;
}

flare_err flarei_fetch_authorization(flare_arena *arena, const flare_fetch_options *options, flare_str *value)
{
    const size_t plain_bytes = options->user.len + 1 + options->password.len;
    char *plain, *text, *end;

    *value = (flare_str){NULL, 0};
    if (options->user.len == 0 && options->bearer.len == 0)
        return FLARE_OK;
    if (!all_of(options->bearer, H1_VALUE) || !all_of(options->user, H1_VALUE) ||
        !all_of(options->password, H1_VALUE) ||
        (options->user.len != 0 && memchr(options->user.ptr, ':', options->user.len) != NULL))
        return FLARE_ERR_ARGUMENT;
    text = flarei_arena_alloc(arena, 8 + options->bearer.len + flare_base64_encoded_max(plain_bytes));
    plain = flarei_arena_alloc(arena, plain_bytes);
    if (text == NULL || plain == NULL)
        return FLARE_ERR_MEMORY;
    if (options->bearer.len != 0) {
        end = put(put(text, FLARE_STR("Bearer ")), options->bearer);
    } else {
        (void)put(put(put(plain, options->user), FLARE_STR(":")), options->password);
        end = put(text, FLARE_STR("Basic "));
        end += flare_base64_encode(FLARE_BASE64, plain, plain_bytes, end);
    }
    *value = (flare_str){text, (size_t)(end - text)};
    return FLARE_OK;
}

/* Adds the field; there is room for it. */
static flare_err add_authorization(flare_fetch *fetch, const flare_fetch_options *options)
{
    flare_str value;
    const flare_err err = flarei_fetch_authorization(&fetch->arena, options, &value);

    if (value.ptr != NULL)
        fetch->fields[fetch->field_count++] = (flare_field){FLARE_STR("Authorization"), value};
    return err;
}

static flare_err copy_fields(flare_fetch *fetch, const flare_fetch_options *options)
{
    if (options->field_count > FLARE_FETCH_FIELDS_MAX)
        return FLARE_ERR_ARGUMENT;
    if (options->field_count == 0 && options->user.len == 0 && options->bearer.len == 0)
        return FLARE_OK;
    fetch->fields = flarei_arena_alloc_array(&fetch->arena, options->field_count + 1, sizeof *fetch->fields);
    if (fetch->fields == NULL)
        return FLARE_ERR_MEMORY;
    for (size_t i = 0; i < options->field_count; i++) {
        const flare_field *const field = &options->fields[i];
        flare_field *const copy = &fetch->fields[i];

        if (field->name.len == 0 || !all_of(field->name, H1_TOKEN) || !all_of(field->value, H1_VALUE) ||
            is_ours(field->name))
            return FLARE_ERR_ARGUMENT;
        if (!flarei_arena_copy(&fetch->arena, field->name, &copy->name) ||
            !flarei_arena_copy(&fetch->arena, field->value, &copy->value))
            return FLARE_ERR_MEMORY;
        fetch->asks_accept |= flare_str_equal_nocase(copy->name, FLARE_STR("accept"));
        fetch->names_agent |= flare_str_equal_nocase(copy->name, FLARE_STR("user-agent"));
        fetch->has_cookies |= flare_str_equal_nocase(copy->name, FLARE_STR("cookie"));
        /* Whoever asks for codings, or for a part of what is coded, wants the bytes. */
        fetch->keep_coded |= flare_str_equal_nocase(copy->name, FLARE_STR("accept-encoding")) ||
                             flare_str_equal_nocase(copy->name, FLARE_STR("range"));
    }
    fetch->field_count = options->field_count;
    return add_authorization(fetch, options);
}

static flare_err copy_url(flare_fetch *fetch, flare_str url)
{
    const char *const fragment = url.len != 0 ? memchr(url.ptr, '#', url.len) : NULL;

    if (fragment != NULL)
        url.len = (size_t)(fragment - url.ptr);
    if (!flarei_arena_copy(&fetch->arena, url, &fetch->url_text))
        return FLARE_ERR_MEMORY;
    return flarei_url_read(fetch->url_text, "http", "https", &fetch->url) ? FLARE_OK : FLARE_ERR_ARGUMENT;
}

flare_err flarei_fetch_copy(flare_fetch *fetch, const flare_fetch_options *options)
{
    const bool sends = options->content.len != 0 || options->source != NULL;
    const flare_str method = options->method.len != 0 ? options->method
                             : sends                  ? FLARE_STR("POST")
                                                      : FLARE_STR("GET");
    flare_err err = copy_url(fetch, options->url);

    fetch->keep_coded = options->keep_coded;
    if (err == FLARE_OK)
        err = copy_fields(fetch, options);
    if (err != FLARE_OK)
        return err;
    if (!all_of(method, H1_TOKEN) || method.len > FLAREI_H1_METHOD_MAX_BYTES ||
        !all_of(options->content_type, H1_VALUE))
        return FLARE_ERR_ARGUMENT;
    fetch->method = flare_method_of(method);
    if (fetch->method == FLARE_METHOD_CONNECT)
        return FLARE_ERR_ARGUMENT;
    if (options->source != NULL && options->content.len != 0)
        return FLARE_ERR_ARGUMENT;
    fetch->content = options->content;
    flarei_upload_prepare(&fetch->upload, options->source);
    fetch->connect_ms = options->connect_ms != 0 ? options->connect_ms : FLARE_FETCH_CONNECT_MS;
    fetch->silence_ms = options->silence_ms != 0 ? options->silence_ms : FLARE_FETCH_SILENCE_MS;
    fetch->expect_ms = options->expect_ms;
    fetch->content_max_bytes =
        options->content_max_bytes != 0 ? options->content_max_bytes : FLARE_FETCH_CONTENT_MAX_BYTES;
    fetch->redirects_max =
        options->redirects_max != 0 ? options->redirects_max : (uint32_t)FLARE_FETCH_REDIRECTS_MAX;
    fetch->keep_redirects = options->keep_redirects;
    fetch->retries_max = options->retries_max;
    fetch->counts_content = fetch->handler.content == NULL || options->content_max_bytes != 0;
    if (fetch->method != FLARE_METHOD_UNKNOWN)
        fetch->method_token = flare_method_name(fetch->method);
    else if (!flarei_arena_copy(&fetch->arena, method, &fetch->method_token))
        return FLARE_ERR_MEMORY;
    return flarei_arena_copy(&fetch->arena, options->content_type, &fetch->content_type) ? FLARE_OK
                                                                                         : FLARE_ERR_MEMORY;
}
