#define _GNU_SOURCE
#include "parent.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct container *container_find(struct parent *p, const char *id) {
    for (struct container *k = p->containers; k; k = k->next)
        if (!k->is_exec && !k->forgotten && strcmp(k->id, id) == 0) return k;
    return NULL;
}

static void close_if_open(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

void container_remove(struct parent *p, struct container *k) {
    struct container **place = &p->containers;
    while (*place != k) place = &(*place)->next;
    *place = k->next;
    for (int i = 0; i < 2; i++) log_close(&k->streams[i], k->log, &k->log_error);
    attach_end(k);
    close_if_open(&k->report);
    close_if_open(&k->input);
    close_if_open(&k->terminal);
    close_if_open(&k->log);
    close_if_open(&k->process);
    close_if_open(&k->mounts);
    free(k->id);
    free(k->log_path);
    free(k);
}

static int open_log(const char *path) {
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0640);
}

void container_reopen_log(struct container *k) {
    if (!k->log_path) return;
    int log = open_log(k->log_path);
    if (log < 0) {
        k->log_error = errno;
        return;
    }
    close_if_open(&k->log);
    k->log = log;
}

/// Births the container's first process. Returns 0 or an errno and the stage at which it arose.
static int spawn(struct parent *p, struct container *k, const struct plan *plan, const struct container *target, const int given[3],
                 const char **stage) {
    int report[2], in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1};
    *stage = "pipe";
    // A socket, because the outer side of a terminal comes through it.
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report) < 0) return errno;
    if (!k->is_exec && !plan->terminal) {
        if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0 || (plan->input && pipe2(in, O_CLOEXEC) < 0)) return errno;
    }
    int null = p->pod.null, stdio[3] = {in[0] < 0 ? null : in[0], out[1] < 0 ? null : out[1], err[1] < 0 ? null : err[1]};
    if (given) memcpy(stdio, given, sizeof stdio);
    unsigned long flags = SIGCHLD;
    if (!k->is_exec && !target) flags |= CLONE_NEWNS | (plan->own_processes ? CLONE_NEWPID : 0);
    *stage = "fork";
    long pid = syscall(SYS_clone, flags, 0, 0, 0, 0);
    if (pid < 0) return errno;
    if (pid == 0) {
        if (k->is_exec) exec_run(&p->pod, plan, stdio, report[1], target->process);
        container_run(&p->pod, plan, stdio, report[1], target ? target->process : -1);
    }
    k->pid = (pid_t)pid;
    close(report[1]);
    k->report = report[0];
    fcntl(k->report, F_SETFL, O_NONBLOCK);
    k->input_once = plan->input == 2;
    k->keeps_early = !k->is_exec && (plan->input || plan->terminal);
    if (!k->is_exec) {
        close_if_open(&in[0]);
        close_if_open(&out[1]);
        close_if_open(&err[1]);
        k->input = in[1];
        k->streams[0] = (struct log_stream){.fd = out[0], .name = "stdout"};
        k->streams[1] = (struct log_stream){.fd = err[0], .name = "stderr"};
        int own[3] = {in[1], out[0], err[0]};
        for (int i = 0; i < 3; i++)
            if (own[i] >= 0) fcntl(own[i], F_SETFL, O_NONBLOCK);
        k->process = (int)syscall(SYS_pidfd_open, k->pid, 0);
    }
    return 0;
}

