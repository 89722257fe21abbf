import Crypto
import FoundationEssentials

/// The words by which HTTP becomes WebSocket. Source: RFC 6455, section 4.
package enum WebSocketHandshake {
    /// Whether a request asks for WebSocket.
    package static func isAsked(_ headers: HTTPHeaders) -> Bool {
        has(headers, "connection", "upgrade") && has(headers, "upgrade", "websocket")
    }

    /// What a request offers to speak, in its order of preference.
    package static func protocols(_ headers: HTTPHeaders) -> [String] { tokens(headers, "sec-websocket-protocol") }

    /// Fields of the answer that agrees; nil for a request that does not ask as it must.
    ///
    /// - Parameter chosen: one of ``protocols(_:)``; nil answers without one.
    package static func agreement(to headers: HTTPHeaders, protocol chosen: String?) -> HTTPHeaders? {
        guard isAsked(headers), headers["sec-websocket-version"] == "13", let key = headers["sec-websocket-key"], !key.isEmpty else {
            return nil
        }
        var answer: HTTPHeaders = ["Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept(key)]
        if let chosen { answer.set("Sec-WebSocket-Protocol", chosen) }
        return answer
    }

    /// Fields of a request that asks, with a new key.
    package static func request(protocols: [String]) -> HTTPHeaders {
        let key: [UInt8] = (0..<16).map { _ in UInt8.random(in: 0 ... .max) }
        var headers: HTTPHeaders = [
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": Data(key).base64EncodedString(),
        ]
        if !protocols.isEmpty { headers.set("Sec-WebSocket-Protocol", protocols.joined(separator: ", ")) }
        return headers
    }

    /// Whether an answer agrees to a request.
    package static func agrees(_ answer: HTTPHeaders, to request: HTTPHeaders) -> Bool {
        isAsked(answer) && answer["sec-websocket-accept"] == accept(request["sec-websocket-key"] ?? "")
    }

    private static func accept(_ key: String) -> String {
        let digest = Insecure.SHA1.hash(data: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        return Data(digest).base64EncodedString()
    }

    /// Whether a comma list holds a word, in whatever case.
    static func has(_ headers: HTTPHeaders, _ name: String, _ word: String) -> Bool {
        tokens(headers, name).contains { $0.lowercased() == word }
    }

    private static func tokens(_ headers: HTTPHeaders, _ name: String) -> [String] {
        headers.all(name).flatMap { $0.split(separator: ",") }.map { token in
            String(token.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" })
        }.filter { !$0.isEmpty }
    }
}
