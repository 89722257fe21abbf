#define _GNU_SOURCE
#include "parent.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const phases[] = {"starting", "running", "ended"};

void record_write(const struct parent *p) {
    // The first line ends in ` host` where containers are in the host's PID namespace. A line each: container ID PHASE PID STARTED FINISHED CODE SIGNAL; the last line is `end`. Written in place and in one piece: to
    // rename a new file over the old one makes ext4 write it out at once. A record that cannot be written is missing only after a
    // death of this process too; the answer to STATE does not depend on it.
    struct bytes text = {0};
    char line[256];
    int n = snprintf(line, sizeof line, "sandbox %d %d %" PRId64 "%s\n", SANDBOX_PROTOCOL, p->pod.host_pid, p->pod.started_at,
        p->pod.host_processes ? " host" : "");
    bytes_append(&text, line, (size_t)n);
    for (const struct container *k = p->containers; k; k = k->next) {
        if (k->is_exec || k->forgotten) continue;
        n = snprintf(line, sizeof line, " %s %d %" PRId64 " %" PRId64 " %d %d\n", phases[k->phase], k->host_pid, k->started_at,
            k->finished_at, k->exit_code, k->exit_signal);
        bytes_append(&text, "container ", 10);
        bytes_append(&text, k->id, strlen(k->id));
        bytes_append(&text, line, (size_t)n);
    }
    bytes_append(&text, "end\n", 4);
    int fd = openat(p->pod.folder_fd, "state", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        if (pwrite(fd, text.data, text.length, 0) == (ssize_t)text.length) (void)!ftruncate(fd, (off_t)text.length);
        close(fd);
    }
    bytes_free(&text);
}
