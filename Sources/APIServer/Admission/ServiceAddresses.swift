import API
import Machinery
import Store
import Synchronization

/// Gives services their cluster address and node ports, each once, and takes them back when the service is gone.
///
/// What is given out is read from the stored services at the first use; from then on it is kept here, under one lock.
final class ServiceAddresses: AdmissionPlugin {
    private struct Given {
        var addresses: Set<String> = []
        var nodePorts: Set<Int> = []
    }

    private static let nodePorts = 30_000...32_767

    private let objects: Objects
    private let ranges: ServiceRanges
    private let records: IPAddressRecords
    private let given = Mutex<Given?>(nil)

    init(objects: Objects, ranges: ServiceRanges, records: IPAddressRecords) {
        self.objects = objects
        self.ranges = ranges
        self.records = records
    }

    var runsAgain: Bool { false }

    func concerns(_ subject: AdmissionSubject) -> Bool { subject.isAbout(Service.self) }

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation != .delete else { return }
        var service = View<Service>(object)
        object = .null
        defer { object = service.json }
        guard service.spec.type != "ExternalName" else { return }
        let before: View<Service>? = old.map { View<Service>($0) }
        var problems: Problems = ServiceFamilies(configured: ranges.families).settle(&service, before)
        // An address that may not be changed is refused before another is taken.
        if problems.isEmpty, let before { Service.validateUpdate(service, from: before, .root, &problems) }
        guard problems.isEmpty else { throw .invalid(call.names, service.name, problems) }
        try given.withLock { (state: inout Given?) throws(APIStatus) in
            var known: Given = state ?? load(at: call.now)
            try giveAddresses(&service, before, &known, call)
            try giveNodePorts(&service, before, &known, call)
            state = known
        }
    }

    func follows(_ subject: AdmissionSubject) -> Bool { subject.isAbout(Service.self) }

    func written(_ object: JSON, old: JSON?, _ call: Call) {
        guard let old else { return }
        release(old, keeping: object)
    }

    func abandoned(_ object: JSON, old: JSON?, _ call: Call) {
        release(object, keeping: old)
    }

    func removed(_ object: JSON, _ call: Call) {
        guard call.names.kind == Service.names.kind, call.names.group.isEmpty else { return }
        release(object, keeping: nil)
    }

    private func giveAddresses(
        _ service: inout View<Service>, _ before: View<Service>?, _ known: inout Given, _ call: Call
    ) throws(APIStatus) {
        guard !service.isHeadless else { return }
        var addresses: [String] = service.spec.clusterIPs
        for (index, family) in service.families.enumerated() {
            if index >= addresses.count {
                guard let address = ranges.address(of: family, where: { isFree($0, known) }) else {
                    throw .internalError("failed to allocate a serviceIP: range is full")
                }
                addresses.append(address)
            } else if before?.spec.clusterIPs.contains(addresses[index]) != true, let flaw = flaw(addresses[index], known) {
                var problems = Problems()
                problems.invalid(
                    Path("spec").child("clusterIPs"), .array(addresses.map { .string($0) }),
                    "failed to allocate IP \(addresses[index]): \(flaw)")
                throw .invalid(call.names, service.name, problems)
            }
            if !call.options.dryRun { known.addresses.insert(Self.canonical(addresses[index])) }
        }
        service.spec.clusterIPs = addresses
        service.spec.clusterIP = addresses[0]
    }

    private func giveNodePorts(
        _ service: inout View<Service>, _ before: View<Service>?, _ known: inout Given, _ call: Call
    ) throws(APIStatus) {
        guard ["NodePort", "LoadBalancer"].contains(service.spec.type) else { return }
        let old: Set<Int> = Set(before?.spec.ports.map { $0.nodePort } ?? [])
        var ports: [View<ServicePort>] = service.spec.ports
        for index in ports.indices {
            let wanted: Int = ports[index].nodePort
            if wanted == 0 {
                guard service.spec.needsNodePorts else { continue }
                let kept: Int? = before?.spec.ports.first {
                    $0.nodePort != 0 && $0.port == ports[index].port && $0.protocol == ports[index].protocol
                }?.nodePort
                guard let port = kept ?? Self.nodePorts.shuffled().first(where: { !known.nodePorts.contains($0) }) else {
                    throw .internalError("failed to allocate a nodePort: range is full")
                }
                ports[index].nodePort = port
            } else if !old.contains(wanted) {
                try check(wanted, index, service, known, call)
            }
            if !call.options.dryRun { known.nodePorts.insert(ports[index].nodePort) }
        }
        service.spec.ports = ports
    }

    private func check(_ port: Int, _ index: Int, _ service: View<Service>, _ known: Given, _ call: Call) throws(APIStatus) {
        let path: Path = Path("spec").child("ports").index(index).child("nodePort")
        var problems = Problems()
        if !Self.nodePorts.contains(port) {
            problems.invalid(
                path, .int(Int64(port)),
                "provided port is not in the valid range. The range of valid ports is \(Self.nodePorts.lowerBound)-\(Self.nodePorts.upperBound)"
            )
        } else if known.nodePorts.contains(port) {
            problems.invalid(path, .int(Int64(port)), "provided port is already allocated")
        }
        guard problems.isEmpty else { throw .invalid(call.names, service.name, problems) }
    }

    /// Neither a Service nor an `IPAddress` object that somebody made has the address.
    private func isFree(_ address: String, _ known: Given) -> Bool {
        !known.addresses.contains(address) && objects.store.newest(IPAddressRecords.key(address)) == nil
    }

    private static func canonical(_ address: String) -> String { IPAddress(address)?.description ?? address }

    /// Why a Service can't have an address that it asks for.
    private func flaw(_ address: String, _ known: Given) -> String? {
        let address: String = Self.canonical(address)
        guard ranges.contain(address) else { return "the provided network does not match the current range" }
        return isFree(address, known) ? nil : "provided IP is already allocated"
    }

    private func load(at now: Time) -> Given {
        var known = Given()
        let services: [View<Service>] = objects.list(Service.self)
        for service in services {
            known.addresses.formUnion(service.spec.clusterIPs.map(Self.canonical))
            known.nodePorts.formUnion(service.spec.ports.map { $0.nodePort }.filter { $0 > 0 })
        }
        records.complete(services, at: now)
        return known
    }

    /// Takes back what one form of a service has and the other has not.
    private func release(_ object: JSON, keeping other: JSON?) {
        let (service, kept) = (View<Service>(object), View<Service>(other ?? [:]))
        given.withLock { known in
            known?.addresses.subtract(Set(service.spec.clusterIPs).subtracting(kept.spec.clusterIPs).map(Self.canonical))
            known?.nodePorts.subtract(Set(service.spec.ports.map { $0.nodePort }).subtracting(kept.spec.ports.map { $0.nodePort }))
        }
    }
}
