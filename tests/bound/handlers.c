/* Handlers that take nothing themselves, so that all memory is the inputs'. */
#include "memory.flare.h"

memory_known_verdict memory_known(flare_request *rq, const memory_known_in *in)
{
    const flare_str_array none = {NULL, 0};

    return in->token.len > 20 ? memory_known_unauthorized(rq) : memory_known_pass(rq, in->token.len, none);
}

memory_take_lines_reply memory_take_lines(flare_request *rq)
{
    memory_line line;

    while (memory_take_lines_next(rq, &line))
        continue;
    return memory_take_lines_no_content(rq);
}

#define HANDLER(name)                                                                                        \
    memory_##name##_reply memory_##name(flare_request *rq, const memory_##name##_in *in)                     \
    {                                                                                                        \
        (void)in;                                                                                            \
        return memory_##name##_no_content(rq);                                                               \
    }
HANDLER(take_shape)
HANDLER(take_wide)
HANDLER(take_many)
HANDLER(take_chain)
HANDLER(take_figures)
HANDLER(take_patch)
HANDLER(take_maps)
HANDLER(take_set)
HANDLER(take_reals)
HANDLER(take_word)
HANDLER(take_raw)
HANDLER(take_contact)
HANDLER(take_upload)
HANDLER(take_text)
HANDLER(get_page)
HANDLER(get_query)
HANDLER(get_heads)
HANDLER(get_path)
HANDLER(get_rest)
HANDLER(take_guarded)
