/* gRPC Health Checking Protocol, version 1, over HTTP/2 in the clear with prior knowledge (RFC 9113, 3.3).
 *
 * One call is made, and the frames of its answer are read until the stream ends.
 */
#include "checks.h"

#include <string.h>

#include "http2.h"
#include "stream.h"
#include "verdict.h"

enum { MOST_BLOCK = 1 << 14, MOST_MESSAGE = 1 << 12 };

struct call {
    int socket;
    const struct target *server;
    unsigned char frame[MOST_FRAME];
    unsigned char block[MOST_BLOCK];
    unsigned char message[MOST_MESSAGE];
    size_t block_length, message_length;
    int is_in_block, block_ends_stream, has_ended;
    struct fields fields;
};

static void send_frame(const struct call *call, unsigned type, unsigned flags, const void *payload, size_t length)
{
    struct request frame = {.length = 0};
    put_frame(&frame, length, type, flags, 0);
    put(&frame, payload, length);
    send_all(call->socket, call->server, frame.bytes, frame.length);
}

static void receive_exactly(const struct call *call, unsigned char *bytes, size_t length)
{
    for (size_t got = 0; got < length;) {
        size_t more = receive(call->socket, call->server, bytes + got, length - got);
        if (more == 0)
            unhealthy(call->server->name, " closed the connection before its answer was complete");
        got += more;
    }
}

static unsigned long number_at(const unsigned char *bytes)
{
    return (unsigned long)bytes[0] << 24 | (unsigned long)bytes[1] << 16 | (unsigned long)bytes[2] << 8 | bytes[3];
}

/* The payload without padding and priority; `length` becomes its length. */
static const unsigned char *unpadded(const struct call *call, unsigned type, unsigned flags, size_t *length)
{
    const unsigned char *payload = call->frame;
    size_t padding = 0, priority = type == HEADERS && (flags & PRIORITY) != 0 ? 5 : 0;
    if ((flags & PADDED) != 0) {
        if (*length == 0)
            garbled(call->server->name, "a padded frame is empty");
        padding = *payload++;
        --*length;
    }
    if (*length < padding + priority)
        garbled(call->server->name, "a frame is shorter than its padding");
    *length -= padding + priority;
    return payload + priority;
}

static void add_to_block(struct call *call, const unsigned char *payload, size_t length, unsigned flags)
{
    if (length > sizeof call->block - call->block_length)
        unhealthy(call->server->name, " sends more headers than anybody needs");
    memcpy(call->block + call->block_length, payload, length);
    call->block_length += length;
    call->is_in_block = (flags & END_HEADERS) == 0;
    if (call->is_in_block)
        return;
    read_block(call->server->name, call->block, call->block_length, &call->fields);
    call->block_length = 0;
    call->has_ended |= call->block_ends_stream;
}

static void on_stream(struct call *call, unsigned type, unsigned flags, size_t length)
{
    const unsigned char *payload;
    switch (type) {
    case HEADERS:
        payload = unpadded(call, type, flags, &length);
        call->block_ends_stream = (flags & END_STREAM) != 0;
        add_to_block(call, payload, length, flags);
        return;
    case DATA:
        payload = unpadded(call, type, flags, &length);
        if (length > sizeof call->message - call->message_length)
            unhealthy(call->server->name, " sends a larger answer than a health check has");
        memcpy(call->message + call->message_length, payload, length);
        call->message_length += length;
        call->has_ended |= (flags & END_STREAM) != 0;
        return;
    case RST_STREAM:
        if (length != 4)
            garbled(call->server->name, "RST_STREAM does not have four bytes");
        unhealthy(call->server->name, " refuses the call: HTTP/2 error ", decimal(number_at(call->frame)).text);
    case PUSH_PROMISE:
        garbled(call->server->name, "it pushes");
    default:
        return; /* WINDOW_UPDATE and PRIORITY; RFC 9113, 5.5: unknown frames "MUST be … discarded" */
    }
}

static void on_connection(struct call *call, unsigned type, unsigned flags, size_t length)
{
    switch (type) {
    case SETTINGS:
        if (length % 6 != 0 || ((flags & ACK) != 0 && length != 0))
            garbled(call->server->name, "SETTINGS has a broken length");
        if ((flags & ACK) == 0)
            send_frame(call, SETTINGS, ACK, "", 0);
        return;
    case PING:
        if (length != 8)
            garbled(call->server->name, "PING does not have eight bytes");
        if ((flags & ACK) == 0)
            send_frame(call, PING, ACK, call->frame, length);
        return;
    case GOAWAY:
        /* With this stream among those that it still answers the server may go after the answer. */
        if (length < 8)
            garbled(call->server->name, "GOAWAY is too short");
        if (number_at(call->frame + 4) != 0 || (number_at(call->frame) & 0x7fffffff) < STREAM)
            unhealthy(call->server->name, " goes away: HTTP/2 error ", decimal(number_at(call->frame + 4)).text);
        return;
    case DATA:
    case HEADERS:
    case RST_STREAM:
    case PUSH_PROMISE:
    case CONTINUATION:
        garbled(call->server->name, "a frame has no stream");
    default:
        return;
    }
}

