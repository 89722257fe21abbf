// Datagrams from a listening socket to one place and back: each sender has a socket of its own towards the place, so that answers find it.

#define _GNU_SOURCE
#include "include/CSandbox.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FLOWS = 256, IDLE_SECONDS = 60 };

struct flow {
    struct sockaddr_storage from;
    socklen_t length;
    int fd;
    time_t used;
};

struct swkube_datagrams {
    int listener, wake;
    int (*dial)(void *);
    void *context;
    struct flow flows[FLOWS];
    int count;
    char buffer[65536];
};

static time_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

struct swkube_datagrams *swkube_datagrams_new(int listener, int (*dial)(void *context), void *context) {
    struct swkube_datagrams *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    *d = (struct swkube_datagrams){.listener = listener, .wake = eventfd(0, EFD_CLOEXEC), .dial = dial, .context = context};
    if (d->wake >= 0) return d;
    free(d);
    return NULL;
}

void swkube_datagrams_stop(struct swkube_datagrams *d) {
    uint64_t one = 1;
    (void)!write(d->wake, &one, sizeof one);
}

static void drop(struct swkube_datagrams *d, int index) {
    close(d->flows[index].fd);
    d->flows[index] = d->flows[--d->count];
}

static struct flow *flow_of(struct swkube_datagrams *d, const struct sockaddr_storage *from, socklen_t length) {
    int oldest = 0;
    for (int i = 0; i < d->count; i++) {
        if (d->flows[i].length == length && memcmp(&d->flows[i].from, from, length) == 0) return &d->flows[i];
        if (d->flows[i].used < d->flows[oldest].used) oldest = i;
    }
    if (d->count == FLOWS) drop(d, oldest);
    int fd = d->dial(d->context);
    if (fd < 0) return NULL;
    struct flow *f = &d->flows[d->count++];
    *f = (struct flow){.from = *from, .length = length, .fd = fd};
    return f;
}

static void forwards(struct swkube_datagrams *d) {
    for (;;) {
        struct sockaddr_storage from;
        socklen_t length = sizeof from;
        ssize_t n = recvfrom(d->listener, d->buffer, sizeof d->buffer, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
        if (n < 0) return;
        struct flow *f = flow_of(d, &from, length);
        if (!f) continue;
        f->used = now();
        (void)!send(f->fd, d->buffer, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL); // one that gets lost is a datagram's fate
    }
}

static void backwards(struct swkube_datagrams *d, struct flow *f) {
    for (;;) {
        ssize_t n = recv(f->fd, d->buffer, sizeof d->buffer, MSG_DONTWAIT);
        if (n < 0) return;
        f->used = now();
        (void)!sendto(d->listener, d->buffer, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&f->from, f->length);
    }
}

void swkube_datagrams_run(struct swkube_datagrams *d) {
    struct pollfd list[FLOWS + 2];
    for (;;) {
        list[0] = (struct pollfd){.fd = d->wake, .events = POLLIN};
        list[1] = (struct pollfd){.fd = d->listener, .events = POLLIN};
        int count = d->count;
        for (int i = 0; i < count; i++) list[i + 2] = (struct pollfd){.fd = d->flows[i].fd, .events = POLLIN};
        if (poll(list, (nfds_t)count + 2, count ? IDLE_SECONDS * 1000 : -1) < 0 && errno != EINTR) break;
        if (list[0].revents) break;
        for (int i = 0; i < count; i++)
            if (list[i + 2].revents) backwards(d, &d->flows[i]);
        if (list[1].revents) forwards(d);
        for (int i = d->count - 1; i >= 0; i--)
            if (now() - d->flows[i].used > IDLE_SECONDS) drop(d, i);
    }
    while (d->count) drop(d, 0);
    close(d->listener);
    close(d->wake);
    free(d);
}
