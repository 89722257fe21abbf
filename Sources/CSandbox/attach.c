// Those who look at a container while it runs: each gets what it writes from now on, and may type into it. Who starts a program to talk to
// it can only attach when it runs already, so the first one gets its first words too.
//
// The descriptors are pipes of the main process. One that is full makes the container wait, as a pipe of its own would; one whose other
// side is gone is forgotten.

#define _GNU_SOURCE
#include "parent.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Most that is taken of somebody's typing before the container has read it.
enum { INPUT_PIECE = 16384 };

/// Most that is kept for the first one, in bytes; and how long he may take, in nanoseconds.
enum { EARLY_BYTES = 16384 };
static const int64_t EARLY_TIME = 10000000000;

static void close_if_open(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static void forget_early(struct container *k) {
    k->keeps_early = false;
    for (int i = 0; i < 2; i++) bytes_free(&k->early[i]);
}

void attach_begin(struct container *k, const int given[3]) {
    struct attachment *a = swk_allocate(sizeof *a);
    *a = (struct attachment){.in = given[0], .out = {given[1], given[2]}, .poll_at = -1, .next = k->attachments};
    for (int i = 0; i < 3; i++)
        if (given[i] >= 0) fcntl(given[i], F_SETFL, fcntl(given[i], F_GETFL) | O_NONBLOCK);
    k->attachments = a;
    for (int i = 0; i < 2 && wall_now() - k->started_at < EARLY_TIME; i++)
        if (a->out[i] >= 0) bytes_append(&a->unwritten[i], k->early[i].data, k->early[i].length);
    forget_early(k);
    attach_pump(k);
}

/// Writes what the pipe takes; returns how much, all of it when nobody is there any more.
static size_t push(int *fd, const char *text, size_t length) {
    size_t done = 0;
    while (done < length && *fd >= 0) {
        ssize_t n = write(*fd, text + done, length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return done;
        if (n < 0) close_if_open(fd);
        else done += (size_t)n;
    }
    return *fd < 0 ? length : done;
}

bool attach_output(struct container *k, int stream, const char *text, size_t length) {
    bool all = true;
    if (k->keeps_early) bytes_append(&k->early[stream], text, length);
    if (k->early[stream].length > EARLY_BYTES) forget_early(k);
    for (struct attachment *a = k->attachments; a; a = a->next) {
        if (a->out[stream] < 0) continue;
        size_t done = push(&a->out[stream], text, length);
        bytes_append(&a->unwritten[stream], text + done, length - done);
        if (done < length) all = false;
    }
    return all;
}

bool attach_throttles(const struct container *k, int stream) {
    for (const struct attachment *a = k->attachments; a; a = a->next)
        if (a->unwritten[stream].length) return true;
    return false;
}

/// Moves typing into the container.
static void pump_input(struct container *k, struct attachment *a) {
    if (k->input < 0 && a->in >= 0) close_if_open(&a->in);
    while (a->in >= 0 || a->unread.length) {
        if (a->unread.length) {
            size_t done = push(&k->input, a->unread.data, a->unread.length);
            bytes_drop(&a->unread, done);
            if (a->unread.length) return;
            if (a->in < 0) return;
        }
        char piece[INPUT_PIECE];
        ssize_t n = read(a->in, piece, sizeof piece);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n > 0) {
            bytes_append(&a->unread, piece, (size_t)n);
            continue;
        }
        close_if_open(&a->in);
        // With stdinOnce the end of the first one's typing is the end of stdin. A terminal has no such end.
        if (k->input_once && !k->has_terminal) close_if_open(&k->input);
        return;
    }
}

/// Whether the other side of an output is gone.
static bool is_deserted(int fd) {
    struct pollfd item = {.fd = fd, .events = 0};
    return fd >= 0 && poll(&item, 1, 0) > 0 && item.revents & (POLLERR | POLLNVAL);
}

void attach_pump(struct container *k) {
    for (struct attachment **place = &k->attachments; *place;) {
        struct attachment *a = *place;
        pump_input(k, a);
        for (int i = 0; i < 2; i++) {
            if (a->out[i] >= 0 && a->unwritten[i].length)
                bytes_drop(&a->unwritten[i], push(&a->out[i], a->unwritten[i].data, a->unwritten[i].length));
            if (is_deserted(a->out[i])) {
                close_if_open(&a->out[i]);
                bytes_free(&a->unwritten[i]);
            }
            // A terminal's only stream comes with its birth, before anyone can look.
            if (k->streams[i].fd < 0 && !a->unwritten[i].length) close_if_open(&a->out[i]);
        }
        bool has_output = a->out[0] >= 0 || a->out[1] >= 0;
        if (has_output || (a->in >= 0 && k->input >= 0) || (a->unread.length && k->input >= 0)) {
            place = &a->next;
            continue;
        }
        *place = a->next;
        close_if_open(&a->in);
        bytes_free(&a->unread);
        free(a);
    }
}

void attach_end(struct container *k) {
    forget_early(k);
    while (k->attachments) {
        struct attachment *a = k->attachments;
        k->attachments = a->next;
        close_if_open(&a->in);
        for (int i = 0; i < 2; i++) {
            close_if_open(&a->out[i]);
            bytes_free(&a->unwritten[i]);
        }
        bytes_free(&a->unread);
        free(a);
    }
}
