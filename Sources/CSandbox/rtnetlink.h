// The few things that are asked of the kernel's network, in its own language. Source: rtnetlink(7), linux/if_link.h.
//
// Addresses are numbers in network order. Functions return 0, or -1 with errno.

#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

/// A connection to the kernel in the namespace of the caller; -1 with errno.
int rt_open(void);
/// The interface's number in the namespace of the caller; 0 when there is none of that name.
int rt_index(const char *name);
int rt_up(int rt, int index);
/// Gives an interface one address, with no neighbours on the link.
int rt_address(int rt, int index, in_addr_t address);
/// A route to `destination`/`bits` through an interface; by a gateway unless that is 0, from a source address unless that is 0.
int rt_route(int rt, in_addr_t destination, int bits, int index, in_addr_t gateway, in_addr_t source);
/// A pair of interfaces: `name` here and up, `peer` in the network namespace of a process.
int rt_pair(int rt, const char *name, const char *peer, pid_t process);
int rt_remove(int rt, const char *name);

/// Writes a kernel parameter of the caller's namespace, by its path below /proc/sys.
int rt_parameter(const char *path, const char *value);
/// For tcp_timestamps: no offset of its own for each place that is connected to. A server behind a Service and by its own address is one
/// server, which lets a client whose stamps go back wait for a second.
#define RT_ONE_CLOCK "2"

/// The network of a pod, as its birth is told: an address, the gateway's, and the name of the interface outside.
struct pod_link {
    in_addr_t address, gateway;
    char name[16];
};

/// Reads `ADDRESS,GATEWAY,NAME`; false when it is malformed.
bool pod_link_read(struct pod_link *link, const char *text);
/// Makes the pair with its end in the pod's namespace, and the route to it. Runs in the cluster's namespace.
int pod_link_make(const struct pod_link *link, pid_t pod);
/// Makes the pod's end usable, and the loopback. Runs in the pod's namespace. `groups` are the group numbers that exist there.
int pod_link_finish(const struct pod_link *link, unsigned groups);
