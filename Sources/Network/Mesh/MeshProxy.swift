package import API
package import Client
package import HTTP
package import Logging
package import Machinery
package import Sandbox
import Synchronization

/// The proxy in front of Services that ask for one by annotations: it limits rates, takes failing endpoints out, sends again what may be,
/// and notes each hop.
///
/// It listens in the cluster's own network, and the routes of such a Service lead to it instead of to the endpoints. Reads Services and
/// EndpointSlices; writes events about annotations that are not understood, and the Service `swkube-traces` of kube-system, behind which
/// the hops can be read.
package final class MeshProxy: Sendable {
    private struct Front: Hashable {
        let service: ObjectKey
        let port: Int
    }

    private struct Entry {
        var policy: MeshPolicy
        /// What of the Service's own wishes it is told that they are not kept.
        var unkept: String?
        /// The proxy's port for each of the Service's.
        var places: [Int: Int] = [:]
    }

    private struct State {
        var entries: [ObjectKey: Entry] = [:]
        var fronts: [Int: Front] = [:]
        var ports: [Front: Int] = [:]
        var server: HTTPServer?
    }

    /// Of the hops, and the first one of a Service.
    package static let tracesPort = 20_000
    package static let lastPort = 29_999
    private static let tracesKey = ObjectKey(namespace: "kube-system", name: "swkube-traces")

    private let network: ClusterNetwork
    private let addresses: [String]
    private let backends: ProxyBackends
    private let forwarder: HTTPForwarder
    private let gate: PolicyGate
    private let client: Client
    private let clock: ClusterClock
    private let events: EventRecorder
    private let services: Informer<Service>
    private let traces = MeshTraces()
    private let exporter: MeshExporter
    private let log: Logger
    private let state = Mutex(State())
    private let queue: WorkQueue

    /// - Parameters:
    ///   - addresses: of the cluster itself, on which the proxy listens: one of each family, the main one first.
    ///   - gate: says who may talk to whom, since the kernel sees the proxy only.
    package init(
        network: ClusterNetwork, addresses: [String], dial: Dial?, gate: PolicyGate, slices: ServiceSlices, client: Client,
        clock: ClusterClock, informers: Informers, log: Logger
    ) {
        self.network = network
        self.addresses = addresses
        backends = ProxyBackends(slices: slices, informers: informers)
        forwarder = HTTPForwarder(dial: dial, crowded: { OwnThread.standBack($0) })
        self.gate = gate
        self.client = client
        self.clock = clock
        events = EventRecorder(client: client, clock: clock, component: "swkube-mesh")
        services = informers.informer()
        exporter = MeshExporter(dial: dial, services: services, log: log)
        self.log = log
        queue = WorkQueue(clock: clock)
    }

    /// Where connections of a family to ports of a Service go instead of to its endpoints, by port.
    package func detours(_ service: ObjectKey, _ family: IPFamily) -> [Int: ServiceRoute.Place] {
        guard let address = addresses.first(where: { IPFamily(of: $0) == family }) else { return [:] }
        return state.withLock { $0.entries[service]?.places ?? [:] }.mapValues { ServiceRoute.Place(address, $0) }
    }

    /// Serves until the task is cancelled. - Parameter changed: is told whose detours are others now.
    package func run(_ changed: @escaping @Sendable (ObjectKey) -> Void) async {
        await backends.follow()
        services.onChange { [queue] before, after in
            guard let service = after ?? before else { return }
            if [before, after].contains(where: { MeshSettings.isMarked($0?.metadata.annotations ?? [:]) }) { queue.add(service.key) }
        }
        async let exports: Void = exporter.run()
        await withTaskCancellationHandler {
            while let key = await queue.next() {
                do {
                    if try await settle(key) { changed(key) }
                    queue.forget(key)
                } catch {
                    log.warning("the proxy of a service is not as it should be", metadata: ["service": "\(key)", "reason": "\(error)"])
                    queue.addAfterFailure(key)
                }
                queue.done(key)
            }
        } onCancel: {
            queue.close()
        }
        let server: HTTPServer? = state.withLock { state in
            defer { state = State() }
            return state.server
        }
        await server?.shutdown(grace: .zero)
        await exports
    }

    // MARK: - Settling

    /// True when the detours changed.
    private func settle(_ key: ObjectKey) async throws -> Bool {
        let service: View<Service>? = services.get(key)
        let settings = MeshSettings(service?.metadata.annotations ?? [:])
        let old: Entry? = state.withLock { $0.entries[key] }
        if let service, old?.policy.settings.problems != settings.problems {
            for problem in settings.problems { events.record(service, .warning, reason: "NotUnderstood", problem) }
        }
        let ports: [Int] = service.map { MeshSettings.ports(of: $0).map(\.port) } ?? []
        guard let service, settings.isWanted else {
            traces.forget("\(key)")
            return state.withLock { $0.entries.removeValue(forKey: key) }?.places.isEmpty == false
        }
        if ports.isEmpty, old == nil {
            events.record(
                service, .warning, reason: "NotServed",
                "no port is known to speak HTTP: give one appProtocol: http, or a name that begins with http")
        }
        let unkept: String? = ports.isEmpty ? nil : MeshSettings.unkept(by: service)
        if let unkept, unkept != old?.unkept { events.record(service, .warning, reason: "NotKept", unkept) }
        let places: [Int: Int] = try await Dictionary(ports.asyncMap { ($0, try await listen(Front(service: key, port: $0))) }) { $1 }
        let policy: MeshPolicy = old.flatMap { $0.policy.settings == settings ? $0.policy : nil } ?? MeshPolicy(settings)
        state.withLock { $0.entries[key] = Entry(policy: policy, unkept: unkept, places: places) }
        return old?.places != places
    }

    /// The proxy's port for a Service's, open from here on.
    private func listen(_ front: Front) async throws -> Int {
        if let port = state.withLock({ $0.ports[front] }) { return port }
        if state.withLock({ $0.server }) == nil { try await start() }
        let next: Int = state.withLock { ($0.fronts.keys.max() ?? Self.tracesPort) + 1 }
        guard next <= Self.lastPort, let server = state.withLock({ $0.server }) else {
            throw HTTPError.cannotListen(host: addresses[0], port: next, reason: "no port is left")
        }
        for address in addresses { try await server.listen(on: network.listen(address, port: next)) }
        state.withLock { state in
            state.fronts[next] = front
            state.ports[front] = next
        }
        return next
    }

    private func start() async throws {
        let server: HTTPServer = try await HTTPServer(
            descriptor: network.listen(addresses[0], port: Self.tracesPort), handler: { [weak self] in self?.handle($0, $1) })
        state.withLock { $0.server = server }
        try await publish()
    }

    /// Makes the hops known behind a Service, so that whoever may use the API's proxy can read them.
    private func publish() async throws {
        let key: ObjectKey = Self.tracesKey
        let service: View<Service> = Service.new(key.name, namespace: key.namespace) {
            $0.json["spec"] = ["ports": [["name": "http", "port": 80, "targetPort": .int(Int64(Self.tracesPort))]]]
        }
        let slice: View<EndpointSlice> = EndpointSlice.new(key.name, namespace: key.namespace) {
            $0.metadata.labels = ["kubernetes.io/service-name": key.name]
            $0.json["addressType"] = "IPv4"
            $0.json["endpoints"] = [["addresses": [.string(addresses[0])], "conditions": ["ready": true]]]
            $0.json["ports"] = [["name": "http", "port": .int(Int64(Self.tracesPort)), "protocol": "TCP"]]
        }
        do { _ = try await client.create(service) } catch let status as APIStatus where status.isAlreadyExists {}
        do { _ = try await client.create(slice) } catch let status as APIStatus where status.isAlreadyExists {}
    }

    // MARK: - Requests

    private func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        if request.localPort == Self.tracesPort { return tell(request, exchange) }
        let found: (Front, MeshPolicy)? = state.withLock { state in
            guard let front = state.fronts[request.localPort], let entry = state.entries[front.service] else { return nil }
            return (front, entry.policy)
        }
        guard let (front, policy) = found else { return exchange.tell(503, "the service has no proxy any more") }
        let hop = Hop(front: front, policy: policy, began: .now, wall: clock.microTime.microseconds, request: request)
        guard policy.takes(hop.began) else {
            note(hop, endpoint: "", status: 429)
            let text = "more than \(policy.settings.rateLimit ?? 0) requests a second to Service \(front.service)"
            return exchange.tell(429, text, ["Retry-After": "1"])
        }
        let isUpgrade: Bool = request.headers.asksForUpgrade && request.version == "1.1"
        var headers: HTTPHeaders = isUpgrade ? request.headers : .passedOn(request.headers)
        headers.set("traceparent", hop.context.field(span: hop.span))
        headers.addForwardedFor(request)
        let sent = HTTPClientRequest(
            method: request.method, target: request.path + (request.query.map { "?" + $0 } ?? ""), headers: headers, body: request.body)
        var pass = ProxyPass(
            backends: backends, forwarder: forwarder, request: sent, isUpgrade: isUpgrade, service: front.service,
            port: .number(front.port))
        pass.times.answer = .seconds(3600)
        pass.deadline = policy.settings.timeout.map { hop.began.advanced(by: $0) }
        pass.policy = policy
        pass.retries = policy.settings.retries
        pass.refusal = { [gate] target in
            let isAllowed: Bool = gate.allows(from: request.remoteAddress, to: target.host, port: target.port)
            return isAllowed ? nil : "network policies keep \(request.remoteAddress) from \(target.host):\(target.port)"
        }
        pass.done = { [weak self] target, status in
            self?.note(hop, endpoint: target.map { "\($0.host):\($0.port)" } ?? "", status: status)
        }
        pass.run(exchange)
    }

    /// One request at this proxy.
    private struct Hop: Sendable {
        let front: Front
        let policy: MeshPolicy
        let began: ContinuousClock.Instant
        /// Microseconds since 1970.
        let wall: Int64
        let request: HTTPRequest
        let span: String
        let context: TraceContext

        init(front: Front, policy: MeshPolicy, began: ContinuousClock.Instant, wall: Int64, request: HTTPRequest) {
            self.front = front
            self.policy = policy
            self.began = began
            self.wall = wall
            self.request = request
            span = TraceContext.newSpan()
            context = TraceContext(request.headers["traceparent"]) ?? TraceContext()
        }
    }

    // MARK: - Hops

    private func note(_ hop: Hop, endpoint: String, status: Int) {
        let span = MeshSpan(
            trace: hop.context.trace, span: hop.span, parent: hop.context.parent, client: hop.request.remoteAddress, endpoint: endpoint,
            method: hop.request.method, path: hop.request.path, status: status, began: hop.wall,
            microseconds: Int64(hop.began.duration(to: .now) / .microseconds(1)))
        traces.add(span, of: "\(hop.front.service)")
        if let collector = hop.policy.settings.export.flatMap(MeshCollector.init) {
            exporter.add(span, of: "\(hop.front.service)", to: collector)
        }
    }

    /// `/traces?service=NAMESPACE/NAME`, for the cluster itself: its API decides who may ask.
    private func tell(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        guard request.remoteAddress == addresses[0] else { return exchange.tell(403, "ask through the API") }
        guard request.path == "/traces",
            let service = ProxyQuery.parameters(request.query).first(where: { $0.0 == "service" })?.1,
            state.withLock({ $0.entries.keys.contains { "\($0)" == service } })
        else { return exchange.tell(404, "no such service has a proxy") }
        let spans: [JSON] = traces.list(service).map { span in
            [
                "trace": .string(span.trace), "span": .string(span.span), "parent": .string(span.parent), "client": .string(span.client),
                "endpoint": .string(span.endpoint), "method": .string(span.method), "path": .string(span.path),
                "status": .int(Int64(span.status)), "time": .string(MicroTime(microseconds: span.began).description),
                "microseconds": .int(span.microseconds),
            ]
        }
        exchange.respond(200, ["Content-Type": "application/json"], JSON.array(spans).serialized())
    }
}

extension Sequence {
    /// One after the other.
    fileprivate func asyncMap<T>(_ transform: (Element) async throws -> T) async rethrows -> [T] {
        var results: [T] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
