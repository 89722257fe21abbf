#define _GNU_SOURCE
#include "parent.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

static int64_t now(clockid_t clock, int64_t per_second) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * per_second + t.tv_nsec / (1000000000 / per_second);
}

int64_t wall_now(void) { return now(CLOCK_REALTIME, 1000000000); }
int64_t monotonic_ms(void) { return now(CLOCK_MONOTONIC, 1000); }

void begin_stop(struct parent *p, int64_t grace) {
    int64_t at = monotonic_ms() + (grace > 0 ? grace : 0);
    if (!p->stopping || at < p->kill_at) p->kill_at = at;
    if (!p->stopping) pod_signal(p, SIGTERM);
    p->stopping = true;
}

/// Ends this process when nothing of the pod is left: as process 1 it is the parent of all that was.
static void stop_further(struct parent *p) {
    if (monotonic_ms() >= p->kill_at) {
        pod_signal(p, SIGKILL);
        p->killed = true;
    }
    reap(p);
    siginfo_t any;
    if (waitid(P_ALL, 0, &any, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD) return;
    for (struct container *k = p->containers; k; k = k->next) container_streams(k);
    record_write(p);
    unlinkat(p->pod.folder_fd, "socket", 0);
    for (struct client *c = p->clients; c; c = c->next) {
        if (c->stops) answer_ok(c, c->stop_tag);
        fcntl(c->fd, F_SETFL, 0);
        client_write(c);
    }
    _exit(0);
}

struct poll_list {
    struct pollfd *items;
    size_t count, capacity;
};

static int listen_to(struct poll_list *list, int fd, short events) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 16;
        list->items = realloc(list->items, list->capacity * sizeof *list->items);
        if (!list->items) abort();
    }
    list->items[list->count] = (struct pollfd){.fd = fd, .events = events};
    return (int)list->count++;
}

static void fill(struct poll_list *list, struct parent *p) {
    list->count = 0;
    listen_to(list, p->signals, POLLIN);
    listen_to(list, p->listener, POLLIN);
    for (struct container *k = p->containers; k; k = k->next) {
        k->poll_at = listen_to(list, k->report, POLLIN);
        for (int i = 0; i < 2; i++) listen_to(list, attach_throttles(k, i) ? -1 : k->streams[i].fd, POLLIN);
        bool waits = false;
        for (struct attachment *a = k->attachments; a; a = a->next) waits |= a->unread.length > 0;
        listen_to(list, waits ? k->input : -1, POLLOUT);
        for (struct attachment *a = k->attachments; a; a = a->next) {
            a->poll_at = listen_to(list, a->unread.length ? -1 : a->in, POLLIN);
            for (int i = 0; i < 2; i++) listen_to(list, a->out[i], a->unwritten[i].length ? POLLOUT : 0);
        }
    }
    for (struct client *c = p->clients; c; c = c->next)
        c->poll_at = listen_to(list, c->fd, (short)(POLLIN | (c->out.length ? POLLOUT : 0)));
}

static void take_signals(struct parent *p) {
    struct signalfd_siginfo info;
    while (read(p->signals, &info, sizeof info) == sizeof info) {
        // The host goes down, or someone asks this process to: the pod gets what a node's shutdown gives it.
        if (info.ssi_signo == SIGTERM) begin_stop(p, 30000);
    }
    reap(p);
}

_Noreturn void parent_run(struct parent *p) {
    struct poll_list list = {0};
    for (;;) {
        for (struct client *c = p->clients, *next; c; c = next) {
            next = c->next;
            if (!client_write(c)) client_remove(p, c);
        }
        int timeout = -1;
        if (p->stopping) {
            stop_further(p);
            int64_t left = p->kill_at - monotonic_ms();
            timeout = p->killed || left < 0 ? 5 : (int)left; // after KILL, whatever was born in between is killed again
        }
        fill(&list, p);
        if (poll(list.items, list.count, timeout) < 0) continue;
        for (struct container *k = p->containers, *next; k; k = next) {
            next = k->next;
            const struct pollfd *own = &list.items[k->poll_at];
            bool moves = own[1].revents || own[2].revents || own[3].revents;
            for (struct attachment *a = k->attachments; a && !moves; a = a->next)
                for (int i = 0; i < 3; i++) moves |= list.items[a->poll_at + i].revents != 0;
            if (moves) container_streams(k);
            if (k->forgotten && !k->attachments) container_remove(p, k);
            else if (own[0].revents) container_report(p, k); // may remove it
        }
        if (list.items[0].revents) take_signals(p);
        for (struct client *c = p->clients, *next; c; c = next) {
            next = c->next;
            if (list.items[c->poll_at].revents & ~POLLOUT && !client_read(p, c)) client_remove(p, c);
        }
        if (list.items[1].revents) client_accept(p);
    }
}
