import Glibc

/// A program that a test runs to its end, without holding a thread that tasks need.
package enum Command {
    package struct Outcome: Sendable, CustomStringConvertible {
        /// The exit code; 128 and the signal for a process that a signal ended.
        package let code: Int32
        package let output: String
        package let error: String

        package var description: String { "exit code \(code)\nstdout: \(output)\nstderr: \(error)" }

        /// Throws ``TestFailure`` with everything that was printed, unless the exit code is 0. Returns the output.
        @discardableResult
        package func checked(_ what: String = "a command") throws -> String {
            guard code == 0 else { throw TestFailure("\(what) failed: \(self)") }
            return output
        }
    }

    /// Runs a program, found on PATH unless it is a path, feeds it `input` and waits for its end.
    ///
    /// - Parameter environment: nil hands on the test's own.
    /// - Parameter limit: after that the program and its process group are killed, and this throws ``TestFailure``.
    package static func run(
        _ executable: String, _ arguments: [String], environment: [String: String]? = nil, input: String = "",
        within limit: Duration = .seconds(120)
    ) async throws -> Outcome {
        let process = try ChildProcess(executable, arguments, environment: environment)
        return try await withCheckedThrowingContinuation { continuation in
            BackgroundThread.run {
                continuation.resume(with: Result { try process.finish(input: Array(input.utf8), within: limit) })
            }
        }
    }

    /// The variables of this process.
    package static var environment: [String: String] {
        var result: [String: String] = [:]
        var place: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
        while let at = place, let entry = at.pointee {
            let parts: [Substring] = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            place = at + 1
        }
        return result
    }

    /// Where a program stands on PATH; nil when it does not.
    package static func path(of program: String) -> String? {
        let places: [Substring] = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return places.lazy.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}
