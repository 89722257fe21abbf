import API
import Machinery

/// The names of a cluster, from its Services and their EndpointSlices. A value: what is asked is answered from it alone.
///
/// Source: the specification "Kubernetes DNS-Based Service Discovery", version 1.1.0.
struct DNSZone: Sendable {
    /// The names of one Service.
    struct Names: Sendable, Equatable {
        struct Port: Sendable, Equatable {
            var name: String
            var transport: String
            var number: UInt16
        }

        struct Member: Sendable, Equatable {
            /// The pod's hostname, else its address with dashes.
            var label: String
            var address: [UInt8]
            var ports: [Port]
        }

        var addresses: [[UInt8]] = []
        var ports: [Port] = []
        /// Of a headless Service.
        var members: [Member] = []
        /// Of an ExternalName.
        var alias: [String]?
    }

    static let domain: [String] = ["cluster", "local"]

    private var services: [ObjectKey: Names] = [:]
    private var namespaces: [String: Int] = [:]
    private var pointers: [[UInt8]: [[String]]] = [:]

    /// Takes note of a Service; nil when it has gone.
    mutating func set(_ names: Names?, of key: ObjectKey) {
        if let old = services[key] {
            namespaces[key.namespace, default: 1] -= 1
            if namespaces[key.namespace] == 0 { namespaces[key.namespace] = nil }
            for (address, name) in Self.pointers(old, key) {
                pointers[address]?.removeAll { $0 == name }
                if pointers[address]?.isEmpty == true { pointers[address] = nil }
            }
        }
        services[key] = names
        guard let names else { return }
        namespaces[key.namespace, default: 0] += 1
        for (address, name) in Self.pointers(names, key) { pointers[address, default: []].append(name) }
    }

    /// What is known; nil for a name that is not the cluster's.
    func answer(_ name: [String], _ kind: UInt16) -> DNSAnswer? {
        if let address = Self.reversed(name) { return pointer(address, name, kind) }
        guard name.suffix(2) == Self.domain[...] else { return nil }
        let inner: ArraySlice<String> = name.dropLast(2)
        switch (inner.last, inner.count) {
        case (nil, _): return DNSAnswer()
        case ("dns-version", 1): return found([DNSRecord(name: name, content: .text("1.1.0"))], kind)
        case ("svc", 1): return DNSAnswer()
        case ("svc", 2): return DNSAnswer(code: namespaces[inner.first ?? ""] == nil ? .noSuchName : .success)
        case ("svc", 3...): return service(name, Array(inner.dropLast()), kind)
        case ("pod", 3): return pod(name, inner.first ?? "", kind)
        default: return DNSAnswer(code: .noSuchName)
        }
    }

    // MARK: - Details

    private func service(_ name: [String], _ inner: [String], _ kind: UInt16) -> DNSAnswer {
        let key = ObjectKey(namespace: inner[inner.count - 1], name: inner[inner.count - 2])
        guard let names = services[key] else { return DNSAnswer(code: .noSuchName) }
        let more: ArraySlice<String> = inner.dropLast(2)
        if let alias = names.alias {
            return more.isEmpty ? DNSAnswer(records: [DNSRecord(name: name, content: .alias(to: alias))]) : DNSAnswer(code: .noSuchName)
        }
        switch more.count {
        case 0:
            let addresses: [[UInt8]] = names.members.isEmpty ? names.addresses : names.members.map(\.address)
            if kind == DNSQuery.Kind.srv { return services(named: nil, names, key, name) }
            if addresses.isEmpty { return DNSAnswer(code: .noSuchName) }
            return found(addresses.map { DNSRecord(name: name, content: .address($0)) }, kind)
        case 1:
            let members: [Names.Member] = names.members.filter { $0.label == more[0] }
            guard !members.isEmpty else { return DNSAnswer(code: more[0].hasPrefix("_") ? .success : .noSuchName) }
            return found(members.map { DNSRecord(name: name, content: .address($0.address)) }, kind)
        case 2 where more[0].hasPrefix("_") && more[1].hasPrefix("_"):
            return services(named: (String(more[0].dropFirst()), String(more[1].dropFirst())), names, key, name)
        default: return DNSAnswer(code: .noSuchName)
        }
    }

