// Signals to a container, to what it left behind, and to the whole pod.

#define _GNU_SOURCE
#include "parent.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/// Whether the signal ends a program that does nothing about it.
static bool ends_by_default(int number) {
    switch (number) {
    case 0: case SIGCHLD: case SIGCONT: case SIGURG: case SIGWINCH: case SIGSTOP: case SIGTSTP: case SIGTTIN: case SIGTTOU: return false;
    default: return true;
    }
}

/// What a program does about a signal.
enum answer { HANDLES, BLOCKS, NOTHING };

static enum answer answer_to(const struct parent *p, const struct container *k, int number) {
    char path[24], line[128];
    snprintf(path, sizeof path, "%d/status", k->host_pid);
    int fd = k->host_pid ? openat(p->pod.host_proc, path, O_RDONLY | O_CLOEXEC) : -1;
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (!file) return HANDLES;
    uint64_t blocked = 0, handled = 0, set;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "SigBlk: %" SCNx64, &set) == 1) blocked = set;
        else if (sscanf(line, "SigIgn: %" SCNx64, &set) == 1 || sscanf(line, "SigCgt: %" SCNx64, &set) == 1) handled |= set;
    }
    fclose(file);
    return handled >> (number - 1) & 1 ? HANDLES : blocked >> (number - 1) & 1 ? BLOCKS : NOTHING;
}

/// A program that is process 1 of a namespace would not hear a signal that it does nothing about; elsewhere it would end by it, and so
/// it does here. Returns whether that was so.
static bool end_by_signal(const struct parent *p, struct container *k, int number) {
    if (!k->own_processes || k->is_exec || k->phase == ENDED || number == SIGKILL || !ends_by_default(number)) return false;
    enum answer answer = answer_to(p, k, number);
    // A shell blocks all signals for the moment of a fork; who waits for signals blocks them for good.
    for (int tries = 0; answer == BLOCKS && tries < 50; tries++) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        answer = answer_to(p, k, number);
    }
    if (answer != NOTHING) return false;
    k->ending_signal = number;
    return kill(k->pid, SIGKILL) == 0;
}

int container_signal(const struct parent *p, struct container *k, int number, bool whole_group) {
    if (k->phase == ENDED) return ESRCH;
    if (number < 0 || number >= NSIG) return EINVAL;
    if (end_by_signal(p, k, number)) return 0;
    // Its first process leads its group; before it does so, during set-up, only it can be reached.
    if (whole_group && kill(-k->pid, number) == 0) return 0;
    return kill(k->pid, number) == 0 ? 0 : errno;
}

/// The inode of a process's mount namespace, 0 for one that is gone or nobody's here.
static uint64_t mount_number(pid_t pid) {
    char path[40];
    struct stat s;
    snprintf(path, sizeof path, "/proc/%d/ns/mnt", pid);
    return stat(path, &s) == 0 ? s.st_ino : 0;
}

/// Calls `does` for each process that /proc shows but 1. Returns how often it said yes.
static int each_process(bool (*does)(const void *context, pid_t pid), const void *context) {
    int count = 0;
    DIR *processes = opendir("/proc");
    if (!processes) return 0;
    for (struct dirent *entry; (entry = readdir(processes));) {
        pid_t pid = atoi(entry->d_name);
        if (pid > 1 && does(context, pid)) count++;
    }
    closedir(processes);
    return count;
}

static bool kill_in(const void *context, pid_t pid) {
    const struct container *k = context;
    return mount_number(pid) == k->mount_number && kill(pid, SIGKILL) == 0;
}

void container_kill_rest(const struct container *k) {
    if (!k->mount_number) return;
    // Until a walk finds none: a process may fork while the walk is under way.
    for (int round = 0; round < 100 && each_process(kill_in, k); round++) {}
}

bool pod_has(const struct parent *p, pid_t pid) {
    uint64_t number = mount_number(pid);
    for (struct container *k = p->containers; k; k = k->next)
        if (number && k->mount_number == number) return true;
    return false;
}

/// Whether a process is this one's child: a container's first, or one that lost its own parent.
static bool is_child(pid_t pid) {
    char path[40], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC), parent = 0;
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    if (n <= 0) return false;
    text[n] = 0;
    const char *rest = strrchr(text, ')');
    return rest && sscanf(rest, ") %*c %d", &parent) == 1 && parent == getpid();
}

struct sending {
    const struct parent *parent;
    int number;
};

static bool send_to(const void *context, pid_t pid) {
    const struct sending *s = context;
    return (is_child(pid) || pod_has(s->parent, pid)) && kill(pid, s->number) == 0;
}

void pod_signal(const struct parent *p, int number) {
    for (struct container *k = p->containers; k; k = k->next) end_by_signal(p, k, number);
    struct sending sending = {.parent = p, .number = number};
    if (p->pod.host_processes) each_process(send_to, &sending);
    else kill(-1, number);
}
