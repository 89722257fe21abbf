package import Machinery

/// What an update of a pod may change. Source: `ValidatePodUpdate` and its neighbours of pkg/apis/core/validation.
extension Pod {
    package static func validateUpdate(_ pod: View<Pod>, from old: View<Pod>, _ path: Path, _ problems: inout Problems) {
        pod.validateDeletionCost(from: old, &problems)
        let spec: Path = path.child("spec")
        guard pod.spec.containers.count == old.spec.containers.count else {
            return problems.forbidden(spec.child("containers"), "pod updates may not add or remove containers")
        }
        guard pod.spec.initContainers.count == old.spec.initContainers.count else {
            return problems.forbidden(spec.child("initContainers"), "pod updates may not add or remove containers")
        }
        validateDeadline(pod.spec, from: old.spec, spec.child("activeDeadlineSeconds"), &problems)
        validateTolerations(pod.spec.tolerations, from: old.spec.tolerations, spec.child("tolerations"), &problems)
        let gates: Set<String> = Set(old.spec.schedulingGates.map { $0.name })
        for (index, gate) in pod.spec.schedulingGates.enumerated() where !gates.contains(gate.name) {
            problems.forbidden(
                spec.child("schedulingGates"), "only deletion is allowed, but found new scheduling gate '\(gate.name)' at \(index)")
        }
        let changed: JSON = withoutChangeable(pod.spec.json, like: old.spec.json)
        guard changed != old.spec.json else { return }
        problems.forbidden(spec, mayNotChange + differences(old.spec.json, changed, "spec").joined())
    }

    /// Adding ephemeral containers through their subresource: those that are there stay as they are.
    ///
    /// Source: `ValidatePodEphemeralContainersUpdate`.
    package static func validateEphemeralContainersUpdate(_ pod: View<Pod>, from old: View<Pod>, _ problems: inout Problems) {
        guard !old.isMirror else { return problems.forbidden(Path(""), "static pods do not support ephemeral containers") }
        let path: Path = Path("spec").child("ephemeralContainers")
        let new: [View<EphemeralContainer>] = pod.spec.ephemeralContainers
        for (index, container) in old.spec.ephemeralContainers.enumerated() {
            guard let same: View<EphemeralContainer> = new.first(where: { $0.name == container.name }) else {
                problems.forbidden(path, "existing ephemeral containers \"\(container.name)\" may not be removed\n")
                continue
            }
            if same.json != container.json {
                problems.forbidden(path.index(index), "existing ephemeral containers \"\(container.name)\" may not be changed\n")
            }
        }
    }

    /// Changing resources through the subresource: nothing but requests, limits and their policy may differ.
    ///
    /// Source: `ValidatePodResize`.
    package static func validateResize(_ pod: View<Pod>, from old: View<Pod>, _ problems: inout Problems) {
        guard !old.isMirror else { return problems.forbidden(Path(""), "static pods cannot be resized") }
        if pod.spec.os?.name == "windows" { return problems.forbidden(Path(""), "windows pods cannot be resized") }
        let path: Path = Path("spec")
        guard pod.spec.containers.count == old.spec.containers.count else {
            return problems.forbidden(path.child("containers"), "pod resize may not add or remove containers")
        }
        guard pod.spec.initContainers.count == old.spec.initContainers.count else {
            return problems.forbidden(path.child("initContainers"), "pod resize may not add or remove containers")
        }
        if pod.spec.qosClass != old.spec.qosClass {
            problems.invalid(path, .string(pod.spec.qosClass), "Pod QOS Class may not change as a result of resizing")
        }
        var spec: JSON = pod.spec.json
        for list in ["containers", "initContainers"] {
            let before: [JSON] = old.spec.json[list]?.array ?? []
            let new: [JSON] = spec[list]?.array ?? []
            guard !new.isEmpty else { continue }
            validateKept(new, before, path.child(list), &problems)
            spec[list] = .array(zip(new, before).map { withoutResize($0, like: $1, isInit: list == "initContainers") })
        }
        if spec != old.spec.json { problems.forbidden(path, "only cpu and memory resources are mutable") }
    }

    /// A request or limit that is there may change but not go.
    private static func validateKept(_ new: [JSON], _ before: [JSON], _ path: Path, _ problems: inout Problems) {
        for (index, (container, earlier)) in zip(new, before).enumerated() {
            for field in ["limits", "requests"] {
                let names: Set<String> = Set((container["resources"]?[field]?.object ?? [:]).map(\.key))
                for name in (earlier["resources"]?[field]?.object ?? [:]).map(\.key) where !names.contains(name) {
                    problems.forbidden(
                        path.index(index).child("resources").child(field), "resource \(field) cannot be removed")
                }
            }
        }
    }

