#define _GNU_SOURCE
#include "include/CSandbox.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Whether a line of a file has a text.
static bool file_has(const char *path, const char *text) {
    FILE *file = fopen(path, "re");
    if (!file) return false;
    char *line = NULL;
    size_t capacity = 0;
    bool found = false;
    while (!found && getline(&line, &capacity, file) > 0) found = strstr(line, text) != NULL;
    free(line);
    fclose(file);
    return found;
}

int swkube_kill_mounting(const char *name) {
    char part[300], path[40];
    snprintf(part, sizeof part, "/%s/", name);
    int all = 0;
    // Until a walk finds none: a process may fork while the walk is under way.
    for (int round = 0, found = 1; found && round < 100; round++) {
        found = 0;
        DIR *processes = opendir("/proc");
        if (!processes) return all;
        for (struct dirent *entry; (entry = readdir(processes));) {
            pid_t pid = atoi(entry->d_name);
            snprintf(path, sizeof path, "/proc/%d/mountinfo", pid);
            if (pid > 1 && pid != getpid() && file_has(path, part) && kill(pid, SIGKILL) == 0) found++;
        }
        closedir(processes);
        all += found;
    }
    return all;
}
