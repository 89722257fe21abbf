package import API
package import Machinery

/// One event of a watch.
package struct WatchEvent: Sendable {
    package enum Kind: String, Sendable { case added = "ADDED", modified = "MODIFIED", deleted = "DELETED", bookmark = "BOOKMARK" }

    package let kind: Kind
    /// The object; for a bookmark its metadata only.
    package let object: JSON
}

/// The events in the bytes of a watch: one JSON document a line, lines cut anywhere.
package struct WatchEvents: AsyncSequence, Sendable {
    package typealias Element = WatchEvent
    private let bytes: AsyncThrowingStream<[UInt8], any Error>

    package init(_ bytes: AsyncThrowingStream<[UInt8], any Error>) { self.bytes = bytes }

    package func makeAsyncIterator() -> Iterator { Iterator(bytes: bytes.makeAsyncIterator()) }

    package struct Iterator: AsyncIteratorProtocol {
        private var bytes: AsyncThrowingStream<[UInt8], any Error>.Iterator
        private var pending: [UInt8] = []
        private var start = 0

        fileprivate init(bytes: AsyncThrowingStream<[UInt8], any Error>.Iterator) { self.bytes = bytes }

        /// nil when the server ended the watch. Throws ``APIStatus`` for an ERROR event, such as 410 for a compacted revision.
        package mutating func next() async throws -> WatchEvent? {
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
}

extension Client {
    /// Watches a resource; options say from where.
    package func watch(_ request: APIRequest) async throws -> WatchEvents {
        var request: APIRequest = request
        request.verb = .watch
        return WatchEvents(try await transport.stream(request))
    }
}
