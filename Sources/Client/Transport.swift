package import API

/// The one door to a cluster: carries requests and brings answers. The server in this process and a server behind HTTPS are the two kinds.
package protocol Transport: Sendable {
    /// Throws ``APIStatus`` when the server said no, ``TransportError`` when it could not be asked.
    func send(_ request: APIRequest) async throws -> APIResponse

    /// Opens a watch or a log: the bytes as they come, in pieces of any size. Ending the iteration closes it.
    ///
    /// Throws as ``send(_:)`` does, before the first byte.
    func stream(_ request: APIRequest) async throws -> AsyncThrowingStream<[UInt8], any Error>

    /// Opens a watch. Ending the iteration closes it.
    ///
    /// Throws as ``send(_:)`` does, before the first event.
    func events(_ request: APIRequest) async throws -> WatchEvents

    /// GET of a path outside the resources: `/version`, `/api`, `/apis/apps/v1`, `/readyz`. The path is percent-encoded, with its query.
    func raw(_ path: String, accept: String) async throws -> APIResponse

    /// The same for a document that changes rarely: nil when the server still has the one with this tag.
    func document(_ path: String, accept: String, unless etag: String?) async throws -> (bytes: [UInt8], etag: String?)?

    /// Any method on any path, with a body of JSON or YAML. The path is percent-encoded, with its query.
    func raw(_ method: String, _ path: String, _ body: [UInt8]) async throws -> APIResponse
}

extension Transport {
    /// For transports that no person types paths into.
    package func raw(_ method: String, _ path: String, _ body: [UInt8]) async throws -> APIResponse {
        throw TransportError(.broken, "this connection sends requests for resources only")
    }
}

extension Transport {
    package func document(_ path: String, accept: String, unless etag: String?) async throws -> (bytes: [UInt8], etag: String?)? {
        (try await raw(path, accept: accept).body, nil)
    }

    package func events(_ request: APIRequest) async throws -> WatchEvents { WatchEvents(try await stream(request)) }
}

/// The server could not be asked. Texts are sentences that say what to do.
package struct TransportError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable { case refused, timedOut, untrusted, broken }

    package let kind: Kind
    package let description: String
    /// Host and port of the server that was asked (`127.0.0.1:6443`); nil for a server without address.
    package let address: String?

    package init(_ kind: Kind, _ description: String, address: String? = nil) {
        self.kind = kind
        self.description = description
        self.address = address
    }
}
