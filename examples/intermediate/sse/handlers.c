#include "sse.flare.h"

/* One event after the other, as straight as if nobody waited. It ends when the page is closed, or the server
 * is. */
sse_ticks_reply sse_ticks(flare_request *rq, const sse_ticks_in *in)
{
    sse_ticks_ok_stream *const stream = sse_ticks_ok_open(rq);
    const uint64_t first = in->last_event_id.has ? in->last_event_id.value + 1 : 1;

    for (uint64_t number = first; number <= in->count; number++) {
        const flare_str digits = flare_format(rq, "%llu", (unsigned long long)number);
        const sse_tick tick = {.number = number,
                               .text = number % 2 != 0 ? FLARE_STR("tick") : FLARE_STR("tock")};
        const flare_event event = {.id = digits};

        if (!sse_ticks_ok_send_event(stream, &tick, &event) || flare_sleep(in->every) != FLARE_OK)
            break;
    }
    return sse_ticks_ok(stream);
}

flare_reply sse_page(flare_request *rq)
{
    static const char page[] =
        "<!doctype html><title>sse</title><ol id=\"list\"></ol>\n"
        "<script>\n"
        "const source = new EventSource('/ticks');\n"
        "source.onmessage = event => {\n"
        "    const item = document.createElement('li');\n"
        "    item.textContent = JSON.parse(event.data).number + ' ' + JSON.parse(event.data).text;\n"
        "    document.getElementById('list').append(item);\n"
        "};\n"
        "</script>\n";

    return flare_bytes(rq, 200, FLARE_STR("text/html; charset=utf-8"), flare_str_of(page));
}
