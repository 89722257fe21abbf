import Synchronization

/// Many streams over one upgraded connection, in the form of SPDY/3.1 that kubectl and kubelets have spoken since 2014.
///
/// ``run()`` reads the connection until its end; streams that the other side opens come from ``incoming``. There are no windows: as in the
/// library that the others use, TCP's flow control holds for all streams together, so a stream that is not read stops the others when
/// its 256 KiB are full.
package final class SPDYSession: Sendable {
    private struct State {
        var streams: [UInt32: SPDYStream] = [:]
        var next: UInt32
        var isOver = false
        let codec = SPDYHeaderCodec()
    }

    /// Streams that the other side opened; for one reader. They are to be answered with ``SPDYStream/accept()``.
    package let incoming: AsyncStream<SPDYStream>
    private let opened: AsyncStream<SPDYStream>.Continuation
    private let connection: UpgradedConnection
    /// Heads are packed in the order in which they leave, so both happen under this lock. The codec is touched under it only.
    private let state: Mutex<State>
    /// Touched by ``run()`` only.
    private let unpacker: Mutex<SPDYHeaderCodec>

    /// - Parameter isClient: decides the numbers of the streams that this side opens.
    package init(_ connection: UpgradedConnection, isClient: Bool) {
        self.connection = connection
        state = Mutex(State(next: isClient ? 1 : 2))
        unpacker = Mutex(SPDYHeaderCodec())
        (incoming, opened) = AsyncStream.makeStream()
    }

    /// Reads until the connection's end, or until the other side breaks the protocol. Streams end with it.
    package func run() async {
        var bytes: ArraySlice<UInt8> = []
        do throws(HTTPError) {
            while let message = await connection.next() {
                bytes = bytes.isEmpty ? message.bytes[...] : bytes + message.bytes
                while let frame = try SPDYFrame(takenFrom: &bytes) { try await handle(frame) }
            }
        } catch {
            connection.close(code: 1002, reason: "\(error)")
        }
        over()
    }

    /// Opens a stream. It can be written at once; what the other side refuses ends it.
    package func open(_ headers: [SPDYHeader]) throws(HTTPError) -> SPDYStream {
        let stream: SPDYStream? = state.withLock { state in
            guard !state.isOver else { return nil }
            let stream = SPDYStream(id: state.next, headers: headers, session: self)
            state.streams[state.next] = stream
            state.next += 2
            post(.open(stream: stream.id, block: state.codec.pack(headers)[...], isLast: false))
            return stream
        }
        guard let stream else { throw HTTPError.closed("the other side") }
        return stream
    }

    /// Says that no further stream is taken and closes the connection.
    package func close() {
        post(.goAway(lastStream: state.withLock { $0.streams.keys.max() ?? 0 }))
        connection.close()
        over()
    }

    // MARK: - For streams

    func post(_ frame: SPDYFrame) { connection.post(.init(frame.bytes)) }

    func send(_ frame: SPDYFrame) async throws(HTTPError) { try await connection.send(.init(frame.bytes)) }

    func reply(to stream: UInt32) {
        state.withLock { state in post(.reply(stream: stream, block: state.codec.pack([])[...], isLast: false)) }
    }

    func forget(_ stream: UInt32) { state.withLock { $0.streams[stream] = nil } }

    // MARK: - Details

    private func handle(_ frame: SPDYFrame) async throws(HTTPError) {
        switch frame {
        case .data(let id, let bytes, let isLast):
            let stream: SPDYStream? = self.stream(id)
            if !bytes.isEmpty { await stream?.received(Array(bytes)) }
            if isLast { stream?.ended() }
        case .open(let id, let block, let isLast):
            let stream = SPDYStream(id: id, headers: try unpack(block), session: self)
            let isNew: Bool = state.withLock { state in
                guard !state.isOver, state.streams[id] == nil else { return false }
                state.streams[id] = stream
                return true
            }
            guard isNew else { throw HTTPError.malformedAnswer("the other side of SPDY") }
            if isLast { stream.ended() }
            opened.yield(stream)
        case .reply(let id, let block, let isLast), .headers(let id, let block, let isLast):
            _ = try unpack(block)
            if isLast { stream(id)?.ended() }
        case .reset(let id, _): stream(id)?.wasReset()
        case .ping(let id): post(.ping(id))
        case .goAway, .other: break
        }
    }

    private func unpack(_ block: ArraySlice<UInt8>) throws(HTTPError) -> [SPDYHeader] {
        guard let headers = unpacker.withLock({ $0.unpack(block) }) else { throw HTTPError.malformedAnswer("the other side of SPDY") }
        return headers
    }

    private func stream(_ id: UInt32) -> SPDYStream? { state.withLock { $0.streams[id] } }

    private func over() {
        let streams: [SPDYStream] = state.withLock { state in
            state.isOver = true
            defer { state.streams = [:] }
            return Array(state.streams.values)
        }
        for stream in streams { stream.wasReset() }
        opened.finish()
    }
}
