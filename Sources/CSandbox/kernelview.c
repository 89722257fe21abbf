#define _GNU_SOURCE
#include "kernelview.h"
#include "mounts.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// What docker and containerd hide or protect in /proc and /sys.
static const char *const hidden_places[] = {
    "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
    "/proc/sched_debug", "/proc/scsi", "/proc/interrupts", "/sys/firmware", "/sys/devices/virtual/powercap", NULL};
static const char *const protected_places[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL};
static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty", NULL};

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
    root_attach(root, proc, "/proc", true, "proc");
}

static int copy_of_host(const char *path, unsigned attributes) {
    int copy = mount_copy(AT_FDCWD, path, true);
    if (copy >= 0 && mount_change(copy, true, attributes, MOUNT_PRIVATE) < 0) setup_fail("sys", path);
    return copy;
}

static void make_sys(const struct pod *pod, const struct plan *plan, int root) {
    // A new one shows the pod's own network interfaces; where parts of the host's are hidden, the kernel lets nobody have a whole one.
    const unsigned attributes = (plan->privileged ? 0 : MOUNT_READ_ONLY) | MOUNT_NO_SUID | MOUNT_NO_DEVICES | MOUNT_NO_EXEC;
    int sys = pod->own_network ? mount_new("sysfs", attributes, NULL) : -1;
    bool is_new = sys >= 0;
    root_attach(root, is_new ? sys : copy_of_host("/sys", attributes), "/sys", true, "sys");
    int groups = has_own_group(plan) ? mount_new("cgroup2", attributes, NULL) : -1;
    if (groups < 0 && is_new) groups = copy_of_host("/sys/fs/cgroup", attributes);
    int place = open_inside(root, "/sys/fs/cgroup", true);
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
        if (node >= 0) root_attach(root, node, path, S_ISDIR(s.st_mode), "dev");
    }
    closedir(folder);
}

static void make_dev(const struct pod *pod, int root, bool all) {
    const char *memory[] = {"mode", "755", "size", "65536k", NULL};
    root_attach(root, mount_new("tmpfs", MOUNT_NO_SUID, memory), "/dev", true, "dev");
    int dev = open_inside(root, "/dev", true);
    if (dev < 0) setup_fail("dev", "/dev");
    for (const char *const *name = devices; *name; name++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/%s", *name);
        int node = mount_copy(AT_FDCWD, path, false);
        if (node >= 0) root_attach(root, node, path, false, "dev");
        else if (errno != ENOENT) setup_fail("dev", path);
    }
    if (all) show_devices(root, dev);
    // The terminals' group 5 exists only where more than one identity is mapped.
    const char *terminals[] = {"ptmxmode", "0666", "mode", "0620", pod->one_identity ? NULL : "gid", "5", NULL};
    root_attach(root, mount_new("devpts", MOUNT_NO_SUID | MOUNT_NO_EXEC, terminals), "/dev/pts", true, "dev");
    char shared[PATH_MAX];
    snprintf(shared, sizeof shared, "%s/shm", pod->folder);
    root_attach(root, mount_copy(AT_FDCWD, pod->host_ipc ? "/dev/shm" : shared, false), "/dev/shm", true, "dev");
    int queues = pod->host_ipc ? mount_copy(AT_FDCWD, "/dev/mqueue", false)
                               : mount_new("mqueue", MOUNT_NO_SUID | MOUNT_NO_DEVICES | MOUNT_NO_EXEC, NULL);
    if (queues >= 0) root_attach(root, queues, "/dev/mqueue", true, "dev");
    else if (errno != ENODEV && !(pod->host_ipc && errno == ENOENT)) setup_fail("dev", "/dev/mqueue"); // none there to show
    static const char *const links[][2] = {
        {"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
        {"pts/ptmx", "ptmx"}};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (symlinkat(links[i][0], dev, links[i][1]) < 0) setup_fail("dev", links[i][1]);
    close(dev);
}

void kernel_view(const struct pod *pod, const struct plan *plan, int root) {
    make_proc(root);
    make_sys(pod, plan, root);
    make_dev(pod, root, plan->privileged);
    for (const char *const *place = hidden_places; *place && !plan->unmasked; place++) hide(root, *place);
    for (const char *const *place = protected_places; *place && !plan->unmasked; place++) protect(root, *place);
    for (size_t i = 0; i < plan->masks.count; i++) hide(root, plan->masks.items[i]);
}
