// Connections from the host's network into the cluster's: bytes are carried from one socket to another, both ways, by a few threads.
// Datagrams: datagrams.c.

#define _GNU_SOURCE
#include "doors.h"
#include "include/CSandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static bool begin(struct swkube_doors *d) {
    d->poll = epoll_create1(EPOLL_CLOEXEC);
    d->wake = (struct watched){.kind = WAKE, .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    d->oldest_used = UINT64_MAX;
    pthread_mutex_init(&d->lock, NULL);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &d->wake};
    return d->poll >= 0 && d->wake.fd >= 0 && epoll_ctl(d->poll, EPOLL_CTL_ADD, d->wake.fd, &event) == 0;
}

struct swkube_doors *swkube_doors_new(size_t threads, size_t most_links, int (*dial)(void *, uint64_t), void *context) {
    struct swkube_doors *all = calloc(threads, sizeof *all);
    for (size_t i = 0; all && i < threads; i++) {
        all[i].all = all;
        all[i].count = threads;
        all[i].dial = dial;
        all[i].context = context;
        all[i].most_links = most_links;
        // Those before it are never run, and lost.
        if (!begin(&all[i])) return NULL;
    }
    return all;
}

static void wake(struct swkube_doors *d) {
    uint64_t one = 1;
    (void)!write(d->wake.fd, &one, sizeof one);
}

/// What an end does not take waits in the kernel: of each connection half a megabyte at most, where it would come to eight times that.
static void set_up(int fd) {
    int one = 1, most = 512 * 1024;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof most);
}

int swkube_doors_open(struct swkube_doors *all, uint64_t id, int listener, int is_datagram) {
    // Who is let in has this from here.
    if (!is_datagram) set_up(listener);
    size_t count = is_datagram ? 1 : all->count;
    struct door *doors[count];
    atomic_size_t *users = malloc(sizeof *users);
    bool good = users != NULL;
    for (size_t i = 0; i < count; i++) good &= (doors[i] = calloc(1, sizeof *doors[i])) != NULL;
    if (!good) {
        for (size_t i = 0; i < count; i++) free(doors[i]);
        free(users);
        return ENOMEM;
    }
    *users = count;
    for (size_t i = 0; i < count; i++) {
        struct swkube_doors *d = &all[i];
        enum kind kind = is_datagram ? DATAGRAM_DOOR : DOOR;
        *doors[i] = (struct door){.watched = {.kind = kind, .fd = listener}, .users = users, .id = id};
        pthread_mutex_lock(&d->lock);
        doors[i]->next = d->added;
        d->added = doors[i];
        pthread_mutex_unlock(&d->lock);
        wake(d);
    }
    return 0;
}

int swkube_doors_close(struct swkube_doors *all, uint64_t id) {
    int result = 0;
    for (struct swkube_doors *d = all; d < all + all->count; d++) {
        pthread_mutex_lock(&d->lock);
        uint64_t *closed = realloc(d->closed, (d->closed_count + 1) * sizeof *closed);
        if (closed) {
            d->closed = closed;
            closed[d->closed_count++] = id;
        } else {
            result = ENOMEM;
        }
        pthread_mutex_unlock(&d->lock);
        wake(d);
    }
    return result;
}

void doors_unwatch(struct swkube_doors *d, int fd) {
    epoll_ctl(d->poll, EPOLL_CTL_DEL, fd, NULL);
    close(fd);
}

static void forget(struct swkube_doors *d, struct door *door) {
    epoll_ctl(d->poll, EPOLL_CTL_DEL, door->watched.fd, NULL);
    if (--*door->users == 0) {
        close(door->watched.fd);
        free(door->users);
    }
    free(door);
}

static void take_changes(struct swkube_doors *d) {
    uint64_t count;
    (void)!read(d->wake.fd, &count, sizeof count);
    pthread_mutex_lock(&d->lock);
    while (d->added) {
        struct door *door = d->added;
        d->added = door->next;
        door->next = d->open;
        d->open = door;
        // A client wakes one thread, which is the first that waits.
        struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = door};
        epoll_ctl(d->poll, EPOLL_CTL_ADD, door->watched.fd, &event);
    }
    for (size_t i = 0; i < d->closed_count; i++) {
        for (struct door **place = &d->open; *place;) {
            struct door *door = *place;
            if (door->id == d->closed[i]) {
                *place = door->next;
                datagrams_end(d, door);
                forget(d, door);
            } else {
                place = &door->next;
            }
        }
    }
    d->closed_count = 0;
    pthread_mutex_unlock(&d->lock);
}

static void take_out(struct swkube_doors *d, struct link *link) {
    *(link->newer ? &link->newer->older : &d->newest) = link->older;
    *(link->older ? &link->older->newer : &d->oldest) = link->newer;
    d->link_count--;
}

static void put_first(struct swkube_doors *d, struct link *link) {
    link->used = d->now;
    link->newer = NULL;
    link->older = d->newest;
    *(d->newest ? &d->newest->newer : &d->oldest) = link;
    d->newest = link;
    d->link_count++;
}

