// The holder of the cluster's network: a tiny process that keeps the namespaces of all pods' way to each other alive, and makes sockets
// in them for the main process, which cannot enter them itself: a process with threads may join no user namespace.

#define _GNU_SOURCE
#include "include/CSandbox.h"
#include "identities.h"
#include "include/NetworkProtocol.h"
#include "rtnetlink.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL = 3, USER_NAMESPACE = 4, NETWORK_NAMESPACE = 5, CLIENTS = 16 };

struct holder {
    int folder, listener, user_namespace, network; // descriptors, -1: none
    pid_t process;
    int clients[CLIENTS];
    int count;
};

/// Sends an answer with descriptors.
static bool answer(int client, const struct network_answer *a, const int *descriptors, int count) {
    return swkube_send(client, a, sizeof *a, descriptors, count) == (ssize_t)sizeof *a;
}

static _Noreturn void birth_fail(const char *what) {
    struct network_answer a = {.error = errno ? errno : EIO, .version = NETWORK_PROTOCOL};
    snprintf(a.what, sizeof a.what, "%s", what);
    answer(CONTROL, &a, NULL, 0);
    _exit(1);
}

/// What IPv6 needs beside addresses; false where none of these is wanted, and for a kernel without it.
static bool set_up_six(char **settings) {
    while (*settings && !strchr(*settings, ':')) settings++;
    if (!*settings) {
        (void)rt_parameter("net/ipv6/conf/default/disable_ipv6", "1");
        return false;
    }
    static const char *const parameters[][2] = {
        {"net/ipv6/conf/default/addr_gen_mode", RT_NO_LINK_LOCAL}, {"net/ipv6/conf/all/forwarding", "1"}};
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        if (rt_parameter(parameters[i][0], parameters[i][1]) < 0) return false;
    return true;
}

/// The interface through which the cluster's own packets to services begin their way, which the rules then change. IPv6 has no routes
/// through a loopback; what reaches this end of a pair, whose other end is down, goes nowhere.
static int way_to_services(int rt) {
    static const unsigned char hardware[6] = {0x0a, 0x58};
    int index = rt_index(WAY_TO_SERVICES);
    if (index == 0 && rt_pair(rt, WAY_TO_SERVICES, WAY_TO_SERVICES "-end", getpid(), hardware) == 0) index = rt_index(WAY_TO_SERVICES);
    return index;
}

/// `lo` with the addresses that the cluster itself answers on, the way to services, and forwarding between pods. Where IPv6 can't be had
/// there is none: who asks for an address of it is told.
static void set_up(char **settings) {
    // The kernel's defaults, but for: pods reach each other through here, each by the address that it was given and no other.
    static const char *const parameters[][2] = {
        {"net/ipv4/ip_forward", "1"}, {"net/ipv4/conf/all/rp_filter", "1"}, {"net/ipv4/conf/default/rp_filter", "1"},
        {"net/ipv4/conf/all/send_redirects", "0"}, {"net/ipv4/conf/default/send_redirects", "0"},
        {"net/ipv4/ip_unprivileged_port_start", "0"}, {"net/ipv4/tcp_timestamps", RT_ONE_CLOCK}};
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        if (rt_parameter(parameters[i][0], parameters[i][1]) < 0) birth_fail(parameters[i][0]);
    // For pods of the node's own network.
    if (rt_ping(identities_count()) < 0) birth_fail("net/ipv4/ping_group_range");
    int rt = rt_open(), lo = rt_index("lo");
    if (rt < 0 || rt_up(rt, lo) < 0) birth_fail("lo");
    bool has_six = set_up_six(settings);
    struct ip gateways[2] = {0};
    for (; *settings; settings++) {
        char text[INET6_ADDRSTRLEN];
        int bits = -1;
        struct ip ip;
        bool is_address = sscanf(*settings, "address=%45[0-9a-f.:]", text) == 1;
        if ((!is_address && sscanf(*settings, "route=%45[0-9a-f.:]/%d", text, &bits) != 2) || !ip_read(&ip, text)) {
            errno = EINVAL;
            birth_fail(*settings);
        }
        bool is_six = ip.family == AF_INET6;
        if (is_six && !has_six) continue;
        struct ip *gateway = &gateways[is_six];
        int result = is_address ? rt_address(rt, lo, &ip) : rt_route(rt, &ip, bits, is_six ? way_to_services(rt) : lo, NULL, gateway);
        if (result < 0 && is_six) has_six = false;
        else if (result < 0) birth_fail(*settings);
        if (is_address && !gateway->family) *gateway = ip;
    }
    close(rt);
}

