#include "echo.flare.h"

flare_reply echo_up(flare_request *rq)
{
    return flare_text(rq, 200, FLARE_STR("OK"));
}

static flare_reply say_back(flare_request *rq, flare_str body)
{
    flare_str type = FLARE_STR("application/octet-stream");

    flare_request_header(rq, FLARE_STR("Content-Type"), &type);
    return flare_bytes(rq, 200, type, body);
}

flare_reply echo_say_at_root(flare_request *rq, const echo_say_at_root_in *in)
{
    return say_back(rq, in->body);
}

flare_reply echo_say(flare_request *rq, const echo_say_in *in)
{
    return say_back(rq, in->body);
}

flare_reply echo_headers(flare_request *rq)
{
    size_t count, length = 0, at = 0;
    const flare_field *fields = flare_request_fields(rq, &count);
    char *text;

    for (size_t i = 0; i < count; i++)
        length += fields[i].name.len + fields[i].value.len + 3;
    text = flare_alloc(rq, length + 1);
    if (text == NULL)
        return flare_fail(rq, FLARE_ERR_MEMORY, "no memory for the list");
    for (size_t i = 0; i < count; i++) {
        memcpy(text + at, fields[i].name.ptr, fields[i].name.len);
        at += fields[i].name.len;
        memcpy(text + at, ": ", 2);
        at += 2;
        memcpy(text + at, fields[i].value.ptr, fields[i].value.len);
        at += fields[i].value.len;
        text[at++] = '\n';
    }
    return flare_text(rq, 200, (flare_str){text, at});
}
