#include "wire/h1_write.h"

static char *put(char *to, flare_str text)
{
    return text.len != 0 ? (char *)memcpy(to, text.ptr, text.len) + text.len : to;
}

void flarei_h1_put_field(flare_buffer *out, flare_str name, flare_str value)
{
    const size_t length = name.len + value.len + 4;
    char *to = flarei_buffer_reserve(out, length);

    if (to == NULL)
        return;
    to = put(to, name);
    to = put(to, FLARE_STR(": "));
    to = put(to, value);
    (void)put(to, FLARE_STR("\r\n"));
    flarei_buffer_commit(out, length);
}

bool flarei_h1_put_last_chunk(flare_buffer *out, const flare_field *trailers, size_t count)
{
    (void)flarei_buffer_append_str(out, FLARE_STR("0\r\n"));
    for (size_t i = 0; i < count; i++)
        flarei_h1_put_field(out, trailers[i].name, trailers[i].value);
    return flarei_buffer_append_str(out, FLARE_STR("\r\n"));
}
