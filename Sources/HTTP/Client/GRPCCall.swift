/// A call of gRPC with one message each way. Source: the protocol of gRPC over HTTP/2.
package enum GRPCCall {
    /// Why a call has no answer. The code is one of gRPC's: 4 for a deadline, 12 for a method that the server does not have.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let code: Int
        package let message: String

        /// `Unavailable`, or `Code(17)`.
        package var name: String { GRPCCall.codes.indices.contains(code) ? GRPCCall.codes[code] : "Code(\(code))" }
        package var description: String { "rpc error: code = \(name) desc = \(message)" }

        package init(code: Int, message: String) {
            self.code = code
            self.message = message
        }
    }

    /// - Parameters:
    ///   - method: `/package.Service/Method`.
    ///   - message: as Protocol Buffers.
    package static func request(_ method: String, _ message: [UInt8], agent: String, within limit: Duration) -> HTTPClientRequest {
        var headers = HTTPHeaders()
        headers.add("content-type", "application/grpc")
        headers.add("te", "trailers")
        headers.add("user-agent", agent)
        headers.add("grpc-timeout", "\(max(1, Int(limit / .milliseconds(1))))m")
        // A flag for compression, then four bytes of length.
        let count = UInt32(message.count)
        let head: [UInt8] = [0] + stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: count >> UInt32($0)) }
        return HTTPClientRequest(method: "POST", target: method, headers: headers, body: head + message)
    }

    /// The message of an answer. Throws ``Failure`` with what the server said of it.
    package static func message(of answer: HTTP2Call.Answer) throws(Failure) -> ArraySlice<UInt8> {
        guard answer.status == 200, let code = answer.trailers["grpc-status"].flatMap({ Int($0) }) else {
            throw Failure(code: 2, message: "unexpected HTTP status code received from server: \(answer.status)")
        }
        guard code == 0 else { throw Failure(code: code, message: answer.trailers["grpc-message"] ?? "") }
        return answer.body.dropFirst(5)
    }

    /// Source: the status codes of gRPC.
    private static let codes: [String] = [
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied",
        "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss",
        "Unauthenticated",
    ]
}
