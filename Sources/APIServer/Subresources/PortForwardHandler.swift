import API
import HTTP
import Machinery

/// `pods/portforward`: connections to ports of a pod, as streams of SPDY, which may itself go through a WebSocket, or as the channels of
/// a WebSocket.
struct PortForwardHandler: SubresourceHandler {
    /// SPDY within a WebSocket. Source: k8s.io/apimachinery/pkg/util/portforward.
    private static let tunnel = "SPDY/3.1+portforward.k8s.io"
    let node: (any NodeDoor)?

    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        try StreamAccess.check(call, server)
        let found = try PodLookup(call, server)
        try found.checkHost()
        try ConnectOptions.admit(call, server)
        guard let node else { throw .internalError("this cluster has no node that runs pods") }
        let ports: [String] = call.options.other.filter { $0.name == "ports" }.map(\.value)
        reply(.success(.connect { http, exchange in Self.connect(http, exchange, found.id, ports, node) }))
    }

    private static func connect(
        _ http: HTTPRequest, _ exchange: HTTPExchange, _ pod: PodID, _ ports: [String], _ node: any NodeDoor
    ) {
        guard http.headers["upgrade"] != nil else {
            return exchange.refuse(.badRequest("Upgrade request required"), as: .raw)
        }
        let session = PortForwardSession(pod: pod, node: node)
        guard WebSocketHandshake.isAsked(http.headers) else {
            guard let agreed = exchange.spdyAgreement(to: http, serving: [PortForwardSession.name]) else { return }
            return exchange.upgrade(agreed.headers, to: .bytes) { connection in Task { await session.run(connection) } }
        }
        let offered: [String] = StreamAccess.protocols(http.headers)
        if offered.contains(tunnel) {
            guard let headers = WebSocketHandshake.agreement(to: http.headers, protocol: tunnel) else {
                return exchange.refuse(400, "the request for WebSocket is not complete")
            }
            return exchange.upgrade(headers, to: .webSocket) { connection in Task { await session.run(connection) } }
        }
        guard let channels = ChannelProtocol.chosen(from: offered, where: PortChannels.serves) else {
            return exchange.refuse(
                403,
                "requested protocol(s) are not supported: \(offered); supports \([tunnel] + ChannelProtocol.names(where: PortChannels.serves))"
            )
        }
        do throws(APIStatus) {
            let ports: [UInt16] = try PortChannels.ports(ports)
            guard let headers = WebSocketHandshake.agreement(to: http.headers, protocol: channels.name.isEmpty ? nil : channels.name) else {
                return exchange.refuse(400, "the request for WebSocket is not complete")
            }
            exchange.upgrade(headers, to: .webSocket) { connection in
                Task { await PortChannels(pod: pod, ports: ports, node: node, channels: channels, connection: connection).run() }
            }
        } catch {
            exchange.refuse(400, error.message)
        }
    }
}
