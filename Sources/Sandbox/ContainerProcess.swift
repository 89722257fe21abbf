/// A program and the world that it is to see: what a container is, as Linux knows it.
package struct ContainerProcess: Sendable {
    /// Unique in its sandbox while it is not acknowledged.
    package var id: String
    /// Folder for the container's private layer; made new for each start, on a disk. `root`, `layer`, `upper` and `work` appear in it.
    package var folder: String
    /// The program and its arguments; a name without a slash is looked for in the environment's PATH, inside the container's view.
    package var arguments: [String]
    /// Passed as it stands, in this order; nothing is added.
    package var environment: [(name: String, value: String)]
    /// Made when it is missing; `/` when nil.
    package var workingDirectory: String?
    /// Nil: root of the sandbox.
    package var user: User?
    /// Lower layers of an image, top first. Empty: the host's own file system, read-only under a private layer.
    package var layers: [String] = []
    /// Further places of the container's view; applied parents first, whatever their order here.
    package var mounts: [Mount] = []
    /// Paths to hide beside those that every runtime hides.
    package var maskedPaths: [String] = []
    package var readOnlyRoot = false
    /// File that gets stdout and stderr in the CRI format, appended to; nil drops them.
    package var logPath: String?
    /// Linux capabilities as a bit set by number.
    package var capabilities: UInt64 = ContainerProcess.defaultCapabilities
    /// The program and its children can gain no rights by set-user-id files.
    package var noNewPrivileges = false
    package var systemCalls: SystemCalls = .all
    /// Name of a profile of AppArmor that the host has loaded.
    package var appArmorProfile: String?
    /// Shows all devices of the host that its user sees, and hides and protects nothing in /proc and /sys.
    package var isPrivileged = false
    /// Hides and protects nothing in /proc and /sys.
    package var isUnmasked = false
    /// Bytes of memory of its own that each process may have, whatever it shares with others; nil for no limit. Linux: RLIMIT_DATA.
    package var dataLimit: Int64?
    /// Processes that its user may have in the sandbox's user namespace; nil for no limit. Linux: RLIMIT_NPROC.
    package var processLimit: Int64?
    /// How far the program stands back for others that want the processors, from 0 to 19.
    package var niceness = 0
    /// Files of the host's control groups that the program joins; see ``ControlGroups``.
    package var controlGroups: [String] = []
    /// Whether the program is process 1 of a PID namespace of its own, or one of the pod's, whose process 1 is the sandbox parent.
    ///
    /// As process 1 it sees none of the pod's other containers. Signals of its own processes that it does not handle it never hears;
    /// those of ``Sandbox/signal(_:_:wholeGroup:)`` and of a shutdown end it as they would anywhere else.
    package var processes: ProcessScope = .pod
    /// A container whose PID namespace it shares, whatever ``processes`` says.
    package var sharesProcessesOf: String?
    /// Gives the program a terminal, with a window of this size (0 by 0: none known), in place of pipes; its output is logged as stdout.
    package var terminal: WindowSize?
    package var input: Input = .none
    /// Bytes that the private layer may take in memory; nil puts it on the folder's disk, which has more room and takes a few
    /// milliseconds longer to make. A layer in memory is gone with the container.
    package var memoryLayer: Int64?
    /// Binds the host's folders read-only instead of covering them with overlays, as happens by itself where the kernel has none.
    package var withoutOverlay = false

    /// What containerd and docker grant by default: chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap,
    /// net_bind_service, net_raw, sys_chroot, mknod, audit_write, setfcap.
    package static let defaultCapabilities: UInt64 = 0xa804_25fb

    /// Numbers that a program runs under.
    package struct User: Sendable, Equatable {
        package var uid: UInt32
        package var gid: UInt32
        /// Given only where more than one identity is mapped; see ``Sandbox/hasOneIdentity``.
        package var supplementaryGroups: [UInt32]

        package init(uid: UInt32, gid: UInt32, supplementaryGroups: [UInt32] = []) {
            self.uid = uid
            self.gid = gid
            self.supplementaryGroups = supplementaryGroups
        }
    }

    /// Where stdin comes from.
    package enum Input: Int64, Sendable {
        /// /dev/null.
        case none = 0
        /// From whoever attaches, for as long as the program runs.
        case open = 1
        /// From whoever attaches, until the first one has ended it.
        case once = 2
    }

    /// Which system calls a program may make.
    package enum SystemCalls: Sendable, Equatable {
        case all
        /// But for those that runtimes refuse by default.
        case runtimeDefault
        case filtered(SystemCallFilter)
    }

    /// Whose processes a program can see.
    package enum ProcessScope: Sendable { case pod, container }

    package init(
        id: String, folder: String, arguments: [String], environment: [(name: String, value: String)] = [],
        workingDirectory: String? = nil, user: User? = nil, mounts: [Mount] = [], logPath: String? = nil
    ) {
        self.id = id
        self.folder = folder
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
        self.mounts = mounts
        self.logPath = logPath
    }
}

/// A file, a folder or memory at a path of a container's view.
package struct Mount: Sendable, Equatable {
    /// What appears.
    package enum Source: Sendable, Equatable {
        /// A file or folder of the host (or of the sandbox's own view, for memory made by ``Sandbox/mountMemory(at:size:mode:)``).
        case host(path: String)
        /// A place below a folder; a link that leads out of the folder is an error.
        case below(folder: String, path: String)
        /// Layers of an image, the highest first, or a place in it: read-only, and no program in it runs.
        case layers([String], path: String)
        /// Memory of this one container; `size` in bytes, nil for half of the host's.
        case memory(size: Int64?, mode: UInt32)
    }

    /// Which later mounts pass.
    package enum Propagation: Int64, Sendable { case none = 0, hostToContainer = 1, bidirectional = 2 }

    package var source: Source
    /// Absolute; made when it is missing, without changing the host.
    package var target: String
    package var isReadOnly: Bool
    package var propagation: Propagation

    package init(_ source: Source, at target: String, isReadOnly: Bool = false, propagation: Propagation = .none) {
        self.source = source
        self.target = target
        self.isReadOnly = isReadOnly
        self.propagation = propagation
    }
}
