package import API
package import Client
package import HTTP
package import Logging
package import Machinery
package import Sandbox
import Synchronization

/// The proxy in front of Services that ask for one by annotations: it limits rates, takes failing endpoints out, and notes each hop.
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
        var settings: MeshSettings
        var limiter: MeshLimiter?
        var breaker: MeshBreaker<HTTPForwarder.Target>?
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
    private let address: String
    private let backends: ProxyBackends
    private let forwarder: HTTPForwarder
    private let gate: PolicyGate
    private let client: Client
    private let clock: ClusterClock
    private let events: EventRecorder
    private let services: Informer<Service>
    private let traces = MeshTraces()
    private let log: Logger
    private let state = Mutex(State())
    private let queue: WorkQueue

    /// - Parameters:
    ///   - address: of the cluster itself, on which the proxy listens.
    ///   - gate: says who may talk to whom, since the kernel sees the proxy only.
    package init(
        network: ClusterNetwork, address: String, dial: Dial?, gate: PolicyGate, client: Client, clock: ClusterClock,
        informers: Informers, log: Logger
    ) {
        self.network = network
        self.address = address
        backends = ProxyBackends(informers: informers)
        forwarder = HTTPForwarder(dial: dial)
        self.gate = gate
        self.client = client
        self.clock = clock
        events = EventRecorder(client: client, clock: clock, component: "swkube-mesh")
        services = informers.informer()
        self.log = log
        queue = WorkQueue(clock: clock)
    }

    /// Where connections to ports of a Service go instead of to its endpoints, by port.
    package func detours(_ service: ObjectKey) -> [Int: ServiceRoute.Place] {
        state.withLock { $0.entries[service]?.places ?? [:] }.mapValues { ServiceRoute.Place(address, $0) }
    }

    /// Serves until the task is cancelled. - Parameter changed: is told whose detours are others now.
    package func run(_ changed: @escaping @Sendable (ObjectKey) -> Void) async {
        await backends.follow()
        services.onChange { [queue] before, after in
            let wasWanted: Bool = before.map { MeshSettings($0.metadata.annotations).isWanted } ?? false
            let isWanted: Bool = after.map { MeshSettings($0.metadata.annotations).isWanted || Self.isMarked($0) } ?? false
            if wasWanted || isWanted, let key = (after ?? before)?.key { queue.add(key) }
        }
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
    }

    private static func isMarked(_ service: View<Service>) -> Bool {
        service.metadata.annotations.keys.contains { $0 == MeshSettings.rateLimitAnnotation || $0 == MeshSettings.breakerAnnotation }
    }

    // MARK: - Settling

    /// True when the detours changed.
    private func settle(_ key: ObjectKey) async throws -> Bool {
        let service: View<Service>? = services.get(key)
        let settings = MeshSettings(service?.metadata.annotations ?? [:])
        let old: Entry? = state.withLock { $0.entries[key] }
        if let service, old?.settings.problems != settings.problems {
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
        let places: [Int: Int] = try await Dictionary(ports.asyncMap { ($0, try await listen(Front(service: key, port: $0))) }) { $1 }
        let now: ContinuousClock.Instant = .now
        state.withLock { state in
            var entry = Entry(settings: settings, places: places)
            entry.limiter = settings == old?.settings ? old?.limiter : settings.rateLimit.map { MeshLimiter(rate: $0, now: now) }
            entry.breaker =
                settings == old?.settings
                ? old?.breaker : settings.errors.map { MeshBreaker(most: $0, coolDown: settings.coolDown) }
            state.entries[key] = entry
        }
        return old?.places != places
    }

    /// The proxy's port for a Service's, open from here on.
    private func listen(_ front: Front) async throws -> Int {
        if let port = state.withLock({ $0.ports[front] }) { return port }
        if state.withLock({ $0.server }) == nil { try await start() }
        let next: Int = state.withLock { ($0.fronts.keys.max() ?? Self.tracesPort) + 1 }
        guard next <= Self.lastPort, let server = state.withLock({ $0.server }) else {
            throw HTTPError.cannotListen(host: address, port: next, reason: "no port is left")
        }
        try await server.listen(on: network.listen(address, port: next))
        state.withLock { state in
            state.fronts[next] = front
            state.ports[front] = next
        }
        return next
    }

    private func start() async throws {
        let server: HTTPServer = try await HTTPServer(
            descriptor: network.listen(address, port: Self.tracesPort), handler: { [weak self] in self?.handle($0, $1) })
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
            $0.json["endpoints"] = [["addresses": [.string(address)], "conditions": ["ready": true]]]
            $0.json["ports"] = [["name": "http", "port": .int(Int64(Self.tracesPort)), "protocol": "TCP"]]
        }
        do { _ = try await client.create(service) } catch let status as APIStatus where status.isAlreadyExists {}
        do { _ = try await client.create(slice) } catch let status as APIStatus where status.isAlreadyExists {}
    }

    // MARK: - Requests

    private func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        if request.localPort == Self.tracesPort { return tell(request, exchange) }
        let now: ContinuousClock.Instant = .now
        let found: (Front, MeshSettings, Bool)? = state.withLock { state in
            guard let front = state.fronts[request.localPort], let entry = state.entries[front.service] else { return nil }
            return (front, entry.settings, state.entries[front.service]?.limiter?.takes(now) ?? true)
        }
        guard let (front, settings, isTaken) = found else { return Self.answer(503, "the service has no proxy any more", exchange) }
        let context: TraceContext = TraceContext(request.headers["traceparent"]) ?? TraceContext()
        let hop = Hop(
            front: front, settings: settings, span: TraceContext.newSpan(), context: context, began: now,
            wall: clock.microTime.microseconds, request: request)
        guard isTaken else {
            note(hop, endpoint: "", status: 429)
            return exchange.respond(
                429, ["Content-Type": "text/plain; charset=utf-8", "Retry-After": "1"],
                Array("429 more than \(settings.rateLimit ?? 0) requests a second to Service \(front.service)\n".utf8))
        }
        var headers: HTTPHeaders = request.headers.asksForUpgrade ? request.headers : .passedOn(request.headers)
        headers.set("traceparent", context.field(span: hop.span))
        let before: String? = headers["X-Forwarded-For"]
        headers.set("X-Forwarded-For", before.map { $0 + ", " + request.remoteAddress } ?? request.remoteAddress)
        let sent = HTTPClientRequest(
            method: request.method, target: request.path + (request.query.map { "?" + $0 } ?? ""), headers: headers, body: request.body)
        pass(sent, hop, exchange, attempt: 1)
    }

    /// One request at this proxy.
    private struct Hop: Sendable {
        let front: Front
        let settings: MeshSettings
        let span: String
        let context: TraceContext
        let began: ContinuousClock.Instant
        /// Microseconds since 1970.
        let wall: Int64
        let request: HTTPRequest
    }

    private func pass(_ sent: HTTPClientRequest, _ hop: Hop, _ exchange: HTTPExchange, attempt: Int) {
        guard let target = endpoint(hop.front) else {
            note(hop, endpoint: "", status: 503)
            return Self.answer(503, "no endpoint of Service \(hop.front.service) is there that has not failed lately", exchange)
        }
        guard gate.allows(from: hop.request.remoteAddress, to: target.host, port: target.port) else {
            note(hop, endpoint: target.host, status: 403)
            return Self.answer(403, "network policies keep \(hop.request.remoteAddress) from \(target.host):\(target.port)", exchange)
        }
        var times = HTTPForwarder.Times()
        times.answer = hop.settings.timeout ?? .seconds(3600)
        let place = "\(target.host):\(target.port)"
        let done: @Sendable (HTTPForwarder.Outcome) -> Void = { [self] outcome in
            switch outcome {
            case .answered(let status):
                judge(hop.front, target, isGood: status < 500)
                note(hop, endpoint: place, status: status)
            case .clientLeft: note(hop, endpoint: place, status: 499)
            case .broken(let reason, let isOwed):
                judge(hop.front, target, isGood: false)
                note(hop, endpoint: place, status: 0)
                if isOwed { Self.answer(502, reason, exchange) }
            case .timedOut:
                judge(hop.front, target, isGood: false)
                note(hop, endpoint: place, status: 504)
                Self.answer(504, "\(place) does not answer in time", exchange)
            case .unreachable(let reason):
                judge(hop.front, target, isGood: false)
                if attempt < 3 { return pass(sent, hop, exchange, attempt: attempt + 1) }
                note(hop, endpoint: place, status: 502)
                Self.answer(502, "\(place) cannot be reached: \(reason)", exchange)
            }
        }
        if hop.request.headers.asksForUpgrade, hop.request.version == "1.1" {
            forwarder.upgrade(sent, to: target, times, for: exchange, done: done)
        } else {
            forwarder.forward(sent, to: target, times, for: exchange, done: done)
        }
    }

    /// The endpoint whose turn it is among those that are not out.
    private func endpoint(_ front: Front) -> HTTPForwarder.Target? {
        let now: ContinuousClock.Instant = .now
        var tries = 0
        while let target = backends.next(front.service, .number(front.port)) {
            let isOut: Bool = state.withLock { $0.entries[front.service]?.breaker?.isOut(target, now) ?? false }
            if !isOut { return target }
            tries += 1
            if tries >= backends.count(front.service, .number(front.port)) { return nil }
        }
        return nil
    }

    private func judge(_ front: Front, _ target: HTTPForwarder.Target, isGood: Bool) {
        state.withLock { $0.entries[front.service]?.breaker?.note(target, isGood: isGood, .now) }
    }

    // MARK: - Hops

    private func note(_ hop: Hop, endpoint: String, status: Int) {
        let duration: Duration = hop.began.duration(to: .now)
        traces.add(
            MeshSpan(
                trace: hop.context.trace, span: hop.span, parent: hop.context.parent, client: hop.request.remoteAddress,
                endpoint: endpoint, method: hop.request.method, path: hop.request.path, status: status, began: hop.wall,
                microseconds: Int64(duration / .microseconds(1))), of: "\(hop.front.service)")
    }

    /// `/traces?service=NAMESPACE/NAME`, for the cluster itself: its API decides who may ask.
    private func tell(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        guard request.remoteAddress == address else { return Self.answer(403, "ask through the API", exchange) }
        guard request.path == "/traces",
            let service = ProxyQuery.parameters(request.query).first(where: { $0.0 == "service" })?.1,
            state.withLock({ $0.entries.keys.contains { "\($0)" == service } })
        else { return Self.answer(404, "no such service has a proxy", exchange) }
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

    private static func answer(_ status: Int, _ text: String, _ exchange: HTTPExchange) {
        exchange.respond(status, ["Content-Type": "text/plain; charset=utf-8"], Array("\(status) \(text)\n".utf8))
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
