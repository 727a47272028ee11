#include "http/conditional.h"

#include <flare/text.h>

enum name { IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE, NAME_COUNT };

static const flare_str names[NAME_COUNT] = {
    FLARE_STR_INIT("If-Match"),
    FLARE_STR_INIT("If-None-Match"),
    FLARE_STR_INIT("If-Modified-Since"),
    FLARE_STR_INIT("If-Unmodified-Since"),
};

/* Of one field: how many lines, and in which one of the two comparisons a tag was found. */
struct met {
    unsigned lines;
    bool matched;
    flare_str value; /* of the last line */
};

static bool is_named(const flare_field *field, flare_str name)
{
    return field->name.len == name.len && flare_str_equal_nocase(field->name, name);
}

static void collect(const flare_field *fields, size_t count, flare_str etag,
                    struct met met[static NAME_COUNT])
{
    for (size_t i = 0; i < count; i++) {
        /* All begin so, and few other fields do. */
        if (fields[i].name.len < names[IF_MATCH].len || (fields[i].name.ptr[0] | 0x20) != 'i')
            continue;
        for (size_t k = 0; k < NAME_COUNT; k++) {
            if (!is_named(&fields[i], names[k]))
                continue;
            met[k].lines++;
            met[k].value = fields[i].value;
            met[k].matched =
                met[k].matched || (k == IF_MATCH        ? flare_etag_matches(fields[i].value, etag)
                                   : k == IF_NONE_MATCH ? flare_etag_matches_weakly(fields[i].value, etag)
                                                        : false);
        }
    }
}

/* A representation without a tag is there all the same. */
static bool is_matched(const struct met *met)
{
    return met->matched || (met->value.len == 1 && met->value.ptr[0] == '*');
}

/* Was it modified after this date? @return false also where that can't be said: then *known is false */
static bool is_newer(const struct met *met, const struct flarei_validators *of, flare_time now, bool *known)
{
    flare_time date;

    *known = met->lines == 1 && of->has_modified && flare_time_http_parse(met->value, now, &date) == FLARE_OK;
    return *known && of->modified > date;
}

enum flarei_condition flarei_condition_judge(const flare_field *fields, size_t count, bool is_read,
                                             const struct flarei_validators *of, flare_time now)
{
    struct met met[NAME_COUNT] = {{0, false, {NULL, 0}}};
    bool known;

    collect(fields, count, of->etag, met);
    if (met[IF_MATCH].lines != 0) {
        if (!is_matched(&met[IF_MATCH]))
            return FLAREI_CONDITION_FAILED;
    } else if (is_newer(&met[IF_UNMODIFIED_SINCE], of, now, &known)) {
        return FLAREI_CONDITION_FAILED;
    }
    if (met[IF_NONE_MATCH].lines != 0) {
        if (!is_matched(&met[IF_NONE_MATCH]))
            return FLAREI_CONDITION_GO_ON;
        return is_read ? FLAREI_CONDITION_NOT_MODIFIED : FLAREI_CONDITION_FAILED;
    }
    if (is_read && !is_newer(&met[IF_MODIFIED_SINCE], of, now, &known) && known)
        return FLAREI_CONDITION_NOT_MODIFIED;
    return FLAREI_CONDITION_GO_ON;
}

/* The date is a strong validator only if it is the very same: who says so is section 13.1.5. */
bool flarei_condition_range(const flare_field *fields, size_t count, const struct flarei_validators *of,
                            flare_time now)
{
    const flare_str name = FLARE_STR("If-Range");
    flare_str value = {NULL, 0};
    unsigned lines = 0;
    flare_time date;

    for (size_t i = 0; i < count; i++) {
        if (is_named(&fields[i], name)) {
            value = fields[i].value;
            lines++;
        }
    }
    if (lines == 0)
        return true;
    if (lines != 1)
        return false;
    if (flare_etag_valid(value))
        return flare_etag_matches(value, of->etag);
    return of->has_modified && flare_time_http_parse(value, now, &date) == FLARE_OK && date == of->modified;
}
