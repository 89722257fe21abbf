// What happens in a container's first process between its birth and its program.

#pragma once

#include "plan.h"
#include <stdbool.h>
#include <sys/types.h>

/// Facts of the pod that the set-up of its containers needs.
struct pod {
    char *id, *folder, *hostname;
    int folder_fd, host_proc, null;
    bool one_identity; // the only one that exists is the user's own, seen as root
    bool host_root;    // the host's root exists, and owns here what it owns there
    bool own_network, host_ipc;
    bool host_processes; // the containers are in the host's PID namespace, and the parent is no process 1
    pid_t host_pid;
    int64_t started_at;
};

/// Reports of a process being set up, over a pipe that its program closes by starting.
struct setup_report {
    int error;         // 0: the process only tells its number
    pid_t host_pid;    // as the main process counts
    pid_t pid;         // as the parent counts; 0 when it knows already
    char stage[24];    // what was being done
    char path[512];    // with what
};

/// Set-up fails: the report is sent with the errno of now, and the process ends.
_Noreturn void setup_fail(const char *stage, const char *path);

/// Makes the volumes of a container through which mounts are passed on shared mounts of this namespace, the parent's: the container's
/// are peers of them. Returns 0, or an errno and where it arose.
int volumes_share(const struct pod *pod, const struct plan *plan, const char **path);

/// The new root directory of a container, made and entered. Runs in the container's mount namespace.
void root_enter(const struct pod *pod, const struct plan *plan);

/// Makes the process what the plan says and runs the program. Descriptors are those of stdin, stdout, stderr; `report` is the pipe.
/// `process` is the pidfd of a process whose PID namespace is shared, -1 for none.
_Noreturn void container_run(const struct pod *pod, const struct plan *plan, const int stdio[3], int report, int process);

/// Joins the namespaces of a running container, given as a pidfd, and runs a program there.
/// The process that calls ends with the program's birth.
_Noreturn void exec_run(const struct pod *pod, const struct plan *plan, const int stdio[3], int report, int process);
