#define _GNU_SOURCE
#include "include/CSandbox.h"
#include "mounts.h"
#include "parent.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct client *client_add(struct parent *p, int fd) {
    struct client *c = swk_allocate(sizeof *c);
    c->fd = fd;
    c->poll_at = -1;
    c->next = p->clients;
    p->clients = c;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return c;
}

void client_accept(struct parent *p) {
    int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) return;
    struct ucred peer;
    socklen_t length = sizeof peer;
    // Only the same user, and only from outside the pod: a process inside has a number here, or is in a container.
    bool known = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
    if (known && (p->pod.host_processes ? !pod_has(p, peer.pid) : peer.pid == 0)) client_add(p, fd);
    else close(fd);
}

void client_remove(struct parent *p, struct client *c) {
    struct client **place = &p->clients;
    while (*place != c) place = &(*place)->next;
    *place = c->next;
    for (struct container *k = p->containers; k; k = k->next)
        if (k->starter == c) k->starter = NULL;
    for (int i = 0; i < c->passed_count; i++) close(c->passed[i]);
    for (size_t i = 0; i < c->passing_count; i++) close(c->passing[i].fd);
    free(c->passing);
    bytes_free(&c->in);
    bytes_free(&c->out);
    close(c->fd);
    free(c);
}

void answer_failed(struct client *c, uint32_t tag, const char *stage, int error, const char *path) {
    size_t frame = frame_begin(&c->out, SANDBOX_FAILED, tag);
    field_text(&c->out, SANDBOX_STAGE, stage);
    field_number(&c->out, SANDBOX_ERRNO, error);
    field_text(&c->out, SANDBOX_PATH, path);
    frame_end(&c->out, frame);
}

void answer_ok(struct client *c, uint32_t tag) { frame_end(&c->out, frame_begin(&c->out, SANDBOX_OK, tag)); }

static void announce_to(struct client *c, const struct container *k) {
    size_t frame = frame_begin(&c->out, SANDBOX_EXITED, 0);
    describe(&c->out, k);
    frame_end(&c->out, frame);
}

void announce(struct parent *p, const struct container *k) {
    for (struct client *c = p->clients; c; c = c->next)
        if (c->watches) announce_to(c, k);
}

/// The few values that the small requests carry.
struct request {
    char *id, *path, *address;
    int64_t signal, grace, size, mode, group, rows, columns, streams, port;
    bool whole_group;
};

static bool request_read(struct request *r, struct fields f) {
    *r = (struct request){.size = -1, .mode = 01777, .group = 0};
    while (field_next(&f)) {
        switch (f.code) {
        case SANDBOX_ID: free(r->id); r->id = field_copy(&f); break;
        case SANDBOX_PATH: free(r->path); r->path = field_copy(&f); break;
        case SANDBOX_SIGNAL_NUMBER: r->signal = field_value(&f); break;
        case SANDBOX_GRACE: r->grace = field_value(&f); break;
        case SANDBOX_SIZE: r->size = field_value(&f); break;
        case SANDBOX_MODE: r->mode = field_value(&f); break;
        case SANDBOX_GROUP: r->group = field_value(&f); break;
        case SANDBOX_ROWS: r->rows = field_value(&f); break;
        case SANDBOX_COLUMNS: r->columns = field_value(&f); break;
        case SANDBOX_STREAMS: r->streams = field_value(&f); break;
        case SANDBOX_PORT: r->port = field_value(&f); break;
        case SANDBOX_ADDRESS: free(r->address); r->address = field_copy(&f); break;
        case SANDBOX_WHOLE_GROUP: r->whole_group = field_value(&f) != 0; break;
        default: return false;
        }
    }
    return !f.broken;
}

static void answer_ready(struct parent *p, struct client *c, uint32_t tag) {
    size_t frame = frame_begin(&c->out, SANDBOX_READY, tag);
    field_number(&c->out, SANDBOX_VERSION, SANDBOX_PROTOCOL);
    field_number(&c->out, SANDBOX_PROCESS, p->pod.host_pid);
    field_number(&c->out, SANDBOX_STARTED_AT, p->pod.started_at);
    field_number(&c->out, SANDBOX_ONE_IDENTITY, p->pod.one_identity);
    frame_end(&c->out, frame);
}