    /// The ports of a Service, or of each of its members.
    private func services(named wanted: (String, String)?, _ names: Names, _ key: ObjectKey, _ name: [String]) -> DNSAnswer {
        let base: [String] = [key.name, key.namespace, "svc"] + Self.domain
        func isWanted(_ port: Names.Port) -> Bool { wanted.map { $0.0 == port.name && $0.1 == port.transport } ?? true }
        var answer = DNSAnswer()
        var known: Set<DNSRecord> = []
        func add(_ port: Names.Port, _ target: [String], _ address: [UInt8], share: Int) {
            let weight = UInt16(max(1, 100 / max(1, share)))
            let record = DNSRecord(name: name, content: .service(priority: 0, weight: weight, port: port.number, target: target))
            // A target of two families has two addresses.
            if known.insert(record).inserted { answer.records.append(record) }
            let extra = DNSRecord(name: target, content: .address(address))
            if !answer.extra.contains(extra) { answer.extra.append(extra) }
        }
        for address in names.addresses {
            for port in names.ports where isWanted(port) { add(port, base, address, share: names.ports.count(where: isWanted)) }
        }
        for member in names.members {
            for port in member.ports where isWanted(port) { add(port, [member.label] + base, member.address, share: names.members.count) }
        }
        if answer.records.isEmpty { answer.code = .noSuchName }
        return answer
    }

    /// `10-244-0-5.default.pod.cluster.local`, `fd00-10-244--5.default.pod.cluster.local`: any address, whoever has it.
    private func pod(_ name: [String], _ label: String, _ kind: UInt16) -> DNSAnswer {
        let forms: [String] = [".", ":"].map { mark in label.split(separator: "-", omittingEmptySubsequences: false).joined(separator: mark)
        }
        guard let address = forms.lazy.compactMap({ IPAddress($0) }).first else { return DNSAnswer(code: .noSuchName) }
        return found([DNSRecord(name: name, content: .address(address.bytes))], kind)
    }

    private func pointer(_ address: [UInt8], _ name: [String], _ kind: UInt16) -> DNSAnswer? {
        guard let names = pointers[address] else { return nil }
        return found(names.map { DNSRecord(name: name, content: .pointer(to: $0)) }, kind)
    }

    /// A name that is there has no records of the kinds that it has not.
    private func found(_ records: [DNSRecord], _ kind: UInt16) -> DNSAnswer {
        DNSAnswer(records: records.filter { kind == $0.kind || kind == DNSQuery.Kind.any })
    }

    private static func pointers(_ names: Names, _ key: ObjectKey) -> [([UInt8], [String])] {
        let base: [String] = [key.name, key.namespace, "svc"] + domain
        return names.addresses.map { ($0, base) } + names.members.map { ($0.address, [$0.label] + base) }
    }

    /// The address that a name for its way back is of: `5.0.244.10.in-addr.arpa`, or 32 digits below `ip6.arpa`; nil for other names.
    private static func reversed(_ name: [String]) -> [UInt8]? {
        switch name.suffix(2) {
        case ["in-addr", "arpa"]:
            let parts: [UInt8] = name.dropLast(2).reversed().compactMap { UInt8($0) }
            return parts.count == 4 ? parts : nil
        case ["ip6", "arpa"]:
            let digits: [UInt8] = name.dropLast(2).reversed().compactMap { $0.utf8.count == 1 ? UInt8($0, radix: 16) : nil }
            guard digits.count == 32, name.count == 34 else { return nil }
            return stride(from: 0, to: 32, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        default: return nil
        }
    }
}

extension DNSZone.Names {
    init(_ service: View<Service>, slices: [View<EndpointSlice>]) {
        func bytes(_ text: String) -> [UInt8]? { IPAddress(text)?.bytes }
        if service.spec.type == "ExternalName" {
            alias = service.spec.externalName.split(separator: ".").map { $0.lowercased() }
            return
        }
        guard service.isHeadless else {
            addresses = service.spec.clusterIPs.compactMap(bytes)
            ports = service.spec.ports.map {
                Port(name: $0.name, transport: $0.protocol.lowercased(), number: UInt16(clamping: $0.port))
            }
            return
        }
        for slice in slices where slice.addressType != "FQDN" {
            let ports: [Port] = slice.ports.map {
                Port(name: $0.name ?? "", transport: ($0.protocol ?? "TCP").lowercased(), number: UInt16(clamping: $0.port ?? 0))
            }
            for endpoint in slice.endpoints where endpoint.conditions.ready ?? true {
                guard let text = endpoint.addresses.first, let address = bytes(text) else { continue }
                let label: String =
                    endpoint.hostname.flatMap { $0.isEmpty ? nil : $0 } ?? String(text.map { $0 == "." || $0 == ":" ? "-" : $0 })
                members.append(Member(label: label, address: address, ports: ports))
            }
        }
    }
}
