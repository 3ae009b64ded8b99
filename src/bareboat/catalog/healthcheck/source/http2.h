/* Frames of HTTP/2 (RFC 9113) and their header blocks (RFC 7541), as far as one call of gRPC needs them. */
#ifndef HTTP2_H
#define HTTP2_H

#include <stddef.h>

#include "checks.h"

enum {
    DATA = 0,
    HEADERS = 1,
    RST_STREAM = 3,
    SETTINGS = 4,
    PUSH_PROMISE = 5,
    PING = 6,
    GOAWAY = 7,
    CONTINUATION = 9,

    END_STREAM = 0x1,
    ACK = 0x1,
    END_HEADERS = 0x4,
    PADDED = 0x8,
    PRIORITY = 0x20,

    /* RFC 9113, 4.2: "All implementations MUST be capable of receiving … frames up to 2^14 octets in length" */
    MOST_FRAME = 1 << 14,
    MOST_REQUEST = 2048,
    STREAM = 1,
};

/* Bytes to send. */
struct request {
    unsigned char bytes[MOST_REQUEST];
    size_t length;
};

/* What the answer's headers say; -1 until it is known. */
struct fields {
    int http_status, grpc_status;
};

/* Add bytes, or a frame's header; end the program as misused when there is no room. */
void put(struct request *request, const void *bytes, size_t length);
void put_frame(struct request *request, size_t length, unsigned type, unsigned flags, unsigned stream);

/* Write all that the call sends: the preface, settings, headers, the message. */
void write_request(struct request *whole, const struct options *options, const char *authority);

/* Read a whole header block. The table was declared to have no room, so that a block needs no memory of others; of the
 * headers only `:status` and `grpc-status` are read. Ends the program as unhealthy when the block is broken. */
void read_block(const char *server, const unsigned char *bytes, size_t length, struct fields *fields);

/* End the program as unhealthy, for `server` does not keep the rules. */
_Noreturn void garbled(const char *server, const char *what);

#endif