static void answer_state(struct parent *p, struct client *c, uint32_t tag) {
    size_t frame = frame_begin(&c->out, SANDBOX_CONTAINERS, tag);
    for (struct container *k = p->containers; k; k = k->next) {
        if (k->is_exec || k->forgotten) continue;
        size_t group = group_begin(&c->out, SANDBOX_CONTAINER);
        describe(&c->out, k);
        group_end(&c->out, group);
    }
    frame_end(&c->out, frame);
}

static int mount_memory(const struct request *r) {
    char size[32], mode[16], group[16];
    snprintf(size, sizeof size, "%lld", (long long)r->size);
    snprintf(mode, sizeof mode, "%llo", (unsigned long long)r->mode);
    snprintf(group, sizeof group, "%lld", (long long)r->group);
    const char *options[] = {"mode", mode, "gid", group, r->size > 0 ? "size" : NULL, size, NULL};
    int mount = mount_new("tmpfs", MOUNT_NO_SUID | MOUNT_NO_DEVICES, options);
    if (mount < 0) return errno;
    int place = open(r->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int error = place < 0 || mount_attach(mount, place) < 0 ? errno : 0;
    if (place >= 0) close(place);
    close(mount);
    return error;
}

/// The descriptors that came with the request, in the places that its streams name.
static int attach(struct client *c, struct container *k, const struct request *r) {
    int given[3] = {-1, -1, -1}, next = 0;
    for (int i = 0; i < 3; i++)
        if (r->streams >> i & 1 && next < c->passed_count) given[i] = c->passed[next++];
    int wanted = c->passed_count;
    c->passed_count = 0;
    if (next == wanted && next == __builtin_popcountll((unsigned long long)r->streams) && k->phase == RUNNING) {
        attach_begin(k, given);
        return 0;
    }
    for (int i = 0; i < 3; i++)
        if (given[i] >= 0) close(given[i]);
    for (; next < wanted; next++) close(c->passed[next]);
    return k->phase == RUNNING ? EBADF : ESRCH;
}

static int resize(const struct container *k, const struct request *r) {
    struct winsize size = {.ws_row = (unsigned short)r->rows, .ws_col = (unsigned short)r->columns};
    if (k->terminal < 0) return ENOTTY;
    return ioctl(k->terminal, TIOCSWINSZ, &size) < 0 ? errno : 0;
}

static void connect_out(struct client *c, uint32_t tag, const struct request *r) {
    int fd = connect_begin(r->address ? r->address : "", r->port);
    if (fd < 0) return answer_failed(c, tag, "connect", -fd, r->address ? r->address : "");
    size_t frame = frame_begin(&c->out, SANDBOX_SOCKET, tag);
    field_number(&c->out, SANDBOX_DESCRIPTORS, 1);
    client_pass(c, frame, fd);
    frame_end(&c->out, frame);
}

static void small_request(struct parent *p, struct client *c, const struct sandbox_frame *frame, struct request *r) {
    uint32_t tag = frame->tag;
    struct container *k = r->id ? container_find(p, r->id) : NULL;
    bool named = frame->type == SANDBOX_SIGNAL || frame->type == SANDBOX_ACKNOWLEDGE || frame->type == SANDBOX_REOPEN_LOG
        || frame->type == SANDBOX_ATTACH || frame->type == SANDBOX_RESIZE;
    if (named && !k) return answer_failed(c, tag, "request", ESRCH, r->id ? r->id : "");
    int error = 0;
    switch (frame->type) {
    case SANDBOX_HELLO: return answer_ready(p, c, tag);
    case SANDBOX_CONNECT: return connect_out(c, tag, r);
    case SANDBOX_STATE: return answer_state(p, c, tag);
    case SANDBOX_WATCH:
        c->watches = true;
        answer_ok(c, tag);
        for (k = p->containers; k; k = k->next)
            if (!k->is_exec && !k->forgotten && k->phase == ENDED) announce_to(c, k);
        return;
    case SANDBOX_SHUTDOWN:
        c->stops = true;
        c->stop_tag = tag;
        return begin_stop(p, r->grace);
    case SANDBOX_SIGNAL: error = container_signal(p, k, (int)r->signal, r->whole_group); break;
    case SANDBOX_ACKNOWLEDGE:
        if (k->phase == ENDED) container_acknowledge(p, k);
        else error = EBUSY;
        break;
    case SANDBOX_REOPEN_LOG:
        k->log_error = 0;
        container_reopen_log(k);
        error = k->log_error;
        break;
    case SANDBOX_ATTACH: error = attach(c, k, r); break;
    case SANDBOX_RESIZE: error = resize(k, r); break;
    case SANDBOX_TMPFS: error = r->path ? mount_memory(r) : EINVAL; break;
    default: error = ENOSYS;
    }
    if (error) answer_failed(c, tag, "request", error, r->path ? r->path : r->id ? r->id : "");
    else answer_ok(c, tag);
}

static void carry_out(struct parent *p, struct client *c, const struct sandbox_frame *frame, const char *data) {
    struct fields f = fields_of(data, frame->length);
    bool is_exec = frame->type == SANDBOX_EXEC;
    if (is_exec || frame->type == SANDBOX_START) return container_start(p, c, frame->tag, f, is_exec);
    struct request r;
    if (request_read(&r, f)) small_request(p, c, frame, &r);
    else answer_failed(c, frame->tag, "request", EBADMSG, "");
    free(r.id);
    free(r.path);
    free(r.address);
}

/// Receives bytes and, with them, descriptors. Returns what recvmsg returns.
static ssize_t receive(struct client *c) {
    char control[CMSG_SPACE(3 * sizeof(int))];
    bytes_reserve(&c->in, 4096);
    struct iovec room = {.iov_base = c->in.data + c->in.length, .iov_len = c->in.capacity - c->in.length};
    struct msghdr message = {.msg_iov = &room, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(c->fd, &message, MSG_CMSG_CLOEXEC);
    if (n <= 0) return n;
    c->in.length += (size_t)n;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            if (c->passed_count < 3) c->passed[c->passed_count++] = fd;
            else close(fd);
        }
    }
    return n;
}

