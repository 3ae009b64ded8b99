/* HTTP/1.1 (RFC 9112): one GET, and the status of its answer.
 *
 * The status line decides; headers and body are only taken off the server's hands, so that it ends its work in peace.
 */
#include "checks.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "stream.h"
#include "verdict.h"

enum {
    MOST_REQUEST = 8192,
    MOST_READ = 1 << 16, /* bytes of interim answers, and of what follows the status line */
    MOST_DRAIN_MS = 200,
    PORT = 80,
};

struct request {
    char text[MOST_REQUEST];
    size_t length;
};

struct answer {
    int socket;
    const struct target *from;
    unsigned char data[4096];
    size_t at, end, total;
};

static void add(struct request *request, const char *text, size_t length)
{
    if (length > sizeof request->text - request->length)
        misused("the URL and the headers have more than 8192 bytes together");
    memcpy(request->text + request->length, text, length);
    request->length += length;
}

static void add_text(struct request *request, const char *text)
{
    add(request, text, strlen(text));
}

/* RFC 9110, 5.1 and 5.5: a name is a token, a value has no control characters but the tab. */
static void check_header(const char *header)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    const char *at = header;
    while ((*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z')
           || (*at != '\0' && strchr(marks, *at) != NULL))
        at++;
    if (at == header || *at != ':')
        misused("cannot read the header \"", header, "\": write \"Name: value\"");
    for (; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' ? *at != '\t' : *at == 0x7f)
            misused("the header \"", header, "\" has a control character");
}

/* The next byte of the answer; -1 when the server has closed. */
static int next(struct answer *answer)
{
    if (answer->at == answer->end) {
        if (answer->total >= MOST_READ)
            unhealthy(answer->from->name, " sends interim answers without end");
        answer->end = receive(answer->socket, answer->from, answer->data, sizeof answer->data);
        answer->at = 0;
        answer->total += answer->end;
        if (answer->end == 0)
            return -1;
    }
    return answer->data[answer->at++];
}

/* RFC 9112, 4: "status-line = HTTP-version SP status-code SP [ reason-phrase ]"; many leave the last space out. */
static unsigned read_status(struct answer *answer)
{
    static const char version[] = "HTTP/1.";
    unsigned status = 0;
    int after;
    for (size_t at = 0; at < sizeof version - 1 + 5; at++) {
        int byte = next(answer);
        int fits = at < sizeof version - 1 ? byte == version[at]
                   : at == sizeof version ? byte == ' '
                                          : byte >= '0' && byte <= '9';
        if (byte < 0 && at == 0)
            unhealthy(answer->from->name, " closed the connection without an answer");
        if (byte < 0)
            unhealthy(answer->from->name, " closed the connection in the middle of its answer");
        if (!fits)
            unhealthy(answer->from->name, " does not answer in HTTP/1.1");
        if (at > sizeof version)
            status = status * 10 + (unsigned)(byte - '0');
    }
    after = next(answer);
    if (after != ' ' && after != '\r' && after != '\n')
        unhealthy(answer->from->name, " does not answer in HTTP/1.1");
    answer->at--;
    return status;
}

/* RFC 9110, 15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final response". */
static void skip_headers(struct answer *answer)
{
    for (int line_is_empty = 0;;) {
        int byte = next(answer);
        if (byte < 0)
            unhealthy(answer->from->name, " closed the connection in the middle of its answer");
        if (byte == '\n' && line_is_empty)
            return;
        if (byte != '\r')
            line_is_empty = byte == '\n';
    }
}

static void drain(struct answer *answer)
{
    char sink[4096];
    while (answer->total < MOST_READ) {
        ssize_t received = recv(answer->socket, sink, sizeof sink, 0);
        if (received <= 0)
            return;
        answer->total += (size_t)received;
    }
}

static int is_expected(const struct options *options, unsigned status)
{
    for (size_t at = 0; at < options->ranges; at++)
        if (status >= options->expected[at].least && status <= options->expected[at].most)
            return 1;
    return 0;
}

_Noreturn void check_http(const struct options *options, const char *url)
{
    static const char scheme[] = "http://";
    static struct request request;
    static struct answer answer;
    struct target target = {.name = url};
    const char *authority, *path;
    int has_host = 0;
    unsigned status;
    unsigned long drain_ms;

    if (strncasecmp(url, "https://", 8) == 0)
        misused("speaks no TLS: let the program listen on loopback with http://, or check it with tcp or exec");
    if (strncasecmp(url, scheme, sizeof scheme - 1) != 0)
        misused("cannot read \"", url, "\": write http://127.0.0.1:8080/healthz");
    for (const char *at = url; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~' || *at == '#')
            misused("\"", url, "\" has a character that no request may have");
    authority = url + sizeof scheme - 1;
    path = authority + strcspn(authority, "/?");
    if (memchr(authority, '@', (size_t)(path - authority)) != NULL)
        misused("a user name in the URL is not sent: use --header \"Authorization: ...\"");
    if (options->socket != NULL)
        read_socket_path(&target, options->socket);
    else
        read_target(&target, authority, (size_t)(path - authority), PORT);

    add_text(&request, *path == '/' ? "GET " : "GET /");
    add_text(&request, path);
    add_text(&request, " HTTP/1.1\r\n");
    for (size_t at = 0; at < options->headers; at++) {
        check_header(options->header[at]);
        has_host |= strncasecmp(options->header[at], "host:", 5) == 0;
        add_text(&request, options->header[at]);
        add_text(&request, "\r\n");
    }
    if (!has_host) {
        add_text(&request, "Host: ");
        add(&request, authority, (size_t)(path - authority));
        add_text(&request, "\r\n");
    }
    add_text(&request, "User-Agent: healthcheck/" VERSION "\r\nAccept: */*\r\nConnection: close\r\n\r\n");

    answer.from = &target;
    answer.socket = connect_to(&target);
    send_all(answer.socket, &target, request.text, request.length);
    while ((status = read_status(&answer)) / 100 == 1 && status != 101)
        skip_headers(&answer);
    if (is_expected(options, status))
        set_verdict(HEALTHY, "healthy: ", url, " answers ", decimal(status).text, (const char *)0);
    else
        set_verdict(UNHEALTHY, "unhealthy: ", url, " answers ", decimal(status).text, (const char *)0);
    drain_ms = options->timeout_ms / 8; /* whoever waits for the verdict waits for this too */
    tell_after(drain_ms == 0 ? 1 : drain_ms > MOST_DRAIN_MS ? MOST_DRAIN_MS : drain_ms);
    drain(&answer);
    tell();
}