    /// The container with everything that a resize may change put back: CPU and memory, of sidecars too.
    private static func withoutResize(_ container: JSON, like old: JSON, isInit: Bool) -> JSON {
        if isInit, old["restartPolicy"] != "Always" { return container }
        var container: JSON = container
        for field in ["limits", "requests"] {
            var amounts: JSON = container[["resources", field]] ?? [:]
            for name in ["cpu", "memory"] { amounts[name] = old[["resources", field]]?[name] }
            let isAbsent: Bool = amounts.isEmpty && old[["resources", field]] == nil
            container[["resources", field]] = isAbsent ? JSON?.none : amounts
        }
        return container
    }

    private static let mayNotChange: String =
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
        + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
        + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"

    private static func validateDeadline(
        _ spec: View<PodSpec>, from old: View<PodSpec>, _ path: Path, _ problems: inout Problems
    ) {
        guard let before: Int = old.activeDeadlineSeconds else { return }
        guard let now: Int = spec.activeDeadlineSeconds else {
            return problems.invalid(path, .null, "must not update from a positive integer to nil value")
        }
        if now > before { problems.invalid(path, .int(Int64(now)), "must be less than or equal to previous value") }
    }

    /// Tolerations may be added; of existing ones only the time may change. Source: `validateOnlyAddedTolerations`.
    private static func validateTolerations(
        _ new: [View<Toleration>], from old: [View<Toleration>], _ path: Path, _ problems: inout Problems
    ) {
        func timeless(_ toleration: View<Toleration>) -> JSON {
            var copy: View<Toleration> = toleration
            copy.remove(\.tolerationSeconds)
            return copy.json
        }
        let kept: Set<JSON> = Set(new.map(timeless))
        if !old.allSatisfy({ kept.contains(timeless($0)) }) {
            problems.forbidden(path, "existing toleration can not be modified except its tolerationSeconds")
        }
    }

    /// The new spec with everything that may change put back to what it was.
    private static func withoutChangeable(_ spec: JSON, like old: JSON) -> JSON {
        var spec: JSON = spec
        for field in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] { spec[field] = old[field] }
        if let grace: Int64 = old["terminationGracePeriodSeconds"]?.int, grace < 0, spec["terminationGracePeriodSeconds"]?.int == 1 {
            spec["terminationGracePeriodSeconds"] = old["terminationGracePeriodSeconds"]
        }
        for list in ["containers", "initContainers"] {
            guard let containers: [JSON] = spec[list]?.array, let before: [JSON] = old[list]?.array else { continue }
            spec[list] = .array(
                zip(containers, before).map { container, earlier in
                    var container: JSON = container
                    container["image"] = earlier["image"]
                    return container
                })
        }
        // A pod that waits at a gate may still be narrowed down to fewer nodes.
        if old["schedulingGates"]?.isEmpty == false {
            let before: JSONObject = old["nodeSelector"]?.object ?? [:]
            if before.allSatisfy({ spec["nodeSelector"]?[$0.key] == $0.value }) { spec["nodeSelector"] = old["nodeSelector"] }
        }
        return spec
    }

    /// One line for each value that differs.
    private static func differences(_ old: JSON, _ new: JSON, _ path: String) -> [String] {
        if old == new { return [] }
        if let before: JSONObject = old.object, let after: JSONObject = new.object {
            let keys: [String] = before.keys + after.keys.filter { before[$0] == nil }
            return keys.flatMap { differences(before[$0] ?? .null, after[$0] ?? .null, path + "." + $0) }
        }
        if let before: [JSON] = old.array, let after: [JSON] = new.array, before.count == after.count {
            return before.indices.flatMap { differences(before[$0], after[$0], "\(path)[\($0)]") }
        }
        return ["\n- \(path): \(old)\n+ \(path): \(new)"]
    }
}

extension View<Pod> {
    /// Shows a pod that a node runs of itself: one of a file or an address, or the node's own process.
    package var isMirror: Bool { mirrored != nil }

    /// The uid under which the node knows the pod that this one is a mirror of; nil for any other pod.
    package var mirrored: String? { self.metadata.annotations["kubernetes.io/config.mirror"] }
}
