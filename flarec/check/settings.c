/* settings.c - the settings of a `use`: one reader for each kind of value, which reports what it can't be. */
#include <string.h>
#include <strings.h>

#include "check/check.h"

void setting_wrong(struct check *check, const struct value *value, const char *label, const char *what,
                   const char *help)
{
    diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT, value->place, "'%s' is %s", label, what), "%s",
              help);
}

bool setting_written(const struct arguments *args, const char *label)
{
    for (const struct argument *argument = args->first; argument != NULL; argument = argument->next) {
        if (argument->label.text != NULL && strcmp(argument->label.text, label) == 0)
            return true;
    }
    return false;
}

bool setting_flag(struct check *check, const struct arguments *args, const char *label, bool usual)
{
    const struct argument *const argument = argument_find(check, args, label);

    if (argument == NULL)
        return usual;
    if (argument->value->kind == VALUE_NAME && strcmp(argument->value->text, "true") == 0)
        return true;
    if (argument->value->kind == VALUE_NAME && strcmp(argument->value->text, "false") == 0)
        return false;
    setting_wrong(check, argument->value, label, "true or false",
                  arena_format(check->arena, "write '%s: %s'", label, usual ? "false" : "true"));
    return usual;
}

bool setting_number(struct check *check, const struct arguments *args, const char *label, uint64_t least,
                    uint64_t most, uint64_t *number)
{
    const struct argument *const argument = argument_find(check, args, label);

    if (argument == NULL)
        return false;
    const struct value *const value = argument->value;
    if (value->kind != VALUE_INTEGER || value->negative || value->whole < least || value->whole > most) {
        setting_wrong(check, value, label, "a whole number",
                      arena_format(check->arena, "write one from %llu to %llu", (unsigned long long)least,
                                   (unsigned long long)most));
        return false;
    }
    *number = value->whole;
    return true;
}

bool setting_size(struct check *check, const struct arguments *args, const char *label, uint64_t most,
                  uint64_t *bytes)
{
    const struct argument *const argument = argument_find(check, args, label);

    if (argument == NULL)
        return false;
    if (argument->value->kind != VALUE_SIZE || argument->value->whole > most) {
        setting_wrong(check, argument->value, label, "a size",
                      arena_format(check->arena, "write it with a unit, such as 1KiB, at most %lluMiB",
                                   (unsigned long long)(most >> 20)));
        return false;
    }
    *bytes = argument->value->whole;
    return true;
}

bool setting_duration(struct check *check, const struct arguments *args, const char *label,
                      uint64_t most_seconds, uint64_t *milliseconds)
{
    const struct argument *const argument = argument_find(check, args, label);

    if (argument == NULL)
        return false;
    if (argument->value->kind != VALUE_DURATION || argument->value->whole / 1000 > most_seconds) {
        setting_wrong(check, argument->value, label, "a duration",
                      arena_format(check->arena, "write it with a unit, such as 10s, at most %llus",
                                   (unsigned long long)most_seconds));
        return false;
    }
    *milliseconds = argument->value->whole;
    return true;
}

bool setting_seconds(struct check *check, const struct arguments *args, const char *label,
                     uint64_t most_seconds, uint64_t *seconds)
{
    const struct argument *const argument = argument_find(check, args, label);

    if (argument == NULL)
        return false;
    const struct value *const value = argument->value;
    if (value->kind != VALUE_DURATION || value->whole % 1000 != 0 || value->whole / 1000 > most_seconds) {
        setting_wrong(check, value, label, "a duration of whole seconds",
                      arena_format(check->arena, "write it with a unit, such as 10s, at most %llus",
                                   (unsigned long long)most_seconds));
        return false;
    }
    *seconds = value->whole / 1000;
    return true;
}

/* What may stand in a field line of its own: visible ASCII and blanks. */
static bool is_field_text(const struct value *value)
{
    for (size_t i = 0; i < value->length; i++) {
        if ((unsigned char)value->text[i] < ' ' || (unsigned char)value->text[i] >= 0x7f)
            return false;
    }
    return value->length != 0 && value->text[0] != ' ' && value->text[value->length - 1] != ' ';
}

