#define _GNU_SOURCE
#include "include/CSandbox.h"
#include <dirent.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int swkube_stand_back(int stands_back) {
    int wanted = stands_back ? SCHED_BATCH : SCHED_OTHER;
    struct sched_param none = {0};
    // Another policy than these two is the user's own choice.
    return sched_getscheduler(0) == (stands_back ? SCHED_OTHER : SCHED_BATCH) && sched_setscheduler(0, wanted, &none) == 0;
}

/// The kernel's struct sched_attr, which the C library of Debian 12 lacks. Source: sched_setattr(2).
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

static void set_turn(pid_t thread, uint64_t nanoseconds) {
    struct attributes attributes;
    if (syscall(SYS_sched_getattr, thread, &attributes, sizeof attributes, 0) < 0) return;
    if (attributes.policy != SCHED_OTHER && attributes.policy != SCHED_BATCH) return;
    attributes.runtime = nanoseconds;
    // Before Linux 6.12 a turn is as long as the kernel wants, and this changes nothing.
    syscall(SYS_sched_setattr, thread, &attributes, 0);
}

void swkube_set_turns(uint64_t nanoseconds) {
    DIR *threads = opendir("/proc/self/task");
    if (!threads) return set_turn(0, nanoseconds);
    for (struct dirent *entry; (entry = readdir(threads));)
        if (atoi(entry->d_name) > 0) set_turn(atoi(entry->d_name), nanoseconds);
    closedir(threads);
}
