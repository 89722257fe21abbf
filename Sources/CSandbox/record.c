#define _GNU_SOURCE
#include "parent.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static const char *const phases[] = {"starting", "running", "ended"};

void record_write(const struct parent *p) {
    // A line each: container ID PHASE PID STARTED FINISHED CODE SIGNAL. A record that cannot be written is only missing after a
    // death of this process too; the answer to STATE does not depend on it.
    int fd = openat(p->pod.folder_fd, "state.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return;
    bool good = dprintf(fd, "sandbox %d %d %" PRId64 "\n", SANDBOX_PROTOCOL, p->pod.host_pid, p->pod.started_at) > 0;
    for (const struct container *k = p->containers; k; k = k->next) {
        if (k->is_exec) continue;
        good = good
            && dprintf(fd, "container %s %s %d %" PRId64 " %" PRId64 " %d %d\n", k->id, phases[k->phase], k->host_pid, k->started_at,
                   k->finished_at, k->exit_code, k->exit_signal) > 0;
    }
    close(fd);
    if (good) renameat(p->pod.folder_fd, "state.new", p->pod.folder_fd, "state");
    else unlinkat(p->pod.folder_fd, "state.new", 0);
}
