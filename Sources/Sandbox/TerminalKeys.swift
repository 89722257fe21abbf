import Glibc

/// The bytes that a terminal sends as keys are pressed.
///
/// A read can be called off: then nothing that is typed later is taken away from the next reader.
/// Invariant: one ``next(within:)`` at a time.
package final class TerminalKeys: Sendable {
    package enum Piece: Sendable, Hashable {
        case bytes([UInt8])
        /// The time was over.
        case nothing
        /// ``interrupt()`` was called.
        case interrupted
        /// The terminal is gone.
        case end
    }

    private let descriptor: Int32
    private let wake: (read: Int32, write: Int32)

    /// Throws ``SandboxError`` when the process has no descriptors left.
    package init(_ descriptor: Int32) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SandboxError.system(call: "pipe", errno: errno, path: "") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        self.descriptor = descriptor
        wake = (ends[0], ends[1])
    }

    deinit {
        close(wake.read)
        close(wake.write)
    }

    /// - Parameter limit: nil waits as long as it takes.
    package func next(within limit: Duration?) async -> Piece {
        let milliseconds: Int32 =
            limit.map { Int32($0.components.seconds * 1000 + $0.components.attoseconds / 1_000_000_000_000_000) } ?? -1
        return await BlockingThread.run { self.wait(milliseconds) }
    }

    /// Ends the read that waits, or the next one.
    package func interrupt() { _ = write(wake.write, "i", 1) }

    private func wait(_ milliseconds: Int32) -> Piece {
        var polled: [pollfd] = [descriptor, wake.read].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var count: Int32
        repeat { count = poll(&polled, 2, milliseconds) } while count < 0 && errno == EINTR
        if count == 0 { return .nothing }
        if polled[1].revents != 0 {
            var byte: UInt8 = 0
            _ = read(wake.read, &byte, 1)
            return .interrupted
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, used in used = max(0, read(descriptor, buffer.baseAddress, 4096)) }
        return bytes.isEmpty ? .end : .bytes(bytes)
    }
}
