// The protocol between the main process and a sandbox parent, declared once for both languages.
//
// A frame is a header and fields. A field is a header and bytes; numbers are 8 bytes, little end first, signed; a field may repeat;
// a group is a field that holds fields. Both ends are the same binary on the same machine, but not always of the same version
// (a parent outlives an upgrade): numbers here are never reused, and an unknown field or message is refused, not skipped.

#pragma once

#include <stdint.h>

#define SANDBOX_PROTOCOL 1
/// Largest frame, header not counted: room for Linux's 2 MiB of arguments and environment.
#define SANDBOX_FRAME_LIMIT (4u << 20)

struct sandbox_frame {
    uint32_t length; // of the fields, in bytes
    uint32_t tag;    // of the request; 0 in an event
    uint32_t type;   // enum sandbox_message
};

struct sandbox_field {
    uint32_t code; // enum sandbox_field_code
    uint32_t length;
};

enum sandbox_message {
    // Requests
    SANDBOX_HELLO = 1,       // -> READY
    SANDBOX_START = 2,       // -> STARTED or FAILED
    SANDBOX_SIGNAL = 3,      // -> OK or FAILED
    SANDBOX_STATE = 4,       // -> CONTAINERS
    SANDBOX_WATCH = 5,       // -> OK, then EXITED with tag 0 for each end, those not acknowledged first
    SANDBOX_ACKNOWLEDGE = 6, // -> OK; the record of an ended container is dropped
    SANDBOX_SHUTDOWN = 7,    // -> OK when every process is gone; the parent ends
    SANDBOX_EXEC = 8,        // with 3 descriptors -> STARTED or FAILED, then EXITED with the same tag
    SANDBOX_REOPEN_LOG = 9,  // -> OK or FAILED
    SANDBOX_TMPFS = 10,      // mounts memory at PATH in the pod's view -> OK or FAILED
    SANDBOX_ATTACH = 16,     // with a descriptor for each of STREAMS -> OK or FAILED; the container's output flows into them, the input out
    SANDBOX_RESIZE = 17,     // the window of a container's terminal -> OK or FAILED
    SANDBOX_CONNECT = 18,    // to ADDRESS and PORT as the pod sees them -> SOCKET or FAILED
    // Answers and events
    SANDBOX_READY = 32,
    SANDBOX_STARTED = 33,
    SANDBOX_FAILED = 34,
    SANDBOX_OK = 35,
    SANDBOX_CONTAINERS = 36,
    SANDBOX_EXITED = 37,
    SANDBOX_SOCKET = 48, // with a descriptor; it may still be connecting
};

enum sandbox_field_code {
    SANDBOX_ID = 1,
    SANDBOX_FOLDER = 2,    // of the container: root, layer, upper and work are made in it
    SANDBOX_ARGUMENT = 3,  // repeats, in order
    SANDBOX_VARIABLE = 4,  // NAME=value, repeats
    SANDBOX_DIRECTORY = 5, // working directory
    SANDBOX_USER = 6,
    SANDBOX_GROUP = 7,
    SANDBOX_EXTRA_GROUP = 8,    // repeats
    SANDBOX_LAYER = 9,          // lower layers, top first; none: the host's view
    SANDBOX_READ_ONLY_ROOT = 10,
    SANDBOX_LOG = 11,
    SANDBOX_MASK = 12,          // path to hide, repeats
    SANDBOX_CAPABILITIES = 13,  // bit set by Linux's numbers
    SANDBOX_NO_NEW_PRIVILEGES = 14,
    SANDBOX_OWN_PROCESSES = 15, // a PID namespace of the container's own
    SANDBOX_MOUNT = 16,         // group of the next ones, repeats, parents before children
    SANDBOX_SOURCE = 17,        // absent: tmpfs
    SANDBOX_SUBPATH = 18,       // below SOURCE, resolved without leaving it
    SANDBOX_TARGET = 19,
    SANDBOX_READ_ONLY = 20,
    SANDBOX_SIZE = 21,          // bytes, for tmpfs; absent: no limit but half the memory
    SANDBOX_MODE = 22,          // permissions, for tmpfs
    SANDBOX_PROPAGATION = 23,   // 0 private, 1 host to container, 2 both ways
    SANDBOX_PATH = 24,
    SANDBOX_STAGE = 25,
    SANDBOX_ERRNO = 26,
    SANDBOX_PROCESS = 27,       // in the numbering of the main process
    SANDBOX_STARTED_AT = 28,    // nanoseconds since 1970
    SANDBOX_FINISHED_AT = 29,
    SANDBOX_EXIT_CODE = 30,
    SANDBOX_EXIT_SIGNAL = 31,
    SANDBOX_RUNNING = 32,       // 0 ended, 1 running, 2 starting
    SANDBOX_CONTAINER = 33,     // group, repeats
    SANDBOX_SIGNAL_NUMBER = 34,
    SANDBOX_WHOLE_GROUP = 35,   // signal the container's process group, not only its first process
    SANDBOX_GRACE = 36,         // milliseconds between TERM and KILL
    SANDBOX_VERSION = 37,
    SANDBOX_LOG_ERRNO = 38,     // last failure of writing the log; lines were lost
    SANDBOX_MEMORY_LAYER = 41,    // bytes: the container's private layer is memory instead of FOLDER's disk
    SANDBOX_ONE_IDENTITY = 40,    // the pod maps the user's own identity only
    SANDBOX_TERMINAL = 64,      // the program's streams are a terminal; EXEC then takes no descriptors, and STARTED brings the other side of it
    SANDBOX_INPUT = 65,         // of START: stdin is a pipe that ATTACH writes to; 1: for ever, 2: until the first ATTACH has ended its own
    SANDBOX_ROWS = 66,
    SANDBOX_COLUMNS = 67,
    SANDBOX_STREAMS = 68,       // bit set of 1 stdin, 2 stdout, 4 stderr, in the order of their descriptors
    SANDBOX_PORT = 69,
    SANDBOX_ADDRESS = 70,       // of IPv4 or IPv6, as text
    SANDBOX_DESCRIPTORS = 71,   // so many came with this answer
    SANDBOX_WITH_PROCESSES_OF = 72, // of START: the container whose PID namespace is shared
    SANDBOX_CONTROL_GROUP = 96, // file to write process numbers to, repeats
    SANDBOX_SECCOMP = 97,       // 1: the runtime's default profile
    SANDBOX_PRIVILEGED = 98,    // all devices of the host; nothing in /proc and /sys is hidden or read-only
    SANDBOX_UNMASKED_PROC = 99, // nothing in /proc is hidden or read-only
    SANDBOX_DATA_LIMIT = 100,   // bytes that each process may have of its own; see RLIMIT_DATA
    SANDBOX_PROCESS_LIMIT = 101, // processes of the container's user in the pod's user namespace; see RLIMIT_NPROC
    SANDBOX_SECCOMP_PROGRAM = 102, // instructions of a filter in place of the default profile
    SANDBOX_SECCOMP_FLAGS = 103,
    SANDBOX_NICENESS = 104,     // of the program, from 0 to 19; see setpriority(2)
    SANDBOX_APPARMOR = 105,     // name of a profile of AppArmor that is loaded
    SANDBOX_WITHOUT_OVERLAY = 39, // bind the host's folders read-only instead of covering them
};
