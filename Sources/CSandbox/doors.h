// What doors.c and datagrams.c share: threads, each of which waits for its own sockets.

#pragma once

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum kind { WAKE, DOOR, END, DATAGRAM_DOOR, FLOW };

struct watched {
    enum kind kind;
    int fd;
};

enum { FLOW_BUCKETS = 64 };

/// An address of either family; the port stands at the same place in both.
union client {
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

/// Datagrams of one client through one door, with a socket of its own in the cluster.
struct flow {
    struct watched watched;
    struct door *door;
    union client client;
    socklen_t length; // of the client's address
    time_t used;
    bool is_answered;
    struct flow *next;
};

struct door {
    struct watched watched; // the same descriptor in each thread
    atomic_size_t *users;   // threads that have it
    uint64_t id;
    struct door *next;
    struct flow **flows; // by the client's port; NULL before the first one
    size_t flow_count;
};

/// One side of a connection. What was read from it and the other side did not take yet waits in `rest`.
struct end {
    struct watched watched;
    struct link *link;
    char *rest;
    size_t length, at;
    bool is_over; // nothing more comes from it
};

struct link {
    struct end ends[2]; // the client's, the cluster's
    bool is_connecting, is_dead;
    struct link *newer, *older; // by the last sign of life
    uint64_t used;              // when that was
    struct link *next_dead;
};

/// One thread's. A door is open in each of them, and whoever waits lets the next client in; one for datagrams is the first one's alone.
struct swkube_doors {
    struct swkube_doors *all; // those of one `swkube_doors_new`
    size_t count;             // of them
    int poll;
    struct watched wake;
    int (*dial)(void *, uint64_t);
    void *context;
    pthread_mutex_t lock;
    struct door *added, *open; // `added` and `closed` are between the threads
    uint64_t *closed;
    size_t closed_count;
    struct link *newest, *oldest, *dead;
    size_t most_links; // of all threads
    // What the other threads see: how many links there are, when the oldest was used last, and how many of them are to make room.
    atomic_size_t link_count, unwanted;
    _Atomic uint64_t oldest_used;
    uint64_t now; // nanoseconds, at the begin of this turn
    int pace; // events a turn, lately, times eight
    bool is_crowded;
    struct flow *dead_flows;
    size_t flow_count; // of all doors
    time_t swept;
    char buffer[65536];
};

/// Closes a descriptor that is watched. A program that is being started has a copy until it is another program, and as long as one is open
/// the kernel would tell of it, with a pointer to what is freed.
void doors_unwatch(struct swkube_doors *d, int fd);
/// Takes what clients sent to a door into the cluster.
void datagrams_from_clients(struct swkube_doors *d, struct door *door);
/// Takes what the cluster answered back to the client.
void datagrams_from_cluster(struct swkube_doors *d, struct flow *flow);
/// Ends all flows of a door that closes.
void datagrams_end(struct swkube_doors *d, struct door *door);
/// Ends flows that are silent, and frees those that ended before the events at hand.
void datagrams_sweep(struct swkube_doors *d);
