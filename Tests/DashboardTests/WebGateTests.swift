import Dashboard
import HTTP
import Testing

@Suite struct WebGateTests {
    static let cookie = "swkube-dashboard-8000=secret"

    static func request(
        _ path: String, method: String = "GET", query: String? = nil, host: String = "127.0.0.1:8000", _ more: HTTPHeaders = [:]
    ) -> HTTPRequest {
        var headers: HTTPHeaders = more
        headers.set("Host", host)
        return HTTPRequest(method: method, path: path, query: query, headers: headers)
    }

    private static func status(_ verdict: WebGate.Verdict) -> Int {
        switch verdict {
        case .pass: 200
        case .login: 201
        case .refuse(let status, _): status
        }
    }

    @Test func `the link is good once`() {
        var gate = WebGate(port: 8000, token: "token", session: "secret")
        #expect(gate.link == "/login?token=token")
        let tries: [WebGate.Verdict] = ["wrong", "token", "token"].map { gate.judge(Self.request("/login", query: "token=" + $0)) }
        let statuses: [Int] = tries.map { Self.status($0) }
        #expect(statuses == [403, 201, 403])
        #expect(tries[1] == .login(cookie: "\(Self.cookie); HttpOnly; SameSite=Strict; Path=/"))
        #expect(gate.link == nil)
    }

    @Test(
        arguments: [
            (WebGateTests.request("/", ["Cookie": WebGateTests.cookie]), 200), (WebGateTests.request("/"), 401),
            (WebGateTests.request("/", ["Cookie": "swkube-dashboard-8000=guess!"]), 401),
            (WebGateTests.request("/", host: "localhost:8000", ["Cookie": "a=b; \(WebGateTests.cookie)"]), 200),
            (WebGateTests.request("/", host: "evil.example:8000", ["Cookie": WebGateTests.cookie]), 403),
            (WebGateTests.request("/", host: "127.0.0.1:9", ["Cookie": WebGateTests.cookie]), 403),
            (WebGateTests.request("/", ["Cookie": WebGateTests.cookie, "Sec-Fetch-Site": "same-site"]), 403),
            (WebGateTests.request("/", ["Cookie": WebGateTests.cookie, "Sec-Fetch-Site": "cross-site"]), 403),
            (WebGateTests.request("/", ["Cookie": WebGateTests.cookie, "Sec-Fetch-Site": "none"]), 200),
            (WebGateTests.request("/k8s/x", method: "DELETE", ["Cookie": WebGateTests.cookie]), 403),
            (WebGateTests.request("/k8s/x", method: "DELETE", ["Cookie": WebGateTests.cookie, WebGate.header: "1"]), 200),
            (
                WebGateTests.request(
                    "/k8s/x", method: "DELETE", ["Cookie": WebGateTests.cookie, WebGate.header: "1", "Origin": "http://127.0.0.1:8000"]),
                200
            ),
            (
                WebGateTests.request(
                    "/k8s/x", method: "DELETE", ["Cookie": WebGateTests.cookie, WebGate.header: "1", "Origin": "http://127.0.0.1:9"]), 403
            ),
            (
                WebGateTests.request("/k8s/x", method: "DELETE", ["Cookie": WebGateTests.cookie, WebGate.header: "1", "Origin": "null"]),
                403
            ),
        ] as [(HTTPRequest, Int)])
    func `who may do what`(request: HTTPRequest, status: Int) {
        var gate = WebGate(port: 8000, token: "token", session: "secret")
        let verdict: WebGate.Verdict = gate.judge(request)
        #expect(Self.status(verdict) == status)
    }
}
