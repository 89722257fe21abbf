import Glibc

/// A port that takes connections, and never answers.
package final class SilentPort: Sendable {
    private let port: ClosedPort

    package var number: Int { port.number }

    /// Throws ``TestFailure`` when the machine has no port left.
    package init() throws {
        port = try ClosedPort()
        guard listen(port.descriptor, 8) == 0 else {
            throw TestFailure("cannot listen on a port: \(String(cString: strerror(errno)))")
        }
    }
}
