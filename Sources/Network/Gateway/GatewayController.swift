import API
package import Client
package import HTTP
package import Logging
package import Machinery
import Synchronization

/// Serves Gateways of its classes and the HTTPRoutes that belong to them.
///
/// Reads GatewayClasses, Gateways, HTTPRoutes, ReferenceGrants, Namespaces, Services and Secrets; writes the status of the first three. A
/// cluster gets the definitions of these kinds, and the class `swkube`, when it starts without them.
package final class GatewayController: Sendable {
    package static let name = "swkube.dev/gateway-controller"

    private struct Watched {
        let classes: Informer<GatewayClass>
        let gateways: Informer<Gateway>
        let routes: Informer<HTTPRoute>
        let grants: Informer<ReferenceGrant>
    }

    private let doors: GatewayDoors
    private let backends: ProxyBackends
    private let client: Client
    private let clock: ClusterClock
    private let informers: Informers
    private let namespaces: Informer<Namespace>
    private let services: Informer<Service>
    private let secrets: Informer<Secret>
    private let log: Logger
    /// By route. They stay as long as what is asked of them does.
    private let policies = Mutex<[ObjectKey: MeshPolicy]>([:])
    private let pokes: AsyncStream<Void>
    private let poke: AsyncStream<Void>.Continuation

    /// - Parameter range: the part of 127.0.0.0/8 that the addresses of Gateways are from, a /16.
    package init(
        range: CIDR, dial: Dial?, certificate: @escaping @Sendable (String?) throws -> TLSServerConfiguration, slices: ServiceSlices,
        client: Client, clock: ClusterClock, informers: Informers, log: Logger
    ) {
        backends = ProxyBackends(slices: slices, informers: informers)
        doors = GatewayDoors(range: range, backends: backends, dial: dial, certificate: certificate)
        self.client = client
        self.clock = clock
        self.informers = informers
        namespaces = informers.informer()
        services = informers.informer()
        secrets = informers.informer()
        self.log = log
        (pokes, poke) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Serves until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do {
                try await define()
                break
            } catch {
                log.warning("the kinds of the Gateway API are not defined yet", metadata: ["reason": "\(error)"])
                try? await ContinuousClock().sleep(for: .seconds(1))
            }
        }
        if Task.isCancelled { return }
        let watched = Watched(
            classes: informers.informer(), gateways: informers.informer(), routes: informers.informer(), grants: informers.informer())
        await watched.classes.caughtUp()
        await watched.gateways.caughtUp()
        await watched.routes.caughtUp()
        await watched.grants.caughtUp()
        await namespaces.caughtUp()
        await secrets.caughtUp()
        await backends.follow()
        follow(watched)
        for await _ in pokes {
            if Task.isCancelled { break }
            do {
                try await settle(watched)
            } catch {
                log.warning("gateways are not served as they should be", metadata: ["reason": "\(error)"])
                try? await ContinuousClock().sleep(for: .seconds(1))
                poke.yield()
            }
        }
        for key in doors.keys { await doors.close(key) }
    }

    private func follow(_ watched: Watched) {
        let poke: AsyncStream<Void>.Continuation = poke
        watched.classes.onChange { before, after in if before?.json["spec"] != after?.json["spec"] { poke.yield() } }
        watched.gateways.onChange { before, after in if before?.json["spec"] != after?.json["spec"] { poke.yield() } }
        watched.routes.onChange { before, after in
            if before?.json["spec"] != after?.json["spec"] || before?.metadata.annotations != after?.metadata.annotations { poke.yield() }
        }
        watched.grants.onChange { _, _ in poke.yield() }
        namespaces.onChange { before, after in if before?.metadata.labels != after?.metadata.labels { poke.yield() } }
        services.onChange { before, after in if before?.spec.json["ports"] != after?.spec.json["ports"] { poke.yield() } }
        secrets.onChange { before, after in if (after ?? before)?.type == "kubernetes.io/tls" { poke.yield() } }
        poke.yield()
    }

    // MARK: - Definitions

    private func define() async throws {
        for definition in GatewayDefinitions.all() where try await client.find(CustomResourceDefinition.self, definition.key) == nil {
            do { _ = try await client.create(definition) } catch let status as APIStatus where status.isAlreadyExists {}
        }
        let own: View<GatewayClass> = GatewayClass.new("swkube") { $0.json["spec"] = ["controllerName": .string(Self.name)] }
        // Kinds are served shortly after they are defined.
        for attempt in 0... {
            do {
                if try await client.find(GatewayClass.self, own.key) == nil { _ = try await client.create(own) }
                _ = try await client.list(ReferenceGrant.self, namespace: "default")
                return
            } catch let status as APIStatus where status.isNotFound && attempt < 200 {
                try await ContinuousClock().sleep(for: .milliseconds(20))
            }
        }
    }

    // MARK: - Settling

    private func settle(_ watched: Watched) async throws {
        let classes: [View<GatewayClass>] = watched.classes.list().filter { $0.json[["spec", "controllerName"]]?.string == Self.name }
        for one in classes { try await accept(one) }
        let names: Set<String> = Set(classes.map(\.name))
        var world = GatewayPlan.World()
        world.gateways = watched.gateways.list().filter {
            names.contains($0.json[["spec", "gatewayClassName"]]?.string ?? "") && !$0.isTerminating
        }
        .sorted { $0.key < $1.key }
        world.routes = watched.routes.list().sorted { $0.key < $1.key }
        world.grants = watched.grants.list()
        world.namespaces = Dictionary(namespaces.list().map { ($0.name, $0.metadata.labels) }) { $1 }
        world.hasService = { [backends] in backends.has($0, .number($1)) }
        world.foreignProtocol = { [backends] in backends.foreignProtocol($0, .number($1)) }
        world.certificateProblem = { [weak self] key in
            guard let identity = self?.identity(key) else { return "there is no Secret \(key) with tls.crt and tls.key" }
            return identity.problem.map { "the certificate of Secret \(key): \($0)" }
        }
        let routes: Set<ObjectKey> = Set(world.routes.map(\.key))
        policies.withLock { policies in policies = policies.filter { routes.contains($0.key) } }
        world.policy = { [weak self] key, settings in self?.policy(key, settings) ?? MeshPolicy(settings) }
        let plan = GatewayPlan(world)
        let present: Set<ObjectKey> = Set(world.gateways.map(\.key))
        for key in doors.keys where !present.contains(key) { await doors.close(key) }
        for gateway in world.gateways {
            let opened: [Int: Result<Int, HTTPError>] = await doors.settle(gateway.key, plan.doors[gateway.key] ?? [:]) { identity($0) }
            try await write(gateway, plan.listeners[gateway.key] ?? [], opened)
        }
        for route in world.routes { try await write(route, plan.parents[route.key] ?? []) }
    }

    private func policy(_ route: ObjectKey, _ settings: MeshSettings) -> MeshPolicy {
        policies.withLock { policies in
            if let present = policies[route], present.settings == settings { return present }
            let new = MeshPolicy(settings)
            policies[route] = new
            return new
        }
    }

    private func identity(_ key: ObjectKey) -> TLSServerConfiguration? {
        guard let secret = secrets.get(key) else { return nil }
        func text(_ name: String) -> String? {
            secret.data[name].flatMap { Base64Text.decode($0) }.map { String(decoding: $0, as: UTF8.self) }
        }
        guard let certificate = text("tls.crt"), let privateKey = text("tls.key") else { return nil }
        return TLSServerConfiguration(certificateChainPEM: certificate, privateKeyPEM: privateKey)
    }

    // MARK: - Status

    private func accept(_ one: View<GatewayClass>) async throws {
        let before: JSON = one.json["status"] ?? [:]
        let conditions: JSON = GatewayCondition.json(
            [GatewayCondition(type: "Accepted", isTrue: true, reason: "Accepted", message: "swkube serves this class")],
            generation: Int64(one.metadata.generation), before: before["conditions"], now: clock.time)
        let status: JSON = ["conditions": conditions, "supportedFeatures": .array(Self.features.map { ["name": .string($0)] })]
        if status != before { try await patch(GatewayClass.self, one.key, status) }
    }

    /// In the order of their names. Source: pkg/features of the Gateway API.
    private static let features: [String] = [
        "Gateway", "GatewayHTTPListenerIsolation", "GatewayStaticAddresses", "HTTPRoute", "HTTPRoute303RedirectStatusCode",
        "HTTPRoute307RedirectStatusCode", "HTTPRoute308RedirectStatusCode", "HTTPRouteBackendProtocolWebSocket",
        "HTTPRouteBackendRequestHeaderModification", "HTTPRouteBackendTimeout", "HTTPRouteDestinationPortMatching", "HTTPRouteHostRewrite",
        "HTTPRouteMethodMatching", "HTTPRouteParentRefPort", "HTTPRoutePathRedirect", "HTTPRoutePathRewrite", "HTTPRoutePortRedirect",
        "HTTPRouteQueryParamMatching", "HTTPRouteRequestMirror", "HTTPRouteRequestMultipleMirrors", "HTTPRouteRequestPercentageMirror",
        "HTTPRouteRequestTimeout", "HTTPRouteResponseHeaderModification", "HTTPRouteSchemeRedirect", "ReferenceGrant",
    ]

    private func write(
        _ gateway: View<Gateway>, _ listeners: [GatewayPlan.Listener], _ opened: [Int: Result<Int, HTTPError>]
    ) async throws {
        let generation = Int64(gateway.metadata.generation)
        let before: JSON = gateway.json["status"] ?? [:]
        var isOpen = true
        var notes: [String] = []
        let list: [JSON] = listeners.map { listener in
            var programmed = GatewayCondition(type: "Programmed", isTrue: true, reason: "Programmed")
            switch opened[listener.port] {
            case .success(let port)? where listener.isUsable:
                if port != listener.port {
                    programmed.message = "port \(listener.port) is at \(port): this user may not bind ports below 1024"
                    notes.append(programmed.message)
                }
            case .failure(let error)? where listener.isUsable:
                programmed = GatewayCondition(type: "Programmed", isTrue: false, reason: "Pending", message: "\(error)")
            default: programmed = GatewayCondition(type: "Programmed", isTrue: false, reason: "Invalid")
            }
            isOpen = isOpen && programmed.isTrue
            let old: JSON? = before["listeners"]?.array?.first { $0["name"]?.string == listener.name }
            return [
                "name": .string(listener.name),
                "supportedKinds": .array(listener.kinds.map { ["group": .string(GatewayAPI.group), "kind": .string($0)] }),
                "attachedRoutes": .int(Int64(listener.attached)),
                "conditions": GatewayCondition.json(
                    listener.conditions + [programmed], generation: generation, before: old?["conditions"], now: clock.time),
            ]
        }
        let isValid: Bool = listeners.contains(where: \.isUsable)
        let address: String = doors.address(of: gateway.key)
        var conditions: [GatewayCondition] = [
            GatewayCondition(
                type: "Accepted", isTrue: isValid, reason: listeners.allSatisfy(\.isUsable) ? "Accepted" : "ListenersNotValid"),
            GatewayCondition(
                type: "Programmed", isTrue: isValid && isOpen, reason: isValid && isOpen ? "Programmed" : isValid ? "Pending" : "Invalid",
                message: Set(notes).sorted().joined(separator: "; ")),
        ]
        for wish in gateway.json[["spec", "addresses"]]?.array ?? [] {
            let (type, value) = (wish["type"]?.string ?? "IPAddress", wish["value"]?.string ?? "")
            if type != "IPAddress" {
                conditions[0] = GatewayCondition(
                    type: "Accepted", isTrue: false, reason: "UnsupportedAddress", message: "addresses of type \(type) are not given")
            } else if !value.isEmpty, value != address {
                conditions[1] = GatewayCondition(
                    type: "Programmed", isTrue: false, reason: "AddressNotUsable",
                    message: "\(value) is not to be had: this Gateway is at \(address)")
            }
        }
        let status: JSON = [
            "addresses": [["type": "IPAddress", "value": .string(address)]],
            "conditions": GatewayCondition.json(conditions, generation: generation, before: before["conditions"], now: clock.time),
            "listeners": .array(list),
        ]
        if status != before { try await patch(Gateway.self, gateway.key, status) }
    }

    /// What other controllers said of their parents stays.
    private func write(_ route: View<HTTPRoute>, _ parents: [GatewayPlan.Parent]) async throws {
        let before: [JSON] = route.json[["status", "parents"]]?.array ?? []
        let others: [JSON] = before.filter { $0["controllerName"]?.string != Self.name }
        let own: [JSON] = parents.map { parent in
            let old: JSON? = before.first { $0["controllerName"]?.string == Self.name && $0["parentRef"] == parent.ref }
            return [
                "parentRef": parent.ref, "controllerName": .string(Self.name),
                "conditions": GatewayCondition.json(
                    parent.conditions, generation: Int64(route.metadata.generation), before: old?["conditions"], now: clock.time),
            ]
        }
        if others + own != before { try await patch(HTTPRoute.self, route.key, ["parents": .array(others + own)]) }
    }

    private func patch<K: Kind>(_ kind: K.Type, _ key: ObjectKey, _ status: JSON) async throws {
        do {
            try await client.patch(kind, key, ["status": status], as: .mergePatch, subresource: "status")
        } catch let status as APIStatus where status.isNotFound {}
    }
}
