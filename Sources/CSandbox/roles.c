// The roles of the binary that are not the command line. They begin before the Swift runtime, and before whatever else a library sets
// up at the start: a pod's parent lives as long as its pod, and each page that it writes to is one for each pod.

#include "include/CSandbox.h"
#include <stdlib.h>
#include <string.h>

/// glibc gives the arguments of main to what runs before it.
__attribute__((constructor(101))) static void take_role(int argc, char **argv) {
    if (argc < 1 || !argv[0]) return;
    const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
    if (strcmp(name, SWKUBE_SANDBOX_NAME) == 0) exit(swkube_sandbox_main(argc, argv));
    if (strcmp(name, SWKUBE_NETWORK_NAME) == 0) exit(swkube_network_main(argc, argv));
    if (strcmp(name, SWKUBE_PAUSE_NAME) == 0) exit(swkube_pause_main());
}
