import API
import Machinery
import Store

/// Keeps an `IPAddress` object for each cluster address of a Service, so that who has which address can be read from the API.
///
/// ``ServiceAddresses`` decides; this writes down what came of it. Source: `IPAllocator` of pkg/registry/core/service/ipallocator.
struct IPAddressRecords: AdmissionPlugin {
    static let managedBy = "ipaddress.kubernetes.io/managed-by"
    private static let allocator = "ipallocator.k8s.io"

    let store: any Store

    func concerns(_ subject: AdmissionSubject) -> Bool { false }

    func follows(_ subject: AdmissionSubject) -> Bool { subject.isOf(Service.self) }

    func written(_ object: JSON, old: JSON?, _ call: Call) {
        let (now, before): (Set<String>, Set<String>) = (Self.addresses(object), Self.addresses(old ?? [:]))
        for address in now.subtracting(before) { record(address, of: View<Service>(object), at: call.now) }
        for address in before.subtracting(now) { forget(address) }
    }

    func removed(_ object: JSON, _ call: Call) {
        guard call.names.kind == Service.names.kind, call.names.group.isEmpty else { return }
        for address in Self.addresses(object) { forget(address) }
    }

    /// What a crash between two writes left out.
    func complete(_ services: [View<Service>], at now: Time) {
        for service in services {
            for address in Self.addresses(service.json) where store.newest(Self.key(address)) == nil {
                record(address, of: service, at: now)
            }
        }
    }

    private func record(_ address: String, of service: View<Service>, at now: Time) {
        let record: View<ServiceIPAddress> = ServiceIPAddress.new(address) {
            $0.metadata.uid = RandomUUID.text()
            $0.metadata.creationTimestamp = now
            $0.metadata.labels = [
                "ipaddress.kubernetes.io/ip-family": IPFamily(of: address).rawValue, Self.managedBy: Self.allocator,
            ]
            $0.spec.parentRef = View<ParentReference>([
                "resource": "services", "namespace": .string(service.metadata.namespace), "name": .string(service.name),
            ])
        }
        let stored = StoredObject(record.json, ServiceIPAddress.names)
        // Somebody's own object of that name stays as it is.
        store.write(Write(.put, Self.key(address), if: .absent) { stored.bytes($0) }) { _ in }
    }

    private func forget(_ address: String) {
        guard let entry = store.newest(Self.key(address)), let object = try? JSON(parsing: entry.value),
            object[["metadata", "labels", Self.managedBy]]?.string == Self.allocator
        else { return }
        let stored = StoredObject(object, ServiceIPAddress.names)
        store.write(Write(.delete, entry.key, if: .revision(entry.revision)) { stored.bytes($0) }) { _ in }
    }

    static func key(_ address: String) -> String { ObjectKeys.key(ServiceIPAddress.names, namespace: nil, name: address) }

    private static func addresses(_ service: JSON) -> Set<String> {
        Set((service[["spec", "clusterIPs"]]?.array ?? []).compactMap { $0.string.flatMap { IPAddress($0) }?.description })
    }
}
