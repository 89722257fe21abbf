// Who is who in a user namespace of ours.

#pragma once

#include <stdbool.h>
#include <sys/types.h>

/// Which identities a user namespace gets. As the host's root, OWN and RANGE are all of them, each as itself.
enum identities {
    IDENTITIES_OWN,   // the user's own, as root
    IDENTITIES_RANGE, // that, and the range of /etc/subuid and /etc/subgid, by newuidmap and newgidmap, where all of these are there
    IDENTITIES_HERE,  // all that exist in the caller's namespace, each as itself
};

/// Maps the identities of a namespace that the caller's child was just born in.
/// Returns 0, or -1 with errno and the file that refused in `path`.
int identities_map(pid_t child, enum identities which, const char **path);

/// How many user numbers exist in the caller's namespace, counted from 0.
unsigned identities_count(void);
