// The few things that are asked of the kernel's network, in its own language. Source: rtnetlink(7), linux/if_link.h.
//
// Functions return 0, or -1 with errno.

#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

/// An address of IPv4 or IPv6, in network order; its family is AF_UNSPEC where there is none.
struct ip {
    unsigned char family, bytes[16];
};

/// False for a text that is no address.
bool ip_read(struct ip *ip, const char *text);

/// A connection to the kernel in the namespace of the caller; -1 with errno.
int rt_open(void);
/// The interface's number in the namespace of the caller; 0 when there is none of that name.
int rt_index(const char *name);
int rt_up(int rt, int index);
/// Gives an interface one address, with no neighbours on the link, at once.
int rt_address(int rt, int index, const struct ip *address);
/// A route to `destination`/`bits` through an interface; by a gateway and from a source address where they are not NULL. The gateway is
/// taken to be on the link. A `destination` without bits only says the family.
int rt_route(int rt, const struct ip *destination, int bits, int index, const struct ip *gateway, const struct ip *source);
/// A pair of interfaces: `name` here and up, `peer` in the network namespace of a process. Both have the same hardware address, so that
/// neither has to ask for the other's.
int rt_pair(int rt, const char *name, const char *peer, pid_t process, const unsigned char hardware[6]);
int rt_remove(int rt, const char *name);

/// Writes a kernel parameter of the caller's namespace, by its path below /proc/sys.
int rt_parameter(const char *path, const char *value);
/// For tcp_timestamps: no offset of its own for each place that is connected to. A server behind a Service and by its own address is one
/// server, which lets a client whose stamps go back wait for a second.
#define RT_ONE_CLOCK "2"

/// The interface through which the cluster's own packets to services of IPv6 begin their way.
#define WAY_TO_SERVICES "services"

/// For addr_gen_mode: no address that nobody gave.
#define RT_NO_LINK_LOCAL "1"

/// Lets everyone in the caller's namespace ping; `groups` are the group numbers that exist there.
int rt_ping(unsigned groups);

/// The network of a pod, as its birth is told: an address and the gateway's in each family, and the name of the interface outside.
struct pod_link {
    struct ip addresses[2], gateways[2];
    int count;
    char name[16];
};

/// Reads `NAME,ADDRESS,GATEWAY`, with one more pair for a second family; the first one is IPv4. False when it is malformed.
bool pod_link_read(struct pod_link *link, const char *text);
/// Makes the pair with its end in the pod's namespace, and the routes to it. Runs in the cluster's namespace.
int pod_link_make(const struct pod_link *link, pid_t pod);
/// Makes the pod's end usable, and the loopback. Runs in the pod's namespace. `groups` are the group numbers that exist there.
int pod_link_finish(const struct pod_link *link, unsigned groups);
