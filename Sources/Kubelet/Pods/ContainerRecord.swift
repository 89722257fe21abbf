import API
import Machinery

/// What the kubelet knows of one container of a pod.
struct ContainerRecord: Sendable {
    /// What part a container plays in its pod.
    enum Role: Sendable, Equatable { case initial, sidecar, main, ephemeral }

    enum Phase: Sendable, Equatable {
        /// Never ran, or not since the pod's sandbox was made.
        case waiting
        case running(Run)
        case ended(End)
    }

    /// A run that goes on.
    struct Run: Sendable, Equatable {
        let startedAt: ClusterClock.Instant
        /// Image that the container named when it was started.
        let image: String
    }

    /// A run that is over.
    struct End: Sendable, Equatable {
        var exitCode: Int
        /// 0 for none.
        var signal: Int
        var reason: String
        var message: String
        /// nil when the program never began.
        var startedAt: Time?
        var finishedAt: Time
        /// When it ended, for back-off; exact to the nanosecond.
        var moment: ClusterClock.Instant
        var containerID: String
    }

    /// Whom a run runs as.
    struct Identity: Sendable, Equatable {
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        var groups: [UInt32] = []
    }

    /// Why a container does not run, as its status says it.
    struct Problem: Sendable, Equatable {
        let reason: String
        let message: String
    }

    let name: String
    let role: Role
    /// Number of the current or last run, from 0; the restart count.
    var attempt = 0
    var phase: Phase = .waiting
    /// How the run before this one ended.
    var previous: End?
    var problem: Problem?
    var restarts = BackOff()
    var pulls = BackOff()
    /// What the status calls the image of the last run; empty before the first.
    var imageID = ""
    /// Whom the last run runs as; nil for one that nobody noted.
    var user: Identity?
    /// What the run is held to; nil for one that nobody noted.
    var resources: View<ResourceRequirements>?
    /// Runs and has passed its startup probe.
    var isStarted = false
    /// Runs and passes its readiness probe, or has none.
    var isReady = false
    /// Its postStart hook is under way.
    var isHooked = false
    /// Somebody is stopping it.
    var isStopping = false
    /// Start it again whatever the restart policy says: its definition changed.
    var mustRestart = false

    init(_ name: String, _ role: Role) {
        self.name = name
        self.role = role
    }

    var run: Run? { if case .running(let run) = phase { run } else { nil } }
    var end: End? { if case .ended(let end) = phase { end } else { nil } }
    var isRunning: Bool { run != nil }
    var isWaiting: Bool { phase == .waiting }
    /// It ran at least once.
    var hasRun: Bool { phase != .waiting || previous != nil }

    /// The sandbox's name for a run: `web.3`.
    var sandboxID: String { "\(name).\(attempt)" }

    /// The container and run that a sandbox's name means.
    static func parse(sandboxID: String) -> (name: String, attempt: Int)? {
        guard let dot = sandboxID.lastIndex(of: "."), let attempt = Int(sandboxID[sandboxID.index(after: dot)...]) else { return nil }
        return (String(sandboxID[..<dot]), attempt)
    }
}

/// Names of runs for the API: `swkube://` and 64 hexadecimal digits that follow from the pod, the container and the run.
enum ContainerID {
    static func text(podUID: String, container: String, attempt: Int) -> String {
        let pod: String = String(podUID.filter { $0 != "-" }.prefix(32))
        let padded: String = pod + String(repeating: "0", count: 32 - pod.count)
        return "swkube://\(padded)\(hex(hash(container)))\(hex(UInt64(attempt)))"
    }

    /// Source: FNV-1a with 64 bits.
    static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
