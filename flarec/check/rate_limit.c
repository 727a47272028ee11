/* rate_limit.c - the settings of rate_limit() and csrf(). */
#include <string.h>

#include "check/check.h"

static void client_of(struct check *check, const struct arguments *args, struct rate_limit *rate)
{
    const struct argument *const by = argument_find(check, args, "by");

    if (by == NULL || (by->value->kind == VALUE_NAME && strcmp(by->value->text, "peer") == 0))
        return;
    if (by->value->kind == VALUE_STRING && is_http_token(by->value->text))
        rate->header = by->value->text;
    else
        setting_wrong(check, by->value, "by", "what tells clients apart",
                      "write 'peer', or the name of a header as in by: \"X-Api-Key\"");
}

void rate_limit_check(struct check *check, const struct statement *statement, struct use *use)
{
    static const char *const labels[] = {"requests", "per", "burst", "by", "clients", NULL};
    struct rate_limit *const rate = ARENA_NEW(check->arena, struct rate_limit);
    const struct arguments *const args = &statement->args;

    use->rate = rate;
    arguments_known(check, args, "rate_limit()", labels);
    rate->per_ms = 1000;
    rate->clients = 16384;
    const bool counted = setting_number(check, args, "requests", 1, 1000000, &rate->requests);
    setting_duration(check, args, "per", 86400, &rate->per_ms);
    rate->burst = rate->requests;
    setting_number(check, args, "burst", 1, 1000000, &rate->burst);
    setting_number(check, args, "clients", 8, 1u << 22, &rate->clients);
    client_of(check, args, rate);
    if (!counted && !setting_written(args, "requests"))
        use_contradiction(check, statement->place, "rate_limit() does not say how many requests are too many",
                          "write requests: 100, per: 1s");
    else if (counted && (rate->per_ms == 0 || rate->requests > rate->per_ms * 1000))
        use_contradiction(check, statement->place, "this is more than a request in a microsecond",
                          "make 'per' longer");
}

void csrf_check(struct check *check, const struct statement *statement, struct use *use)
{
    static const char *const labels[] = {"trusted", NULL};
    struct csrf *const csrf = ARENA_NEW(check->arena, struct csrf);

    use->csrf = csrf;
    arguments_known(check, &statement->args, "csrf()", labels);
    csrf->trusted = origins_read(check, "trusted", setting_strings(check, &statement->args, "trusted"),
                                 &csrf->trusted_count);
}
