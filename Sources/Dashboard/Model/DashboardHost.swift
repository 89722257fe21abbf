import Synchronization

/// What a dashboard asks of the program that it is part of: connections, and the program's own command line, so that there is one way
/// to describe, edit, scale and delete.
package struct DashboardHost: Sendable {
    /// Throws what is wrong with the kubeconfig. nil means the current context.
    package let connect: @Sendable (_ context: String?) throws -> DashboardConnection
    /// The contexts of the kubeconfig, each with cluster, user and namespace.
    package let contexts: @Sendable () throws -> [ClusterFacts]
    /// Runs a command line in this process and hands over what it writes. Returns the exit code; ends early when the task is cancelled.
    package let run:
        @Sendable (_ context: String, _ words: [String], _ write: @escaping @Sendable (_ bytes: [UInt8], _ isError: Bool) -> Void) async ->
            Int32
    /// Gives the terminal to a command line until its end. Returns the exit code.
    package let interact: @Sendable (_ context: String, _ words: [String]) async -> Int32

    package init(
        connect: @escaping @Sendable (String?) throws -> DashboardConnection,
        contexts: @escaping @Sendable () throws -> [ClusterFacts],
        run: @escaping @Sendable (String, [String], @escaping @Sendable ([UInt8], Bool) -> Void) async -> Int32,
        interact: @escaping @Sendable (String, [String]) async -> Int32
    ) {
        self.connect = connect
        self.contexts = contexts
        self.run = run
        self.interact = interact
    }
}

extension DashboardHost {
    /// All that a command line writes, errors too, and its exit code.
    package func gathered(_ context: String, _ words: [String]) async -> (code: Int32, text: String) {
        let written = Mutex<[UInt8]>([])
        let code: Int32 = await run(context, words) { bytes, _ in written.withLock { $0 += bytes } }
        return (code, String(decoding: written.withLock { $0 }, as: UTF8.self))
    }
}
