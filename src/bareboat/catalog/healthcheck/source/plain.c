/* The checks that need no protocol: a port, a file, a program. */
#include "checks.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stream.h"
#include "verdict.h"

extern char **environ;

_Noreturn void check_tcp(const char *address)
{
    struct target target = {.name = address};
    read_target(&target, address, strlen(address), 0);
    connect_to(&target);
    healthy(address, " takes connections");
}

_Noreturn void check_file(const struct options *options, const char *path)
{
    struct stat found;
    struct timespec now;
    long long age_ms;

    if (stat(path, &found) != 0) {
        if (reason(errno) == NULL)
            unhealthy("cannot look at ", path, ": error ", decimal((unsigned long)errno).text);
        unhealthy("cannot look at ", path, ": ", reason(errno));
    }
    if (options->younger_than == NULL)
        healthy(path, " is there");
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        unhealthy("cannot read the clock");
    age_ms = ((long long)now.tv_sec - (long long)found.st_mtim.tv_sec) * 1000
             + ((long long)now.tv_nsec - (long long)found.st_mtim.tv_nsec) / 1000000;
    if (age_ms > (long long)options->younger_than_ms)
        unhealthy(path, " was last written ", decimal((unsigned long)(age_ms / 1000)).text, " seconds ago, more than ",
                  options->younger_than);
    healthy(path, " was written less than ", options->younger_than, " ago");
}

_Noreturn void check_exec(char *const *command)
{
    posix_spawnattr_t attributes;
    sigset_t alarm, before;
    pid_t child, ended;
    int error, status = 0;

    /* The alarm waits until it is known whom it has to kill. */
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm, &before);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &before);
    error = posix_spawnp(&child, command[0], NULL, &attributes, command, environ);
    if (error != 0 && reason(error) == NULL)
        unhealthy("cannot run ", command[0], ": error ", decimal((unsigned long)error).text);
    if (error != 0)
        unhealthy("cannot run ", command[0], ": ", reason(error));
    set_charge((int)child);
    sigprocmask(SIG_SETMASK, &before, NULL);

    do
        ended = waitpid(child, &status, 0);
    while (ended < 0 && errno == EINTR);
    if (ended < 0)
        unhealthy("cannot wait for ", command[0]);
    if (WIFSIGNALED(status))
        unhealthy(command[0], " was ended by signal ", decimal((unsigned long)WTERMSIG(status)).text);
    if (WEXITSTATUS(status) != 0)
        unhealthy(command[0], " ended with ", decimal((unsigned long)WEXITSTATUS(status)).text);
    healthy(command[0], " ended with 0");
}
