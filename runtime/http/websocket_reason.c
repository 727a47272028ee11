/* What a Close says of a message that breaks its type; either side's. */
#include "http/websocket.h"

#include <stdio.h>

flare_str flarei_ws_json_reason(const struct flarei_json *json, char reason[FLAREI_WS_CONTROL_MAX_BYTES])
{
    const flare_str pointer = json->count != 0 ? flarei_json_pointer(json, 0) : FLARE_STR("");
    int length;

    if (pointer.len == 0)
        return FLARE_STR("the message is not JSON of its type");
    length =
        snprintf(reason, FLAREI_WS_CONTROL_MAX_BYTES, "\"%.*s\" breaks its type", FLARE_STR_ARG(pointer));
    return (flare_str){reason, (size_t)length < FLAREI_WS_CONTROL_MAX_BYTES
                                   ? (size_t)length
                                   : FLAREI_WS_CONTROL_MAX_BYTES - 1};
}
