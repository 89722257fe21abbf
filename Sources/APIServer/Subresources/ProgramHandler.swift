import API
import HTTP
import Machinery

/// `pods/exec` and `pods/attach`: streams of a program in a container, over WebSocket or SPDY.
///
/// Everything that can be known before is answered before the connection is upgraded, in the words of kube-apiserver or of the kubelet
/// behind it; the rest is told on the protocol's error stream.
struct ProgramHandler: SubresourceHandler {
    let node: (any NodeDoor)?

    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        try StreamAccess.check(call, server)
        let found = try PodLookup(call, server)
        let container: String = try found.container(call.options["container"])
        try found.checkHost()
        try ConnectOptions.admit(call, server)
        guard let node else { throw .internalError("this cluster has no node that runs programs") }
        let options: RequestOptions = call.options
        let request = ProgramRequest(
            pod: found.id, container: container,
            command: subresource.name == "exec" ? options.other.filter { $0.name == "command" }.map(\.value) : nil,
            hasInput: options.isOn("stdin"), hasOutput: options.isOn("stdout"),
            hasError: options.isOn("stderr") && !options.isOn("tty"), hasTerminal: options.isOn("tty"))
        reply(.success(.connect { http, exchange in Self.connect(http, exchange, request, node) }))
    }

    private static func connect(
        _ http: HTTPRequest, _ exchange: HTTPExchange, _ request: ProgramRequest, _ node: any NodeDoor
    ) {
        guard http.headers["upgrade"] != nil else {
            return exchange.refuse(.badRequest("Upgrade request required"), as: .raw)
        }
        guard request.hasInput || request.hasOutput || request.hasError else {
            return exchange.refuse(400, "you must specify at least 1 of stdin, stdout, stderr")
        }
        Task {
            let isRunning: Bool = await node.isRunning(request.container, in: request.pod)
            let absence: String = "container not found (\(JSON.quoted(request.container)))"
            if WebSocketHandshake.isAsked(http.headers) {
                upgradeToWebSocket(http, exchange, request, node, problem: isRunning ? nil : absence)
            } else if !isRunning {
                exchange.refuse(500, absence)
            } else {
                upgradeToSPDY(http, exchange, request, node)
            }
        }
    }

    private static func upgradeToWebSocket(
        _ http: HTTPRequest, _ exchange: HTTPExchange, _ request: ProgramRequest, _ node: any NodeDoor, problem: String?
    ) {
        let offered: [String] = StreamAccess.protocols(http.headers)
        guard let channels = ChannelProtocol.chosen(from: offered) else {
            return exchange.refuse(
                403, "requested protocol(s) are not supported: \(offered); supports \(ChannelProtocol.names())")
        }
        // Since version 5 the API server speaks with the client itself and tells what it hears from the node behind it.
        if let problem, channels.version < 5 { return exchange.refuse(500, problem) }
        guard
            let headers = WebSocketHandshake.agreement(to: http.headers, protocol: channels.name.isEmpty ? nil : channels.name)
        else { return exchange.refuse(400, "the request for WebSocket is not complete") }
        exchange.upgrade(headers, to: .webSocket) { connection in
            let streams = WebSocketStreams(connection, channels, request)
            Task {
                if let problem { return await streams.end(.problem("unable to upgrade connection: " + problem)) }
                await ProgramSession(request: request, node: node, remote: streams).run()
            }
        }
    }

    private static func upgradeToSPDY(
        _ http: HTTPRequest, _ exchange: HTTPExchange, _ request: ProgramRequest, _ node: any NodeDoor
    ) {
        guard let agreed = exchange.spdyAgreement(to: http, serving: SPDYStreams.served) else { return }
        exchange.upgrade(agreed.headers, to: .bytes) { connection in
            Task {
                guard let streams = await SPDYStreams(connection, protocol: agreed.name, request) else { return connection.close() }
                await ProgramSession(request: request, node: node, remote: streams).run()
            }
        }
    }
}

extension RequestOptions {
    /// Whether a flag of the query is set, as the conversion of query parameters reads it.
    func isOn(_ name: String) -> Bool { self[name].map { !["", "false", "0"].contains($0.lowercased()) } ?? false }
}
