import API
import Machinery

/// Which IP families a Service gets: what its policy, its families and its addresses say together, filled up from what the cluster has.
///
/// Source: `initIPFamilyFields` of pkg/registry/core/service/storage.
struct ServiceFamilies {
    /// Those of the cluster, the default one first.
    let configured: [IPFamily]

    private static let path = Path("spec")

    /// Fills `ipFamilyPolicy` and `ipFamilies`, and lets go of a second address that is not wanted any more.
    ///
    /// - Parameter before: as stored; nil for a new one.
    /// - Returns: what contradicts itself, or what this cluster has not.
    func settle(_ service: inout View<Service>, _ before: View<Service>?) -> Problems {
        var problems = Problems()
        var spec: View<ServiceSpec> = service.spec
        // What there is not is told with the other fields.
        guard spec.ipFamilies.allSatisfy({ IPFamily(rawValue: $0) != nil }) else { return problems }
        defer { service.spec = spec }
        if let before, isKept(spec, before.spec) { return problems }
        let isFree: Bool = service.isHeadless && spec.selector.isEmpty
        if spec.ipFamilyPolicy == nil {
            spec.ipFamilyPolicy = before?.spec.ipFamilyPolicy ?? (isFree ? "RequireDualStack" : "SingleStack")
        }
        ServiceRules.validateAddresses(spec, Self.path, &problems)
        guard problems.isEmpty else { return problems }
        if let before { shrink(&spec, before.spec, &problems) }
        checkPolicy(spec, &problems)
        infer(&spec, &problems)
        guard problems.isEmpty else { return problems }
        if !isFree {
            checkConfigured(spec, &problems)
            guard problems.isEmpty else { return problems }
        }
        var families: [IPFamily] = spec.ipFamilies.compactMap { IPFamily(rawValue: $0) }
        if families.isEmpty { families = [configured[0]] }
        // Who writes the endpoints himself may have both families in every cluster.
        if families.count == 1, spec.ipFamilyPolicy != "SingleStack", isFree || configured.count == 2 { families.append(families[0].other) }
        spec.ipFamilies = families.map(\.rawValue)
        return problems
    }

    /// A Service that prefers two families stays as it is when the cluster gets or loses one, until somebody changes these fields.
    private func isKept(_ spec: View<ServiceSpec>, _ old: View<ServiceSpec>) -> Bool {
        [spec, old].allSatisfy { $0.ipFamilyPolicy == "PreferDualStack" && $0.type != "ExternalName" }
            && spec.clusterIPs == old.clusterIPs && spec.ipFamilies == old.ipFamilies
    }

    /// SingleStack lets go of the second one; without that word it must not be left out.
    private func shrink(_ spec: inout View<ServiceSpec>, _ old: View<ServiceSpec>, _ problems: inout Problems) {
        guard spec.ipFamilyPolicy == "SingleStack" else {
            for (field, isLess) in [
                ("cluster IP", isLess(spec.clusterIPs, old.clusterIPs)), ("IP family", isLess(spec.ipFamilies, old.ipFamilies)),
            ] where isLess {
                tellPolicy(spec, "must be 'SingleStack' to release the secondary \(field)", &problems)
            }
            return
        }
        if spec.clusterIPs == old.clusterIPs, spec.clusterIPs.count > 1 { spec.clusterIPs = [spec.clusterIPs[0]] }
        if spec.ipFamilies == old.ipFamilies, spec.ipFamilies.count > 1 { spec.ipFamilies = [spec.ipFamilies[0]] }
    }

    /// Whether the second one is left out.
    private func isLess(_ new: [String], _ old: [String]) -> Bool { new.count == 1 && old.count > 1 && new[0] == old[0] }

    private func checkPolicy(_ spec: View<ServiceSpec>, _ problems: inout Problems) {
        guard spec.ipFamilyPolicy == "SingleStack" else { return }
        for (field, count) in [("cluster IPs", spec.clusterIPs.count), ("IP families", spec.ipFamilies.count)] where count == 2 {
            tellPolicy(spec, "must be 'RequireDualStack' or 'PreferDualStack' when multiple \(field) are specified", &problems)
        }
    }

    /// Families that only addresses tell.
    private func infer(_ spec: inout View<ServiceSpec>, _ problems: inout Problems) {
        guard spec.clusterIP != "None" else { return }
        for (index, address) in spec.clusterIPs.enumerated() where index >= spec.ipFamilies.count {
            let family = IPFamily(of: address)
            guard configured.contains(family) else {
                problems.invalid(
                    Self.path.child("clusterIPs").index(index), .array(spec.clusterIPs.map { .string($0) }),
                    "\(family.rawValue) is not configured on this cluster")
                continue
            }
            spec.ipFamilies.append(family.rawValue)
        }
    }

    private func checkConfigured(_ spec: View<ServiceSpec>, _ problems: inout Problems) {
        if spec.ipFamilyPolicy == "RequireDualStack", configured.count < 2 {
            tellPolicy(spec, "this cluster is not configured for dual-stack services", &problems)
        }
        for (index, family) in spec.ipFamilies.enumerated() where !configured.contains(where: { $0.rawValue == family }) {
            problems.invalid(Self.path.child("ipFamilies").index(index), .string(family), "not configured on this cluster")
        }
    }

    private func tellPolicy(_ spec: View<ServiceSpec>, _ detail: String, _ problems: inout Problems) {
        problems.invalid(Self.path.child("ipFamilyPolicy"), .string(spec.ipFamilyPolicy ?? ""), detail)
    }
}
