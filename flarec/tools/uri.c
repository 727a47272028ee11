#include "tools/uri.h"

#include "letters.h"

void uri_path(struct text *uri, const char *path)
{
    for (; *path != '\0'; path++)
        text_format(uri, *path == '/' || is_unreserved((unsigned char)*path) ? "%c" : "%%%02X",
                    (unsigned char)*path);
}