const char *setting_text(struct check *check, const struct arguments *args, const char *label,
                         const char *usual)
{
    const struct argument *const argument = argument_find(check, args, label);

    if (argument == NULL)
        return usual;
    if (argument->value->kind == VALUE_STRING && is_field_text(argument->value))
        return argument->value->text;
    setting_wrong(check, argument->value, label, "the value of a header",
                  "write it in double quotes: ASCII without control characters");
    return usual;
}

const char *setting_word(struct check *check, const struct arguments *args, const char *label,
                         const char *const *words, const char *usual)
{
    const struct argument *const argument = argument_find(check, args, label);
    const char *list = "";

    if (argument == NULL)
        return usual;
    for (size_t i = 0; words[i] != NULL; i++) {
        if (argument->value->kind == VALUE_NAME && strcmp(argument->value->text, words[i]) == 0)
            return words[i];
        list = arena_format(check->arena, "%s%s%s", list, i == 0 ? "" : ", ", words[i]);
    }
    setting_wrong(check, argument->value, label, "one of a few words",
                  arena_format(check->arena, "they are %s", list));
    return usual;
}

const struct value *setting_strings(struct check *check, const struct arguments *args, const char *label)
{
    const struct argument *const argument = argument_find(check, args, label);
    bool good;

    if (argument == NULL)
        return NULL;
    good = argument->value->kind == VALUE_LIST && argument->value->items != NULL;
    if (good) {
        for (const struct value *item = argument->value->items; item != NULL; item = item->next)
            good = good && item->kind == VALUE_STRING;
    }
    if (good)
        return argument->value->items;
    setting_wrong(check, argument->value, label, "a list of strings",
                  arena_format(check->arena, "write it as %s: [\"…\", \"…\"]", label));
    return NULL;
}

const char *setting_tokens(struct check *check, const struct arguments *args, const char *label,
                           const char *const *refused)
{
    const char *list = NULL;

    for (const struct value *item = setting_strings(check, args, label); item != NULL; item = item->next) {
        bool good = is_http_token(item->text);

        for (size_t i = 0; refused != NULL && refused[i] != NULL; i++)
            good = good && strcasecmp(refused[i], item->text) != 0;
        if (!good)
            setting_wrong(check, item, label, "a list of names",
                          "a name is of letters, digits and hyphens, and none that HTTP keeps for itself");
        list = list == NULL ? item->text : arena_format(check->arena, "%s, %s", list, item->text);
    }
    return list;
}

static bool is_known(const char *const *known, const struct value *value)
{
    for (; *known != NULL && value->kind == VALUE_NAME; known++) {
        if (strcmp(*known, value->text) == 0)
            return true;
    }
    return false;
}

const char *const *setting_names(struct check *check, const struct arguments *args, const char *thing,
                                 const char *const *labels, const char *const *known, size_t *count)
{
    struct arguments labelled = {.written = true, .place = args->place};
    struct argument **last = &labelled.first;
    const char **names;
    const char *words = known[0];
    size_t most = 0;

    for (size_t i = 1; known[i] != NULL; i++)
        words = arena_format(check->arena, "%s, %s", words, known[i]);
    for (const struct argument *argument = args->first; argument != NULL; argument = argument->next)
        most++;
    names = ARENA_ARRAY(check->arena, most, const char *);
    *count = 0;
    for (const struct argument *argument = args->first; argument != NULL; argument = argument->next) {
        bool twice = false;

        if (argument->label.text != NULL) {
            struct argument *const copy = ARENA_NEW(check->arena, struct argument);

            *copy = *argument;
            copy->next = NULL;
            *last = copy;
            last = &copy->next;
            continue;
        }
        if (!is_known(known, argument->value)) {
            diag_help(
                diag_report(check->diags, CODE_BAD_ARGUMENT, argument->place, "%s does not know this", thing),
                "it knows %s", words);
            continue;
        }
        for (size_t i = 0; i < *count; i++)
            twice = twice || strcmp(names[i], argument->value->text) == 0;
        if (twice)
            diag_report(check->diags, CODE_DUPLICATE, argument->place, "'%s' stands here twice",
                        argument->value->text);
        else
            names[(*count)++] = argument->value->text;
    }
    arguments_known(check, &labelled, thing, labels);
    return names;
}

bool use_contradiction(struct check *check, struct place place, const char *why, const char *help)
{
    diag_help(diag_report(check->diags, CODE_USE_SETTINGS, place, "%s", why), "%s", help);
    return false;
}
