// The state of a sandbox parent and the parts of its loop.

#pragma once

#include "bytes.h"
#include "logs.h"
#include "setup.h"
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct client {
    int fd;
    struct bytes in, out;
    int passed[3]; // descriptors received with the bytes that are not yet a whole frame
    int passed_count;
    bool watches, stops; // wants events; asked for the shutdown
    uint32_t stop_tag;
    int poll_at;
    struct client *next;
};

enum phase { STARTING, RUNNING, ENDED };

/// A container, or an exec session in one.
struct container {
    char *id, *log_path;
    enum phase phase;
    pid_t pid, host_pid;
    int64_t started_at, finished_at;
    int exit_code, exit_signal;
    int report; // pipe of the set-up, -1 when it is over
    int log, log_error;
    struct log_stream streams[2];
    int process; // pidfd, by which exec sessions join
    uint64_t mount_number; // inode of the mount namespace, which tells the container's processes from others
    struct client *starter; // waits for STARTED; for an exec session also for EXITED
    uint32_t tag;
    bool is_exec, own_processes;
    int poll_at; // first of three places in the poll list, -1 when not in it
    struct container *next;
};

struct parent {
    struct pod pod;
    int listener, signals;
    struct client *clients;
    struct container *containers;
    bool stopping, killed;
    int64_t kill_at; // monotonic milliseconds
};

int64_t wall_now(void);
int64_t monotonic_ms(void);

// containers.c
struct container *container_find(struct parent *p, const char *id);
void container_start(struct parent *p, struct client *c, uint32_t tag, struct fields f, bool is_exec);
/// Reads the set-up's report; answers the starter when it is over.
void container_report(struct parent *p, struct container *k);
void container_streams(struct container *k);
void container_acknowledge(struct parent *p, struct container *k);
/// Reads the reports of all processes that are being set up.
void read_reports(struct parent *p);
/// Takes all ended processes from the kernel.
void reap(struct parent *p);
/// Kills every process that is in the container's mount namespace.
void container_kill_rest(const struct container *k);
void container_reopen_log(struct container *k);
void describe(struct bytes *out, const struct container *k);

// record.c
/// Writes `state` in the pod's folder anew: what a main process can still read when this process is gone.
void record_write(const struct parent *p);

// clients.c
void client_accept(struct parent *p);
struct client *client_add(struct parent *p, int fd);
/// Reads and carries out what has come; false when the connection is over.
bool client_read(struct parent *p, struct client *c);
bool client_write(struct client *c);
void client_remove(struct parent *p, struct client *c);
void answer_failed(struct client *c, uint32_t tag, const char *stage, int error, const char *path);
void answer_ok(struct client *c, uint32_t tag);
void announce(struct parent *p, const struct container *k);

// parent.c
void begin_stop(struct parent *p, int64_t grace);
_Noreturn void parent_run(struct parent *p);
