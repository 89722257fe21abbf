package import API
package import Machinery

/// The way from the API server to what runs on nodes: logs, programs and sockets of containers. The kubelet is behind it.
package protocol NodeDoor: Sendable {
    /// Opens a container's log: what is there, and with `isFollowed` what comes until the container ends.
    ///
    /// Throws ``APIStatus`` for a log that is not there.
    func log(_ request: LogRequest) async throws -> AsyncThrowingStream<[UInt8], any Error>

    /// Whether a container of this pod runs now.
    func isRunning(_ container: String, in pod: PodID) async -> Bool

    /// Runs a program beside a container's own, or attaches to the container. Errors are sentences for the client.
    func program(_ request: ProgramRequest) async throws -> any NodeProgram

    /// Connects to a port of the pod, as its own processes reach it at localhost. Errors are sentences for the client.
    func connect(to port: Int, of pod: PodID) async throws -> any NodeStream

    /// The same at the pod's address, as a socket: the caller's to close. Throws `HTTPError` for a connection that is refused.
    func socket(to port: Int, of pod: PodID) async throws -> Int32

    /// What a node serves at a path of its own, such as `/healthz`; nil for a path that it does not have.
    func page(_ path: String, of node: String) async -> NodePage?
}

/// A page that a node serves itself.
package struct NodePage: Sendable {
    package let type: String
    package let bytes: [UInt8]

    package init(type: String, bytes: [UInt8]) {
        self.type = type
        self.bytes = bytes
    }
}

/// One pod, not another one of its name.
package struct PodID: Sendable, Hashable {
    package let key: ObjectKey
    /// As its node has it.
    package let uid: String
    /// Empty for a pod that no node has.
    package let node: String

    package init(_ pod: View<Pod>) {
        key = pod.key
        uid = pod.mirrored ?? pod.metadata.uid
        node = pod.spec.nodeName
    }
}

/// What a client of `exec` or `attach` wants.
package struct ProgramRequest: Sendable {
    package let pod: PodID
    package let container: String
    /// The program and its arguments; nil attaches to the container.
    package let command: [String]?
    package let hasInput: Bool
    package let hasOutput: Bool
    /// Never with a terminal, which has one output only.
    package let hasError: Bool
    package let hasTerminal: Bool
}

/// A program on a node, by its streams. The streams that the request did not name are nil.
package protocol NodeProgram: Sendable {
    var input: (any NodeStream)? { get }
    var output: (any NodeStream)? { get }
    var error: (any NodeStream)? { get }
    /// Gives its terminal, if it has one, a window of this size.
    func resize(rows: UInt16, columns: UInt16) async
    /// Waits for its end; nil for a container that was attached to.
    func exitCode() async throws -> Int?
    /// The client is gone: lets the streams go, and a program that was run for it ends.
    func hangUp() async
}

/// Bytes in both directions at the pace of whoever reads them.
package protocol NodeStream: Sendable {
    /// What has come; nil at the end, and when the task was cancelled.
    func read() async -> [UInt8]?
    /// Returns when all of it is taken; false when nobody takes it.
    func write(_ bytes: [UInt8]) async -> Bool
    /// Nothing more will be written.
    func finish()
    func close()
}
