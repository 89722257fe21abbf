#define _GNU_SOURCE
#include "include/CSandbox.h"
#include "include/NetworkProtocol.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

int swkube_spawn(
    pid_t *pid, const char *path, char *const *argv, char *const *envp, int in, int out, int err, const int *inherited, int count) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int given[6] = {in, out, err, -1, -1, -1}, high[6] = {-1, -1, -1, -1, -1, -1}, total = 3 + count;
    if (count < 0 || count > 3) return EINVAL;
    for (int i = 0; i < count; i++) given[3 + i] = inherited[i];
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    // Through numbers above all targets, since a given descriptor may be among them.
    int result = 0;
    for (int i = 0; i < total && !result; i++) {
        high[i] = given[i] < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : fcntl(given[i], F_DUPFD_CLOEXEC, 10);
        if (high[i] < 0) result = errno;
        else result = posix_spawn_file_actions_adddup2(&actions, high[i], i);
    }
    if (!result) result = posix_spawn_file_actions_addclosefrom_np(&actions, total);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    if (!result) result = posix_spawn(pid, path, &actions, &attributes, argv, envp ? envp : environ);
    for (int i = 0; i < total; i++)
        if (high[i] >= 0) close(high[i]);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return result;
}

ssize_t swkube_send(int fd, const void *bytes, size_t length, const int *descriptors, int count) {
    char control[CMSG_SPACE(NETWORK_DESCRIPTORS * sizeof(int))] = {0};
    struct iovec data = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    if (count > NETWORK_DESCRIPTORS) return -EINVAL;
    if (count > 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, (size_t)count * sizeof(int));
    }
    ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
    return n < 0 ? -errno : n;
}

int swkube_connect(const char *folder, const char *name, int type) {
    // A socket's address holds 108 bytes; through the folder's descriptor every path fits.
    int place = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (place < 0) return -errno;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", place, name);
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    int result = fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : fd;
    if (result < 0 && fd >= 0) close(fd);
    close(place);
    return result;
}

const char *swkube_error_text(int error) { return strerrordesc_np(error); }

int swkube_try_isolation(int own_users) {
    unsigned long flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD | (own_users ? CLONE_NEWUSER : 0);
    long child = syscall(SYS_clone, flags, 0, 0, 0, 0);
    if (child < 0) return errno;
    // Some hosts give a user namespace and then none of the rights that belong to it.
    if (child == 0) _exit(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ? errno : 0);
    int status = 0;
    while (waitpid((pid_t)child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

int swkube_processors(void) {
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? count : 1;
}

void swkube_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

pid_t swkube_peer(int fd) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) return -errno;
    return peer.pid;
}

int swkube_process_end(pid_t pid) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : fd;
}
