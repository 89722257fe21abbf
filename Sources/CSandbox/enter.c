// The birth of a sandbox parent: a first process makes the namespaces, names who is who in them, and goes.

#define _GNU_SOURCE
#include "include/CSandbox.h"
#include "hostview.h"
#include "identities.h"
#include "mounts.h"
#include "parent.h"
#include "rtnetlink.h"
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

enum { CONTROL = 3, CLUSTER_USERS = 4, CLUSTER_NETWORK = 5 };

/// What the settings say of a pod beside its name.
struct birth {
    bool user_namespace, in_cluster, in_network, has_link, host_ipc, host_processes;
    struct pod_link link;
    char **settings;
};

static _Noreturn void birth_fail(const char *stage, const char *path) {
    struct client main_process = {.fd = CONTROL};
    answer_failed(&main_process, 0, stage, errno, path);
    client_write(&main_process);
    _exit(1);
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

static void set_parameters(char **settings) {
    for (; *settings; settings++) {
        char path[200];
        int length = 0;
        if (sscanf(*settings, "parameter=%199[^=]=%n", path, &length) == 1 && length && rt_parameter(path, *settings + length) < 0)
            birth_fail("sysctl", path);
    }
}

static _Noreturn void be_parent(struct parent *p, const struct birth *birth) {
    struct pod *pod = &p->pod;
    prctl(PR_SET_NAME, SWKUBE_SANDBOX_NAME);
    setsid();
    if (birth->user_namespace && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)) birth_fail("user namespace", "root");
    unsigned identities = identities_count();
    pod->one_identity = identities == 1;
    pod->own_network = birth->has_link;
    pod->host_ipc = birth->host_ipc;
    pod->host_processes = birth->host_processes;
    // As process 1 would: what loses its parent becomes this process's.
    if (pod->host_processes && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) birth_fail("protection", "reaper");
    struct stat s;
    pod->host_root = stat("/", &s) == 0 && s.st_uid == 0;
    if (birth->has_link && pod_link_finish(&birth->link, identities) < 0) birth_fail("network", birth->link.name);
    set_parameters(birth->settings);
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
    client_add(p, CONTROL)->watches = true;
    record_write(p);
    parent_run(p);
}

static bool read_settings(struct birth *birth) {
    for (char **s = birth->settings; *s; s++) {
        if (strcmp(*s, "users=cluster") == 0) birth->in_cluster = true;
        else if (strcmp(*s, "ipc=host") == 0) birth->host_ipc = true;
        else if (strcmp(*s, "processes=host") == 0) birth->host_processes = true;
        else if (strcmp(*s, "network=cluster") == 0) birth->in_network = true;
        else if (strncmp(*s, "network=", 8) == 0) birth->in_network = birth->has_link = pod_link_read(&birth->link, *s + 8);
        else if (strncmp(*s, "parameter=", 10) != 0) return false;
    }
    return true;
}

/// Enters the cluster's namespaces, in which the pod's are born.
static void enter_cluster(const struct birth *birth) {
    if (birth->in_cluster && setns(CLUSTER_USERS, CLONE_NEWUSER) < 0) birth_fail("user namespace", "of the cluster");
    if (birth->in_network && setns(CLUSTER_NETWORK, CLONE_NEWNET) < 0) birth_fail("network", "of the cluster");
    // Entering shields this process, and its child's maps with it, from its own hands.
    if (birth->in_cluster && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0) birth_fail("protection", "");
    close(CLUSTER_USERS);
    close(CLUSTER_NETWORK);
}

int swkube_sandbox_main(int argc, char **argv) {
    if (argc < 5) {
        dprintf(2, "%s is started by swkube, not by hand\n", SWKUBE_SANDBOX_NAME);
        return 2;
    }
    static struct parent parent;
    struct birth birth = {.user_namespace = strcmp(argv[3], "1") == 0, .settings = argv + 5};
    parent.pod = (struct pod){.folder = argv[1], .hostname = argv[2], .id = argv[4]};
    swkube_set_turns(0); // of the cluster's process they are short
    errno = EINVAL;
    if (!read_settings(&birth)) birth_fail("settings", "");
    if (chdir(argv[1]) < 0) birth_fail("folder", argv[1]);
    enter_cluster(&birth);
    int gate[2];
    if (pipe2(gate, O_CLOEXEC) < 0) birth_fail("pipe", "");
    unsigned long flags = CLONE_NEWNS | CLONE_NEWUTS | SIGCHLD | (birth.user_namespace ? CLONE_NEWUSER : 0)
        | (birth.host_processes ? 0 : CLONE_NEWPID) | (birth.host_ipc ? 0 : CLONE_NEWIPC) | (birth.has_link ? CLONE_NEWNET : 0);
    long child = syscall(SYS_clone, flags, 0, 0, 0, 0);
    if (child < 0) birth_fail(birth.user_namespace ? "user namespace" : "namespaces", "");
    if (child == 0) {
        char byte;
        close(gate[1]);
        if (read(gate[0], &byte, 1) != 1) _exit(1); // what failed was told
        close(gate[0]);
        be_parent(&parent, &birth);
    }
    const char *file;
    if (birth.user_namespace && identities_map((pid_t)child, birth.in_cluster ? IDENTITIES_HERE : IDENTITIES_OWN, &file) < 0) birth_fail("user namespace", file);
    if (birth.has_link && pod_link_make(&birth.link, (pid_t)child) < 0) birth_fail("network", birth.link.name);
    if (write(gate[1], "", 1) != 1) birth_fail("pipe", "");
    return 0;
}
