/* A page that shows what the client says, in each place where a value may stand. */
#include "hostile.flare.h"

#include <stdio.h>

hostile_page_reply hostile_page(flare_request *rq, const hostile_page_in *in)
{
    const flare_str many[] = {in->value, in->value};
    const hostile_shown page = {.value = in->value,
                                .markup = FLARE_STR("<b>vouched for</b>"),
                                .many = {many, in->value.len != 0 ? 2 : 0}};

    return hostile_page_ok(rq, &page);
}

hostile_judge_reply hostile_judge(flare_request *rq)
{
    return hostile_judge_ok(rq);
}

hostile_result_reply hostile_result(flare_request *rq, const hostile_result_in *in)
{
    printf("%.*s\nend\n", (int)in->body.len, in->body.ptr);
    (void)fflush(stdout);
    return hostile_result_no_content(rq);
}
