/* The checks, and what the command line says besides what to check. Each ends the program with its verdict. */
#ifndef CHECKS_H
#define CHECKS_H

#include <stddef.h>

#define VERSION "1.0.0"

enum { MOST_RANGES = 8, MOST_HEADERS = 16 };

struct options {
    unsigned long timeout_ms;
    const char *timeout; /* as it was written */
    struct {
        unsigned least, most;
    } expected[MOST_RANGES];
    size_t ranges;
    const char *header[MOST_HEADERS];
    size_t headers;
    const char *socket;
    const char *service;
    const char *younger_than; /* as it was written */
    unsigned long younger_than_ms;
};

_Noreturn void check_http(const struct options *options, const char *url);
_Noreturn void check_tcp(const char *address);
_Noreturn void check_grpc(const struct options *options, const char *address);
_Noreturn void check_file(const struct options *options, const char *path);
_Noreturn void check_exec(char *const *command);

#endif
