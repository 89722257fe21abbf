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
    }

    private let gathered = Mutex(Gathered())
    private let sink: @Sendable (Stream, [UInt8]) -> Void

    /// - Parameter sink: takes each piece; called in order, never from two threads at once.
    package init(_ sink: @escaping @Sendable (Stream, [UInt8]) -> Void) { self.sink = sink }

    /// The process's own descriptors 1 and 2. A reader that went away (`| head`) ends the writing silently.
    package static func standard() -> Output {
        Output { stream, bytes in
            var sent: Int = 0
            while sent < bytes.count {
                let count: Int = bytes.withUnsafeBytes { pointer in
                    Glibc.write(stream == .out ? 1 : 2, pointer.baseAddress?.advanced(by: sent), bytes.count - sent)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                sent += count
            }
        }
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

    /// Writes out what is gathered. The command line does it at the end; a watch after each event.
    package func flush() { gathered.withLock { flush(&$0) } }

    private func flush(_ gathered: inout Gathered) {
        guard !gathered.bytes.isEmpty else { return }
        sink(gathered.stream, gathered.bytes)
        gathered.bytes.removeAll(keepingCapacity: true)
    }
}
