// Container output as lines in the CRI format: time, stream, F for a full line or P for a part, text.

#pragma once

#include <stdbool.h>
#include <stddef.h>

/// Bytes after which a line is cut into parts; containerd's number.
#define LOG_LINE 16384

struct log_stream {
    int fd;           // of the pipe, -1 when closed
    const char *name; // stdout or stderr
    char *line;       // LOG_LINE bytes, made at the first output
    size_t length;    // of the line begun
};

/// Sees what is read; returns false to let the rest wait.
struct log_tap {
    bool (*see)(void *owner, int stream, const char *text, size_t length);
    void *owner;
    int stream;
};

/// Reads what the pipe has now and appends it to the log. Returns 0 while the pipe is open, -1 at its end.
/// `tap` may be null. A failed write is kept in `*failure`, an errno: those lines are lost.
int log_drain(struct log_stream *stream, int file, int *failure, const struct log_tap *tap);

/// Writes a line that has no newline yet, and closes the pipe.
void log_close(struct log_stream *stream, int file, int *failure);
