import Client
import Glibc
import Synchronization

/// Where a verb writes: standard output and standard error, gathered and written in few pieces.
///
/// Order between the two is kept: what goes to one is written out before the other takes text.
package final class Output: Sendable {
    package enum Stream: Sendable { case out, error }

    private struct Gathered {
        var stream: Stream = .out
        var bytes: [UInt8] = []
        /// The terminal shows a line that does not stay.
        var isTransient: Bool = false
    }

    private let gathered = Mutex(Gathered())
    private let sink: @Sendable (Stream, [UInt8]) -> Void

    /// - Parameter sink: takes each piece; called in order, never from two threads at once.
    package init(_ sink: @escaping @Sendable (Stream, [UInt8]) -> Void) { self.sink = sink }

    /// The process's own descriptors 1 and 2. A reader that went away (`| head`) ends the process as its signal would, so that a watch does
    /// not go on for nobody; output that cannot be written (a full disk) ends it with an error.
    package static func standard() -> Output {
        Output { stream, bytes in
            var sent: Int = 0
            while sent < bytes.count {
                let count: Int = bytes.withUnsafeBytes { pointer in
                    Glibc.write(stream == .out ? 1 : 2, pointer.baseAddress?.advanced(by: sent), bytes.count - sent)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return stream == .out ? fail(errno) : () }
                sent += count
            }
        }
    }

    private static func fail(_ code: Int32) {
        // As a shell tells of a program that SIGPIPE ended; but the terminal is put in order first.
        if code == EPIPE { exit(128 + SIGPIPE) }
        let text: [UInt8] = Array("error: write /dev/stdout: \(FileError.reason(of: code))\n".utf8)
        _ = Glibc.write(2, text, text.count)
        exit(1)
    }

    /// Writes text as it stands.
    package func write(_ text: String, to stream: Stream = .out) { write(Array(text.utf8), to: stream) }

    package func write(_ bytes: [UInt8], to stream: Stream = .out) {
        gathered.withLock { gathered in
            if gathered.stream != stream { flush(&gathered) }
            gathered.stream = stream
            gathered.bytes += bytes
            if gathered.bytes.count > 65_536 { flush(&gathered) }
        }
    }

    /// A line on standard output.
    package func line(_ text: String = "") { write(text + "\n") }

    /// A line on standard error.
    package func note(_ text: String) { write(text + "\n", to: .error) }

    /// `Warning: …` on standard error.
    package func warn(_ text: String) { note("Warning: " + text) }

    /// A line on a terminal's standard error that goes when anything else is written; an empty one goes by itself.
    package func transient(_ text: String) {
        gathered.withLock { gathered in
            flush(&gathered)
            if gathered.isTransient || !text.isEmpty { sink(.error, Array("\r\u{1B}[K\(text)".utf8)) }
            gathered.isTransient = !text.isEmpty
        }
    }

    /// Writes out what is gathered. The command line does it at the end; a watch after each event.
    package func flush() { gathered.withLock { flush(&$0) } }

    private func flush(_ gathered: inout Gathered) {
        guard !gathered.bytes.isEmpty else { return }
        if gathered.isTransient { sink(.error, Array("\r\u{1B}[K".utf8)) }
        gathered.isTransient = false
        sink(gathered.stream, gathered.bytes)
        gathered.bytes.removeAll(keepingCapacity: true)
    }
}
