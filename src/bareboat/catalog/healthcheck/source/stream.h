/* Connections of this machine: addresses of numbers, `localhost`, and sockets in the file system.
 *
 * Names are not looked up: a check is about the container that it runs in.
 * Nothing here waits for a time: the alarm of `tell_after` ends the program in the middle of any call.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { MOST_ADDRESSES = 2, LONGEST_HOST = 255 };

/* Where a server is: one address, or two for `localhost`, and what to call it. */
struct target {
    const char *name;
    struct {
        struct sockaddr_storage address;
        socklen_t length;
    } at[MOST_ADDRESSES];
    size_t count;
};

/* Read `host:port`, `[v6]:port`, or `unix:/path`; `fallback` is the port when none is said, 0 for none.
 * Ends the program as misused when it is none of them. */
void read_target(struct target *target, const char *text, size_t length, unsigned fallback);

/* Make `target` the socket at `path`. */
void read_socket_path(struct target *target, const char *path);

/* Connect; ends the program as unhealthy when nobody takes the connection. */
int connect_to(const struct target *target);

/* Send everything; ends the program as unhealthy when the other side does not take it. */
void send_all(int socket, const struct target *target, const void *data, size_t length);

/* Receive at least one byte and at most `room`; 0 when the other side has closed. */
size_t receive(int socket, const struct target *target, void *data, size_t room);

/* Why a call of the system failed, in a few words. */
const char *reason(int error);

#endif
