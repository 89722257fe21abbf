#define _GNU_SOURCE
#include "include/CSandbox.h"
#include "seccomp.h"
#include "setup.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Where the set-up of this process reports to; set before anything can fail.
static int report_pipe = -1;

static void report(struct setup_report *message) { (void)!write(report_pipe, message, sizeof *message); }

_Noreturn void setup_fail(const char *stage, const char *path) {
    struct setup_report message = {.error = errno ? errno : EIO};
    snprintf(message.stage, sizeof message.stage, "%s", stage);
    snprintf(message.path, sizeof message.path, "%s", path);
    report(&message);
    _exit(127);
}

/// The number of this process as the main process counts: the host's /proc, kept open, tells it.
static pid_t host_number(const struct pod *pod) {
    char text[24];
    ssize_t n = readlinkat(pod->host_proc, "self", text, sizeof text - 1);
    if (n <= 0) return 0;
    text[n] = 0;
    return (pid_t)atoi(text);
}

static void drop_capabilities(uint64_t kept) {
    for (int capability = 0; capability < 64; capability++) {
        if (kept >> capability & 1) continue;
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
            if (errno == EINVAL) break; // past the last one that this kernel knows
            setup_fail("capabilities", "");
        }
    }
}

static void write_own(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) setup_fail("user", path);
    close(fd);
}

/// Where only one identity is mapped, the container sees it under the wanted numbers: a user namespace of its own renames it.
static void rename_identity(int64_t user, int64_t group) {
    char map[64];
    if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 || unshare(CLONE_NEWUSER) < 0) setup_fail("user", "user namespace");
    write_own("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "%lld 0 1", (long long)user);
    write_own("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "%lld 0 1", (long long)group);
    write_own("/proc/self/gid_map", map);
}

/// Puts the profile of the container's own in force.
static void filter_calls(const struct plan *plan) {
    const struct bytes *program = &plan->seccomp_program;
    if (program->length && seccomp_install(program->data, program->length, plan->seccomp_flags) < 0) setup_fail("seccomp", "profile");
}

static void become(const struct pod *pod, const struct plan *plan, const int stdio[3]) {
    int64_t user = plan->user < 0 ? 0 : plan->user, group = plan->group < 0 ? 0 : plan->group;
    drop_capabilities(plan->capabilities);
    if (pod->one_identity) {
        if (user || group) rename_identity(user, group);
    } else {
        // A program may open /dev/stdout again, which needs its pipe to belong to its user.
        for (int i = 1; i < 3 && user; i++) (void)!fchown(stdio[i], (uid_t)user, (gid_t)group);
        if (setgroups(plan->group_count, plan->groups) < 0) setup_fail("user", "supplementary groups");
    }
    // While there is still the right to; afterwards nothing is called that the filter refuses. One of the user's own may refuse what
    // follows here, so it comes last where it may.
    if (plan->seccomp && seccomp_default(plan->capabilities) < 0) setup_fail("seccomp", "");
    if (!plan->no_new_privileges) filter_calls(plan);
    char name[48];
    snprintf(name, sizeof name, "%lld:%lld", (long long)user, (long long)group);
    if (setresgid((gid_t)group, (gid_t)group, (gid_t)group) < 0 || setresuid((uid_t)user, (uid_t)user, (uid_t)user) < 0)
        setup_fail("user", name);
    // What is left beside the bounding set must not be inherited by a program that is not root's.
    if (plan->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) setup_fail("no new privileges", "");
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2];
    if (syscall(SYS_capget, &header, sets) < 0) setup_fail("capabilities", "");
    for (int i = 0; i < 2; i++) {
        uint32_t kept = (uint32_t)(plan->capabilities >> (32 * i));
        sets[i].permitted &= kept;
        sets[i].effective &= kept;
        sets[i].inheritable = 0;
    }
    if (syscall(SYS_capset, &header, sets) < 0) setup_fail("capabilities", "");
}

static const char *value_of(const struct plan *plan, const char *name) {
    const char *found = NULL;
    size_t length = strlen(name);
    for (size_t i = 0; i < plan->variables.count; i++)
        if (strncmp(plan->variables.items[i], name, length) == 0 && plan->variables.items[i][length] == '=')
            found = plan->variables.items[i] + length + 1;
    return found;
}

/// Runs the program; a name without a slash is looked for in the container's PATH, as its own shell would.
static _Noreturn void run_program(const struct plan *plan) {
    char *const *arguments = plan->arguments.items, *const *environment = plan->variables.items;
    const char *program = arguments[0];
    if (strchr(program, '/')) {
        struct stat s;
        execve(program, arguments, environment);
        if (errno == ENOENT && stat(program, &s) == 0) setup_fail("interpreter", program);
        setup_fail("exec", program);
    }
    const char *path = value_of(plan, "PATH");
    if (!path) path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    int error = ENOENT;
    char candidate[PATH_MAX];
    while (*program) {
        size_t length = strcspn(path, ":");
        struct stat s;
        int n = snprintf(candidate, sizeof candidate, "%.*s/%s", length ? (int)length : 1, length ? path : ".", program);
        if (n < (int)sizeof candidate && stat(candidate, &s) == 0 && S_ISREG(s.st_mode) && (s.st_mode & 0111)) {
            execve(candidate, arguments, environment);
            if (errno != EACCES && errno != ENOENT) setup_fail("exec", candidate);
            error = errno == ENOENT ? error : errno;
        }
        if (!path[length]) break;
        path += length + 1;
    }
    errno = error;
    setup_fail("look-up", program);
}

