/// A container whose program has begun.
package struct StartedContainer: Sendable, Equatable {
    package let id: String
    /// Number of its first process as this process counts.
    package let pid: Int32
    /// Nanoseconds since 1970.
    package let startedAt: Int64
}

/// The end of a container's first process.
package struct ContainerExit: Sendable, Equatable {
    package let id: String
    /// As runtimes report it: the program's own, or 128 and the signal's number.
    package let exitCode: Int32
    /// The signal that ended it, nil when it ended by itself.
    package let signal: Int32?
    /// Nanoseconds since 1970; 0 when it never ran.
    package let startedAt: Int64
    /// Nanoseconds since 1970.
    package let finishedAt: Int64
}

/// What a sandbox knows of one of its containers.
package struct ContainerState: Sendable, Equatable {
    package enum Phase: Sendable, Equatable {
        case starting
        case running
        case ended(ContainerExit)
    }

    package let id: String
    package let phase: Phase
    /// Number of its first process as this process counts, also after its end.
    package let pid: Int32
    /// Nanoseconds since 1970; 0 while starting.
    package let startedAt: Int64
    /// Why lines of its log were lost, nil when none were: the errno of the last failed write.
    package let logFailure: Int32?
}

extension ContainerState {
    /// A line of a sandbox's record; nil for one of something else. Source: record.c.
    init?(recorded line: Substring) {
        let parts: [Substring] = line.split(separator: " ")
        let numbers: [Int64] = parts.dropFirst(3).compactMap { Int64($0) }
        guard parts.first == "container", parts.count == 8, numbers.count == 5 else { return nil }
        id = String(parts[1])
        pid = Int32(clamping: numbers[0])
        startedAt = numbers[1]
        logFailure = nil
        switch parts[2] {
        case "running": phase = .running
        case "starting": phase = .starting
        default:
            phase = .ended(
                ContainerExit(
                    id: id, exitCode: Int32(clamping: numbers[3]), signal: numbers[4] == 0 ? nil : Int32(clamping: numbers[4]),
                    startedAt: numbers[1], finishedAt: numbers[2]))
        }
    }
}
