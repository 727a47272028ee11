#include "server/trust.h"

#include "wire/forwarded.h"

#include <flare/formats.h>
#include <flare/memory.h>
#include <flare/text.h>

/* ---- Whom to believe ---- */

flare_err flarei_trust_parse(const char *text, flare_network *network)
{
    if (strcmp(text, "unix") != 0)
        return flare_network_parse(flare_str_of(text), network) == FLARE_OK ? FLARE_OK : FLARE_ERR_SYNTAX;
    *network = (flare_network){.family = FLARE_ADDRESS_UNIX};
    return FLARE_OK;
}

flare_err flarei_trust_make(const flare_options *options, struct flarei_trust **out)
{
    const size_t count = options->trusted_proxy_count;
    struct flarei_trust *trust;

    *out = NULL;
    if (count == 0)
        return FLARE_OK;
    trust = flarei_calloc(1, sizeof *trust + count * sizeof(flare_network));
    if (trust == NULL)
        return FLARE_ERR_MEMORY;
    atomic_init(&trust->users, 1);
    trust->field = options->forwarded;
    for (; trust->count < count; trust->count++) {
        const char *const text = options->trusted_proxies[trust->count];

        if (flarei_trust_parse(text, &trust->networks[trust->count]) == FLARE_OK)
            continue;
        flarei_free(trust);
        return FLARE_ERR_SYNTAX;
    }
    *out = trust;
    return FLARE_OK;
}

void flarei_trust_release(struct flarei_trust *trust)
{
    if (trust != NULL && atomic_fetch_sub(&trust->users, 1) == 1)
        flarei_free(trust);
}

static struct flarei_trust *share(flare_server *server)
{
    struct flarei_trust *trust;

    (void)pthread_mutex_lock(&server->trust_lock);
    trust = server->trust;
    if (trust != NULL)
        atomic_fetch_add(&trust->users, 1);
    (void)pthread_mutex_unlock(&server->trust_lock);
    return trust;
}

static void renewed(flare_loop *loop, flare_task *task)
{
    struct flarei_worker *worker = FLARE_OWNER(task, struct flarei_worker, trust_task);

    (void)loop;
    atomic_store(&worker->trust_posted, false);
    flarei_trust_release(worker->trust);
    worker->trust = share(worker->server);
}

void flarei_trust_renew(flare_server *server, struct flarei_trust *trust)
{
    struct flarei_trust *old;

    (void)pthread_mutex_lock(&server->trust_lock);
    old = server->trust;
    server->trust = trust;
    (void)pthread_mutex_unlock(&server->trust_lock);
    flarei_trust_release(old);
    for (size_t i = 0; i < server->worker_count; i++) {
        struct flarei_worker *worker = server->workers[i];

        if (worker->running && !atomic_exchange(&worker->trust_posted, true))
            flare_loop_post(worker->loop, &worker->trust_task);
    }
}

void flarei_trust_worker(struct flarei_worker *worker)
{
    worker->trust_task.callback = renewed;
    worker->trust = share(worker->server);
}

void flarei_trust_worker_free(struct flarei_worker *worker)
{
    flarei_trust_release(worker->trust);
    worker->trust = NULL;
}

bool flarei_trust_holds(const struct flarei_worker *worker, flare_address_family family, const uint8_t ip[16])
{
    const struct flarei_trust *trust = worker->trust;

    const bool no_ip = family != FLARE_ADDRESS_IPV4 && family != FLARE_ADDRESS_IPV6;
    flare_address address = {.family = family};

    memcpy(address.ip, ip, sizeof address.ip);
    for (size_t i = 0; trust != NULL && i < trust->count; i++)
        if (no_ip ? trust->networks[i].family == FLARE_ADDRESS_UNIX
                  : flare_network_holds(&trust->networks[i], &address))
            return true;
    return false;
}

/* ---- Who the client is ---- */

