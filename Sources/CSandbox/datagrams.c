// Datagrams from the host's network into the cluster's and back. A client has a flow through a door, which is a connected socket in the
// cluster, until it is silent for as long as the kernel's own connection tracking waits.

#define _GNU_SOURCE
#include "doors.h"
#include "include/CSandbox.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/// Seconds of silence; flows of one door; datagrams taken in a turn, so that one busy door leaves the others theirs.
enum { UNANSWERED = 30, ANSWERED = 120, FLOWS = 4096, TURN = 64 };

static time_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static struct flow **place(struct door *door, const union client *client) {
    struct flow **at = &door->flows[ntohs(client->four.sin_port) % FLOW_BUCKETS];
    while (*at && memcmp(&(*at)->client, client, sizeof *client)) at = &(*at)->next;
    return at;
}

/// Takes a flow out of its door; it is freed after the events that were already fetched.
static void finish(struct swkube_doors *d, struct flow **at) {
    struct flow *flow = *at;
    *at = flow->next;
    doors_unwatch(d, flow->watched.fd);
    flow->watched.fd = -1;
    flow->door->flow_count--;
    d->flow_count--;
    flow->next = d->dead_flows;
    d->dead_flows = flow;
}

static struct flow *begin(struct swkube_doors *d, struct door *door, const union client *client, socklen_t length) {
    if (!door->flows) door->flows = calloc(FLOW_BUCKETS, sizeof *door->flows);
    if (!door->flows) return NULL;
    struct flow **at = place(door, client);
    if (*at) return *at;
    if (door->flow_count >= FLOWS) return NULL;
    int fd = d->dial(d->context, door->id);
    struct flow *flow = fd < 0 ? NULL : calloc(1, sizeof *flow);
    if (!flow) {
        if (fd >= 0) close(fd);
        return NULL;
    }
    *flow = (struct flow){.watched = {.kind = FLOW, .fd = fd}, .door = door, .client = *client, .length = length};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = flow};
    epoll_ctl(d->poll, EPOLL_CTL_ADD, fd, &event);
    *at = flow;
    door->flow_count++;
    d->flow_count++;
    return flow;
}

void datagrams_from_clients(struct swkube_doors *d, struct door *door) {
    for (int turn = 0; turn < TURN; turn++) {
        union client client = {0};
        socklen_t length = sizeof client;
        ssize_t n = recvfrom(door->watched.fd, d->buffer, sizeof d->buffer, MSG_DONTWAIT, (struct sockaddr *)&client, &length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 || length > sizeof client) return;
        // Twice: what came back before, such as that nobody listened there, is told with the first.
        for (int attempt = 0; attempt < 2; attempt++) {
            struct flow *flow = begin(d, door, &client, length);
            if (!flow) break; // lost, as datagrams may be
            flow->used = now();
            if (send(flow->watched.fd, d->buffer, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 || errno == EAGAIN) break;
            finish(d, place(door, &client));
        }
    }
}

void datagrams_from_cluster(struct swkube_doors *d, struct flow *flow) {
    for (int turn = 0; turn < TURN && flow->watched.fd >= 0; turn++) {
        ssize_t n = recv(flow->watched.fd, d->buffer, sizeof d->buffer, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n < 0) return finish(d, place(flow->door, &flow->client)); // the next datagram finds another way
        flow->used = now();
        flow->is_answered = true;
        (void)sendto(flow->door->watched.fd, d->buffer, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT,
            (struct sockaddr *)&flow->client, flow->length);
    }
}

void datagrams_end(struct swkube_doors *d, struct door *door) {
    if (!door->flows) return;
    for (size_t i = 0; i < FLOW_BUCKETS; i++)
        while (door->flows[i]) finish(d, &door->flows[i]);
    free(door->flows);
    door->flows = NULL;
}

void datagrams_sweep(struct swkube_doors *d) {
    time_t t = now();
    if (d->flow_count && t - d->swept >= 5) {
        d->swept = t;
        for (struct door *door = d->open; door; door = door->next) {
            if (!door->flows) continue;
            for (size_t i = 0; i < FLOW_BUCKETS; i++)
                for (struct flow **at = &door->flows[i]; *at;)
                    if (t - (*at)->used > ((*at)->is_answered ? ANSWERED : UNANSWERED)) finish(d, at);
                    else at = &(*at)->next;
        }
    }
    while (d->dead_flows) {
        struct flow *flow = d->dead_flows;
        d->dead_flows = flow->next;
        free(flow);
    }
}
