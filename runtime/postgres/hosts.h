/* postgres/hosts.h - the names among a conninfo's hosts, looked up without holding up the loop.
 *
 * libpq would ask the system's resolver in its caller's thread. So it is given addresses (`hostaddr`) beside
 * the names, which it still compares with certificates; a name of several addresses is there once for each.
 */
#ifndef FLAREI_POSTGRES_HOSTS_H
#define FLAREI_POSTGRES_HOSTS_H

#include <flare/buffer.h>
#include <flare/dns.h>

struct flarei_postgres_hosts;

/** Runs on the loop's thread, once, when all is looked up. @param err FLARE_OK; FLARE_ERR_NOT_FOUND and
 * others of flare_dns_function: no host was found; FLARE_ERR_MEMORY */
typedef void flarei_postgres_hosts_function(struct flarei_postgres_hosts *hosts, flare_err err);

struct flarei_postgres_hosts {
    flarei_postgres_hosts_function *done; /* the owner's */
    flare_loop *loop;
    flare_dns_lookup *lookup;
    const char *host; /* what is left of the lists of before */
    const char *port;
    flare_str name;     /* that is looked up */
    flare_str its_port; /* maybe empty */
    bool ports_differ;
    size_t count;
    flare_err err;      /* of the last name that was not found */
    flare_buffer names; /* three lists of libpq's, terminated when it is done */
    flare_buffer addresses;
    flare_buffer ports;
};

/** Is there a name in a list of hosts? @param list with commas; addresses and paths of sockets are none */
bool flarei_postgres_hosts_has_name(const char *list);

/** Begins. `done` may be called within this call. @param hosts zeroed but for `done`; cleared by its owner
 *  @param host a list with commas @param port one for all, or as many, or ""; both outlive it */
void flarei_postgres_hosts_start(struct flarei_postgres_hosts *hosts, flare_loop *loop, const char *host,
                                 const char *port);

/** Frees what it holds; a lookup is forgotten. @return whether there was one: then the loop runs once before
 * it is destroyed */
bool flarei_postgres_hosts_clear(struct flarei_postgres_hosts *hosts);

#endif
