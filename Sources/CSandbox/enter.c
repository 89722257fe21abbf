// The birth of a sandbox parent: a first process makes the namespaces, names who is who in them, and goes.

#define _GNU_SOURCE
#include "include/CSandbox.h"
#include "hostview.h"
#include "mounts.h"
#include "parent.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONTROL = 3 };

static _Noreturn void birth_fail(const char *stage, const char *path) {
    struct client main_process = {.fd = CONTROL};
    answer_failed(&main_process, 0, stage, errno, path);
    client_write(&main_process);
    _exit(1);
}

static void write_for(pid_t pid, const char *name, const char *text) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) birth_fail("user namespace", path);
    close(fd);
}

/// Maps the user to root inside, or everyone to themselves where the user is root already.
static void map_identities(pid_t pid) {
    char users[64], groups[64];
    uid_t user = geteuid();
    if (user == 0) {
        snprintf(users, sizeof users, "0 0 4294967295");
        snprintf(groups, sizeof groups, "0 0 4294967295");
    } else {
        write_for(pid, "setgroups", "deny");
        snprintf(users, sizeof users, "0 %u 1", user);
        snprintf(groups, sizeof groups, "0 %u 1", getegid());
    }
    write_for(pid, "uid_map", users);
    write_for(pid, "gid_map", groups);
}

static int make_listener(int folder) {
    // The folder is the working directory, so that its path may be of any length.
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlinkat(folder, "socket", 0);
    mode_t mask = umask(0177);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 16) == 0;
    umask(mask);
    if (!bound) birth_fail("socket", "socket");
    return fd;
}

static void make_shared_memory(int folder) {
    const char *options[] = {"mode", "1777", "size", "67108864", NULL}; // 64 MiB, as every runtime gives
    if (mkdirat(folder, "shm", 0700) < 0 && errno != EEXIST) birth_fail("shm", "shm");
    int mount = mount_new("tmpfs", MOUNT_NO_SUID | MOUNT_NO_DEVICES | MOUNT_NO_EXEC, options);
    int place = openat(folder, "shm", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (mount < 0 || place < 0 || mount_attach(mount, place) < 0) birth_fail("shm", "shm");
    close(mount);
    close(place);
}

static void make_view(int folder) {
    const char *options[] = {"mode", "755", "size", "1m", NULL};
    if (mkdirat(folder, "view", 0700) < 0 && errno != EEXIST) birth_fail("view", "view");
    int mount = mount_new("tmpfs", MOUNT_NO_SUID | MOUNT_NO_DEVICES, options);
    int place = openat(folder, "view", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (mount < 0 || place < 0 || mount_attach(mount, place) < 0 || host_skeleton(mount) < 0) birth_fail("view", "view");
    close(mount);
    close(place);
}

static pid_t host_number(int host_proc) {
    char text[24];
    ssize_t n = readlinkat(host_proc, "self", text, sizeof text - 1);
    if (n <= 0) birth_fail("proc", "/proc/self");
    text[n] = 0;
    return (pid_t)atoi(text);
}

static _Noreturn void be_parent(struct parent *p, bool user_namespace) {
    struct pod *pod = &p->pod;
    prctl(PR_SET_NAME, SWKUBE_SANDBOX_NAME);
    setsid();
    if (user_namespace && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)) birth_fail("user namespace", "root");
    // Nobody in the pod may look into this process, which sees the host's file system.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) birth_fail("protection", "");
    umask(022);
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) birth_fail("mount namespace", "/");
    // In this mount namespace: descriptors stay with the one in which they were opened, only the working directory comes along.
    pod->folder_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (pod->folder_fd < 0) birth_fail("folder", pod->folder);
    if (sethostname(pod->hostname, strlen(pod->hostname)) < 0) birth_fail("hostname", pod->hostname);
    pod->host_proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    pod->host_pid = host_number(pod->host_proc);
    // Numbers in /proc must be those of this namespace. Refused where the host's own is partly hidden: then it stays the host's.
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 && errno != EPERM) birth_fail("proc", "/proc");
    make_shared_memory(pod->folder_fd);
    make_view(pod->folder_fd);
    p->listener = make_listener(pod->folder_fd);
    signal(SIGPIPE, SIG_IGN);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    p->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    pod->null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (p->signals < 0 || pod->null < 0) birth_fail("descriptors", "/dev/null");
    pod->started_at = wall_now();
    client_add(p, CONTROL);
    record_write(p);
    parent_run(p);
}

int swkube_sandbox_main(int argc, char **argv) {
    if (argc != 5) {
        dprintf(2, "%s is started by swkube, not by hand\n", SWKUBE_SANDBOX_NAME);
        return 2;
    }
    static struct parent parent;
    bool user_namespace = strcmp(argv[3], "1") == 0;
    parent.pod = (struct pod){.folder = argv[1], .hostname = argv[2], .id = argv[4], .user_namespace = user_namespace && geteuid() != 0};
    if (chdir(argv[1]) < 0) birth_fail("folder", argv[1]);
    int gate[2];
    if (pipe2(gate, O_CLOEXEC) < 0) birth_fail("pipe", "");
    unsigned long flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD | (user_namespace ? CLONE_NEWUSER : 0);
    long child = syscall(SYS_clone, flags, 0, 0, 0, 0);
    if (child < 0) birth_fail(user_namespace ? "user namespace" : "namespaces", "");
    if (child == 0) {
        char byte;
        close(gate[1]);
        if (read(gate[0], &byte, 1) != 1) _exit(1); // the mapping failed, and was told
        close(gate[0]);
        be_parent(&parent, user_namespace);
    }
    if (user_namespace) map_identities((pid_t)child);
    if (write(gate[1], "", 1) != 1) birth_fail("pipe", "");
    return 0;
}
