import CSandbox
import Glibc
import Synchronization

/// The terminal that this process was started on, as far as a descriptor leads to it.
package enum Terminal {
    package static func isTerminal(_ fd: Int32) -> Bool { isatty(fd) == 1 }

    /// Gives keys on as they are typed, interrupts too, while `body` runs. The terminal is as before afterwards, however this process ends.
    /// A descriptor that leads to no terminal is left alone.
    ///
    /// - Parameter screen: a descriptor of the same terminal, for programs that draw: they get a screen of their own, without cursor.
    package static func withRawKeys<Value>(
        _ fd: Int32, screen: Int32? = nil, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async rethrows -> Value {
        guard swkube_terminal_raw(fd) == 0 else { return try await body() }
        defer { swkube_terminal_restore() }
        if let screen { swkube_terminal_screen(screen) }
        return try await body()
    }

    /// Writes all of it, on a thread that may wait for a slow line. What a terminal that is gone does not take is dropped.
    package static func write(_ bytes: [UInt8], to fd: Int32) async {
        await BlockingThread.run {
            var rest: ArraySlice<UInt8> = bytes[...]
            while !rest.isEmpty {
                let count: Int = rest.withUnsafeBytes { Glibc.write(fd, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// The size of its window; nil where it has none.
    package static func size(_ fd: Int32) -> WindowSize? {
        var (rows, columns): (UInt16, UInt16) = (0, 0)
        guard swkube_terminal_size(fd, &rows, &columns) == 0, rows > 0, columns > 0 else { return nil }
        return WindowSize(rows: rows, columns: columns)
    }

    /// The size of its window now and whenever it changes. For one reader in this process.
    package static func sizes(_ fd: Int32) -> AsyncStream<WindowSize> {
        let (stream, continuation) = AsyncStream<WindowSize>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let changes: Int32 = swkube_window_changes()
        if let now = size(fd) { continuation.yield(now) }
        guard changes >= 0 else { return stream }
        let thread = Thread(name: "window") {
            var byte: UInt8 = 0
            while read(changes, &byte, 1) == 1 || errno == EINTR {
                if let now = size(fd) { continuation.yield(now) }
            }
        }
        thread.start()
        return stream
    }
}

/// A thread that may block for as long as the process lives.
private final class Thread: Sendable {
    private let name: String
    private let body: @Sendable () -> Void

    init(name: String, _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    func start() {
        var thread = pthread_t()
        let box: Unmanaged<Thread> = Unmanaged.passRetained(self)
        let result: Int32 = pthread_create(
            &thread, nil,
            { argument in
                // Proved: the argument is the box made above.
                let thread: Thread = Unmanaged<Thread>.fromOpaque(argument!).takeRetainedValue()
                swkube_name_thread(thread.name)
                thread.body()
                return nil
            }, box.toOpaque())
        if result == 0 { pthread_detach(thread) } else { box.release() }
    }
}
