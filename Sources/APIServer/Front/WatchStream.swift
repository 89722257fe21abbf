import HTTP

/// A watch as the body of an answer: sends what is new while the client takes it.
///
/// A client that does not read costs what its connection holds, some 64 KiB, however much is written meanwhile: its watch stands still
/// and is told 410 when it goes on behind what the store keeps. When its time is over the answer ends without it.
struct WatchStream: Sendable {
    private let watcher: Watcher
    private let framing: EventFraming
    private let hasBetaName: Bool
    private let exchange: HTTPExchange
    private let reader = SlowReader()
    /// Bytes that are sent in one turn of the event loop, and those of one batch.
    private static let turn = 64 * 1024

    init(_ watcher: Watcher, _ framing: EventFraming, hasBetaName: Bool, _ exchange: HTTPExchange) {
        (self.watcher, self.framing, self.hasBetaName, self.exchange) = (watcher, framing, hasBetaName, exchange)
    }

    /// To be called on the exchange's event loop, whenever something may be new.
    @Sendable func pump() {
        while exchange.isWritable {
            let batch: Watcher.Batch = watcher.next(framing)
            if !batch.pieces.isEmpty { exchange.send(hasBetaName ? BetaName.events(batch.pieces) : batch.pieces) }
            if batch.isEnd { return exchange.end() }
            if batch.pieces.isEmpty { return }
            // That is work enough before others have their turn.
            if batch.pieces.reduce(0, { $0 + $1.count }) > Self.turn { break }
        }
        if watcher.isOver { return exchange.end() }
        reader.wait({ exchange.onWritable($0) }, pump)
    }
}
