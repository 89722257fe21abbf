#define _GNU_SOURCE
#include "hostview.h"
#include "mounts.h"
#include "setup.h"
#include <dirent.h>
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

/// What docker and containerd hide or protect in /proc and /sys.
static const char *const hidden_places[] = {
    "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
    "/proc/sched_debug", "/proc/scsi", "/proc/interrupts", "/sys/firmware", "/sys/devices/virtual/powercap", NULL};
static const char *const protected_places[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL};
static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty", NULL};

static void attach(int root, int mount, const char *target, bool directory, const char *stage) {
    int place = mount < 0 ? -1 : make_inside(root, target, directory);
    if (place < 0 || mount_attach(mount, place) < 0) setup_fail(stage, target);
    close(place);
    close(mount);
}

static bool is_directory(int fd) {
    struct stat s;
    return fstat(fd, &s) == 0 && S_ISDIR(s.st_mode);
}

static void hide(int root, const char *path) {
    int place = open_inside(root, path, false);
    if (place < 0) return; // nothing there to hide
    int cover = -1;
    if (is_directory(place)) {
        const char *options[] = {"size", "4k", "mode", "0555", NULL};
        cover = mount_new("tmpfs", MOUNT_READ_ONLY | MOUNT_NO_SUID | MOUNT_NO_DEVICES | MOUNT_NO_EXEC, options);
    } else {
        cover = mount_copy(AT_FDCWD, "/dev/null", false);
    }
    if (cover < 0 || mount_attach(cover, place) < 0) setup_fail("mask", path);
    close(cover);
    close(place);
}

static void protect(int root, const char *path) {
    int place = open_inside(root, path, false);
    if (place < 0) return;
    int copy = mount_copy(place, "", true);
    if (copy < 0 || mount_change(copy, true, MOUNT_READ_ONLY | MOUNT_NO_SUID | MOUNT_NO_DEVICES | MOUNT_NO_EXEC, MOUNT_PRIVATE) < 0
        || mount_attach(copy, place) < 0)
        setup_fail("mask", path);
    close(copy);
    close(place);
}

static void make_proc(int root) {
    int proc = mount_new("proc", MOUNT_NO_SUID | MOUNT_NO_DEVICES | MOUNT_NO_EXEC, NULL);
    // A host that hides parts of its own /proc (another container) lets no user mount a whole one: its view is what there is.
    if (proc < 0 && errno == EPERM) proc = mount_copy(AT_FDCWD, "/proc", true);
    attach(root, proc, "/proc", true, "proc");
}

static int copy_of_host(const char *path, unsigned attributes) {
    int copy = mount_copy(AT_FDCWD, path, true);
    if (copy >= 0 && mount_change(copy, true, attributes, MOUNT_PRIVATE) < 0) setup_fail("sys", path);
    return copy;
}

static void make_sys(const struct pod *pod, int root, bool writable) {
    // A new one shows the pod's own network interfaces; where parts of the host's are hidden, the kernel lets nobody have a whole one.
    const unsigned attributes = (writable ? 0 : MOUNT_READ_ONLY) | MOUNT_NO_SUID | MOUNT_NO_DEVICES | MOUNT_NO_EXEC;
    int sys = pod->own_network ? mount_new("sysfs", attributes, NULL) : -1;
    bool is_new = sys >= 0;
    attach(root, is_new ? sys : copy_of_host("/sys", attributes), "/sys", true, "sys");
    if (!is_new) return;
    int groups = copy_of_host("/sys/fs/cgroup", attributes), place = open_inside(root, "/sys/fs/cgroup", true);
    if (groups >= 0 && place >= 0 && mount_attach(groups, place) < 0) setup_fail("sys", "/sys/fs/cgroup");
    if (groups >= 0) close(groups);
    if (place >= 0) close(place);
}

static bool is_one_of(const char *name, const char *const *list) {
    for (; *list; list++)
        if (strcmp(name, *list) == 0) return true;
    return false;
}

/// All other devices that this user sees.
static void show_devices(int root, int dev) {
    static const char *const made[] = {".", "..", "pts", "shm", "mqueue", "fd", "stdin", "stdout", "stderr", "ptmx", "console", NULL};
    DIR *folder = opendir("/dev");
    if (!folder) setup_fail("dev", "/dev");
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[NAME_MAX + 6], link[PATH_MAX];
        struct stat s;
        snprintf(path, sizeof path, "/dev/%s", entry->d_name);
        if (is_one_of(entry->d_name, made) || is_one_of(entry->d_name, devices) || lstat(path, &s) < 0) continue;
        ssize_t n = S_ISLNK(s.st_mode) ? readlink(path, link, sizeof link - 1) : -1;
        if (n > 0) {
            link[n] = 0;
            (void)!symlinkat(link, dev, entry->d_name);
        }
        if (!S_ISCHR(s.st_mode) && !S_ISBLK(s.st_mode) && !S_ISDIR(s.st_mode)) continue;
        int node = mount_copy(AT_FDCWD, path, S_ISDIR(s.st_mode));
        if (node >= 0) attach(root, node, path, S_ISDIR(s.st_mode), "dev");
    }
    closedir(folder);
}

static void make_dev(const struct pod *pod, int root, bool all) {
    const char *memory[] = {"mode", "755", "size", "65536k", NULL};
    attach(root, mount_new("tmpfs", MOUNT_NO_SUID, memory), "/dev", true, "dev");
    int dev = open_inside(root, "/dev", true);
    if (dev < 0) setup_fail("dev", "/dev");
    for (const char *const *name = devices; *name; name++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/%s", *name);
        int node = mount_copy(AT_FDCWD, path, false);
        if (node >= 0) attach(root, node, path, false, "dev");
        else if (errno != ENOENT) setup_fail("dev", path);
    }
    if (all) show_devices(root, dev);
    // The terminals' group 5 exists only where more than one identity is mapped.
    const char *terminals[] = {"ptmxmode", "0666", "mode", "0620", pod->one_identity ? NULL : "gid", "5", NULL};
    attach(root, mount_new("devpts", MOUNT_NO_SUID | MOUNT_NO_EXEC, terminals), "/dev/pts", true, "dev");
    char shared[PATH_MAX];
    snprintf(shared, sizeof shared, "%s/shm", pod->folder);
    attach(root, mount_copy(AT_FDCWD, pod->host_ipc ? "/dev/shm" : shared, false), "/dev/shm", true, "dev");
    int queues = pod->host_ipc ? mount_copy(AT_FDCWD, "/dev/mqueue", false)
                               : mount_new("mqueue", MOUNT_NO_SUID | MOUNT_NO_DEVICES | MOUNT_NO_EXEC, NULL);
    if (queues >= 0) attach(root, queues, "/dev/mqueue", true, "dev");
    else if (errno != ENODEV && !(pod->host_ipc && errno == ENOENT)) setup_fail("dev", "/dev/mqueue"); // none there to show
    static const char *const links[][2] = {
        {"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
        {"pts/ptmx", "ptmx"}};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (symlinkat(links[i][0], dev, links[i][1]) < 0) setup_fail("dev", links[i][1]);
    close(dev);
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
        attach(root, mount, entry->target, is_directory(mount), "mount");
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
    make_proc(root);
    make_sys(pod, root, plan->privileged);
    make_dev(pod, root, plan->privileged);
    for (const char *const *place = hidden_places; *place && !plan->unmasked; place++) hide(root, *place);
    for (const char *const *place = protected_places; *place && !plan->unmasked; place++) protect(root, *place);
    for (size_t i = 0; i < plan->masks.count; i++) hide(root, plan->masks.items[i]);
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