static int make_listener(int folder) {
    // The folder is the working directory, so that its path may be of any length.
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlinkat(folder, "socket", 0);
    mode_t mask = umask(0177);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, CLIENTS) == 0;
    umask(mask);
    if (!bound) birth_fail("socket");
    return fd;
}

static void hello(const struct holder *h, int client) {
    struct stat s;
    struct network_answer a = {.version = NETWORK_PROTOCOL, .process = h->process, .identities = identities_count()};
    if (fstat(h->network, &s) == 0) a.network = s.st_ino;
    const int descriptors[2] = {h->network, h->user_namespace};
    answer(client, &a, descriptors, h->user_namespace < 0 ? 1 : 2);
}

/// Removes a folder with the files of all identities in it, which the main process may not. In a process of its own: it may take long.
static void remove_aside(int client, const char *path) {
    pid_t pid = fork();
    if (pid > 0) return;
    struct network_answer a = {.version = NETWORK_PROTOCOL, .error = pid < 0 ? errno : swkube_remove_tree(path)};
    answer(client, &a, NULL, 0);
    if (pid == 0) _exit(0);
}

/// Gives a file or folder, never what a link leads to, to a user and a group. The mode follows: a change of the owner takes bits off it.
static int give_away(const char *path, uid_t user, gid_t group, mode_t mode) {
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno;
    char self[40];
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    int error = fchownat(fd, "", user, group, AT_EMPTY_PATH) < 0 || chmod(self, mode) < 0 ? errno : 0;
    close(fd);
    return error;
}

/// False when the holder is to end.
static bool carry_out(struct holder *h, int client, struct network_request *r) {
    struct network_answer a = {.version = NETWORK_PROTOCOL};
    r->path[sizeof r->path - 1] = 0;
    switch (r->kind) {
    case NETWORK_HELLO: hello(h, client); return true;
    case NETWORK_SOCKET: {
        int fd = socket(r->numbers[0], r->numbers[1] | SOCK_CLOEXEC, r->numbers[2]);
        if (fd < 0) a.error = errno;
        answer(client, &a, &fd, fd < 0 ? 0 : 1);
        if (fd >= 0) close(fd);
        return true;
    }
    case NETWORK_SOCKETS: {
        int fds[NETWORK_DESCRIPTORS], count = 0;
        while (count < r->numbers[2] && count < NETWORK_DESCRIPTORS && !a.error) {
            fds[count] = socket(r->numbers[0], r->numbers[1] | SOCK_CLOEXEC, 0);
            if (fds[count] < 0) a.error = errno;
            else count++;
        }
        if (count) a.error = 0; // a few are better than none
        answer(client, &a, fds, count);
        while (count) close(fds[--count]);
        return true;
    }
    case NETWORK_REMOVE: remove_aside(client, r->path); return true;
    case NETWORK_OWN: a.error = give_away(r->path, r->numbers[2] ? (uid_t)r->numbers[2] - 1 : (uid_t)-1, (gid_t)r->numbers[0], (mode_t)r->numbers[1]); break;
    case NETWORK_STOP:
        unlinkat(h->folder, "socket", 0);
        answer(client, &a, NULL, 0);
        return false;
    default: a.error = ENOSYS;
    }
    answer(client, &a, NULL, 0);
    return true;
}

static void add_client(struct holder *h, int fd) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    // Only the same user: this process's root is the user that started it.
    bool same = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
    if (!same || h->count == CLIENTS) {
        close(fd);
        return;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    h->clients[h->count++] = fd;
}

