/* cores.h - who runs where while a test measures what a client waits for a server.
 *
 * With few cores the kernel's scheduler would be measured: a client that waits for the core that an
 * attacker's own work is on waits for no server. So the server has a core of its own, clients share the
 * others, and the client that measures comes before those that attack. Each call is about the calling thread
 * and what it starts later, and does what the system allows. */
#ifndef TESTS_SERVER_CORES_H
#define TESTS_SERVER_CORES_H

/** The server's thread, or process. */
void cores_for_server(void);

/** The client whose waiting is measured. */
void cores_for_neighbour(void);

/** Those whose own time does not matter. */
void cores_for_attacker(void);

#endif