bool client_read(struct parent *p, struct client *c) {
    for (;;) {
        ssize_t n = receive(c);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) return false;
        size_t done = 0;
        struct sandbox_frame frame;
        while (c->in.length - done >= sizeof frame) {
            memcpy(&frame, c->in.data + done, sizeof frame);
            if (frame.length > SANDBOX_FRAME_LIMIT) return false;
            if (c->in.length - done < sizeof frame + frame.length) break;
            carry_out(p, c, &frame, c->in.data + done + sizeof frame);
            done += sizeof frame + frame.length;
        }
        bytes_drop(&c->in, done);
    }
    if (c->in.length == 0) bytes_free(&c->in);
    return true;
}

void client_pass(struct client *c, size_t frame, int fd) {
    struct passing *passing = realloc(c->passing, (c->passing_count + 1) * sizeof *passing);
    if (!passing) abort();
    passing[c->passing_count++] = (struct passing){.at = frame, .fd = fd};
    c->passing = passing;
}

bool client_write(struct client *c) {
    while (c->out.length) {
        // A descriptor leaves with the first byte of its frame, so bytes before it go alone, and it goes before the next one.
        bool passes = c->passing_count && c->passing[0].at == 0;
        size_t next = passes ? 1 : 0;
        size_t length = next < c->passing_count ? c->passing[next].at : c->out.length;
        ssize_t n = swkube_send(c->fd, c->out.data, length, passes ? &c->passing[0].fd : NULL, passes ? 1 : 0);
        if (n == -EINTR) continue;
        if (n == -EAGAIN) return true;
        if (n < 0) return false;
        if (passes) {
            close(c->passing[0].fd);
            memmove(c->passing, c->passing + 1, --c->passing_count * sizeof *c->passing);
        }
        for (size_t i = 0; i < c->passing_count; i++) c->passing[i].at -= (size_t)n;
        bytes_drop(&c->out, (size_t)n);
    }
    return true;
}
