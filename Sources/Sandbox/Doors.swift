import CSandbox
import Glibc
import Synchronization

/// Listening sockets of the host whose connections are carried into the cluster. One for each main process; it owns a few threads, which
/// live as long as the process.
package final class Doors: Sendable {
    /// Makes a socket that connects to what is behind a door; nil when nobody is there.
    package typealias Dial = @Sendable (UInt64) -> Int32?

    private let threads: Int
    private let most: Int
    private let dial: Dial
    private let engine = Mutex<OpaquePointer?>(nil)

    /// - Parameters:
    ///   - threads: how many let clients in. What one has let in it serves; the next wakes only while all before it are busy.
    ///   - most: connections at once; for one more the one that has been silent for longest is broken off. Each has two descriptors, and
    ///     a quarter of what this process may have is for all else.
    package init(threads: Int = min(Host.processors, 4), most: Int = Host.mostFiles / 8 * 3, dial: @escaping Dial) {
        self.threads = threads
        self.most = most
        self.dial = dial
    }

    /// Opens a door at an address of the host, for TCP or for datagrams. Returns its port: the one asked for, or that plus ``offset`` where
    /// ports below 1024 are not for this user.
    ///
    /// Throws ``SandboxError`` with EADDRINUSE when somebody else listens there.
    package func open(_ door: UInt64, at address: String, port: Int, isStream: Bool = true) throws(SandboxError) -> Int {
        let (listener, number): (Int32, Int)
        do throws(SandboxError) {
            (listener, number) = (try ClusterNetwork.hostListener(address, port: port, isStream: isStream), port)
        } catch  where error.errno == EACCES && port < 1024 {
            let shifted: Int = port + Self.offset
            (listener, number) = (try ClusterNetwork.hostListener(address, port: shifted, isStream: isStream), shifted)
        }
        try open(door, on: listener, isStream: isStream)
        return number
    }

    /// Opens a door on a socket that listens, or gets datagrams, and does not block; takes it over.
    package func open(_ door: UInt64, on listener: Int32, isStream: Bool = true) throws(SandboxError) {
        let result: Int32 = try engine.withLock { engine throws(SandboxError) -> Int32 in
            if engine == nil { engine = try start() }
            return swkube_doors_open(engine, door, listener, isStream ? 0 : 1)
        }
        guard result == 0 else {
            Glibc.close(listener)
            throw SandboxError.system(call: "listen", errno: result, path: "door \(door)")
        }
    }

    /// What is added to a port below 1024 that an ordinary user may not bind. Not 10,000: browsers refuse to open port 10080.
    /// Source: "bad ports" of the Fetch standard.
    package static let offset = 20_000

    /// Where the host has a port of a service, unless somebody else has that.
    package static func port(for port: Int) -> Int { Host.firstUnprivilegedPort > port && !Host.isRoot ? port + offset : port }

    /// Lets nobody in any more. Who is in stays.
    package func close(_ door: UInt64) {
        engine.withLock { engine in
            if let engine { _ = swkube_doors_close(engine, door) }
        }
    }

    private func start() throws(SandboxError) -> OpaquePointer {
        // Kept for ever, as the thread is.
        let context: UnsafeMutableRawPointer = Unmanaged.passRetained(Box(dial)).toOpaque()
        guard
            let engine = swkube_doors_new(
                threads, most,
                { context, door in
                    guard let context else { return -1 }
                    return Unmanaged<Box>.fromOpaque(context).takeUnretainedValue().dial(door) ?? -1
                }, context)
        else { throw SandboxError.system(call: "epoll_create", errno: errno, path: "doors") }
        for number in 0..<threads {
            let part: UnsafeMutableRawPointer = Unmanaged.passRetained(Part(engine: engine, number: number)).toOpaque()
            var thread = pthread_t()
            let result: Int32 = pthread_create(
                &thread, nil,
                { part in
                    guard let part else { return nil }
                    swkube_name_thread("doors")
                    let own: Part = Unmanaged.fromOpaque(part).takeRetainedValue()
                    swkube_doors_run(own.engine, own.number)
                    return nil
                }, part)
            guard result == 0 else { throw SandboxError.system(call: "pthread_create", errno: result, path: "doors") }
            pthread_detach(thread)
        }
        return engine
    }

    private final class Part: Sendable {
        nonisolated(unsafe) let engine: OpaquePointer
        let number: Int

        init(engine: OpaquePointer, number: Int) {
            self.engine = engine
            self.number = number
        }
    }

    private final class Box: Sendable {
        let dial: Dial
        init(_ dial: @escaping Dial) { self.dial = dial }
    }
}
