#include "server/config.h"

#include "net/sys.h"

#include <flare/memory.h>
#include <flare/net.h>

#include <errno.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts spaces off both ends, in place. */
static char *trim(char *text, char *end)
{
    while (is_space(*text))
        text++;
    while (end > text && is_space(end[-1]))
        end--;
    *end = '\0';
    return text;
}

bool flarei_config_next(struct flarei_config *config, const char **name, const char **value)
{
    config->wrong = NULL;
    while (*config->at != '\0') {
        char *const start = config->at, *end = start + strcspn(start, "\n"), *equals;

        config->line++;
        config->at = *end == '\n' ? end + 1 : end;
        *name = trim(start, end);
        if (**name == '\0' || **name == '#')
            continue;
        end = start + (*name - start) + strlen(*name);
        equals = start + (*name - start) + strcspn(*name, "=");
        if (equals == end)
            config->wrong = "not 'name = value'";
        else if (equals == *name)
            config->wrong = "no name before '='";
        if (config->wrong != NULL)
            return false;
        *value = trim(equals + 1, end);
        *name = trim(start, equals);
        return true;
    }
    return false;
}

/* @return how many bytes, or an error */
static ptrdiff_t read_all(int fd, char *text, size_t room)
{
    size_t length = 0;

    while (length < room) {
        const ssize_t got = flarei_sys.read(fd, text + length, room - length);

        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return flarei_err_from_errno(errno);
        length += got > 0 ? (size_t)got : 0;
    }
    return (ptrdiff_t)length;
}

flare_err flarei_config_load(const char *path, char **out)
{
    const int fd = flarei_sys.open_file(path);
    ptrdiff_t length = FLARE_ERR_MEMORY;
    char *text;

    if (fd < 0)
        return flarei_err_from_errno(errno);
    text = flarei_malloc(FLAREI_CONFIG_MAX_BYTES + 1);
    if (text != NULL)
        length = read_all(fd, text, FLAREI_CONFIG_MAX_BYTES + 1);
    flare_socket_close(fd);
    if (length > FLAREI_CONFIG_MAX_BYTES)
        length = FLARE_ERR_LIMIT;
    else if (length > 0 && memchr(text, '\0', (size_t)length) != NULL)
        length = FLARE_ERR_SYNTAX;
    if (length < 0) {
        flarei_free(text);
        return (flare_err)length;
    }
    text[length] = '\0';
    *out = text;
    return FLARE_OK;
}
