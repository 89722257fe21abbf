// The C part of Sandbox: everything that must run outside the Swift runtime.
//
// `swkube_sandbox_main` is the sandbox parent, one tiny process a pod. The other functions serve the main process.
// Source of the wire format: SandboxProtocol.h.

#pragma once

#include "NetworkProtocol.h"
#include "SandboxProtocol.h"
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h> // here because Swift's module of the C library lacks it
#include <sys/eventfd.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Base name of argv[0] under which the binary is a sandbox parent instead of the command line.
#define SWKUBE_SANDBOX_NAME "swkube-sandbox"

/// Base name of argv[0] under which the binary is the program of the image "pause".
#define SWKUBE_PAUSE_NAME "pause"
/// The same for the process that holds the cluster's network.
#define SWKUBE_NETWORK_NAME "swkube-network"

/// Runs the sandbox parent, when argv[0] says so. Never enters the Swift runtime.
/// Arguments: FOLDER HOSTNAME USERS ID [SETTING...]. USERS is 0 for those of the host, 1 for a user namespace of the pod's own.
/// Settings: `network=LINK,ADDRESS,GATEWAY` gives the pod a network of its own, bound to the cluster's, with one more address and gateway
/// for IPv6 behind; `network=cluster` puts it into that itself; `users=cluster` puts its user namespace into the cluster's; `ipc=host`;
/// `processes=host`; `parameter=PATH=VALUE` sets one below /proc/sys.
/// Descriptor 3 is the first control connection, 4 and 5 are the cluster's user and network namespaces where settings name them.
int swkube_sandbox_main(int argc, char **argv);

/// Runs the holder of the cluster's network, as above. Arguments: FOLDER USERS JOIN [SETTING...]; with JOIN 1 it holds the namespaces on
/// descriptors 4 and 5 instead of new ones. Settings: `address=ADDRESS` on its loopback, the first one being the gateway of pods;
/// `route=ADDRESS/BITS` keeps a range of addresses here.
/// With the arguments `run` USERS PROGRAM [ARGUMENT...] it becomes that program in the namespaces on descriptors 4 and 5.
int swkube_network_main(int argc, char **argv);

/// Gives the loopback of a network namespace an IPv4 address; `netlink` is a socket of NETLINK_ROUTE there. Returns 0 or an errno.
int swkube_add_address(int netlink, const char *address);

/// Keeps a range of services in a network namespace, for packets that begin there; they come from `source`. `netlink` as above. Returns 0
/// or an errno.
int swkube_add_range(int netlink, const char *address, int bits, const char *source);

/// Whether the network namespace of a socket has an interface of this name: 1 or 0.
int swkube_has_interface(int fd, const char *name);

/// Forgets the translated connections that `address`:`port` answers over `protocol` (IPPROTO_UDP ...); `netlink` is a socket of
/// NETLINK_NETFILTER. Returns 0 or an errno; EAGAIN when there are more of them.
int swkube_forget_connections(int netlink, int protocol, const char *address, int port);

/// Changes of one table of the packet filter, of AF_INET or AF_INET6, in one transaction, without what the program `nft` reads before each. NULL: no memory.
/// The names of sets and chains are those of the table; addresses and ports are in network order.
struct swkube_filter;
enum swkube_filter_change { FILTER_ADD, FILTER_FLUSH, FILTER_DELETE };
struct swkube_filter *swkube_filter_new(int family, const char *table);
void swkube_filter_free(struct swkube_filter *f);
/// Lets a socket take as much at once as the kernel lends this user. Returns how many bytes that is, less some for one more change.
size_t swkube_filter_room(int netlink);
/// Bytes so far.
size_t swkube_filter_size(const struct swkube_filter *f);
/// Adds an element of a set or map, or takes it away; `chain`: it leads there (goto), NULL: it has `data`, or none.
void swkube_filter_element(
    struct swkube_filter *f, int adds, const char *set, const void *key, size_t key_length, const void *data, size_t data_length,
    const char *chain);
void swkube_filter_chain(struct swkube_filter *f, enum swkube_filter_change change, const char *chain);
/// Adds the rule `meta mark set numgen inc mod COUNT offset OFFSET goto NEXT`.
void swkube_filter_turn(struct swkube_filter *f, const char *chain, uint32_t count, uint32_t offset, const char *next);
/// Adds the rule `meta l4proto PROTOCOL dnat to ADDRESS:PORT`; the address is of the table's family.
void swkube_filter_target(struct swkube_filter *f, const char *chain, int protocol, const void *address, const void *port);
/// Has the kernel do all of it, or nothing; `netlink` is a socket of NETLINK_NETFILTER. Returns 0 or the errno of the first change that
/// was refused.
int swkube_filter_commit(struct swkube_filter *f, int netlink);

/// Carries connections from listening sockets to wherever `dial` leads, with so many threads. `dial` gets `context` and a door's number on
/// the thread that runs, and returns a socket that does not block and may still be connecting, or -1. For one connection more than
/// `most_links` the one that was silent for longest makes room. Null when the system has no room.
struct swkube_doors;
struct swkube_doors *swkube_doors_new(
    size_t threads, size_t most_links, int (*dial)(void *context, uint64_t door), void *context);
/// Takes over `listener`, which must not block: a listening socket, or a bound one for datagrams. Returns 0 or an errno.
int swkube_doors_open(struct swkube_doors *doors, uint64_t door, int listener, int is_datagram);
/// Connections that came through stay. Returns 0 or an errno.
int swkube_doors_close(struct swkube_doors *doors, uint64_t door);
/// Serves all doors, for ever: the part of the thread of this number, from 0.
void swkube_doors_run(struct swkube_doors *doors, size_t thread);

