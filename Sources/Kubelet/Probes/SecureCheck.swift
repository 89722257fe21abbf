import HTTP
import Sandbox

/// Asks for a page over HTTPS as probes and hooks do: any certificate will do. Source: pkg/probe/http.
enum SecureCheck {
    static func get(_ network: ClusterNetwork, _ page: NetworkCheck.Page, seconds: Int) async -> NetworkCheck.Outcome {
        let socket: Int32
        switch await NetworkCheck.dial(network, host: page.host, port: page.port, seconds: seconds) {
        case .success(let made): socket = made
        case .failure(let error): return .failure("Get \"\(page.url)\": \(error.text)")
        }
        var headers = HTTPHeaders()
        for (name, value) in page.headers where !value.isEmpty { headers.add(name, value) }
        if headers["User-Agent"] == nil { headers.add("User-Agent", "kube-probe/1.36") }
        if headers["Accept"] == nil { headers.add("Accept", "*/*") }
        headers.set("Connection", "close")
        var configuration = HTTPClientConfiguration(
            host: page.host, port: page.port, tls: HTTPClientConfiguration.TLS(insecureSkipVerify: true))
        configuration.socket = socket
        let client = HTTPClient(configuration)
        defer { client.shutdown() }
        do {
            let path: String = page.path.hasPrefix("/") ? page.path : "/" + page.path
            let answer = try await client.stream(HTTPClientRequest(target: path, headers: headers, timeout: .seconds(seconds)))
            if (300..<400).contains(answer.status), let location = answer.headers["Location"] { return .redirect(to: location, body: "") }
            guard (200..<400).contains(answer.status) else { return .failure("HTTP probe failed with statuscode: \(answer.status)") }
            return .success
        } catch HTTPError.timedOut {
            return .failure("Get \"\(page.url)\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
        } catch {
            return .failure("Get \"\(page.url)\": \(error)")
        }
    }
}
