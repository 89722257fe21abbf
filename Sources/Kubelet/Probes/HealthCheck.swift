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
        var message = ProtobufWriter()
        if !service.isEmpty { message.write(1, service.utf8) }
        let request: HTTPClientRequest = GRPCCall.request(
            "/grpc.health.v1.Health/Check", message.bytes, agent: "kube-probe/1.36", within: limit)
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
        let body: ArraySlice<UInt8>
        do throws(GRPCCall.Failure) {
            body = try GRPCCall.message(of: answer)
        } catch {
            switch error.code {
            case 4: return .failure("timeout: health rpc did not complete within \(GoDuration.text(limit))")
            case 12:
                return .failure("error: this server does not implement the grpc health protocol (grpc.health.v1.Health): \(error.message)")
            default: return .failure("error: health rpc probe failed: \(error)")
            }
        }
        // Field 1 of the message is a number, absent for 0.
        let status: Int = body.first == 0x08 ? Int(body.dropFirst().first ?? 0) : 0
        let names: [String] = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]
        guard status != 1 else { return .success }
        return .failure("service unhealthy (responded with \"\(names.indices.contains(status) ? names[status] : String(status))\")")
    }
}
