package import API
package import Machinery

/// One event of a watch.
package struct WatchEvent: Sendable {
    package enum Kind: String, Sendable { case added = "ADDED", modified = "MODIFIED", deleted = "DELETED", bookmark = "BOOKMARK" }

    package let kind: Kind
    /// The object; for a bookmark its metadata only.
    package let object: JSON

    package init(kind: Kind, object: JSON) {
        self.kind = kind
        self.object = object
    }
}

/// The events of a watch, in their order. Ends when the server ended the watch; throws ``APIStatus`` for an ERROR event, such as 410
/// for a compacted revision.
package struct WatchEvents: AsyncSequence, Sendable {
    package typealias Element = WatchEvent

    private enum Source: Sendable {
        case lines(AsyncThrowingStream<[UInt8], any Error>)
        case batches(AsyncThrowingStream<[WatchEvent], any Error>)
    }

    private let source: Source
    /// Asks for a bookmark behind all events that have happened; nil where nobody can be asked.
    package let askForBookmark: (@Sendable () -> Void)?

    /// - Parameter bytes: one JSON document a line, lines cut anywhere.
    package init(_ bytes: AsyncThrowingStream<[UInt8], any Error>) {
        source = .lines(bytes)
        askForBookmark = nil
    }

    /// Events of a server in this process, which nobody wrote down.
    package init(batches: AsyncThrowingStream<[WatchEvent], any Error>, askForBookmark: @escaping @Sendable () -> Void) {
        source = .batches(batches)
        self.askForBookmark = askForBookmark
    }

    package func makeAsyncIterator() -> Iterator {
        switch source {
        case .lines(let bytes): Iterator(lines: WatchLines(bytes))
        case .batches(let batches): Iterator(batches: batches.makeAsyncIterator())
        }
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate var lines: WatchLines?
        fileprivate var batches: AsyncThrowingStream<[WatchEvent], any Error>.Iterator?
        private var pending: ArraySlice<WatchEvent> = []

        fileprivate init(lines: WatchLines) { self.lines = lines }
        fileprivate init(batches: AsyncThrowingStream<[WatchEvent], any Error>.Iterator) { self.batches = batches }

        package mutating func next() async throws -> WatchEvent? {
            while true {
                if let event = pending.popFirst() { return event }
                guard batches != nil else { return try await lines?.next() }
                guard let more = try await batches?.next() else { return nil }
                pending = more[...]
            }
        }
    }
}

/// Takes the lines of a watch apart.
private struct WatchLines {
    private var bytes: AsyncThrowingStream<[UInt8], any Error>.Iterator
    private var pending: [UInt8] = []
    private var start = 0

    init(_ bytes: AsyncThrowingStream<[UInt8], any Error>) { self.bytes = bytes.makeAsyncIterator() }

    mutating func next() async throws -> WatchEvent? {
        while true {
            if let line = takeLine() {
                guard !line.isEmpty else { continue }
                return try Self.event(line)
            }
            guard let more = try await bytes.next() else { return nil }
            pending.removeFirst(start)
            start = 0
            pending += more
        }
    }

    private mutating func takeLine() -> ArraySlice<UInt8>? {
        guard let end = pending[start...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { start = end + 1 }
        return pending[start..<end]
    }

    private static func event(_ line: ArraySlice<UInt8>) throws -> WatchEvent {
        let json = try JSON(parsing: line)
        let object: JSON = json["object"] ?? .null
        guard let kind = json["type"]?.string.flatMap(WatchEvent.Kind.init) else {
            throw APIStatus(object) ?? .internalError("a watch sent an event of unknown type: \(json["type"] ?? .null)")
        }
        return WatchEvent(kind: kind, object: object)
    }
}

extension Client {
    /// Watches a resource; options say from where.
    package func watch(_ request: APIRequest) async throws -> WatchEvents {
        var request: APIRequest = request
        request.verb = .watch
        return try await transport.events(request)
    }
}
