// The root directory of a container: what it is made of, and what is mounted in it.

#define _GNU_SOURCE
#include "hostview.h"
#include "kernelview.h"
#include "mounts.h"
#include "setup.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

void root_attach(int root, int mount, const char *target, bool directory, const char *stage) {
    int place = mount < 0 ? -1 : make_inside(root, target, directory);
    if (place < 0 || mount_attach(mount, place) < 0) setup_fail(stage, target);
    close(place);
    close(mount);
}

static void make_folder(const struct plan *plan, const char *name, char path[PATH_MAX]) {
    if (snprintf(path, PATH_MAX, "%s%s", plan->folder, name) >= PATH_MAX - 16) errno = ENAMETOOLONG;
    else if (mkdir(path, 0755) == 0 || errno == EEXIST) return;
    setup_fail("root", path);
}

/// A folder by a short name that holds no character with a meaning in mount options, whatever its path.
static void add_folder(struct bytes *options, const char *before, const char *path) {
    char name[64];
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) setup_fail("layer", path);
    int length = snprintf(name, sizeof name, "%s/proc/self/fd/%d", before, fd);
    bytes_append(options, name, (size_t)length);
}

/// Mounts the layers of an image at `path`; with an upper folder they can be written to. By the old call: the new one takes no option
/// longer than 255 bytes, which is three layers.
static void mount_layers(const struct texts *layers, const char *upper, const char *work, unsigned long flags, const char *path) {
    struct bytes options = {0};
    for (size_t i = 0; i < layers->count; i++) add_folder(&options, i ? ":" : "lowerdir=", layers->items[i]);
    if (upper) {
        add_folder(&options, ",upperdir=", upper);
        add_folder(&options, ",workdir=", work);
        bytes_append(&options, ",volatile", 9);
    }
    bytes_append(&options, ",userxattr", 11);
    if (mount("overlay", path, "overlay", flags, options.data) < 0) setup_fail("layers", layers->items[0]);
    bytes_free(&options);
}

/// The layers of an image as one tree, or a place in it, read-only. They are put together in the old root, which goes.
static int image_volume(const struct plan *container, const struct mount_plan *plan, size_t index) {
    char name[32], path[PATH_MAX];
    const char *tree = plan->layers.items[0];
    if (plan->layers.count > 1) {
        snprintf(name, sizeof name, "/volume-%zu", index);
        make_folder(container, name, path);
        mount_layers(&plan->layers, NULL, NULL, MS_RDONLY | MS_NOSUID | MS_NODEV, path);
        tree = path;
    }
    int folder = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int place = folder < 0 || !plan->subpath ? folder : open_beneath(folder, plan->subpath);
    int copy = place < 0 ? -1 : mount_copy(place, "", false);
    int error = errno;
    if (place >= 0 && place != folder) close(place);
    if (folder >= 0) close(folder);
    const unsigned attributes = MOUNT_READ_ONLY | MOUNT_NO_SUID | MOUNT_NO_DEVICES | MOUNT_NO_EXEC;
    if (copy >= 0 && mount_change(copy, false, attributes, MOUNT_PRIVATE) < 0) {
        error = errno;
        close(copy);
        copy = -1;
    }
    errno = error;
    return copy;
}

static int volume(const struct plan *container, const struct mount_plan *plan, size_t index) {
    if (plan->layers.count) return image_volume(container, plan, index);
    if (!plan->source) {
        char size[32], mode[16];
        snprintf(size, sizeof size, "%lld", (long long)plan->size);
        snprintf(mode, sizeof mode, "%o", (unsigned)(plan->mode < 0 ? 01777 : plan->mode));
        const char *options[] = {"mode", mode, plan->size > 0 ? "size" : NULL, size, NULL};
        return mount_new("tmpfs", MOUNT_NO_SUID | MOUNT_NO_DEVICES | (plan->read_only ? MOUNT_READ_ONLY : 0), options);
    }
    int mount;
    if (plan->subpath) {
        int folder = open(plan->source, O_PATH | O_DIRECTORY | O_CLOEXEC);
        int below = folder < 0 ? -1 : open_beneath(folder, plan->subpath);
        mount = below < 0 ? -1 : mount_copy(below, "", true);
        int error = errno;
        if (below >= 0) close(below);
        if (folder >= 0) close(folder);
        errno = error;
    } else {
        mount = mount_copy(AT_FDCWD, plan->source, true);
    }
    if (mount >= 0 && mount_change(mount, true, plan->read_only ? MOUNT_READ_ONLY : 0, (enum mount_propagation)plan->propagation) < 0) {
        close(mount);
        return -1;
    }
    return mount;
}

/// Over /proc nothing is mounted: programs, and what is hidden of it, rely on its being what it is. As runc: EINVAL.
static void refuse_proc(int root, const char *target) {
    struct statfs s;
    int place = open_inside(root, target, false);
    if (place < 0) return;
    bool is_proc = fstatfs(place, &s) == 0 && s.f_type == PROC_SUPER_MAGIC;
    close(place);
    if (!is_proc) return;
    errno = EINVAL;
    setup_fail("mount inside /proc", target);
}

static void make_volumes(const struct plan *plan, int root) {
    for (size_t i = 0; i < plan->mount_count; i++) {
        const struct mount_plan *entry = &plan->mounts[i];
        refuse_proc(root, entry->target);
        int mount = volume(plan, entry, i);
        if (mount < 0) setup_fail("mount source", entry->source ? entry->source : entry->target);
        root_attach(root, mount, entry->target, is_directory(mount), "mount");
    }
}