void container_start(struct parent *p, struct client *c, uint32_t tag, struct fields f, bool is_exec) {
    struct plan plan;
    struct container *target = NULL;
    int given[3] = {-1, -1, -1};
    bool whole = plan_read(&plan, f);
    if (is_exec && !plan.terminal) {
        // Only what has come with this request: the places behind hold numbers that are others' by now. A terminal comes without any, and
        // what is there then is the next request's.
        for (int i = 0; i < c->passed_count; i++) given[i] = c->passed[i];
        if (c->passed_count != 3) close_if_open(&given[0]);
        c->passed_count = 0;
    }
    struct container *k = NULL;
    const char *stage = "request", *path = "";
    int error = 0;
    if (!whole) error = EBADMSG;
    else if (p->stopping) error = ESHUTDOWN;
    else if (is_exec) {
        target = container_find(p, plan.id);
        if (given[0] < 0 && !plan.terminal) error = EBADF;
        else if (!target || target->phase != RUNNING) error = ESRCH, path = plan.id;
    } else if (!plan.folder || container_find(p, plan.id)) {
        error = plan.folder ? EEXIST : EBADMSG, path = plan.id;
    } else if (plan.with_processes_of) {
        target = container_find(p, plan.with_processes_of);
        if (!target || target->phase != RUNNING) error = ESRCH, path = plan.with_processes_of;
    }
    if (!error) {
        k = swk_allocate(sizeof *k);
        *k = (struct container){.id = swk_copy(plan.id, strlen(plan.id)), .phase = STARTING, .starter = c, .tag = tag,
            .is_exec = is_exec, .own_processes = plan.own_processes, .report = -1, .log = -1, .process = -1, .mounts = -1, .poll_at = -1,
            .input = -1, .terminal = -1, .has_terminal = plan.terminal,
            .streams = {{.fd = -1}, {.fd = -1}}};
        k->next = p->containers;
        p->containers = k;
        if (plan.log && !is_exec) {
            k->log_path = swk_copy(plan.log, strlen(plan.log));
            k->log = open_log(plan.log);
            if (k->log < 0) error = errno, stage = "log", path = plan.log;
        } else if (!is_exec) {
            k->log = fcntl(p->pod.null, F_DUPFD_CLOEXEC, 3);
        }
        if (!error && !is_exec && (error = volumes_share(&p->pod, &plan, &path))) stage = "mount propagation";
        if (!error) error = spawn(p, k, &plan, target, is_exec && !plan.terminal ? given : NULL, &stage);
        if (error) container_remove(p, k);
    }
    if (error) answer_failed(c, tag, stage, error, path);
    for (int i = 0; i < 3; i++) close_if_open(&given[i]);
    plan_free(&plan);
}

static void answer_started(struct container *k) {
    if (!k->starter) {
        if (k->is_exec) close_if_open(&k->terminal); // whoever asked is gone: so is the terminal
        return;
    }
    size_t frame = frame_begin(&k->starter->out, SANDBOX_STARTED, k->tag);
    describe(&k->starter->out, k);
    if (k->is_exec && k->terminal >= 0) {
        field_number(&k->starter->out, SANDBOX_DESCRIPTORS, 1);
        client_pass(k->starter, frame, k->terminal);
        k->terminal = -1;
    }
    frame_end(&k->starter->out, frame);
    if (!k->is_exec) k->starter = NULL;
}

/// Reads one report, and a descriptor if one comes with it.
static ssize_t read_report(int from, struct setup_report *message, int *fd) {
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec room = {.iov_base = message, .iov_len = sizeof *message};
    struct msghdr header = {.msg_iov = &room, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(from, &header, MSG_CMSG_CLOEXEC);
    struct cmsghdr *part = n > 0 ? CMSG_FIRSTHDR(&header) : NULL;
    if (part && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) memcpy(fd, CMSG_DATA(part), sizeof *fd);
    return n;
}

/// What the container's processes are in, to be known by.
static void take_mounts(struct container *k, int fd) {
    struct stat s;
    k->mounts = fd;
    k->mount_number = fstat(fd, &s) == 0 ? s.st_ino : 0;
}

/// The outer side of the terminal has come: for a container it is stdin, stdout and stderr in one.
static void take_terminal(struct container *k, int fd) {
    close_if_open(&k->terminal);
    k->terminal = fd;
    if (k->is_exec) return;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    k->streams[0] = (struct log_stream){.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3), .name = "stdout"};
    k->input = fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

void container_report(struct parent *p, struct container *k) {
    for (;;) {
        struct setup_report message;
        int fd = -1;
        ssize_t n = read_report(k->report, &message, &fd);
        if (fd >= 0) {
            if (message.host_pid) take_mounts(k, fd);
            else take_terminal(k, fd);
        }
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n == sizeof message && message.error == 0) {
            if (message.pid) {
                k->pid = message.pid;
                close_if_open(&k->process);
                if (!k->is_exec) k->process = (int)syscall(SYS_pidfd_open, k->pid, 0);
            }
            if (message.host_pid) k->host_pid = message.host_pid;
            continue;
        }
        if (n == sizeof message) {
            message.stage[sizeof message.stage - 1] = message.path[sizeof message.path - 1] = 0;
            if (k->starter) answer_failed(k->starter, k->tag, message.stage, message.error, message.path);
            container_remove(p, k);
            return;
        }
        // The pipe closed by itself: the program runs.
        close_if_open(&k->report);
        k->phase = RUNNING;
        k->started_at = wall_now();
        answer_started(k);
        if (!k->is_exec) record_write(p);
        return;
    }
}