static _Noreturn void serve(struct holder *h) {
    for (;;) {
        struct pollfd list[CLIENTS + 1] = {{.fd = h->listener, .events = POLLIN}};
        for (int i = 0; i < h->count; i++) list[i + 1] = (struct pollfd){.fd = h->clients[i], .events = POLLIN};
        if (poll(list, (nfds_t)h->count + 1, -1) < 0) continue;
        int known = h->count;
        for (int i = known; i-- > 0;) { // from the end, so that a removal moves only what was looked at
            if (!list[i + 1].revents) continue;
            struct network_request request;
            ssize_t n = recv(h->clients[i], &request, sizeof request, MSG_DONTWAIT);
            if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (n == (ssize_t)sizeof request) {
                if (!carry_out(h, h->clients[i], &request)) _exit(0);
                continue;
            }
            close(h->clients[i]);
            h->clients[i] = h->clients[--h->count];
        }
        if (list[0].revents) {
            int fd = accept4(h->listener, NULL, NULL, SOCK_CLOEXEC);
            if (fd >= 0) add_client(h, fd);
        }
    }
}

static int own_namespace(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) birth_fail(path);
    return fd;
}

static _Noreturn void be_holder(struct holder *h, bool user_namespace, bool joined, char **settings) {
    prctl(PR_SET_NAME, SWKUBE_NETWORK_NAME);
    setsid();
    char text[24];
    ssize_t n = readlink("/proc/self", text, sizeof text - 1);
    h->process = n > 0 ? (text[n] = 0, atoi(text)) : getpid();
    if (user_namespace && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)) birth_fail("root");
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) birth_fail("mount namespace");
    h->folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (h->folder < 0) birth_fail("folder");
    h->user_namespace = user_namespace ? own_namespace("/proc/self/ns/user") : -1;
    h->network = own_namespace("/proc/self/ns/net");
    if (!joined) set_up(settings);
    h->listener = make_listener(h->folder);
    if (chdir("/") < 0) birth_fail("/");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    add_client(h, CONTROL);
    hello(h, CONTROL);
    serve(h);
}

static void enter_namespaces(bool user_namespace) {
    if (user_namespace && setns(USER_NAMESPACE, CLONE_NEWUSER) < 0) birth_fail("user namespace");
    if (setns(NETWORK_NAMESPACE, CLONE_NEWNET) < 0) birth_fail("network namespace");
    close(USER_NAMESPACE);
    close(NETWORK_NAMESPACE);
}

int swkube_network_main(int argc, char **argv) {
    if (argc < 4) {
        dprintf(2, "%s is started by swkube, not by hand\n", SWKUBE_NETWORK_NAME);
        return 2;
    }
    static struct holder holder;
    bool user_namespace = strcmp(argv[2], "1") == 0;
    if (strcmp(argv[1], "run") == 0) {
        enter_namespaces(user_namespace);
        execve(argv[3], argv + 3, (char *[]){NULL});
        return 127;
    }
    bool joined = strcmp(argv[3], "1") == 0;
    if (chdir(argv[1]) < 0) birth_fail(argv[1]);
    if (joined) {
        // Those of a holder that died, kept by the main process.
        enter_namespaces(user_namespace);
        if (unshare(CLONE_NEWNS) < 0) birth_fail("mount namespace");
        if (fork() == 0) be_holder(&holder, user_namespace, joined, argv + 4);
        return 0;
    }
    int gate[2];
    if (pipe2(gate, O_CLOEXEC) < 0) birth_fail("pipe");
    unsigned long flags = CLONE_NEWNET | CLONE_NEWNS | SIGCHLD | (user_namespace ? CLONE_NEWUSER : 0);
    long child = syscall(SYS_clone, flags, 0, 0, 0, 0);
    if (child < 0) birth_fail("namespaces");
    if (child == 0) {
        char byte;
        close(gate[1]);
        if (read(gate[0], &byte, 1) != 1) _exit(1); // the mapping failed, and was told
        close(gate[0]);
        be_holder(&holder, user_namespace, joined, argv + 4);
    }
    const char *file;
    if (user_namespace && identities_map((pid_t)child, IDENTITIES_RANGE, &file) < 0) birth_fail(file);
    if (write(gate[1], "", 1) != 1) birth_fail("pipe");
    return 0;
}