/// One overlay as the root: over the layers of an image, or over the pod's skeleton of the host's root. Fails at once for an image.
/// All are folders of our own, so nothing is locked below them. Returns whether there is one.
static bool cover_root(const struct pod *pod, const struct plan *plan, const char *path) {
    char lower[PATH_MAX], upper[PATH_MAX], work[PATH_MAX];
    make_folder(plan, "/layer", upper);
    make_folder(plan, "/work/root", work);
    if (plan->layers.count) {
        mount_layers(&plan->layers, upper, work, MS_NODEV, path);
        int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root < 0 || mount_change(root, false, 0, MOUNT_UNBINDABLE) < 0) setup_fail("root", path);
        close(root);
        return true;
    }
    snprintf(lower, sizeof lower, "%s/view", pod->folder);
    const char *options[] = {"lowerdir", lower, "upperdir", upper, "workdir", work, "userxattr", NULL, "volatile", NULL, NULL};
    int mount = mount_new("overlay", MOUNT_NO_DEVICES, options);
    if (mount < 0) return false;
    int place = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    // Unbindable: a copy of a host folder that holds this one must not hold the half-made root again.
    if (place < 0 || mount_change(mount, false, 0, MOUNT_UNBINDABLE) < 0 || mount_attach(mount, place) < 0) setup_fail("root", path);
    close(place);
    close(mount);
    return true;
}

/// A plain folder as the root, filled with the names of the host's.
static void bind_root(const char *path) {
    int mount = mount_copy(AT_FDCWD, path, false), place = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (mount < 0 || place < 0 || mount_change(mount, false, MOUNT_NO_DEVICES, MOUNT_UNBINDABLE) < 0 || mount_attach(mount, place) < 0)
        setup_fail("root", path);
    if (host_skeleton(mount) < 0) setup_fail("root", path);
    close(mount);
    close(place);
}

/// Memory over the container's folder, in its mount namespace only: gone with its last process, and free of the disk's journal.
static void layer_in_memory(const struct plan *plan) {
    char size[32];
    snprintf(size, sizeof size, "%lld", (long long)plan->memory_layer);
    const char *options[] = {"mode", "700", "size", size, NULL};
    int mount = mount_new("tmpfs", MOUNT_NO_DEVICES, options), place = open(plan->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (mount < 0 || place < 0 || mount_attach(mount, place) < 0) setup_fail("root", plan->folder);
    close(mount);
    close(place);
}

static int make_root(const struct pod *pod, const struct plan *plan, char path[PATH_MAX]) {
    if (plan->memory_layer > 0) layer_in_memory(plan);
    make_folder(plan, "/upper", path);
    make_folder(plan, "/work", path);
    make_folder(plan, "/root", path);
    bool covered = !plan->without_overlay && cover_root(pod, plan, path);
    if (!covered && plan->layers.count) setup_fail("root", plan->layers.items[0]);
    if (!covered) bind_root(path);
    int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) setup_fail("root", path);
    if (!plan->layers.count) host_view(pod, plan, root);
    return root;
}

/// Makes mount points and the working directory while the root can still be written.
static void make_points(const struct plan *plan, int root) {
    static const struct { const char *path; mode_t mode; } own[] = {
        {"/proc", 0555}, {"/sys", 0555}, {"/dev", 0755}, {"/run", 0755}, {"/run/lock", 01777}, {"/tmp", 01777}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        int fd = make_inside(root, own[i].path, true);
        if (fd < 0) setup_fail("root", own[i].path);
        struct stat s;
        if (!plan->layers.count && fstat(fd, &s) == 0 && (s.st_mode & 07777) != own[i].mode) {
            char self[40];
            snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
            if (chmod(self, own[i].mode) < 0) setup_fail("root", own[i].path);
        }
        close(fd);
    }
    for (size_t i = 0; i < plan->mount_count; i++) {
        const char *target = plan->mounts[i].target;
        if (strncmp(target, "/dev/", 5) == 0) continue; // made when /dev is there
        // The kind comes out when the mount is attached; here only a place that a read-only root would refuse is made.
        int fd = open_inside(root, target, false);
        if (fd < 0) fd = make_inside(root, target, !mount_is_file(&plan->mounts[i]));
        if (fd >= 0) close(fd); // what failed here fails with its reason at the mount
    }
    if (plan->directory && plan->directory[0] == '/') {
        int fd = make_inside(root, plan->directory, true);
        if (fd >= 0) close(fd); // it may lie in a volume; chdir tells
    }
}

void root_enter(const struct pod *pod, const struct plan *plan) {
    char path[PATH_MAX];
    int root = make_root(pod, plan, path);
    make_points(plan, root);
    if (plan->read_only_root && mount_change(root, true, MOUNT_READ_ONLY, MOUNT_KEEP) < 0) setup_fail("read-only root", "/");
    kernel_view(pod, plan, root);
    make_volumes(plan, root);
    int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (old < 0 || fchdir(root) < 0) setup_fail("root", path);
    close(root);
    // The old root is stacked over the new one and taken off: no folder for it is needed. It is private first, lest what is mounted in
    // shared volumes goes from under the pod's other containers with it.
    if (syscall(SYS_pivot_root, ".", ".") < 0 || fchdir(old) < 0 || mount(NULL, ".", NULL, MS_REC | MS_PRIVATE, NULL) < 0
        || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
        setup_fail("root", path);
    close(old);
}
