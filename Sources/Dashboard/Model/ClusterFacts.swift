package import Client

/// What stands in the head of the screen: which cluster this is and who is asking.
package struct ClusterFacts: Sendable, Equatable {
    package var context: String
    /// Address of the API server.
    package var server: String
    package var user: String
    /// Of the context.
    package var namespace: String
    /// `v1.36.1`; empty until it is known.
    package var version: String

    package init(context: String, server: String, user: String, namespace: String, version: String = "") {
        self.context = context
        self.server = server
        self.user = user
        self.namespace = namespace
        self.version = version
    }
}

/// A connection to the cluster of one context.
package struct DashboardConnection: Sendable {
    package let transport: HTTPSTransport
    package let facts: ClusterFacts

    package init(transport: HTTPSTransport, facts: ClusterFacts) {
        self.transport = transport
        self.facts = facts
    }
}

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