/// From now on the calling thread interrupts nobody when something comes for it, or it does so again. Who serves many at once should stand
/// back: by its next turn more has come, and the same work needs half of the switches between programs. Who serves few should not: it would
/// wait for others. Returns whether that is so now, which it is not where the user chose the policy of threads.
int swkube_stand_back(int stands_back);

/// How long the threads of this process keep a processor when others want it, and those that they start from now on; 0 is the system's own
/// choice. Who has short turns gets the processor sooner when something comes for it, and not more of it. No effect before Linux 6.12.
void swkube_set_turns(uint64_t nanoseconds);

/// Starts `path` in its own session with nothing inherited but the descriptors given here; `-1` stands for /dev/null.
/// The `count` descriptors of `inherited`, at most 3, become 3 and those after it. `envp` may be null: then the environment is
/// inherited. Returns 0 or an errno.
int swkube_spawn(
    pid_t *pid, const char *path, char *const *argv, char *const *envp, int in, int out, int err, const int *inherited, int count);

/// Sends bytes with up to 3 descriptors on a unix socket; never raises SIGPIPE. Returns the count sent, or -errno.
ssize_t swkube_send(int fd, const void *bytes, size_t length, const int *descriptors, int count);

/// Receives bytes and up to `*count` descriptors, whose number it leaves in `*count`. Returns the count of bytes, 0 at the end, or -errno.
ssize_t swkube_receive(int fd, void *bytes, size_t length, int *descriptors, int *count);

/// Gives keys to a program elsewhere as they are typed, until `swkube_terminal_restore`, the end of this process, or a signal that ends
/// it. Returns 0 or an errno.
int swkube_terminal_raw(int fd);
void swkube_terminal_restore(void);
/// Shows the terminal's second screen, without cursor, until `swkube_terminal_restore` or one of those ends. Call with raw keys only.
void swkube_terminal_screen(int fd);

/// Returns 0 or an errno.
int swkube_terminal_size(int fd, unsigned short *rows, unsigned short *columns);

/// A descriptor that is readable when a process has ended, or -errno.
int swkube_process_end(pid_t pid);

/// A descriptor from which a byte can be read after the terminal's window changed its size, or -errno.
int swkube_window_changes(void);

/// The next connection of a socket that listens, or -errno.
int swkube_accept(int listener);

/// Makes a pipe: `ends[0]` is read from, `ends[1]` written to. Returns 0 or an errno.
int swkube_pipe(int ends[2]);

/// Writes to whatever the descriptor is, and never raises SIGPIPE in this process. Returns the count written or -errno.
ssize_t swkube_write(int fd, const void *bytes, size_t length);

/// Gives a terminal a window of this size. Returns 0 or an errno.
int swkube_resize(int terminal, unsigned short rows, unsigned short columns);

/// Connects to the socket file `name` in `folder`, however long the folder's path is; `type` is SOCK_STREAM or
/// SOCK_SEQPACKET. Returns a descriptor or -errno.
int swkube_connect(const char *folder, const char *name, int type);

/// Process id of the other end of a unix socket, as this process's PID namespace counts, or -errno.
pid_t swkube_peer(int fd);

/// Removes a folder and all below it, mending modes on the way, following no symbolic link and entering no mount.
/// Returns 0 or the first errno; a folder that is not there is a success.
int swkube_remove_tree(const char *path);

/// Kills every process that has something below a folder of this name mounted, by the host's /proc: `name` is unique on the machine.
/// Returns how many there were.
int swkube_kill_mounting(const char *name);

/// Waits until all that was written on the file system of a folder is on its disk. Returns 0 or an errno.
int swkube_sync_file_system(const char *folder);

/// Says that folders made in this one have nothing to do with each other, so that ext4 puts each into a part of the disk of its own.
/// Returns 0 or an errno, such as that of a file system that does not know this.
int swkube_spread_folders(const char *folder);

/// Sets an extended attribute of an open file. Returns 0 or an errno.
int swkube_set_attribute(int fd, const char *name, const void *value, size_t length);

/// Waits for a signal to end, and reaps: what the image "pause" is.
int swkube_pause_main(void);

/// The number of a system call of this architecture by its name, -1 for one that it does not have.
int swkube_system_call(const char *name);

/// How filters of system calls name this architecture, 0 for one that this program does not know.
uint32_t swkube_audit_architecture(void);

/// The kernel's words for an errno, or null; in English whatever the locale.
const char *swkube_error_text(int error);

/// Tries whether this process may make what a pod is made of: mount, PID, IPC and UTS namespaces, in a user namespace of their own or
/// not, and mounts in them. Leaves nothing behind. Returns 0 or an errno.
int swkube_try_isolation(int own_users);

/// Processors that this process may use.
int swkube_processors(void);

/// Begins to note the stacks of threads, so often in each second of processor time that the process uses. A stack is its depth and so
/// many addresses, the innermost first. Returns 0, EBUSY while it is being done already, or another errno.
int swkube_sampler_begin(int hertz, uint64_t *buffer, size_t count);

/// Ends that. Returns how many words were noted; `dropped` is how many stacks found no room.
size_t swkube_sampler_end(size_t *dropped);

/// The exported name of the function at an address, or null.
const char *swkube_symbol(uint64_t address);

/// Names the calling thread in `ps` and debuggers; at most 15 bytes.
void swkube_name_thread(const char *name);

#ifdef __cplusplus
}
#endif
