import Sandbox
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Wakes those who wait for a file to grow, or a file or folder to change. One inotify descriptor and one thread for the node, started when first needed.
final class FileWatch: Sendable {
    private struct State {
        var descriptor: Int32 = -1
        var paths: [Int32: String] = [:]
        var watches: [String: Int32] = [:]
        var listeners: [String: [UInt64: @Sendable () -> Void]] = [:]
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())
    /// Of a file; and of a folder, what comes and goes in it.
    private static let events = UInt32(
        IN_MODIFY | IN_MOVE_SELF | IN_DELETE_SELF | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

    /// Calls `action` after each change of the file until the subscription is cancelled. It must not block.
    func onChange(of path: String, _ action: @escaping @Sendable () -> Void) -> Subscription {
        let id: UInt64 = state.withLock { state in
            startIfNeeded(&state)
            state.nextID += 1
            state.listeners[path, default: [:]][state.nextID] = action
            if state.descriptor >= 0, state.watches[path] == nil {
                let watch: Int32 = inotify_add_watch(state.descriptor, path, Self.events)
                if watch >= 0 {
                    state.watches[path] = watch
                    state.paths[watch] = path
                }
            }
            return state.nextID
        }
        return Subscription(watch: self, path: path, id: id)
    }

    /// Somebody knows that there is news about a file beside its bytes.
    func changed(_ path: String) {
        let actions: [@Sendable () -> Void] = state.withLock { Array(($0.listeners[path] ?? [:]).values) }
        for action in actions { action() }
    }

    struct Subscription: Sendable {
        fileprivate let watch: FileWatch
        fileprivate let path: String
        fileprivate let id: UInt64

        func cancel() {
            watch.state.withLock { state in
                state.listeners[path]?[id] = nil
                guard state.listeners[path]?.isEmpty == true else { return }
                state.listeners[path] = nil
                if let descriptor = state.watches.removeValue(forKey: path) {
                    state.paths[descriptor] = nil
                    inotify_rm_watch(state.descriptor, descriptor)
                }
            }
        }
    }

    private func startIfNeeded(_ state: inout State) {
        guard state.descriptor < 0 else { return }
        let descriptor: Int32 = inotify_init1(Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { return }
        state.descriptor = descriptor
        // The thread lives as long as the process: a node has one watch.
        Task.detached { await BlockingThread.run { [weak self] in Self.read(descriptor) { self?.fire($0) } } }
    }

    private func fire(_ watches: Set<Int32>) {
        let paths: [String] = state.withLock { state in watches.compactMap { state.paths[$0] } }
        for path in paths { changed(path) }
    }

    private static func read(_ descriptor: Int32, _ fire: (Set<Int32>) -> Void) {
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count: Int = systemRead(descriptor, &bytes)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            var watches: Set<Int32> = []
            var at = 0
            let head: Int = MemoryLayout<inotify_event>.size
            while at + head <= count {
                let event: inotify_event = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: inotify_event.self) }
                watches.insert(event.wd)
                at += head + Int(event.len)
            }
            fire(watches)
        }
    }
}

private func systemRead(_ fd: Int32, _ bytes: inout [UInt8]) -> Int {
    bytes.withUnsafeMutableBytes { read(fd, $0.baseAddress, $0.count) }
}
