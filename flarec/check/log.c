/* log.c - the settings of log() and etag(). */
#include <string.h>
#include <strings.h>

#include "check/check.h"

static void sample_read(struct check *check, const struct arguments *args, struct log_settings *log)
{
    const struct argument *const sample = argument_find(check, args, "sample");

    if (sample == NULL)
        return;
    const struct value *const value = sample->value;
    const bool number = value->kind == VALUE_FLOAT || value->kind == VALUE_INTEGER;
    if (number && !value->negative && value->real >= 0 && value->real <= 1)
        log->sample = value->real;
    else
        setting_wrong(check, value, "sample", "a part of what went well",
                      "write a number from 0 to 1, as in sample: 0.1");
}

/* What a log is not to hold, whoever asks. */
static bool is_credential(const char *name)
{
    static const char *const names[] = {"Authorization", "Proxy-Authorization", "Cookie"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static const char **names_read(struct check *check, const struct arguments *args, const char *label,
                               bool shown, size_t *count)
{
    const struct value *const first = setting_strings(check, args, label);
    const char **names;
    size_t most = 0;

    for (const struct value *item = first; item != NULL; item = item->next)
        most++;
    names = ARENA_ARRAY(check->arena, most, const char *);
    *count = 0;
    for (const struct value *item = first; item != NULL; item = item->next) {
        if (!is_http_token(item->text))
            setting_wrong(check, item, label, "a list of names",
                          "a name is of letters, digits, hyphens and a few other characters");
        else if (shown && is_credential(item->text))
            setting_wrong(
                check, item, label, "no place for what lets people in",
                arena_format(check->arena, "remove \"%s\": who reads the log could use it", item->text));
        else
            names[(*count)++] = item->text;
    }
    return names;
}

void log_check(struct check *check, const struct statement *statement, struct use *use)
{
    static const char *const labels[] = {"sample", "query", "headers", "redact", NULL};
    const struct arguments *const args = &statement->args;
    struct log_settings *const log = ARENA_NEW(check->arena, struct log_settings);

    arguments_known(check, args, "log()", labels);
    if (args->first == NULL)
        return;
    use->log = log;
    log->sample = 1;
    sample_read(check, args, log);
    log->query = setting_flag(check, args, "query", false);
    log->headers = names_read(check, args, "headers", true, &log->headers_count);
    log->redact = names_read(check, args, "redact", false, &log->redact_count);
    if (log->redact_count != 0 && !setting_written(args, "query") && !setting_written(args, "headers"))
        use_contradiction(check, statement->place,
                          "'redact' is of 'query' and 'headers', which are not logged",
                          "write 'query: true', or remove 'redact'");
}

void etag_check(struct check *check, const struct statement *statement, struct use *use)
{
    static const char *const labels[] = {"weak", NULL};

    arguments_known(check, &statement->args, "etag()", labels);
    use->weak = setting_flag(check, &statement->args, "weak", false);
}
