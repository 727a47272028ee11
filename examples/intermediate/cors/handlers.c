#include "cors.flare.h"

static const cors_note first = {.text = FLARE_STR_INIT("buy milk")};

cors_list_notes_reply cors_list_notes(flare_request *rq, const cors_list_notes_in *in)
{
    const cors_note_array notes = {&first, in->limit > 0 ? 1 : 0};

    return cors_list_notes_ok(rq, &notes);
}

cors_add_note_reply cors_add_note(flare_request *rq, const cors_add_note_in *in)
{
    return cors_add_note_created(rq, &in->body, FLARE_STR("/notes/2"));
}

cors_put_note_reply cors_put_note(flare_request *rq, const cors_put_note_in *in)
{
    if (in->id != 1)
        return cors_put_note_not_found(rq);
    return cors_put_note_no_content(rq);
}

cors_time_now_reply cors_time_now(flare_request *rq)
{
    return cors_time_now_ok(rq, FLARE_STR("noon\n"));
}
