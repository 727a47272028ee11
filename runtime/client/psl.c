/* Public suffixes, of libpsl's list. */
#include <flare/cookies.h>

#include <libpsl.h>
#include <string.h>

bool flare_cookie_public_suffix(flare_str domain, void *context)
{
    char name[256];

    (void)context;
    if (domain.len >= sizeof name)
        return true;
    memcpy(name, domain.ptr, domain.len);
    name[domain.len] = '\0';
    return psl_is_public_suffix(psl_builtin(), name);
}