static void read_frame(struct call *call, int is_first)
{
    unsigned char header[9];
    size_t length;
    unsigned type, flags;
    unsigned long stream;

    receive_exactly(call, header, sizeof header);
    length = (size_t)header[0] << 16 | (size_t)header[1] << 8 | header[2];
    type = header[3];
    flags = header[4];
    stream = number_at(header + 5) & 0x7fffffff;
    /* RFC 9113, 3.4: "The server connection preface consists of a potentially empty SETTINGS frame" */
    if (is_first && (length > MOST_FRAME || type != SETTINGS || (flags & ACK) != 0 || stream != 0))
        unhealthy(call->server->name, " does not speak gRPC in the clear");
    if (length > MOST_FRAME)
        garbled(call->server->name, "a frame is too large");
    receive_exactly(call, call->frame, length);
    if (call->is_in_block && (type != CONTINUATION || stream != STREAM))
        garbled(call->server->name, "a header block is interrupted");
    if (type == CONTINUATION) {
        if (!call->is_in_block)
            garbled(call->server->name, "CONTINUATION continues nothing");
        add_to_block(call, call->frame, length, flags);
    } else if (stream == 0) {
        on_connection(call, type, flags, length);
    } else if (stream == STREAM) {
        on_stream(call, type, flags, length);
    } else if (type == HEADERS || type == PUSH_PROMISE) {
        garbled(call->server->name, "it opens a stream");
    }
}

/* `HealthCheckResponse { ServingStatus status = 1; }`: its status, -1 when it cannot be read. */
static long serving_status(const unsigned char *at, const unsigned char *end)
{
    long status = 0;
    while (at < end) {
        unsigned tag = *at++;
        unsigned long number = 0;
        unsigned shift = 0;
        if ((tag & 0x80) != 0)
            return -1;
        if ((tag & 7) == 5 || (tag & 7) == 1) {
            size_t width = (tag & 7) == 5 ? 4 : 8;
            if ((size_t)(end - at) < width)
                return -1;
            at += width;
            continue;
        }
        if ((tag & 7) != 0 && (tag & 7) != 2)
            return -1;
        do {
            if (at == end || shift > 21)
                return -1;
            number |= (unsigned long)(*at & 0x7f) << shift;
            shift += 7;
        } while ((*at++ & 0x80) != 0);
        if (tag == 0x08)
            status = (long)number;
        if ((tag & 7) == 2) {
            if (number > (unsigned long)(end - at))
                return -1;
            at += number;
        }
    }
    return status;
}

static _Noreturn void judge(const struct call *call)
{
    const char *name = call->server->name;
    if (call->fields.http_status >= 0 && call->fields.http_status != 200)
        unhealthy(name, " does not speak gRPC: it answers ", decimal((unsigned long)call->fields.http_status).text);
    switch (call->fields.grpc_status) {
    case 0:
        break;
    case -1:
        unhealthy(name, " ends its answer without a grpc-status");
    case 5:
        unhealthy(name, " does not know the service");
    case 12:
        unhealthy(name, " has no health service");
    default:
        unhealthy(name, " answers with grpc-status ", decimal((unsigned long)call->fields.grpc_status).text);
    }
    if (call->message_length < 5 || number_at(call->message + 1) != call->message_length - 5)
        unhealthy(name, " answers with a message that is not whole");
    if (call->message[0] != 0)
        unhealthy(name, " compresses its answer, which nobody asked for");
    switch (serving_status(call->message + 5, call->message + call->message_length)) {
    case 0:
        unhealthy(name, " is UNKNOWN");
    case 1:
        healthy(name, " is SERVING");
    case 2:
        unhealthy(name, " is NOT_SERVING");
    case 3:
        unhealthy(name, " is SERVICE_UNKNOWN");
    default:
        unhealthy(name, " answers with a status that nobody knows");
    }
}

_Noreturn void check_grpc(const struct options *options, const char *address)
{
    static struct request request;
    static struct call call;
    struct target server = {.name = address};

    read_target(&server, address, strlen(address), 0);
    call.server = &server;
    call.fields.http_status = call.fields.grpc_status = -1;
    write_request(&request, options, strncmp(address, "unix:", 5) == 0 ? "localhost" : address);
    call.socket = connect_to(&server);
    send_all(call.socket, &server, request.bytes, request.length);
    read_frame(&call, 1);
    while (!call.has_ended)
        read_frame(&call, 0);
    judge(&call);
}