/* The last field of the name before `end`. */
static bool last_field(const flare_request *rq, flare_str name, uint32_t *end, flare_str *value)
{
    while (*end > 0) {
        const flare_field *const field = &rq->fields[--*end];

        if (!flare_str_equal_nocase(field->name, name))
            continue;
        *value = field->value;
        return true;
    }
    return false;
}

static void set_peer(struct flarei_peer *peer, const struct flarei_hop *hop)
{
    peer->family = hop->kind == FLAREI_HOP_IPV4 ? FLARE_ADDRESS_IPV4 : FLARE_ADDRESS_IPV6;
    peer->port = hop->port;
    memcpy(peer->ip, hop->ip, sizeof peer->ip);
}

/* Goes from the peer to the left as long as those who tell of the next one are believed. */
static void follow(const struct flarei_worker *worker, const flare_request *rq, struct flarei_peer *client)
{
    const bool standard = worker->trust->field == FLARE_FORWARDED_STANDARD;
    const flare_str name = standard ? FLARE_STR("Forwarded") : FLARE_STR("X-Forwarded-For");
    uint32_t end = rq->field_count;
    flare_str list = {NULL, 0};

    while (flarei_trust_holds(worker, (flare_address_family)client->family, client->ip)) {
        struct flarei_hop hop;

        while (!(standard ? flarei_forwarded_take(&list, &hop) : flarei_forwarded_for_take(&list, &hop)))
            if (!last_field(rq, name, &end, &list))
                return;
        if (hop.kind == FLAREI_HOP_UNKNOWN)
            return;
        set_peer(client, &hop);
    }
}

static size_t format(const struct flarei_peer *peer, char text[FLARE_ADDRESS_TEXT_MAX_BYTES])
{
    flare_address address = {.family = (flare_address_family)peer->family, .port = peer->port};
    flare_ipv4 ipv4;
    flare_ipv6 ipv6;

    if (peer->port != 0 || peer->family == FLARE_ADDRESS_NONE) {
        memcpy(address.ip, peer->ip, sizeof address.ip);
        return flare_address_format(&address, text, FLARE_ADDRESS_TEXT_MAX_BYTES);
    }
    if (peer->family == FLARE_ADDRESS_IPV4) {
        memcpy(ipv4.bytes, peer->ip, sizeof ipv4.bytes);
        return flare_ipv4_format(ipv4, text);
    }
    memcpy(ipv6.bytes, peer->ip, sizeof ipv6.bytes);
    return flare_ipv6_format(ipv6, text);
}

const struct flarei_peer *flarei_trust_client(const struct flarei_connection *connection,
                                              struct flarei_exchange *exchange)
{
    const struct flarei_worker *const worker = connection->site->worker;

    if (FLARE_LIKELY(worker->trust == NULL))
        return &connection->peer;
    exchange->client = connection->peer;
    follow(worker, &exchange->rq, &exchange->client);
    return &exchange->client;
}

void flarei_trust_show(struct flarei_exchange *exchange, const struct flarei_peer *client)
{
    if (exchange->peer_bytes == 0 || memcmp(client, &exchange->peer, sizeof *client) != 0) {
        exchange->peer = *client;
        exchange->peer_bytes = format(client, exchange->peer_text);
    }
    exchange->rq.peer = (flare_str){exchange->peer_text, exchange->peer_bytes};
}

flare_str flare_request_peer(flare_request *rq)
{
    struct flarei_connection *const connection = rq->connection;
    struct flarei_exchange *exchange;
    flare_address address;

    if (rq->peer.len != 0 || connection == NULL)
        return rq->peer;
    exchange = FLARE_OWNER(rq, struct flarei_exchange, rq);
    /* A service that logs nothing did not ask when it accepted. */
    if (connection->peer.family == FLARE_ADDRESS_NONE &&
        flare_socket_peer(connection->watch.fd, &address) == FLARE_OK && address.family != FLARE_ADDRESS_UNIX)
        flarei_connection_keep_peer(&connection->peer, &address);
    flarei_trust_show(exchange, flarei_trust_client(connection, exchange));
    return rq->peer;
}
