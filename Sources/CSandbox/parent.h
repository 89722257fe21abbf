// The state of a sandbox parent and the parts of its loop.

#pragma once

#include "bytes.h"
#include "logs.h"
#include "setup.h"
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// A descriptor that leaves with the byte at `at` of a client's output.
struct passing {
    size_t at;
    int fd;
};

struct client {
    int fd;
    struct bytes in, out;
    struct passing *passing;
    size_t passing_count;
    int passed[3]; // descriptors received with the bytes that are not yet a whole frame
    int passed_count;
    bool watches, stops; // wants events; asked for the shutdown
    uint32_t stop_tag;
    int poll_at;
    struct client *next;
};

enum phase { STARTING, RUNNING, ENDED };

/// Someone who sees a container's output and may type into it; see attach.c.
struct attachment {
    int in, out[2]; // stdin, then stdout and stderr; -1 where there is none (any more)
    struct bytes unread, unwritten[2];
    int poll_at; // first of three places in the poll list
    struct attachment *next;
};

/// A container, or an exec session in one.
struct container {
    char *id, *log_path;
    enum phase phase;
    pid_t pid, host_pid;
    int64_t started_at, finished_at;
    int exit_code, exit_signal;
    int ending_signal; // it was killed in place of this signal, 0: it was not
    int report; // pipe of the set-up, -1 when it is over
    int log, log_error;
    struct log_stream streams[2];
    int input;    // stdin's other side: a pipe or the terminal, -1 for none
    int terminal; // outer side of the terminal, -1 without
    bool has_terminal, input_once, forgotten;
    struct attachment *attachments;
    bool keeps_early; // nobody has looked yet at a container that is made to be typed into
    struct bytes early[2];
    int process; // pidfd, by which exec sessions join
    // The mount namespace, by whose number the container's processes are told from others: held open while it counts, as the kernel gives
    // the number away again at once. -1 and 0 where the container's processes are told by their own namespace.
    int mounts;
    uint64_t mount_number;
    struct client *starter; // waits for STARTED; for an exec session also for EXITED
    uint32_t tag;
    bool is_exec, own_processes;
    int poll_at; // first of four places in the poll list, -1 when not in it
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
void container_reopen_log(struct container *k);
void describe(struct bytes *out, const struct container *k);

void container_remove(struct parent *p, struct container *k);

// signals.c
/// Sends a signal to a container's first process or, with `whole_group`, to all of its group. Returns 0 or an errno.
int container_signal(const struct parent *p, struct container *k, int number, bool whole_group);
/// Kills every process that is in the container's mount namespace.
void container_kill_rest(const struct container *k);
/// Sends a signal to every process of the pod. SIGKILL reaches those too that are born meanwhile, when it is called until all are gone.
void pod_signal(const struct parent *p, int number);
/// Whether a process, as this one counts, is in a container.
bool pod_has(const struct parent *p, pid_t pid);

// attach.c
/// Begins an attachment with these descriptors, which it takes over; -1 where one is not wanted. The first one soon after the start sees
/// what was written before it.
void attach_begin(struct container *k, const int given[3]);
/// The container wrote: everyone who looks gets it, or whoever comes first. False when somebody's pipe is full; then the container waits, as with any pipe.
bool attach_output(struct container *k, int stream, const char *text, size_t length);
/// Whether a stream must not be read, because somebody has not taken what came before.
bool attach_throttles(const struct container *k, int stream);
/// Moves what can be moved, and ends what has ended.
void attach_pump(struct container *k);
/// Lets all go.
void attach_end(struct container *k);

// connect.c
/// A socket on its way to an address of the pod's network, or -errno.
int connect_begin(const char *address, int64_t port);

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
/// Lets a descriptor leave with the frame that begins at `frame`; it is the client's from here on.
void client_pass(struct client *c, size_t frame, int fd);
void answer_failed(struct client *c, uint32_t tag, const char *stage, int error, const char *path);
void answer_ok(struct client *c, uint32_t tag);
void announce(struct parent *p, const struct container *k);

// parent.c
void begin_stop(struct parent *p, int64_t grace);
_Noreturn void parent_run(struct parent *p);
