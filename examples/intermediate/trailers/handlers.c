#include "trailers.flare.h"

trailers_bytes_reply trailers_bytes(flare_request *rq, const trailers_bytes_in *in)
{
    trailers_bytes_ok_stream *const stream = trailers_bytes_ok_open(rq);
    char line[64];
    uint64_t sum = 0, sent = 0;

    while (sent < in->count) {
        const uint64_t left = in->count - sent;
        const size_t length = left < sizeof line ? (size_t)left : sizeof line;

        for (size_t i = 0; i < length; i++) {
            line[i] = i + 1 == length ? '\n' : (char)('a' + (sent + i) % 26);
            sum += (unsigned char)line[i];
        }
        if (!trailers_bytes_ok_send(stream, (flare_str){line, length}))
            break;
        sent += length;
    }
    return trailers_bytes_ok(stream, sum, sent);
}

trailers_check_reply trailers_check(flare_request *rq)
{
    flare_str piece, text;
    uint64_t sum = 0, said;

    while (flare_body_read(rq, &piece))
        for (size_t i = 0; i < piece.len; i++)
            sum += (unsigned char)piece.ptr[i];
    if (flare_body_failed(rq))
        return trailers_check_fail(rq, "the body did not come whole");
    if (!flare_request_trailer(rq, FLARE_STR("X-Sum"), &text) || flare_u64_parse(text, &said) != FLARE_OK)
        return trailers_check_no_sum(rq);
    return said == sum ? trailers_check_no_content(rq) : trailers_check_wrong_sum(rq);
}
