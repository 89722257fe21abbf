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
