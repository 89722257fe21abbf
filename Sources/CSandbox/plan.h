// What a container is to be: the START or EXEC request, read into C.

#pragma once

#include "bytes.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// A list of texts that ends with NULL, as execve wants it.
struct texts {
    char **items;
    size_t count;
};

struct mount_plan {
    char *source; // NULL: tmpfs, or layers
    struct texts layers; // of an image, the highest first
    char *subpath;
    char *target;
    bool read_only;
    int64_t size, mode; // of tmpfs, -1: not given
    int propagation;
};

struct plan {
    char *id, *folder, *directory, *log, *with_processes_of, *apparmor;
    struct texts arguments, variables, layers, masks, control_groups;
    int64_t memory_layer; // bytes, -1: on disk
    int64_t data_limit, process_limit; // -1: none
    int64_t user, group; // -1: that of the pod's root
    gid_t *groups;
    size_t group_count;
    struct mount_plan *mounts;
    size_t mount_count;
    uint64_t capabilities;
    struct bytes seccomp_program; // empty: none, or the default
    unsigned seccomp_flags;
    bool seccomp, without_overlay, read_only_root, no_new_privileges, own_processes, terminal, privileged, unmasked;
    int niceness;      // 0: that of the parent
    int input;         // SANDBOX_INPUT, 0: /dev/null
    int rows, columns; // of the terminal
};

/// What docker and containerd grant by default.
#define DEFAULT_CAPABILITIES 0xa80425fbull

/// Fills a plan from a request's fields; false when the request is malformed or has a field that this version does not know.
bool plan_read(struct plan *plan, struct fields fields);
void plan_free(struct plan *plan);
