#include "middleware_stack.flare.h"

middleware_stack_list_notes_reply middleware_stack_list_notes(flare_request *rq)
{
    static const middleware_stack_note note = {.text = FLARE_STR_INIT("buy milk")};
    const middleware_stack_note_array notes = {&note, 1};

    flare_request_timing(rq, FLARE_STR("db"), 250000);
    return middleware_stack_list_notes_ok(rq, &notes);
}

middleware_stack_add_note_reply middleware_stack_add_note(flare_request *rq,
                                                          const middleware_stack_add_note_in *in)
{
    return middleware_stack_add_note_created(rq, &in->body);
}
