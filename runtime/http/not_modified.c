#include "http/reply.h"

#include <flare/text.h>

/* Fields of a 304: those of the 200 that caches need (RFC 9110 section 15.4.5). Added ones stay as they are.
 */
flare_reply flarei_reply_not_modified(flare_request *rq, const struct flarei_head *head)
{
    static const struct flarei_head not_modified = FLAREI_HEAD_EMPTY(304, "Not Modified", "");
    static const flare_str kept[] = {FLARE_STR_INIT("Cache-Control"), FLARE_STR_INIT("Content-Location"),
                                     FLARE_STR_INIT("ETag"), FLARE_STR_INIT("Expires"),
                                     FLARE_STR_INIT("Vary")};

    for (uint32_t i = 0; i < head->field_count; i++) {
        for (size_t k = 0; k < sizeof kept / sizeof *kept; k++) {
            if (flare_str_equal_nocase(head->fields[i].name, kept[k]) &&
                flarei_reply_field_constant(rq, head->fields[i].name, head->fields[i].value) != FLARE_OK)
                return flarei_reply_fail(rq, "no memory for the fields of a 304");
        }
    }
    return flarei_reply_empty(rq, &not_modified);
}
