import API
import Machinery
import Store

/// Holds the objects of a namespace to its ResourceQuotas, and charges them with what they use.
///
/// The last step before the store: what is charged here is stored next, or given back. Source: k8s.io/apiserver/pkg/admission/plugin/resourcequota.
struct ResourceQuotaAdmission: AdmissionPlugin {
    static let name = "ResourceQuota"
    let objects: ParsedObjects
    let ledger: QuotaLedger

    init(objects: ParsedObjects) {
        self.objects = objects
        ledger = QuotaLedger(objects: objects)
    }

    /// A count by the quota controller may have missed objects that are charged already.
    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .update, call.request.subresource == "status", call.isOf(ResourceQuota.self), let old else { return }
        var quota = View<ResourceQuota>(object)
        let revision: Revision = old[["metadata", "resourceVersion"]]?.string.flatMap { Revision($0) } ?? 0
        let pending: [String: Quantity] = ledger.pending(on: call.key(quota.name), since: revision)
        guard !pending.isEmpty else { return }
        object = .null
        var used: [String: Quantity] = quota.status.used
        for (name, amount) in pending where quota.status.hard[name] != nil { used[name] = (used[name] ?? .zero) + amount }
        quota.status.used = used
        object = quota.json
    }

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard let object, Self.isCharged(operation, call), let namespace = call.request.namespace else { return }
        let prefix: String = ObjectKeys.prefix(ResourceQuota.names, namespace: namespace)
        guard let listed = try? objects.store.list(prefix: prefix).entries, !listed.isEmpty else { return }
        let name: String = object[["metadata", "name"]]?.string ?? ""
        let demand = QuotaDemand(object: object, old: old, names: call.names, now: call.now, surroundings)
        var made: [QuotaCharge] = []
        do throws(APIStatus) {
            for entry in listed {
                let charge: QuotaCharge? = try ledger.charge(entry.key) { quota throws(APIStatus) in
                    switch demand.of(quota) {
                    case .nothing: return nil
                    case .amounts(let amounts): return call.options.dryRun ? nil : amounts
                    case .refused(let why): throw .forbidden(call.names, name, why)
                    }
                }
                if let charge { made.append(charge) }
            }
        } catch {
            ledger.giveBack(made)
            throw error
        }
        for charge in made { call.charges.add(charge) }
    }

    private var surroundings: ClaimSurroundings {
        ClaimSurroundings(
            resource: { objects.find(DeviceClass.self, ObjectKey(namespace: "", name: $0))?.spec.extendedResourceName },
            pod: { objects.find(Pod.self, $0) }, claims: { objects.list(ResourceClaim.self, namespace: $0) })
    }

    func follows(_ subject: AdmissionSubject) -> Bool { true }

    func awaits(_ call: Call) -> Bool { !call.charges.isEmpty }

    func written(_ object: JSON, old: JSON?, _ call: Call) { ledger.settle(call.charges.take(), at: objects.store.revision) }

    func abandoned(_ object: JSON, old: JSON?, _ call: Call) { ledger.giveBack(call.charges.take()) }

    func removed(_ object: JSON, _ call: Call) {
        ledger.giveBack(call.charges.take())
        if call.isOf(ResourceQuota.self) { ledger.forget(call.key(object[["metadata", "name"]]?.string ?? "")) }
    }

    /// Creations of all kinds but events; of what grows later, its updates too.
    private static func isCharged(_ operation: AdmissionOperation, _ call: Call) -> Bool {
        switch operation {
        case .delete, .connect: return false
        case .create: return call.request.subresource == nil && call.names.plural != "events"
        case .update:
            guard call.names.group.isEmpty else { return false }
            if call.names.plural == "pods" { return call.request.subresource == "resize" }
            return call.request.subresource == nil && ["persistentvolumeclaims", "services"].contains(call.names.plural)
        }
    }
}
