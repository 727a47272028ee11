#include "encoding.flare.h"

encoding_table_reply encoding_table(flare_request *rq)
{
    static const flare_str line = FLARE_STR_INIT("0000 much the same as the line before\n");
    char *const text = (char *)flare_alloc(rq, 100 * line.len);

    if (text == NULL)
        return encoding_table_fail(rq, "no memory");
    for (size_t i = 0; i < 100 * line.len; i++)
        text[i] = line.ptr[i % line.len];
    for (size_t i = 0; i < 100; i++) {
        text[i * line.len + 2] = (char)('0' + i / 10);
        text[i * line.len + 3] = (char)('0' + i % 10);
    }
    return encoding_table_ok(rq, (flare_str){text, 100 * line.len});
}

encoding_account_reply encoding_account(flare_request *rq)
{
    const encoding_secrets body = {.name = FLARE_STR_INIT("ada"),
                                   .token = FLARE_STR_INIT("8f14e45fceea167a")};

    return encoding_account_ok(rq, &body);
}

encoding_values_reply encoding_values(flare_request *rq, const encoding_values_in *in)
{
    double sum = 0;

    for (size_t i = 0; i < in->body.values.count; i++)
        sum += in->body.values.items[i];
    return encoding_values_ok(rq, sum);
}
