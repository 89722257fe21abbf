import Dispatch
import Glibc
import Sandbox

/// A pipe within this process: one side is a thread's, which may block, and the other is used by tasks, which may not.
final class LocalPipe: Sendable {
    private let threadSide: Int32
    private let taskSide: DescriptorStream
    private let loop: StreamLoop

    /// - Parameter threadWrites: which way the bytes go.
    init(threadWrites: Bool) throws {
        loop = try StreamLoop()
        let ends: (read: Int32, write: Int32) = try StreamLoop.pipe()
        threadSide = threadWrites ? ends.write : ends.read
        taskSide = loop.stream(threadWrites ? ends.read : ends.write)
    }

    /// Runs something that blocks on the thread's side, which is closed after it. Once for each pipe; throws what it throws.
    func inThread(_ body: @escaping @Sendable (Int32) throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async { [threadSide] in
                let result = Result { try body(threadSide) }
                Glibc.close(threadSide)
                continuation.resume(with: result)
            }
        }
    }

    /// What the thread has written; nil at its end.
    func read() async -> [UInt8]? { await taskSide.read() }

    /// Gives bytes to the thread; what it does not want any more is thrown away.
    func write(_ bytes: [UInt8]) async { _ = await taskSide.write(bytes) }

    /// A thread that writes finds its pipe broken, one that reads gets the end.
    func close() { taskSide.close() }

    deinit { taskSide.close() }
}
