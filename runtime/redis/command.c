#include "redis/command.h"

#include <flare/number.h>
#include <flare/text.h>

/* ---- What is refused ---- */

/* Room for what stands around a word. */
enum { AROUND_BYTES = 32 };

static bool has_word(const flare_redis_command *command, const char *word)
{
    for (size_t i = 1; i < command->count; i++)
        if (flare_str_equal_nocase(command->words[i], flare_str_of(word)))
            return true;
    return false;
}

static bool is_command(const flare_redis_command *command, const char *name)
{
    return flare_str_equal_nocase(command->words[0], flare_str_of(name));
}

/* Does it change the connection for those who share it, answer otherwise than once, or hold it up? */
static bool is_refused(const flare_redis_command *command)
{
    static const char *const names[] = {
        "AUTH",       "HELLO",      "SELECT",     "RESET",        "QUIT",   "WATCH",  "SUBSCRIBE",
        "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR",    "UNSUBSCRIBE",  "SYNC",   "PSYNC",  "PUNSUBSCRIBE",
        "BLPOP",      "BRPOP",      "BRPOPLPUSH", "SUNSUBSCRIBE", "BLMOVE", "BLMPOP", "BZPOPMIN",
        "BZPOPMAX",   "BZMPOP",     "WAIT",       "WAITAOF"};
    static const struct {
        const char *name, *with; /* a word behind it */
    } pairs[] = {{"CLIENT", "REPLY"}, {"CLIENT", "TRACKING"}, {"XREAD", "BLOCK"}, {"XREADGROUP", "BLOCK"}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (is_command(command, names[i]))
            return true;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (is_command(command, pairs[i].name) && has_word(command, pairs[i].with))
            return true;
    return false;
}

flare_err flarei_redis_commands_check(const flare_redis_command *commands, size_t count)
{
    size_t room = FLARE_REDIS_ASK_MAX_BYTES;
    bool in_transaction = false;

    for (size_t i = 0; i < count; i++) {
        const flare_redis_command *const command = &commands[i];

        if (command->count == 0 || command->words[0].len == 0)
            return FLARE_ERR_ARGUMENT;
        if (is_refused(command))
            return FLARE_ERR_UNSUPPORTED;
        if (is_command(command, "MULTI"))
            in_transaction = true;
        else if (is_command(command, "EXEC") || is_command(command, "DISCARD"))
            in_transaction = false;
        for (size_t word = 0; word < command->count; word++) {
            const size_t len = command->words[word].len;

            if (len > room || room - len < AROUND_BYTES)
                return FLARE_ERR_LIMIT;
            room -= len + AROUND_BYTES;
        }
    }
    return in_transaction ? FLARE_ERR_ARGUMENT : FLARE_OK;
}

/* ---- Writing ---- */

static void write_count(flare_buffer *out, char kind, size_t count)
{
    char text[AROUND_BYTES];
    size_t len = 0;

    text[len++] = kind;
    len += flare_u64_format(count, text + len);
    text[len++] = '\r';
    text[len++] = '\n';
    (void)flarei_buffer_append(out, text, len);
}

bool flarei_redis_command_write(flare_buffer *out, const flare_str *words, size_t count)
{
    write_count(out, '*', count);
    for (size_t i = 0; i < count; i++) {
        write_count(out, '$', words[i].len);
        (void)flarei_buffer_append_str(out, words[i]);
        (void)flarei_buffer_append(out, "\r\n", 2);
    }
    return !out->failed;
}