/// A link that ended is freed after the events that were already fetched.
static void finish(struct swkube_doors *d, struct link *link) {
    if (link->is_dead) return;
    link->is_dead = true;
    take_out(d, link);
    for (int i = 0; i < 2; i++) {
        doors_unwatch(d, link->ends[i].watched.fd);
        free(link->ends[i].rest);
    }
    link->next_dead = d->dead;
    d->dead = link;
}

static struct end *other(struct end *e) { return &e->link->ends[e == &e->link->ends[0]]; }

/// Hears of each change once: what is not taken then is asked for again by EPOLL_CTL_MOD.
static void listen_to(struct swkube_doors *d, struct end *e, int change) {
    bool waits = e->link->is_connecting || other(e)->rest;
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET | (waits ? EPOLLOUT : 0), .data.ptr = e};
    epoll_ctl(d->poll, change, e->watched.fd, &event);
}

/// The other end hears that nothing more comes from this one, unless it has nothing to say either: then both are closed at once.
static void pass_end(struct end *from) {
    struct end *to = other(from);
    if (!to->is_over || to->rest) shutdown(to->watched.fd, SHUT_WR);
}

/// Writes what waits; false when the connection broke.
static bool flush(struct end *from) {
    struct end *to = other(from);
    while (from->rest) {
        ssize_t n = send(to->watched.fd, from->rest + from->at, from->length - from->at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN;
        from->at += (size_t)n;
        if (from->at == from->length) {
            free(from->rest);
            from->rest = NULL;
        }
    }
    if (from->is_over) pass_end(from);
    return true;
}

/// Hands the bytes in the buffer on. What the other end does not take yet waits. False when the connection broke.
static bool give(struct swkube_doors *d, struct end *from, size_t count, int flags) {
    ssize_t sent = send(other(from)->watched.fd, d->buffer, count, MSG_NOSIGNAL | flags);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    size_t taken = sent < 0 ? 0 : (size_t)sent;
    if (taken == count) return true;
    from->length = count - taken;
    from->at = 0;
    from->rest = malloc(from->length);
    if (!from->rest) return false;
    memcpy(from->rest, d->buffer + taken, from->length);
    return true;
}

/// Takes what is there from one end to the other; false when the connection broke.
///
/// - ends: whether the end of it is there already. It leaves in one segment with the bytes before it.
static bool carry(struct swkube_doors *d, struct end *from, bool ends) {
    struct end *to = other(from);
    // A few times, so that one busy connection leaves the others their turn.
    for (int turn = 0; !from->rest && !from->is_over; turn++) {
        if (turn == 8) {
            listen_to(d, from, EPOLL_CTL_MOD);
            break;
        }
        ssize_t n = recv(from->watched.fd, d->buffer, sizeof d->buffer, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN;
        if (n == 0) {
            from->is_over = true;
            pass_end(from);
            return true;
        }
        if (!give(d, from, (size_t)n, ends ? MSG_MORE : 0)) return false;
        if (from->rest) listen_to(d, to, EPOLL_CTL_MOD);
        if (n < (ssize_t)sizeof d->buffer && !ends) break;
    }
    return true;
}

/// Whether a connection that was begun is there. Within one machine it mostly is, at once.
static bool is_connected(int fd) {
    struct pollfd entry = {.fd = fd, .events = POLLOUT};
    return poll(&entry, 1, 0) == 1 && entry.revents == POLLOUT;
}

/// The client will hear that it broke off, not a polite end.
static void make_reset(int client) {
    struct linger none = {.l_onoff = 1};
    setsockopt(client, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

/// Tells the other threads when the oldest link of this one was used last.
static void tell_oldest(struct swkube_doors *d) { d->oldest_used = d->oldest ? d->oldest->used : UINT64_MAX; }

/// Ends the link that has been silent for longest, so that who only holds connections keeps nobody out. False when that is left to the
/// thread that has it, or there is none.
static bool make_room(struct swkube_doors *d) {
    tell_oldest(d);
    struct swkube_doors *where = d;
    for (struct swkube_doors *other = d->all; other < d->all + d->count; other++)
        if (other->oldest_used < where->oldest_used) where = other;
    if (where != d) {
        where->unwanted++;
        wake(where);
        return false;
    }
    struct link *link = d->oldest;
    if (!link) return false;
    make_reset(link->ends[0].watched.fd);
    finish(d, link);
    return true;
}

static size_t links_of_all(const struct swkube_doors *d) {
    size_t count = 0;
    for (size_t i = 0; i < d->count; i++) count += d->all[i].link_count;
    return count;
}

/// Leads a client in.
///
/// - asked: bytes in the buffer that the client has sent already.
static void let_in(struct swkube_doors *d, struct door *door, int client, size_t asked) {
    int server = d->dial(d->context, door->id), one = 1;
    struct link *link = server < 0 ? NULL : calloc(1, sizeof *link);
    if (!link) {
        make_reset(client);
        close(client);
        if (server >= 0) close(server);
        return;
    }
    int fds[2] = {client, server};
    for (int i = 0; i < 2; i++) link->ends[i] = (struct end){.watched = {.kind = END, .fd = fds[i]}, .link = link};
    put_first(d, link);
    set_up(server);
    bool good = !asked || give(d, &link->ends[0], asked, 0);
    // The last step of the handshake left with these bytes. Without any it leaves now: the server may be the one that speaks first.
    setsockopt(server, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
    link->is_connecting = (!asked || link->ends[0].rest) && !is_connected(server);
    for (int i = 0; i < 2; i++) listen_to(d, &link->ends[i], EPOLL_CTL_ADD);
    if (good) return;
    make_reset(client);
    finish(d, link);
}

static void accept_all(struct swkube_doors *d, struct door *door) {
    // Who comes along with others has said what it wants by the time that these came, too.
    if (d->is_crowded) sched_yield();
    for (int turn = 0; turn < 64; turn++) {
        int client = accept4(door->watched.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client < 0) {
            bool is_full = errno == EMFILE || errno == ENFILE;
            if (is_full && make_room(d)) continue;
            // Others have all descriptors; the kernel would tell of the same client again at once.
            if (is_full) usleep(10000);
            return;
        }
        if (links_of_all(d) >= d->most_links) make_room(d);
        ssize_t asked = recv(client, d->buffer, sizeof d->buffer, 0);
        if (asked < 0 && errno != EAGAIN && errno != EINTR) close(client);
        else let_in(d, door, client, asked < 0 ? 0 : (size_t)asked);
    }
}

/// What came of a connection that was begun; false when nothing did.
static bool settle(struct swkube_doors *d, struct end *e, uint32_t events) {
    struct link *link = e->link;
    if (e == &link->ends[0]) return !(events & (EPOLLHUP | EPOLLERR)); // whether the client still waits
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(e->watched.fd, SOL_SOCKET, SO_ERROR, &error, &length);
    link->is_connecting = false;
    for (int i = 0; i < 2; i++) listen_to(d, &link->ends[i], EPOLL_CTL_MOD);
    return error == 0;
}

static bool serve(struct swkube_doors *d, struct end *e, uint32_t events) {
    if (events & EPOLLOUT && other(e)->rest) {
        if (!flush(other(e))) return false;
        if (!other(e)->rest) listen_to(d, other(e), EPOLL_CTL_MOD);
    }
    return !(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) || carry(d, e, events & EPOLLRDHUP);
}

static void serve_end(struct swkube_doors *d, struct end *e, uint32_t events) {
    struct link *link = e->link;
    if (link->is_dead) return;
    if (d->newest != link) {
        take_out(d, link);
        put_first(d, link);
    } else {
        link->used = d->now;
    }
    bool good = link->is_connecting ? settle(d, e, events) : serve(d, e, events);
    if (!good) make_reset(link->ends[0].watched.fd);
    bool over = link->ends[0].is_over && link->ends[1].is_over && !link->ends[0].rest && !link->ends[1].rest;
    // The last: broken with nothing left to read.
    if (!good || over || (events & (EPOLLHUP | EPOLLERR) && e->is_over && !e->rest)) finish(d, link);
}

/// Stands back while many clients are served at once.
///
/// - count: events of this turn.
static void keep_pace(struct swkube_doors *d, int count) {
    d->pace += count - d->pace / 8;
    bool is_crowded = d->pace >= (d->is_crowded ? 16 : 20);
    if (is_crowded != d->is_crowded && swkube_stand_back(is_crowded)) d->is_crowded = is_crowded;
}

void swkube_doors_run(struct swkube_doors *all, size_t thread) {
    struct swkube_doors *d = &all[thread];
    struct epoll_event events[128];
    for (;;) {
        tell_oldest(d);
        int count = epoll_wait(d->poll, events, 128, d->flow_count ? 5000 : -1);
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        d->now = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
        if (count > 0) keep_pace(d, count);
        bool changed = false;
        for (int i = 0; i < count; i++) {
            struct watched *w = events[i].data.ptr;
            if (w->kind == WAKE) changed = true;
            else if (w->kind == DOOR) accept_all(d, (struct door *)w);
            else if (w->kind == DATAGRAM_DOOR) datagrams_from_clients(d, (struct door *)w);
            else if (w->kind == FLOW) datagrams_from_cluster(d, (struct flow *)w);
            else serve_end(d, (struct end *)w, events[i].events);
        }
        // After the events: a door that closes is in none of them any more.
        if (changed) take_changes(d);
        // By now another thread may have the oldest, which hears of it then.
        for (size_t unwanted = changed ? atomic_exchange(&d->unwanted, 0) : 0; unwanted > 0; unwanted--) make_room(d);
        datagrams_sweep(d);
        while (d->dead) {
            struct link *link = d->dead;
            d->dead = link->next_dead;
            free(link);
        }
    }
}
