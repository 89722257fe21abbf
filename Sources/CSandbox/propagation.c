// Volumes through which the mounts of one container reach the others of its pod.

#define _GNU_SOURCE
#include "setup.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static bool holds(const char *folder, const char *path) {
    size_t length = strlen(folder);
    while (length && folder[length - 1] == '/') length--;
    return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

/// Whether a volume's mounts are passed on. What the pod's folder lies in never is: the mounts of every container's root would be too.
static bool is_shared(const struct pod *pod, const struct mount_plan *mount) {
    enum { BIDIRECTIONAL = 2 };
    if (!mount->source || !mount->propagation || holds(mount->source, pod->folder)) return false;
    // Volumes of the pod's own lie beside its sandbox; whoever listens to one of those may be there before the one who speaks.
    size_t own = (size_t)(strrchr(pod->folder, '/') - pod->folder);
    return mount->propagation == BIDIRECTIONAL || (strncmp(mount->source, pod->folder, own) == 0 && mount->source[own] == '/');
}

int volumes_share(const struct pod *pod, const struct plan *plan, const char **path) {
    for (size_t i = 0; i < plan->mount_count; i++) {
        const char *source = plan->mounts[i].source;
        struct statx s;
        if (!is_shared(pod, &plan->mounts[i])) continue;
        *path = source;
        if (statx(AT_FDCWD, source, 0, 0, &s) < 0) return errno;
        bool is_mount = s.stx_attributes & STATX_ATTR_MOUNT_ROOT;
        if (!is_mount && mount(source, source, NULL, MS_BIND | MS_REC, NULL) < 0) return errno;
        if (mount(NULL, source, NULL, MS_SHARED, NULL) < 0) return errno;
    }
    return 0;
}