static bool see_output(void *owner, int stream, const char *text, size_t length) {
    return attach_output(owner, stream, text, length);
}

void container_streams(struct container *k) {
    for (int i = 0; i < 2; i++) {
        struct log_tap tap = {see_output, k, i};
        if (k->streams[i].fd < 0 || attach_throttles(k, i)) continue;
        if (log_drain(&k->streams[i], k->log, &k->log_error, k->attachments || k->keeps_early ? &tap : NULL) < 0)
            log_close(&k->streams[i], k->log, &k->log_error);
    }
    if (k->attachments) attach_pump(k);
}

static void ended(struct parent *p, struct container *k, int status) {
    k->finished_at = wall_now();
    k->exit_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (k->exit_signal == SIGKILL && k->ending_signal) k->exit_signal = k->ending_signal;
    k->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + k->exit_signal;
    k->phase = ENDED;
    if (k->is_exec) {
        if (k->starter) {
            size_t frame = frame_begin(&k->starter->out, SANDBOX_EXITED, k->tag);
            describe(&k->starter->out, k);
            frame_end(&k->starter->out, frame);
        }
        container_remove(p, k);
        return;
    }
    if (!k->own_processes) container_kill_rest(k);
    close_if_open(&k->mounts);
    k->mount_number = 0;
    container_streams(k);
    record_write(p);
    announce(p, k);
}

void read_reports(struct parent *p) {
    for (struct container *k = p->containers, *next; k; k = next) {
        next = k->next;
        if (k->report >= 0) container_report(p, k);
    }
}

void reap(struct parent *p) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        // What has ended told all that it had to tell: a failure removes the container, a birth makes it a running one.
        read_reports(p);
        struct container *k = p->containers;
        while (k && k->pid != pid) k = k->next;
        if (k && k->phase == RUNNING) ended(p, k, status);
    }
}

void container_acknowledge(struct parent *p, struct container *k) {
    container_streams(k);
    // Whoever looks still gets the last of it; the container goes with them.
    if (k->attachments) k->forgotten = true;
    else container_remove(p, k);
    record_write(p);
}

void describe(struct bytes *out, const struct container *k) {
    field_text(out, SANDBOX_ID, k->id);
    field_number(out, SANDBOX_RUNNING, k->phase == RUNNING ? 1 : k->phase == STARTING ? 2 : 0);
    field_number(out, SANDBOX_PROCESS, k->host_pid);
    field_number(out, SANDBOX_STARTED_AT, k->started_at);
    if (k->phase == ENDED) {
        field_number(out, SANDBOX_FINISHED_AT, k->finished_at);
        field_number(out, SANDBOX_EXIT_CODE, k->exit_code);
        field_number(out, SANDBOX_EXIT_SIGNAL, k->exit_signal);
    }
    if (k->log_error) field_number(out, SANDBOX_LOG_ERRNO, k->log_error);
}
