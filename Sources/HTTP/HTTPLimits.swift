/// What a server takes from a client before it refuses.
package struct HTTPLimits: Sendable {
    /// Longest request body in bytes; a longer one is refused with 413. 3 MiB, as kube-apiserver has it.
    package var bodySize: Int = 3 * 1024 * 1024
    /// Longest head of a request in bytes, all fields together; a longer one is refused with 431.
    package var headerSize: Int = 64 * 1024
    /// From the connection to its first complete head, TLS handshake included.
    package var headerTimeout: Duration = .seconds(32)
    /// From the head of a request to the end of its body.
    package var bodyTimeout: Duration = .seconds(60)
    /// How long a client may take nothing of a long answer that waits for it.
    package var answerTimeout: Duration = .seconds(60)
    /// How long a connection may stay without a request; clients keep theirs for less.
    package var idleTimeout: Duration = .seconds(90)
    /// Open requests on one HTTP/2 connection.
    package var streamsPerConnection: Int = 250
    /// Bytes of an answer that wait in the kernel while a client does not take them; nil leaves it to the kernel, which lends each client
    /// megabytes. Filling those for many slow clients at once makes all others wait.
    package var answerBuffer: Int?

    package init() {}
}

/// Why the server refuses a request before the handler sees it.
package enum HTTPRefusal: Error, Hashable, Sendable {
    /// The bytes are no HTTP.
    case malformed
    /// The head is longer than ``HTTPLimits/headerSize``.
    case headTooLarge
    /// The body is longer than `limit` bytes.
    case bodyTooLarge(limit: Int)
    /// The body did not arrive within ``HTTPLimits/bodyTimeout``.
    case timedOut

    /// Status code of the refusal.
    package var status: Int {
        switch self {
        case .malformed: 400
        case .timedOut: 408
        case .bodyTooLarge: 413
        case .headTooLarge: 431
        }
    }

    /// The answer in plain text, for servers that have no better one.
    package var plainResponse: HTTPResponse {
        let text: String =
            switch self {
            case .malformed: "400 Bad Request: the request is no HTTP\n"
            case .timedOut: "408 Request Timeout: the body did not arrive in time\n"
            case .bodyTooLarge(let limit): "413 Request Entity Too Large: limit is \(limit) bytes\n"
            case .headTooLarge: "431 Request Header Fields Too Large: send fewer or shorter headers\n"
            }
        return HTTPResponse(status: status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: Array(text.utf8))
    }
}
