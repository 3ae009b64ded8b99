#include "stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "verdict.h"

static void add_ipv4(struct target *target, struct in_addr host, unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = host};
    memcpy(&target->at[target->count].address, &address, sizeof address);
    target->at[target->count++].length = sizeof address;
}

static void add_ipv6(struct target *target, struct in6_addr host, unsigned port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = host};
    memcpy(&target->at[target->count].address, &address, sizeof address);
    target->at[target->count++].length = sizeof address;
}

static unsigned read_port(const char *text, const char *end, const char *shown)
{
    unsigned port = 0;
    if (text == end || end - text > 5)
        misused("cannot read the port of \"", shown, "\"");
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            misused("cannot read the port of \"", shown, "\"");
        port = port * 10 + (unsigned)(*text - '0');
    }
    if (port < 1 || port > 65535)
        misused("the port of \"", shown, "\" is not one from 1 to 65535");
    return port;
}

void read_socket_path(struct target *target, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (*path != '/' || length >= sizeof address.sun_path)
        misused("the path of a socket begins with / and has at most 107 bytes: \"", path, "\"");
    memcpy(address.sun_path, path, length + 1);
    memcpy(&target->at[0].address, &address, sizeof address);
    target->at[0].length = sizeof address;
    target->count = 1;
}

void read_target(struct target *target, const char *text, size_t length, unsigned fallback)
{
    const char *end = text + length, *host = text, *host_end, *port = NULL;
    char plain[LONGEST_HOST + 1];
    struct in_addr ipv4;
    struct in6_addr ipv6;
    int bracketed = length > 0 && *text == '[';
    unsigned number;

    target->count = 0;
    if (length > 5 && memcmp(text, "unix:", 5) == 0) {
        read_socket_path(target, text + 5);
        return;
    }
    if (bracketed) {
        host = text + 1;
        host_end = memchr(host, ']', (size_t)(end - host));
        if (host_end == NULL || (host_end + 1 != end && host_end[1] != ':'))
            misused("cannot read \"", target->name, "\": write [::1]:8080");
        if (host_end + 1 != end)
            port = host_end + 2;
    } else {
        host_end = memchr(text, ':', length);
        if (host_end == NULL)
            host_end = end;
        else
            port = host_end + 1;
    }
    if (port == NULL && fallback == 0)
        misused("\"", target->name, "\" has no port: write 127.0.0.1:8080");
    number = port == NULL ? fallback : read_port(port, end, target->name);
    if (host_end == host || (size_t)(host_end - host) > LONGEST_HOST)
        misused("\"", target->name, "\" has no host: write 127.0.0.1:8080");
    memcpy(plain, host, (size_t)(host_end - host));
    plain[host_end - host] = '\0';

    if (bracketed && inet_pton(AF_INET6, plain, &ipv6) == 1) {
        add_ipv6(target, ipv6, number);
    } else if (!bracketed && inet_pton(AF_INET, plain, &ipv4) == 1) {
        add_ipv4(target, ipv4, number);
    } else if (!bracketed && strcmp(plain, "localhost") == 0) {
        ipv4.s_addr = htonl(INADDR_LOOPBACK);
        add_ipv4(target, ipv4, number);
        add_ipv6(target, in6addr_loopback, number);
    } else {
        misused("names are not looked up: write an address or localhost instead of \"", plain, "\"");
    }
}

const char *reason(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return "nobody listens there";
    case ENOENT:
        return "there is no such file";
    case ENOTDIR:
        return "a part of its path is no folder";
    case EACCES:
    case EPERM:
        return "permission denied";
    case ECONNRESET:
    case EPIPE:
        return "the connection was closed";
    case ETIMEDOUT:
        return "no answer";
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        return "there is no way to this address";
    case ENOEXEC:
        return "it is no program of this machine";
    case ELOOP:
        return "its links lead round in a circle";
    default:
        return NULL;
    }
}

int connect_to(const struct target *target)
{
    int error = 0;
    for (size_t at = 0; at < target->count; at++) {
        const struct sockaddr *address = (const struct sockaddr *)&target->at[at].address;
        int made = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (made >= 0 && connect(made, address, target->at[at].length) == 0)
            return made;
        if (at == 0)
            error = errno; /* that of the first counts: many machines have no IPv6 */
        if (made >= 0)
            close(made);
    }
    if (reason(error) == NULL)
        unhealthy("cannot connect to ", target->name, ": error ", decimal((unsigned long)error).text);
    unhealthy("cannot connect to ", target->name, ": ", reason(error));
}

void send_all(int socket, const struct target *target, const void *data, size_t length)
{
    const char *rest = data;
    while (length > 0) {
        ssize_t sent = send(socket, rest, length, MSG_NOSIGNAL);
        if (sent <= 0)
            unhealthy(target->name, " closed the connection without an answer");
        rest += sent;
        length -= (size_t)sent;
    }
}

size_t receive(int socket, const struct target *target, void *data, size_t room)
{
    ssize_t received = recv(socket, data, room, 0);
    if (received < 0)
        unhealthy(target->name, " broke the connection before its answer was complete");
    return (size_t)received;
}
