#include "postgres/hosts.h"

#include <arpa/inet.h>

enum { LIST_MAX_BYTES = 65536 };

/* The next of a list, which is advanced behind it. */
static flare_str next_of(const char **list)
{
    const size_t len = strcspn(*list, ",");
    const flare_str item = {*list, len};

    *list += len + ((*list)[len] == ',');
    return item;
}

static bool is_name(flare_str host)
{
    char text[FLARE_DNS_NAME_MAX_BYTES + 1];
    unsigned char ip[16];

    if (host.len == 0 || host.len > FLARE_DNS_NAME_MAX_BYTES || host.ptr[0] == '/' || host.ptr[0] == '@')
        return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    return inet_pton(AF_INET, text, ip) != 1 && memchr(host.ptr, ':', host.len) == NULL;
}

bool flarei_postgres_hosts_has_name(const char *list)
{
    while (*list != '\0')
        if (is_name(next_of(&list)))
            return true;
    return false;
}

static void add(struct flarei_postgres_hosts *hosts, flare_str name, flare_str address)
{
    if (hosts->count++ > 0) {
        (void)flarei_buffer_append(&hosts->names, ",", 1);
        (void)flarei_buffer_append(&hosts->addresses, ",", 1);
        (void)flarei_buffer_append(&hosts->ports, ",", 1);
    }
    (void)flarei_buffer_append(&hosts->names, name.ptr, name.len);
    (void)flarei_buffer_append(&hosts->addresses, address.ptr, address.len);
    (void)flarei_buffer_append(&hosts->ports, hosts->its_port.ptr, hosts->its_port.len);
}

static void go_on(struct flarei_postgres_hosts *hosts);

static void found(flare_loop *loop, void *context, flare_err err, const flare_address *addresses,
                  size_t count)
{
    struct flarei_postgres_hosts *const hosts = context;
    char text[INET6_ADDRSTRLEN];

    (void)loop;
    hosts->lookup = NULL;
    if (err != FLARE_OK)
        hosts->err = err;
    for (size_t i = 0; i < count; i++) {
        const int family = addresses[i].family == FLARE_ADDRESS_IPV6 ? AF_INET6 : AF_INET;

        if (inet_ntop(family, addresses[i].ip, text, sizeof text) != NULL)
            add(hosts, hosts->name, flare_str_of(text));
    }
    go_on(hosts);
}

static void finish(struct flarei_postgres_hosts *hosts)
{
    flare_err err = hosts->count > 0 ? FLARE_OK : hosts->err;

    if (!flarei_buffer_append(&hosts->names, "", 1) || !flarei_buffer_append(&hosts->addresses, "", 1) ||
        !flarei_buffer_append(&hosts->ports, "", 1))
        err = FLARE_ERR_MEMORY;
    hosts->done(hosts, err);
}

static void go_on(struct flarei_postgres_hosts *hosts)
{
    while (*hosts->host != '\0') {
        flare_err err;

        hosts->name = next_of(&hosts->host);
        if (hosts->ports_differ || hosts->its_port.ptr == NULL)
            hosts->its_port = next_of(&hosts->port);
        if (!is_name(hosts->name)) {
            add(hosts, hosts->name, FLARE_STR(""));
            continue;
        }
        err = flare_dns_start(&hosts->lookup, hosts->loop, hosts->name, 0, found, hosts);
        if (err == FLARE_OK)
            return;
        hosts->err = err;
    }
    finish(hosts);
}

void flarei_postgres_hosts_start(struct flarei_postgres_hosts *hosts, flare_loop *loop, const char *host,
                                 const char *port)
{
    hosts->loop = loop;
    hosts->host = host;
    hosts->port = port;
    hosts->ports_differ = strchr(port, ',') != NULL;
    flarei_buffer_init(&hosts->names, LIST_MAX_BYTES);
    flarei_buffer_init(&hosts->addresses, LIST_MAX_BYTES);
    flarei_buffer_init(&hosts->ports, LIST_MAX_BYTES);
    go_on(hosts);
}

bool flarei_postgres_hosts_clear(struct flarei_postgres_hosts *hosts)
{
    const bool busy = hosts->lookup != NULL;

    flare_dns_cancel(hosts->lookup);
    hosts->lookup = NULL;
    flarei_buffer_free(&hosts->names);
    flarei_buffer_free(&hosts->addresses);
    flarei_buffer_free(&hosts->ports);
    return busy;
}
