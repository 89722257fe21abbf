// The terminal that the command line runs on: raw for as long as a program elsewhere has it, and as it was in every end.

#define _GNU_SOURCE
#include "include/CSandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static volatile sig_atomic_t raw_terminal = -1;
static int window_pipe[2] = {-1, -1};
static volatile sig_atomic_t screen = -1;

// The second screen, without cursor; and back.
static const char enter_screen[] = "\033[?1049h\033[?25l\033[H\033[2J";
static const char leave_screen[] = "\033[0m\033[?25h\033[?1049l";

void swkube_terminal_screen(int fd) {
    screen = fd;
    (void)!write(fd, enter_screen, sizeof enter_screen - 1);
}

void swkube_terminal_restore(void) {
    int fd = raw_terminal;
    raw_terminal = -1;
    int drawn = screen;
    screen = -1;
    if (drawn >= 0) (void)!write(drawn, leave_screen, sizeof leave_screen - 1);
    if (fd >= 0) (void)tcsetattr(fd, TCSADRAIN, &saved);
}

/// What ends this process ends it still, with the terminal as it was.
static void restore_and_die(int signal_number) {
    swkube_terminal_restore();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

int swkube_terminal_raw(int fd) {
    static const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGPIPE};
    static int registered;
    if (tcgetattr(fd, &saved) < 0) return errno;
    struct termios raw = saved;
    cfmakeraw(&raw);
    if (tcsetattr(fd, TCSADRAIN, &raw) < 0) return errno;
    raw_terminal = fd;
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) {
        struct sigaction old;
        // What is ignored (SIGPIPE, or SIGHUP under nohup) stays ignored.
        if (sigaction(deadly[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) signal(deadly[i], restore_and_die);
    }
    if (!registered++) atexit(swkube_terminal_restore);
    return 0;
}

int swkube_terminal_size(int fd, unsigned short *rows, unsigned short *columns) {
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) < 0) return errno;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return 0;
}

static void window_changed(int signal_number) {
    (void)signal_number;
    int error = errno;
    (void)!write(window_pipe[1], "", 1); // full means that it is told already
    errno = error;
}

int swkube_window_changes(void) {
    if (window_pipe[0] < 0) {
        if (pipe2(window_pipe, O_CLOEXEC) < 0) return -errno;
        fcntl(window_pipe[1], F_SETFL, O_NONBLOCK);
        struct sigaction action = {.sa_handler = window_changed, .sa_flags = SA_RESTART};
        sigaction(SIGWINCH, &action, NULL);
    }
    return window_pipe[0];
}
