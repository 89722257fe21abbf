import API
import HTTP
import Machinery

/// `proxy` of pods, services and nodes: carries HTTP, WebSocket too, to what they serve.
struct ProxyHandler: SubresourceHandler {
    let node: (any NodeDoor)?
    let clients: ProxyClients

    /// - Parameter dial: opens connections to what is no pod; nil connects from this process's own network.
    init(node: (any NodeDoor)?, dial: Dial?) {
        self.node = node
        clients = ProxyClients(dial: dial)
    }

    func handle(_ call: Call, _ subresource: Subresource, _ server: APIServer, _ reply: @escaping Reply) throws(APIStatus) {
        let name: String = call.request.name ?? ""
        let lookup = ProxyLookup(server: server, namespace: call.request.namespace ?? "")
        try ConnectOptions.admit(call, server)
        switch call.names.plural {
        case "pods": try connect(lookup.pod(name, call.names), reply)
        case "services": try connect(lookup.service(name, call.names), reply)
        default:
            guard let address = ProxyAddress(name),
                Objects(store: server.store).find(Node.self, ObjectKey(namespace: "", name: address.name)) != nil
            else { throw .notFound(call.names, name) }
            guard let node else { throw .unavailable("error trying to reach service: this cluster has no node") }
            reply(.success(.connect { http, exchange in Self.answer(http, exchange, address.name, node) }))
        }
    }

    private func connect(_ backend: ProxyBackend, _ reply: @escaping Reply) {
        reply(
            .success(
                .connect { http, exchange in
                    guard let run = ProxyRun(http, backend, clients: clients, node: node) else { return ProxyRun.redirect(http, exchange) }
                    Task { await run.answer(exchange) }
                }))
    }

    /// What the node itself serves: there is no socket between.
    private static func answer(_ http: HTTPRequest, _ exchange: HTTPExchange, _ name: String, _ node: any NodeDoor) {
        let path: String = ProxyPath(http.path).rest
        guard http.method == "GET" || http.method == "HEAD" else { return exchange.refuse(405, "405: Method Not Allowed") }
        Task {
            guard let answer = await node.page(path.isEmpty ? "/" : path, of: name) else {
                return exchange.refuse(404, "404 page not found")
            }
            exchange.respond(200, ["Content-Type": answer.type], answer.bytes)
        }
    }
}
