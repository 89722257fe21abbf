import API
package import Client
package import HTTP
package import Logging
package import Machinery
import Synchronization

/// Serves the Ingresses of its classes, and each Service under `NAME.NAMESPACE.localhost`, at one address of the host.
///
/// Reads Ingresses, IngressClasses, Secrets, Services and EndpointSlices; writes the status of the Ingresses that it serves, and events
/// about what is wrong with them. The front opens with the first Ingress or Service that can use it.
package final class IngressController: Sendable {
    /// Of the classes that it serves.
    package static let name = "swkube.dev/ingress-controller"
    /// The class that new clusters have, as their default.
    package static let className = "swkube"

    private let front: ProxyFront
    private let door: FrontDoor
    private let backends: ProxyBackends
    private let identities: TLSIdentities
    private let client: Client
    private let events: EventRecorder
    private let ingresses: Informer<Ingress>
    private let classes: Informer<IngressClass>
    private let secrets: Informer<Secret>
    private let services: Informer<Service>
    private let log: Logger
    private let pokes: AsyncStream<Void>
    private let poke: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - dial: opens connections to pods; nil where the process's own network leads to them.
    ///   - certificate: for a name without a Secret, or a client that asks for none.
    package init(
        dial: Dial?, certificate: @escaping @Sendable (String?) throws -> TLSServerConfiguration, slices: ServiceSlices, client: Client,
        clock: ClusterClock, informers: Informers, log: Logger
    ) {
        backends = ProxyBackends(slices: slices, informers: informers)
        front = ProxyFront(backends: backends, dial: dial)
        identities = TLSIdentities(fallback: certificate)
        door = FrontDoor(front: front, identities: identities)
        self.client = client
        events = EventRecorder(client: client, clock: clock, component: "swkube-ingress")
        ingresses = informers.informer()
        classes = informers.informer()
        secrets = informers.informer()
        services = informers.informer()
        self.log = log
        (pokes, poke) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Serves until the task is cancelled.
    package func run() async {
        await ingresses.caughtUp()
        await classes.caughtUp()
        await secrets.caughtUp()
        await backends.follow()
        let poke: AsyncStream<Void>.Continuation = poke
        ingresses.onChange { before, after in
            if before?.spec.json != after?.spec.json || before?.metadata.annotations != after?.metadata.annotations { poke.yield() }
        }
        classes.onChange { _, _ in poke.yield() }
        secrets.onChange { before, after in if (after ?? before)?.type == "kubernetes.io/tls" { poke.yield() } }
        services.onChange { before, after in if (before == nil) != (after == nil) { poke.yield() } }
        poke.yield()
        var told: Set<String> = []
        for await _ in pokes {
            if Task.isCancelled { break }
            do {
                try await settle(&told)
            } catch {
                log.warning("ingresses are not served as they should be", metadata: ["reason": "\(error)"])
                try? await ContinuousClock().sleep(for: .seconds(1))
                poke.yield()
            }
        }
        await door.close()
    }

    // MARK: - Settling

    /// - Parameter told: what events said before.
    private func settle(_ told: inout Set<String>) async throws {
        let names: Set<String> = Set(classes.list().filter { $0.spec.controller == Self.name }.map(\.name))
        let all: [View<Ingress>] = ingresses.list()
        let served: [View<Ingress>] = all.filter { ingress in
            (ingress.spec.ingressClassName ?? ingress.metadata.annotations[Ingress.classAnnotation]).map { names.contains($0) } ?? false
        }
        let plan = IngressPlan(served)
        front.set(ProxyTable(plan.rules))
        tell(plan, certificates(plan), &told)
        let isWanted: Bool =
            !served.isEmpty || services.list().contains { $0.namespace != "kube-system" && $0.key.description != "default/kubernetes" }
        guard isWanted || door.ports != nil else { return }
        let ports: FrontDoor.Ports = try await door.open()
        let point: JSON = [
            "ip": .string(FrontDoor.address),
            "ports": [
                ["port": .int(Int64(ports.plain)), "protocol": "TCP"], ["port": .int(Int64(ports.secure)), "protocol": "TCP"],
            ],
        ]
        let keys: Set<ObjectKey> = Set(served.map(\.key))
        for ingress in all {
            let present: JSON = ingress.status.json["loadBalancer"]?["ingress"] ?? []
            if keys.contains(ingress.key) {
                if present != [point] { try await write([point], ingress.key) }
            } else if present == [point] {
                try await write([], ingress.key)
            }
        }
    }

    private func write(_ points: JSON, _ key: ObjectKey) async throws {
        do {
            try await client.patch(
                Ingress.self, key, ["status": ["loadBalancer": ["ingress": points]]], as: .mergePatch, subresource: "status")
        } catch let status as APIStatus where status.isNotFound {}
    }

    /// Takes the certificates into use. Returns what is wrong with them, by host.
    private func certificates(_ plan: IngressPlan) -> [String: String] {
        var found: [String: TLSServerConfiguration] = [:]
        var problems: [String: String] = [:]
        for (host, key) in plan.secrets {
            guard let secret = secrets.get(key) else {
                problems[host] = "there is no Secret \(key)"
                continue
            }
            func text(_ name: String) -> String? {
                secret.data[name].flatMap { Base64Text.decode($0) }.map { String(decoding: $0, as: UTF8.self) }
            }
            guard let certificate = text("tls.crt"), let privateKey = text("tls.key") else {
                problems[host] = "Secret \(key) has no tls.crt and tls.key"
                continue
            }
            found[host] = TLSServerConfiguration(certificateChainPEM: certificate, privateKeyPEM: privateKey)
        }
        for (host, problem) in identities.set(found) {
            problems[host] = "the certificate of Secret \(plan.secrets[host]?.description ?? ""): \(problem)"
        }
        return problems
    }

    private func tell(_ plan: IngressPlan, _ certificates: [String: String], _ told: inout Set<String>) {
        var news: Set<String> = []
        func say(_ key: ObjectKey, _ reason: String, _ message: String) {
            let text = "\(key) \(message)"
            if news.insert(text).inserted, !told.contains(text), let ingress = ingresses.get(key) {
                events.record(ingress, .warning, reason: reason, message)
            }
        }
        for conflict in plan.conflicts {
            let host: String = conflict.host.isEmpty ? "all hosts" : conflict.host
            say(conflict.loser, "PathTaken", "\(conflict.path) of \(host) belongs to Ingress \(conflict.winner), which is older")
        }
        for (key, problem) in plan.problems { say(key, "NotServed", problem) }
        for ingress in ingresses.list() {
            for host in ingress.spec.tls.flatMap(\.hosts) {
                guard let problem = certificates[host.lowercased()] else { continue }
                say(ingress.key, "NoCertificate", "\(host) has the cluster's own certificate: \(problem)")
            }
        }
        told = news
    }
}
