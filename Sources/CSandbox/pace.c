#define _GNU_SOURCE
#include "include/CSandbox.h"
#include <sched.h>

int swkube_stand_back(int stands_back) {
    int wanted = stands_back ? SCHED_BATCH : SCHED_OTHER;
    struct sched_param none = {0};
    // Another policy than these two is the user's own choice.
    return sched_getscheduler(0) == (stands_back ? SCHED_OTHER : SCHED_BATCH) && sched_setscheduler(0, wanted, &none) == 0;
}