static void clean_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void set_limit(int which, int64_t value, const char *name) {
    struct rlimit limit = {.rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)value}, old;
    if (value < 0 || getrlimit(which, &old) < 0) return;
    if (old.rlim_max < limit.rlim_max) return; // the user's own is lower
    if (setrlimit(which, &limit) < 0) setup_fail("limits", name);
}

/// What holds a container where the host lends no control groups.
static void set_limits(const struct plan *plan) {
    set_limit(RLIMIT_DATA, plan->data_limit, "memory");
    set_limit(RLIMIT_NPROC, plan->process_limit, "processes");
    if (plan->niceness > 0 && setpriority(PRIO_PROCESS, 0, plan->niceness) < 0) setup_fail("limits", "niceness");
}

/// Makes a terminal in the container's own /dev/pts, hands its other side to the parent, and gives this process the inner one.
static void make_terminal(const struct plan *plan, int stdio[3]) {
    int outer = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), unlocked = 0;
    if (outer < 0 || ioctl(outer, TIOCSPTLCK, &unlocked) < 0) setup_fail("terminal", "/dev/ptmx");
    int inner = ioctl(outer, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (inner < 0) setup_fail("terminal", "/dev/pts");
    struct winsize size = {.ws_row = (unsigned short)plan->rows, .ws_col = (unsigned short)plan->columns};
    if (plan->rows && plan->columns) (void)ioctl(inner, TIOCSWINSZ, &size);
    if (ioctl(inner, TIOCSCTTY, 0) < 0) setup_fail("terminal", "control");
    if (plan->user > 0) (void)!fchown(inner, (uid_t)plan->user, (gid_t)-1);
    struct setup_report message = {.error = 0};
    if (swkube_send(report_pipe, &message, sizeof message, &outer, 1) < 0) setup_fail("terminal", "parent");
    close(outer);
    for (int i = 0; i < 3; i++) stdio[i] = inner;
}

static void set_streams(const int stdio[3]) {
    int high[3];
    for (int i = 0; i < 3; i++) {
        high[i] = fcntl(stdio[i], F_DUPFD_CLOEXEC, 10);
        if (high[i] < 0) setup_fail("streams", "");
    }
    for (int i = 0; i < 3; i++)
        if (dup2(high[i], i) < 0) setup_fail("streams", "");
}

static _Noreturn void finish(const struct pod *pod, const struct plan *plan, const int given[3]) {
    int stdio[3] = {given[0], given[1], given[2]};
    const char *directory = plan->directory ? plan->directory : "/";
    bool entered = chdir(directory) == 0;
    if (!entered && errno != EACCES) setup_fail("chdir", directory);
    if (plan->terminal) make_terminal(plan, stdio);
    set_streams(stdio);
    become(pod, plan, stdio);
    if (!entered && chdir(directory) < 0) setup_fail("chdir", directory);
    umask(022);
    clean_signals();
    set_limits(plan);
    // Elsewhere the kernel does this by itself, when process 1 ends.
    if (pod->host_processes && (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != pod->host_pid)) setup_fail("parent", "");
    if (plan->no_new_privileges) filter_calls(plan);
    run_program(plan);
}

/// Goes on as a process that is born in a running container's namespaces, of which `namespaces` tells the kinds; `more` it gets of its own.
static void be_born_in(int process, int namespaces, unsigned long more) {
    int gate[2];
    if (setns(process, namespaces) < 0) setup_fail("exec", "namespaces");
    if (pipe2(gate, O_CLOEXEC) < 0) setup_fail("exec", "pipe");
    // A sibling instead of a child: the parent itself must reap it, and only a process born now is in the namespace.
    long child = syscall(SYS_clone, CLONE_PARENT | SIGCHLD | more, 0, 0, 0, 0);
    if (child < 0) setup_fail("exec", "fork");
    if (child > 0) {
        struct setup_report number = {.pid = (pid_t)child};
        report(&number);
        _exit(0); // opens the gate
    }
    // Not before its number is told: the parent could otherwise reap an unknown process.
    char byte;
    close(gate[1]);
    (void)!read(gate[0], &byte, 1);
    close(gate[0]);
}

/// Puts this process, and what is born of it, into the container's control groups, whose files only the host's view has.
static void join_control_groups(const struct plan *plan) {
    for (size_t i = 0; i < plan->control_groups.count; i++) {
        int fd = open(plan->control_groups.items[i], O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, "0", 1) < 0) setup_fail("control group", plan->control_groups.items[i]);
        close(fd);
    }
}

_Noreturn void container_run(const struct pod *pod, const struct plan *plan, const int stdio[3], int pipe, int process) {
    report_pipe = pipe;
    join_control_groups(plan);
    if (process >= 0) be_born_in(process, CLONE_NEWPID, CLONE_NEWNS);
    setsid();
    struct setup_report number = {.host_pid = host_number(pod)};
    // The parent itself may not look: until its program runs, this process is as shielded as the parent.
    int mounts = plan->own_processes ? -1 : open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    (void)!swkube_send(report_pipe, &number, sizeof number, &mounts, mounts >= 0);
    if (mounts >= 0) close(mounts);
    root_enter(pod, plan);
    finish(pod, plan, stdio);
}

_Noreturn void exec_run(const struct pod *pod, const struct plan *plan, const int stdio[3], int pipe, int process) {
    report_pipe = pipe;
    join_control_groups(plan);
    be_born_in(process, pod->host_processes ? CLONE_NEWNS : CLONE_NEWPID | CLONE_NEWNS, 0);
    setsid();
    struct setup_report number = {.host_pid = host_number(pod)};
    report(&number);
    finish(pod, plan, stdio);
}
