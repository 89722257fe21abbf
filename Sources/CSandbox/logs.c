#define _GNU_SOURCE
#include "logs.h"
#include "bytes.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char output[64 * 1024];
static size_t waiting;

static void flush(int file, int *failure) {
    size_t done = 0;
    while (done < waiting) {
        ssize_t n = write(file, output + done, waiting - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            *failure = errno;
            break;
        }
        done += (size_t)n;
    }
    waiting = 0;
}

/// Writes the head of a line: `2026-11-22T20:00:00.123456789Z stdout F `. Returns its length.
static size_t head(char *out, struct timespec now, const char *name, char kind) {
    static time_t second = -1;
    static char prefix[40];
    if (now.tv_sec != second) {
        struct tm parts;
        gmtime_r(&now.tv_sec, &parts);
        strftime(prefix, sizeof prefix, "%Y-%m-%dT%H:%M:%S", &parts);
        second = now.tv_sec;
    }
    return (size_t)sprintf(out, "%s.%09ldZ %s %c ", prefix, now.tv_nsec, name, kind);
}

static void put(struct log_stream *s, struct timespec now, char kind, const char *text, size_t length, int file, int *failure) {
    if (sizeof output - waiting < length + 96) flush(file, failure);
    waiting += head(output + waiting, now, s->name, kind);
    memcpy(output + waiting, text, length);
    waiting += length;
    output[waiting++] = '\n';
}

int log_drain(struct log_stream *s, int file, int *failure, const struct log_tap *tap) {
    if (s->fd < 0) return -1;
    if (!s->line) s->line = swk_allocate(LOG_LINE);
    int result = 0;
    // Bounded, so that one chatty container cannot keep the parent from the others.
    for (int round = 0; round < 16; round++) {
        ssize_t n = read(s->fd, s->line + s->length, LOG_LINE - s->length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) {
            result = -1;
            break;
        }
        bool goes_on = !tap || tap->see(tap->owner, tap->stream, s->line + s->length, (size_t)n);
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        char *begin = s->line, *scan = s->line + s->length, *end = scan + n;
        for (char *newline; (newline = memchr(scan, '\n', (size_t)(end - scan))); begin = scan = newline + 1)
            put(s, now, 'F', begin, (size_t)(newline - begin), file, failure);
        s->length = (size_t)(end - begin);
        memmove(s->line, begin, s->length);
        if (s->length == LOG_LINE) {
            put(s, now, 'P', s->line, s->length, file, failure);
            s->length = 0;
        }
        if (!goes_on) break;
    }
    flush(file, failure);
    return result;
}

void log_close(struct log_stream *s, int file, int *failure) {
    if (s->fd < 0) return;
    if (s->length) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        put(s, now, 'P', s->line, s->length, file, failure);
        flush(file, failure);
    }
    close(s->fd);
    free(s->line);
    s->fd = -1;
    s->line = NULL;
    s->length = 0;
}
