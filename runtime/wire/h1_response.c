#include "wire/h1_response.h"

#include "wire/h1_line.h"
#include "wire/h1_parts.h"

/* HTTP/1.1 200 and, after a space, a reason. The space is missing in what some servers send. */
static struct step read_status_line(const char *at, const char *end, struct flarei_h1_response *response)
{
    static const char form[] = "HTTP/1.0 000";
    unsigned status = 0;

    for (size_t i = 0; i < sizeof form - 1; i++, at++) {
        if (at == end)
            return stop(0);
        if (form[i] == '0') {
            if (*at < '0' || *at > '9')
                return stop(i == 7 ? FLAREI_H1_BAD_VERSION : FLAREI_H1_BAD_STATUS_LINE);
            if (i == 7)
                response->version_minor = *at != '0';
            else
                status = status * 10 + (unsigned)(*at - '0');
        } else if (*at != form[i]) {
            return stop(i == 5 && *at >= '0' && *at <= '9' ? FLAREI_H1_UNSUPPORTED_VERSION
                                                           : FLAREI_H1_BAD_STATUS_LINE);
        }
    }
    if (status < 100)
        return stop(FLAREI_H1_BAD_STATUS_LINE);
    response->status = (uint16_t)status;
    if (at == end)
        return stop(0);
    if (*at == ' ')
        at++;
    else if (*at != '\r')
        return stop(*at == '\n' ? FLAREI_H1_BAD_LINE_END : FLAREI_H1_BAD_STATUS_LINE);
    const char *const reason = at;
    at = skip_bytes(at, end, H1_VALUE);
    response->reason = (flare_str){reason, (size_t)(at - reason)};
    if (at == end)
        return stop(0);
    if (*at != '\r')
        return stop(*at == '\n' ? FLAREI_H1_BAD_LINE_END : FLAREI_H1_BAD_STATUS_LINE);
    if (at + 1 == end)
        return stop(0);
    return at[1] == '\n' ? go_on(at + 2) : stop(FLAREI_H1_BAD_LINE_END);
}

static void note(uint16_t *which, size_t index)
{
    if (*which == 0)
        *which = (uint16_t)(index + 1);
}

static int read_length(struct flarei_h1_response *response, flare_str value, unsigned *said)
{
    uint64_t length = 0;
    const int refusal = flarei_h1_read_content_length(value, &length);

    if (refusal != 0)
        return refusal;
    if ((*said & H1_SAID_LENGTH) && length != response->content_length)
        return FLAREI_H1_REPEATED_CONTENT_LENGTH;
    response->content_length = length;
    *said |= H1_SAID_LENGTH;
    return 0;
}

/* 0 or a refusal. */
static int note_field(struct flarei_h1_response *response, size_t index, unsigned *said)
{
    const flare_field *const field = &response->fields[index];

    switch (field->name.len) {
    case 8:
        if (is_word(field->name, FLARE_STR("location")))
            note(&response->location, index);
        break;
    case 10:
        if (is_word(field->name, FLARE_STR("connection")))
            *said |= flarei_h1_read_connection(field->value);
        else if (is_word(field->name, FLARE_STR("set-cookie")))
            note(&response->set_cookie, index);
        break;
    case 14:
        if (is_word(field->name, FLARE_STR("content-length")))
            return read_length(response, field->value, said);
        break;
    case 16:
        if (is_word(field->name, FLARE_STR("content-encoding")))
            note(&response->content_encoding, index);
        break;
    case 17:
        if (is_word(field->name, FLARE_STR("transfer-encoding")))
            *said = flarei_h1_read_transfer_encoding(field->value, *said);
        break;
    default:
        break;
    }
    return 0;
}

/* RFC 9112, section 6.3. 0 or a refusal. */
static int settle(struct flarei_h1_response *response, enum flare_method method, unsigned said)
{
    const unsigned status = response->status;
    const bool version_1_1 = response->version_minor != 0;

    if (said & H1_SAID_CODING) {
        const int refusal = flarei_h1_coding_refusal(said, version_1_1);

        if (refusal)
            return refusal;
    }
    response->keep_alive = !(said & H1_SAID_CLOSE) && (version_1_1 || (said & H1_SAID_KEEP_ALIVE));
    if (method == FLARE_METHOD_HEAD || status < 200 || status == 204 || status == 304 ||
        (method == FLARE_METHOD_CONNECT && status < 300)) {
        response->framing = FLAREI_H1_NO_CONTENT;
    } else if (said & H1_SAID_CODING) {
        response->framing = FLAREI_H1_BY_CHUNKS;
    } else if (said & H1_SAID_LENGTH) {
        response->framing = FLAREI_H1_BY_LENGTH;
    } else {
        response->framing = FLAREI_H1_UNTIL_CLOSED;
        response->keep_alive = false;
    }
    return 0;
}

/* A head that is not over: bytes beyond the limit don't make it better. */
static ptrdiff_t unfinished(const struct flarei_h1_limits *limits, size_t length, int verdict)
{
    if (verdict == 0 && length >= limits->head_max_bytes)
        return FLAREI_H1_HEAD_TOO_LARGE;
    return verdict;
}

ptrdiff_t flarei_h1_parse_response(const struct flarei_h1_limits *limits, const char *bytes, size_t length,
                                   enum flare_method method, struct flarei_h1_response *response)
{
    const size_t seen = length < limits->head_max_bytes ? length : limits->head_max_bytes;
    const char *const end = bytes + seen;
    const size_t capacity = limits->field_max_count < response->field_capacity ? limits->field_max_count
                                                                               : response->field_capacity;
    unsigned said = 0;
    size_t count = 0;

    *response =
        (struct flarei_h1_response){.fields = response->fields, .field_capacity = response->field_capacity};
    struct step step = read_status_line(bytes, end, response);
    while (step.at != NULL && step.at < end && *step.at != '\r') {
        flare_field field;

        step = flarei_h1_read_line(end, step.at, &field);
        if (step.at == NULL)
            break;
        if (count == capacity)
            return FLAREI_H1_TOO_MANY_FIELDS;
        response->fields[count] = field;
        const int refusal = note_field(response, count++, &said);
        if (refusal != 0)
            return refusal;
    }
    if (step.at == NULL)
        return unfinished(limits, length, step.verdict);
    if (end - step.at < 2)
        return unfinished(limits, length, 0);
    if (step.at[1] != '\n')
        return FLAREI_H1_BAD_LINE_END;
    response->field_count = (uint16_t)count;
    const int refusal = settle(response, method, said);
    return refusal != 0 ? refusal : step.at + 2 - bytes;
}
