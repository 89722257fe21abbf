import API
import Machinery
import Sandbox

/// Reads the log of one run of a container: what is there, and with `isFollowed` what comes until that run ends.
struct LogReader: Sendable {
    let request: LogRequest
    let path: String
    let watch: FileWatch
    let since: String?
    /// Reads a line, without its newline; nil for one of another form.
    var line: @Sendable (ArraySlice<UInt8>) -> CRILine? = { CRILine($0) }
    /// Whether the run may still write.
    let isWriting: @Sendable () async -> Bool

    /// The stream ends when its reader leaves, when all was read, or when the asked-for bytes are used up.
    func stream() -> AsyncThrowingStream<[UInt8], any Error> {
        let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        let task = Task {
            await read(continuation)
            continuation.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }

    private func read(_ continuation: AsyncThrowingStream<[UInt8], any Error>.Continuation) async {
        guard var file = LogFile(path, lines: request.tailLines) else { return }
        var picker = LogPicker(request, since: since, line: line)
        let (changes, changed) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        func subscribe() -> FileWatch.Subscription? { request.isFollowed ? watch.onChange(of: path) { changed.yield() } : nil }
        var subscription: FileWatch.Subscription? = subscribe()
        defer {
            subscription?.cancel()
            changed.finish()
        }
        var iterator = changes.makeAsyncIterator()
        while !Task.isCancelled {
            // Asked before the file is read, so that what was written before the end is read for certain.
            let goesOn: Bool = request.isFollowed ? await isWriting() : false
            let isReplaced: Bool = request.isFollowed && file.isReplaced(at: path)
            while !Task.isCancelled, !picker.isFull {
                let bytes: [UInt8] = file.next()
                guard !bytes.isEmpty else { break }
                let text: [UInt8] = picker.take(bytes)
                if !text.isEmpty { continuation.yield(text) }
            }
            // A log that was moved aside gets no more lines; those that follow stand in the one in its place.
            if isReplaced, !picker.isFull, let next = LogFile(path, lines: nil) {
                file = next
                subscription?.cancel()
                subscription = subscribe()
                continue
            }
            guard goesOn, !picker.isFull, await iterator.next() != nil else { return }
        }
    }

    /// The time from which lines are wanted, as the log's stamps have it; nil for all.
    ///
    /// Stamps count by the host's clock, requests by the cluster's.
    static func since(_ request: LogRequest, clock: ClusterClock) -> String? {
        let shift: Int64 = Host.now - clock.now.nanoseconds
        if let seconds = request.sinceSeconds { return text(Host.now - Int64(seconds) * 1_000_000_000) }
        if let time = request.sinceTime.flatMap({ MicroTime($0) }) { return text(time.microseconds * 1000 + shift) }
        return nil
    }

    /// `2026-11-22T20:00:00.123456789Z`
    private static func text(_ nanoseconds: Int64) -> String {
        let (seconds, rest) = max(0, nanoseconds).quotientAndRemainder(dividingBy: 1_000_000_000)
        let fraction = String(rest)
        return CivilTime(secondsSinceEpoch: seconds).text + "." + String(repeating: "0", count: 9 - fraction.count) + fraction + "Z"
    }
}
