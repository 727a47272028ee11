/* headers.c - fields that are the same on every reply: security_headers(). */
#include "http/reply.h"

void flarei_use_headers(flare_request *rq, const struct flarei_headers *headers)
{
    for (uint32_t i = 0; i < headers->count; i++)
        (void)flarei_reply_field_kept(rq, headers->fields[i].name, headers->fields[i].value);
    if (headers->transport.len != 0 && (rq->marks & FLAREI_MARK_SECURE) != 0)
        (void)flarei_reply_field_kept(rq, FLARE_STR("Strict-Transport-Security"), headers->transport);
}
