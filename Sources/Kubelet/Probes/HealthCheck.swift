import HTTP
import Machinery
import Sandbox

/// Asks a server of gRPC whether it is healthy. Source: the health checking protocol of gRPC, and pkg/probe/grpc for the texts.
enum HealthCheck {
    static func ask(_ network: ClusterNetwork, host: String, port: Int, service: String, seconds: Int) async -> NetworkCheck.Outcome {
        let address: String = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let limit: Duration = .seconds(seconds)
        guard case .success(let socket) = await NetworkCheck.dial(network, host: host, port: port, seconds: seconds) else {
            // gRPC itself tries again and again to connect, as long as it may.
            return .failure("timeout: failed to connect service \"\(address)\" within \(GoDuration.text(limit)): context deadline exceeded")
        }
        var headers = HTTPHeaders()
        headers.add("content-type", "application/grpc")
        headers.add("te", "trailers")
        headers.add("user-agent", "kube-probe/1.36")
        headers.add("grpc-timeout", "\(seconds)S")
        let request = HTTPClientRequest(
            method: "POST", target: "/grpc.health.v1.Health/Check", headers: headers, body: message(service))
        let answer: Result<HTTP2Call.Answer, any Error>? = await withTaskGroup { group in
            group.addTask { () -> Result<HTTP2Call.Answer, any Error>? in
                do { return .success(try await HTTP2Call.send(request, authority: address, over: socket)) } catch { return .failure(error) }
            }
            group.addTask {
                try? await ContinuousClock().sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        switch answer {
        case nil: return .failure("timeout: health rpc did not complete within \(GoDuration.text(limit))")
        case .failure(let error): return .failure("error: health rpc probe failed: rpc error: code = Unavailable desc = \(error)")
        case .success(let answer): return verdict(answer, limit)
        }
    }

    private static func verdict(_ answer: HTTP2Call.Answer, _ limit: Duration) -> NetworkCheck.Outcome {
        guard answer.status == 200, let code = answer.trailers["grpc-status"].flatMap({ Int($0) }) else {
            return .failure(
                "error: health rpc probe failed: rpc error: code = Unknown desc = unexpected HTTP status code received from server: \(answer.status)"
            )
        }
        let text: String = answer.trailers["grpc-message"] ?? ""
        switch code {
        case 0: break
        case 4: return .failure("timeout: health rpc did not complete within \(GoDuration.text(limit))")
        case 12:
            return .failure("error: this server does not implement the grpc health protocol (grpc.health.v1.Health): \(text)")
        default:
            let name: String = codes.indices.contains(code) ? codes[code] : "Code(\(code))"
            return .failure("error: health rpc probe failed: rpc error: code = \(name) desc = \(text)")
        }
        // The message: a flag, four bytes of length, then field 1 as a number, absent for 0.
        let body: ArraySlice<UInt8> = answer.body.dropFirst(5)
        let status: Int = body.first == 0x08 ? Int(body.dropFirst().first ?? 0) : 0
        let names: [String] = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]
        guard status != 1 else { return .success }
        return .failure("service unhealthy (responded with \"\(names.indices.contains(status) ? names[status] : String(status))\")")
    }

    /// The name of a service as a message of gRPC: uncompressed, its length, field 1 as text.
    private static func message(_ service: String) -> [UInt8] {
        var message: [UInt8] = []
        let name: [UInt8] = Array(service.utf8)
        if !name.isEmpty {
            message.append(0x0A)
            var length: Int = name.count
            while length >= 0x80 {
                message.append(UInt8(length & 0x7F) | 0x80)
                length >>= 7
            }
            message.append(UInt8(length))
            message += name
        }
        let count = UInt32(message.count)
        return [0, UInt8(count >> 24), UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)] + message
    }

    /// Source: the status codes of gRPC.
    private static let codes: [String] = [
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied",
        "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss",
        "Unauthenticated",
    ]
}
