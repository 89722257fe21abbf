package import Machinery

/// Source: `ValidateNode` and `ValidateNodeUpdate` of pkg/apis/core/validation.
extension Node {
    package static func validate(_ node: View<Node>, _ path: Path, _ problems: inout Problems) {
        let spec: Path = path.child("spec")
        var seen: Set<String> = []
        for (index, taint) in node.spec.taints.enumerated() where !seen.insert(taint.key + ":" + taint.effect).inserted {
            problems.duplicate(spec.child("taints").index(index), taint.json)
        }
        for (index, range) in node.spec.podCIDRs.enumerated() {
            for detail in Names.cidr(range) { problems.invalid(spec.child("podCIDRs").index(index), .string(range), detail) }
        }
        let ranges: [String] = node.spec.podCIDRs
        if let first: String = ranges.first, !node.spec.podCIDR.isEmpty, first != node.spec.podCIDR {
            problems.invalid(
                spec.child("podCIDRs").index(0), .string(first), "must be the same as podCIDR (\(node.spec.podCIDR))")
        }
        var addresses: Set<JSON> = []
        for (index, address) in node.status.addresses.enumerated() where !addresses.insert(address.json).inserted {
            problems.duplicate(path.child("status").child("addresses").index(index), address.json)
        }
        for field in ["capacity", "allocatable"] {
            for member in node.status.json[field]?.object?.members ?? [] {
                ResourceName.validate(
                    Quantity.read(member.value), of: member.key, path.child("status").child(field).key(member.key), &problems)
            }
        }
    }

    package static func validateUpdate(_ node: View<Node>, from old: View<Node>, _ path: Path, _ problems: inout Problems) {
        let spec: Path = path.child("spec")
        if !old.spec.podCIDRs.isEmpty, node.spec.podCIDRs != old.spec.podCIDRs {
            problems.forbidden(spec.child("podCIDRs"), "node updates may not change podCIDR except from \"\" to valid")
        }
        if !old.spec.providerID.isEmpty, node.spec.providerID != old.spec.providerID {
            problems.forbidden(spec.child("providerID"), "node updates may not change providerID except from \"\" to valid")
        }
        for (index, (new, before)) in zip(node.spec.taints, old.spec.taints).enumerated()
        where new.key == before.key && new.effect == before.effect && new.value == before.value
            && before.timeAdded != nil && new.timeAdded != nil && new.timeAdded != before.timeAdded
        {
            problems.forbidden(spec.child("taints").index(index).child("timeAdded"), "node updates may not change timeAdded")
        }
    }
}
