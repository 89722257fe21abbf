import API
package import Machinery
import Synchronization

/// What a watch has told so far. Reading goes on beside the test until the record goes.
package final class WatchRecord: Sendable {
    private struct State: Sendable {
        var lines: [JSON] = []
        var isEnded = false
    }

    private let state: StateBox
    private let reader: Task<Void, Never>

    private final class StateBox: Sendable {
        let value = Mutex(State())
    }

    package init(_ bytes: AsyncThrowingStream<[UInt8], any Error>) {
        let box = StateBox()
        state = box
        reader = Task {
            var pending: [UInt8] = []
            do {
                for try await part in bytes {
                    pending += part
                    while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                        let line = try JSON(parsing: Array(pending[..<end]))
                        pending.removeFirst(end + 1)
                        box.value.withLock { $0.lines.append(line) }
                    }
                }
            } catch {
                box.value.withLock { $0.lines.append(["type": "BROKEN", "object": ["message": .string("\(error)")]]) }
            }
            box.value.withLock { $0.isEnded = true }
        }
    }

    deinit { reader.cancel() }

    /// The events in full: `{"type": …, "object": …}`.
    package var events: [JSON] { state.value.withLock { $0.lines } }

    /// True when the server has closed the watch.
    package var isEnded: Bool { state.value.withLock { $0.isEnded } }

    /// `ADDED web`, `BOOKMARK`, `ERROR 410`: type and name of each event.
    package var summary: [String] {
        events.map { event in
            let what: String =
                event[["object", "metadata", "name"]]?.string ?? event[["object", "code"]]?.int.map { "\($0)" }
                ?? event[["object", "message"]]?.string ?? ""
            return [event["type"]?.string ?? "?", what].filter { !$0.isEmpty }.joined(separator: " ")
        }
    }

    /// Waits until these events, and no others, have come.
    package func expect(_ wanted: [String]) async throws {
        let seen: [String] = try await eventually("the watch tells \(wanted)", within: .seconds(10)) {
            summary
        } until: {
            $0.count >= wanted.count
        }
        guard seen == wanted else { throw TestFailure("the watch told \(seen), not \(wanted)") }
    }
}
