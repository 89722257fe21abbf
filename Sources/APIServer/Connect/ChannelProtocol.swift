import FoundationEssentials
import HTTP

/// One of the WebSocket protocols that carry several channels: each message begins with the number of its channel.
///
/// Source: k8s.io/apimachinery/pkg/util/remotecommand and k8s.io/apiserver/pkg/util/wsstream.
struct ChannelProtocol: Sendable, Equatable {
    /// As negotiated; empty where the client named none.
    let name: String
    /// 1, 4 or 5.
    let version: Int
    /// Messages are text, and what follows the channel's digit is base64.
    let isBase64: Bool

    /// Number that announces, followed by a channel's, that nothing more comes on that channel. Version 5.
    static let close: UInt8 = 255

    private static let all: [ChannelProtocol] = [
        ChannelProtocol(name: "", version: 1, isBase64: false),
        ChannelProtocol(name: "channel.k8s.io", version: 1, isBase64: false),
        ChannelProtocol(name: "base64.channel.k8s.io", version: 1, isBase64: true),
        ChannelProtocol(name: "v4.channel.k8s.io", version: 4, isBase64: false),
        ChannelProtocol(name: "v4.base64.channel.k8s.io", version: 4, isBase64: true),
        ChannelProtocol(name: "v5.channel.k8s.io", version: 5, isBase64: false),
    ]

    /// The first that the client offers and the server knows; one without a name for a client that offers none.
    static func chosen(from offered: [String], where isServed: (ChannelProtocol) -> Bool = { _ in true }) -> ChannelProtocol? {
        for name in offered.isEmpty ? [""] : offered {
            if let found = all.first(where: { $0.name == name && isServed($0) }) { return found }
        }
        return nil
    }

    static func names(where isServed: (ChannelProtocol) -> Bool = { _ in true }) -> [String] { all.filter(isServed).map(\.name) }

    func message(_ channel: UInt8, _ bytes: [UInt8]) -> UpgradedConnection.Message {
        guard isBase64 else { return .init([channel] + bytes) }
        return .init([UInt8(ascii: "0") + channel] + Array(Data(bytes).base64EncodedString().utf8), isText: true)
    }

    /// The channel of a message and what it carries; nil for one that is none.
    func read(_ message: UpgradedConnection.Message) -> (channel: UInt8, bytes: [UInt8])? {
        guard let first = message.bytes.first else { return nil }
        guard isBase64 else { return (first, Array(message.bytes.dropFirst())) }
        guard first >= UInt8(ascii: "0"), let data = Data(base64Encoded: Data(message.bytes.dropFirst())) else { return nil }
        return (first - UInt8(ascii: "0"), Array(data))
    }
}
