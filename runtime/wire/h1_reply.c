#include "wire/h1.h"

/* Every status that IANA has registered: X(status, reason). */
#define STATUSES(X)                                                                                          \
    X(100, "Continue")                                                                                       \
    X(101, "Switching Protocols")                                                                            \
    X(102, "Processing")                                                                                     \
    X(103, "Early Hints")                                                                                    \
    X(200, "OK")                                                                                             \
    X(201, "Created")                                                                                        \
    X(202, "Accepted")                                                                                       \
    X(203, "Non-Authoritative Information")                                                                  \
    X(204, "No Content")                                                                                     \
    X(205, "Reset Content")                                                                                  \
    X(206, "Partial Content")                                                                                \
    X(207, "Multi-Status")                                                                                   \
    X(208, "Already Reported")                                                                               \
    X(226, "IM Used")                                                                                        \
    X(300, "Multiple Choices")                                                                               \
    X(301, "Moved Permanently")                                                                              \
    X(302, "Found")                                                                                          \
    X(303, "See Other")                                                                                      \
    X(304, "Not Modified")                                                                                   \
    X(305, "Use Proxy")                                                                                      \
    X(307, "Temporary Redirect")                                                                             \
    X(308, "Permanent Redirect")                                                                             \
    X(400, "Bad Request")                                                                                    \
    X(401, "Unauthorized")                                                                                   \
    X(402, "Payment Required")                                                                               \
    X(403, "Forbidden")                                                                                      \
    X(404, "Not Found")                                                                                      \
    X(405, "Method Not Allowed")                                                                             \
    X(406, "Not Acceptable")                                                                                 \
    X(407, "Proxy Authentication Required")                                                                  \
    X(408, "Request Timeout")                                                                                \
    X(409, "Conflict")                                                                                       \
    X(410, "Gone")                                                                                           \
    X(411, "Length Required")                                                                                \
    X(412, "Precondition Failed")                                                                            \
    X(413, "Content Too Large")                                                                              \
    X(414, "URI Too Long")                                                                                   \
    X(415, "Unsupported Media Type")                                                                         \
    X(416, "Range Not Satisfiable")                                                                          \
    X(417, "Expectation Failed")                                                                             \
    X(421, "Misdirected Request")                                                                            \
    X(422, "Unprocessable Content")                                                                          \
    X(423, "Locked")                                                                                         \
    X(424, "Failed Dependency")                                                                              \
    X(425, "Too Early")                                                                                      \
    X(426, "Upgrade Required")                                                                               \
    X(428, "Precondition Required")                                                                          \
    X(429, "Too Many Requests")                                                                              \
    X(431, "Request Header Fields Too Large")                                                                \
    X(451, "Unavailable For Legal Reasons")                                                                  \
    X(500, "Internal Server Error")                                                                          \
    X(501, "Not Implemented")                                                                                \
    X(502, "Bad Gateway")                                                                                    \
    X(503, "Service Unavailable")                                                                            \
    X(504, "Gateway Timeout")                                                                                \
    X(505, "HTTP Version Not Supported")                                                                     \
    X(506, "Variant Also Negotiates")                                                                        \
    X(507, "Insufficient Storage")                                                                           \
    X(508, "Loop Detected")                                                                                  \
    X(510, "Not Extended")                                                                                   \
    X(511, "Network Authentication Required")

#define LINE_START "HTTP/1.1 000 "

flare_str flarei_h1_status_line(unsigned status)
{
    switch (status) {
#define STATUS_LINE(number, reason)                                                                          \
    case number:                                                                                             \
        return FLARE_STR("HTTP/1.1 " #number " " reason "\r\n");
        STATUSES(STATUS_LINE)
#undef STATUS_LINE
    default:
        return FLARE_STR("");
    }
}

flare_str flarei_h1_reason(unsigned status)
{
    flare_str line = flarei_h1_status_line(status);

    if (line.len == 0)
        return line;
    return (flare_str){line.ptr + sizeof LINE_START - 1, line.len - (sizeof LINE_START - 1) - 2};
}

size_t flarei_h1_write_status_line(char *destination, unsigned status)
{
    flare_str line = flarei_h1_status_line(status);

    if (line.len == 0) {
        line = FLARE_STR(LINE_START "\r\n");
        memcpy(destination, line.ptr, line.len);
        destination[9] = (char)('0' + status / 100 % 10);
        destination[10] = (char)('0' + status / 10 % 10);
        destination[11] = (char)('0' + status % 10);
        return line.len;
    }
    memcpy(destination, line.ptr, line.len);
    return line.len;
}

size_t flarei_h1_write_chunk_line(char *destination, uint64_t size)
{
    size_t digits = 1;

    while (digits < 16 && size >> (4 * digits))
        digits++;
    for (size_t i = digits; i-- > 0; size >>= 4)
        destination[i] = "0123456789abcdef"[size & 15];
    memcpy(destination + digits, "\r\n", 2);
    return digits + 2;
}

unsigned flarei_h1_refusal_status(ptrdiff_t refusal)
{
    switch (refusal) {
#define REFUSAL_STATUS(code, value, status, text)                                                            \
    case code:                                                                                               \
        return status;
        FLAREI_H1_REFUSALS(REFUSAL_STATUS)
#undef REFUSAL_STATUS
    default:
        return 400;
    }
}

flare_str flarei_h1_refusal_text(ptrdiff_t refusal)
{
    switch (refusal) {
#define REFUSAL_TEXT(code, value, status, text)                                                              \
    case code:                                                                                               \
        return FLARE_STR(text);
        FLAREI_H1_REFUSALS(REFUSAL_TEXT)
#undef REFUSAL_TEXT
    default:
        return FLARE_STR("bad request");
    }
}
