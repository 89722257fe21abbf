import CSandbox
import Glibc
import Synchronization

/// One end of a pipe, a terminal or a socket: bytes at the pace of whoever reads and writes them here. One reader and one writer at a time.
package final class DescriptorStream: ReactorMember {
    private struct State {
        var isClosed = false
        var reader: CheckedContinuation<Void, Never>?
        var writer: CheckedContinuation<Void, Never>?
    }

    private enum Outcome { case done(Int), again, over }

    /// Most that one read brings, in bytes.
    private static let piece: Int = 64 * 1024
    let fd: Int32
    private let reactor: Reactor
    private let state = Mutex(State())

    /// Takes over `fd`.
    init(_ fd: Int32, reactor: Reactor) {
        self.fd = fd
        self.reactor = reactor
        _ = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)
    }

    deinit { close() }

    /// What has come; nil when nothing more will come, or when the task was cancelled.
    package func read() async -> [UInt8]? {
        while !Task.isCancelled {
            var bytes: [UInt8] = []
            let outcome: Outcome = state.withLock { state in
                guard !state.isClosed else { return .over }
                var count: Int = 0
                bytes = [UInt8](unsafeUninitializedCapacity: Self.piece) { buffer, used in
                    repeat { count = Glibc.read(fd, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
                    used = max(0, count)
                }
                if count < 0, errno == EAGAIN { return .again }
                // A terminal whose programs have all gone reports EIO.
                return count > 0 ? .done(count) : .over
            }
            switch outcome {
            case .done: return bytes
            case .over: return nil
            case .again: await wait(toRead: true)
            }
        }
        return nil
    }

    /// Returns when the kernel has taken all of it; false when nobody will read it, or when the task was cancelled.
    package func write(_ bytes: [UInt8]) async -> Bool {
        var sent: Int = 0
        while sent < bytes.count {
            if Task.isCancelled { return false }
            let outcome: Outcome = state.withLock { state in
                guard !state.isClosed else { return .over }
                let count: Int = bytes[sent...].withUnsafeBytes { rest in
                    var count: Int
                    repeat { count = swkube_write(fd, rest.baseAddress, rest.count) } while count == -Int(EINTR)
                    return count
                }
                if count == -Int(EAGAIN) { return .again }
                return count > 0 ? .done(count) : .over
            }
            switch outcome {
            case .done(let count): sent += count
            case .over: return false
            case .again: await wait(toRead: false)
            }
        }
        return true
    }

    /// Waits until a connection that is being made stands, and returns its error: 0 or an errno.
    package func connected() async -> Int32 {
        await wait(toRead: false)
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return state.withLock { state in
            if state.isClosed { return ECANCELED }
            return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error
        }
    }

    /// The next connection to a socket that listens.
    func accepted() async -> Int32? {
        while !Task.isCancelled {
            let (taken, isOver): (Int32, Bool) = state.withLock { state in
                guard !state.isClosed else { return (-1, true) }
                let accepted: Int32 = swkube_accept(fd)
                // A client that was gone before it was taken, or a moment without descriptors, is no end.
                return (accepted, accepted < 0 && ![EAGAIN, EINTR, ECONNABORTED, EMFILE, ENFILE].contains(-accepted))
            }
            if taken >= 0 { return taken }
            if isOver { return nil }
            await wait(toRead: true)
        }
        return nil
    }

    /// Says that nothing more will be written: a socket is shut down in this direction, anything else is closed.
    package func finish() {
        let isSocket: Bool = state.withLock { state in !state.isClosed && shutdown(fd, Int32(SHUT_WR)) == 0 }
        if !isSocket { close() }
    }

    /// Lets go of the descriptor; who waits here gets the end.
    package func close() {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard !state.isClosed else { return [] }
            state.isClosed = true
            reactor.remove(self)
            Glibc.close(fd)
            defer {
                state.reader = nil
                state.writer = nil
            }
            return [state.reader, state.writer].compactMap { $0 }
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Hands the descriptor over to the caller; nothing more comes or goes here. nil when it is closed.
    package func take() -> Int32? {
        let (taken, waiters): (Int32?, [CheckedContinuation<Void, Never>]) = state.withLock { state in
            guard !state.isClosed else { return (nil, []) }
            state.isClosed = true
            reactor.remove(self)
            defer {
                state.reader = nil
                state.writer = nil
            }
            return (fd, [state.reader, state.writer].compactMap { $0 })
        }
        for waiter in waiters { waiter.resume() }
        return taken
    }

    /// Gives a terminal a window of this size.
    func resize(_ size: WindowSize) {
        state.withLock { state in
            // Whatever else it is has no window.
            if !state.isClosed { _ = swkube_resize(fd, size.rows, size.columns) }
        }
    }

    // MARK: - Waiting

    private func wait(toRead: Bool) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let waits: Bool = state.withLock { state in
                    guard !state.isClosed, !Task.isCancelled else { return false }
                    if toRead { state.reader = continuation } else { state.writer = continuation }
                    if reactor.wait(self, toRead: state.reader != nil, toWrite: state.writer != nil) { return true }
                    if toRead { state.reader = nil } else { state.writer = nil }
                    return false
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            isReady(toRead: true, toWrite: true)
        }
    }

    func isReady(toRead: Bool, toWrite: Bool) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            var waiters: [CheckedContinuation<Void, Never>] = []
            // An end shows as something to read, and is the end for a writer too.
            if toRead || toWrite, let writer = state.writer {
                waiters.append(writer)
                state.writer = nil
            }
            if toRead, let reader = state.reader {
                waiters.append(reader)
                state.reader = nil
            }
            if !state.isClosed, state.reader != nil { _ = reactor.wait(self, toRead: true, toWrite: false) }
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// Rows and columns of a terminal.
package struct WindowSize: Sendable, Equatable {
    package let rows: UInt16
    package let columns: UInt16

    package init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}
