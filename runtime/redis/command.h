/* redis/command.h - commands on their way: which may be sent, and how (RESP 2). */
#ifndef FLAREI_REDIS_COMMAND_H
#define FLAREI_REDIS_COMMAND_H

#include <flare/buffer.h>
#include <flare/redis.h>

/** May these be sent together on a connection that others share? @return FLARE_OK; FLARE_ERR_ARGUMENT (no
 * command, or a MULTI without its end); FLARE_ERR_UNSUPPORTED; FLARE_ERR_LIMIT */
flare_err flarei_redis_commands_check(const flare_redis_command *commands, size_t count) FLARE_MUST_USE;

/** Appends one. @return false without memory: then the buffer has failed */
bool flarei_redis_command_write(flare_buffer *out, const flare_str *words, size_t count);

#endif
