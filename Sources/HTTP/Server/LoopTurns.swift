import Glibc
import NIOCore
import NIOPosix

/// Work of an event loop that is done in slices, one in each of its turns: what is ready on its connections goes in between.
///
/// A loop runs what it is given to execute, and what that gives it, before it looks at its sockets again. So each slice waits for a byte in
/// a pipe, which the loop finds only when it looks. While other clients get short answers, a slice is shorter, and a pause twice as long as
/// the slice follows each, as what they wait for next needs the processor too. Invariant: touched on `eventLoop` only, which is what makes the class `Sendable`.
final class LoopTurns: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    /// Bytes of an answer that are made, encrypted and sent in one turn: some 0.2 ms, or 0.05 beside other clients.
    private static let (long, short): (Int, Int) = (256 * 1024, 64 * 1024)

    private enum Bell {
        case none, opening
        case pipe(any Channel)
        /// The system has no descriptor to give: a slice waits for a timer, and may find that other tasks have kept the loop busy.
        case timer
    }

    /// How long a short answer tells that others are there.
    private static let courtesy: TimeAmount = .milliseconds(20)
    private static let byte = ByteBuffer(bytes: [0])
    private let eventLoop: any EventLoop
    private var waiting: CircularBuffer<(client: ServerConnection, run: () -> Void)> = CircularBuffer()
    private var bell: Bell = .none
    private var isRung: Bool = false
    /// When a client got a short answer last, and when another one than that did.
    private var lastShortAnswer: (client: ObjectIdentifier?, at: NIODeadline) = (nil, .uptimeNanoseconds(0))
    private var otherShortAnswer: NIODeadline = .uptimeNanoseconds(0)
    /// When the next slice may begin.
    private var next: NIODeadline = .uptimeNanoseconds(0)

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Runs `slice`, a part of what is done for a client, in a turn of its own, after those that wait already.
    func later(for client: ServerConnection, _ slice: @escaping () -> Void) {
        waiting.append((client, slice))
        ring()
    }

    /// A client got an answer that needed no slices.
    func answeredShortly(_ client: ServerConnection) {
        if lastShortAnswer.client != ObjectIdentifier(client) { otherShortAnswer = lastShortAnswer.at }
        lastShortAnswer = (ObjectIdentifier(client), .now())
    }

    /// Whether others than a client get short answers.
    func isShared(beside client: ServerConnection) -> Bool {
        let isOwn: Bool = lastShortAnswer.client == ObjectIdentifier(client)
        return .now() - (isOwn ? otherShortAnswer : lastShortAnswer.at) < Self.courtesy
    }

    /// Bytes of an answer that a client gets in one turn.
    func slice(for client: ServerConnection) -> Int { isShared(beside: client) ? Self.short : Self.long }

    /// Gives the pipe back; what waits is not run.
    func close() {
        waiting.removeAll()
        if case .pipe(let channel) = bell { channel.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { turn() }

    private func turn() {
        isRung = false
        guard let slice = waiting.popFirst() else { return }
        let began: NIODeadline = .now()
        slice.run()
        let ended: NIODeadline = .now()
        next = isShared(beside: slice.client) ? ended + (ended - began) * 2 : ended
        if !waiting.isEmpty { ring() }
    }

    private func ring() {
        guard !isRung else { return }
        isRung = true
        if next <= .now() { wake() } else { eventLoop.scheduleTask(deadline: next) { [self] in wake() } }
    }

    private func wake() {
        switch bell {
        case .none: open()
        case .opening: break
        case .pipe(let channel): channel.writeAndFlush(Self.byte, promise: nil)
        case .timer: eventLoop.scheduleTask(in: .milliseconds(1)) { [self] in turn() }
        }
    }

    /// Makes the pipe, whose ends are both the loop's.
    private func open() {
        bell = .opening
        var ends: [CInt] = [-1, -1]
        // A pair of sockets does what a pipe does, and no program that starts meanwhile inherits it.
        let kind: CInt = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return opened(nil) }
        let (input, output): (CInt, CInt) = (ends[0], ends[1])
        NIOPipeBootstrap(group: eventLoop)
            .channelInitializer { [self] in $0.pipeline.addHandler(self) }
            .takingOwnershipOfDescriptors(input: input, output: output)
            .whenComplete { [self] made in
                if case .failure = made { for end in [input, output] { _ = Glibc.close(end) } }
                opened(try? made.get())
            }
    }

    private func opened(_ channel: (any Channel)?) {
        bell = channel.map { .pipe($0) } ?? .timer
        isRung = false
        if !waiting.isEmpty { ring() }
    }
}
