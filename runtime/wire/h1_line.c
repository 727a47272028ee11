#include "wire/h1_line.h"

struct step flarei_h1_read_line(const char *span_end, const char *at, flare_field *field)
{
    const char *colon = skip_bytes(at, span_end, H1_TOKEN);

    if (colon == span_end)
        return stop(0);
    if (*colon == '\r' || *colon == '\n')
        return stop(FLAREI_H1_BAD_LINE_END);
    if (*colon != ':' || colon == at)
        return stop(colon == at && is_blank(*at) ? FLAREI_H1_FOLDED_FIELD : FLAREI_H1_BAD_FIELD_NAME);

    const char *value = colon + 1;
    while (value < span_end && is_blank(*value))
        value++;
    const char *end = skip_bytes(value, span_end, H1_VALUE);
    if (end == span_end)
        return stop(0);
    if (*end != '\r')
        return stop(*end == '\n' ? FLAREI_H1_BAD_LINE_END : FLAREI_H1_BAD_FIELD_VALUE);
    if (end + 1 == span_end)
        return stop(0);
    if (end[1] != '\n')
        return stop(FLAREI_H1_BAD_LINE_END);

    const char *value_end = end;
    while (value_end > value && is_blank(value_end[-1]))
        value_end--;
    field->name = (flare_str){at, (size_t)(colon - at)};
    field->value = (flare_str){value, (size_t)(value_end - value)};
    return go_on(end + 2);
}
