import CSandbox
import Glibc

/// A UDP socket of the host or the cluster whose datagrams go to one place, and whose answers come back. It owns a thread until it is
/// closed, and shuts by itself when nobody holds it.
package final class DatagramDoor: Sendable {
    private final class Box: Sendable {
        let dial: @Sendable () -> Int32?
        init(_ dial: @escaping @Sendable () -> Int32?) { self.dial = dial }
    }

    /// The engine's, which frees itself when it was told to stop.
    private nonisolated(unsafe) let engine: OpaquePointer

    /// Takes over `listener`. `dial` makes a connected socket for each new sender; nil when there is no way.
    package init(on listener: Int32, dial: @escaping @Sendable () -> Int32?) throws(SandboxError) {
        let context: UnsafeMutableRawPointer = Unmanaged.passRetained(Box(dial)).toOpaque()
        guard
            let engine = swkube_datagrams_new(
                listener,
                { context in
                    guard let context else { return -1 }
                    return Unmanaged<Box>.fromOpaque(context).takeUnretainedValue().dial() ?? -1
                }, context)
        else {
            Unmanaged<Box>.fromOpaque(context).release()
            Glibc.close(listener)
            throw SandboxError.system(call: "eventfd", errno: errno, path: "datagrams")
        }
        let work = Unmanaged.passRetained(Work(engine: engine, context: context))
        var thread = pthread_t()
        let result: Int32 = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let work: Work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                swkube_name_thread("datagrams")
                swkube_datagrams_run(work.engine)
                Unmanaged<Box>.fromOpaque(work.context).release()
                return nil
            }, work.toOpaque())
        guard result == 0 else {
            work.release()
            // Without a thread it runs here, and only to end.
            swkube_datagrams_stop(engine)
            swkube_datagrams_run(engine)
            throw SandboxError.system(call: "pthread_create", errno: result, path: "datagrams")
        }
        pthread_detach(thread)
        self.engine = engine
    }

    deinit { swkube_datagrams_stop(engine) }

    private final class Work {
        let engine: OpaquePointer
        let context: UnsafeMutableRawPointer
        init(engine: OpaquePointer, context: UnsafeMutableRawPointer) {
            self.engine = engine
            self.context = context
        }
    }
}
