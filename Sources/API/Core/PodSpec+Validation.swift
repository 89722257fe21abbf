package import Machinery

/// The rules between the parts of a pod's spec. Rules of one part stand at the part. Source: `ValidatePodSpec` of pkg/apis/core/validation.
extension PodSpec {
    package static func validate(_ spec: View<PodSpec>, _ path: Path, _ problems: inout Problems) {
        let check = ContainerCheck(spec)
        check.validateVolumes(path.child("volumes"), &problems)
        check.validateContainers(path, &problems)
        validateHostNamespaces(spec, path, &problems)
        Labels.validate(spec.json["nodeSelector"], path.child("nodeSelector"), &problems)
        validateSysctls(spec, path.child("securityContext"), &problems)
        if spec.dnsPolicy == "None", spec.dnsConfig == nil {
            problems.required(path.child("dnsConfig"), "must provide `dnsConfig` when `dnsPolicy` is None")
        } else if spec.dnsPolicy == "None", spec.dnsConfig?.nameservers.isEmpty == true {
            problems.required(
                path.child("dnsConfig").child("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None")
        }
        validateUnique(spec.readinessGates.map { $0.conditionType }, path.child("readinessGates"), "conditionType", &problems)
        validateUnique(spec.schedulingGates.map { $0.name }, path.child("schedulingGates"), nil, &problems)
        validateUnique(spec.resourceClaims.map { $0.name }, path.child("resourceClaims"), "name", &problems)
        validateSpread(spec.topologySpreadConstraints, path.child("topologySpreadConstraints"), &problems)
        if !spec.schedulingGates.isEmpty, !spec.nodeName.isEmpty {
            problems.forbidden(path.child("nodeName"), "cannot be set until all schedulingGates have been cleared")
        }
        for member in spec.json["overhead"]?.object?.members ?? [] {
            ResourceName.validate(Quantity.read(member.value), of: member.key, path.child("overhead").key(member.key), &problems)
        }
        if let whole: View<ResourceRequirements> = spec.resources { validateWhole(whole, of: spec, path.child("resources"), &problems) }
    }

    private static func validateHostNamespaces(_ spec: View<PodSpec>, _ path: Path, _ problems: inout Problems) {
        if spec.shareProcessNamespace == true, spec.hostPID {
            problems.invalid(
                path.child("shareProcessNamespace"), true, "ShareProcessNamespace and HostPID cannot both be enabled")
        }
        guard spec.hostUsers == false else { return }
        if spec.hostNetwork { problems.forbidden(path.child("hostNetwork"), "when `hostUsers` is false") }
        if spec.hostPID { problems.forbidden(path.child("hostPID"), "when `hostUsers` is false") }
        if spec.hostIPC { problems.forbidden(path.child("hostIPC"), "when `hostUsers` is false") }
    }

    /// Kernel settings of namespaces that the pod shares with the node would be those of the node. Source: `validateSysctls`.
    private static func validateSysctls(_ spec: View<PodSpec>, _ path: Path, _ problems: inout Problems) {
        var seen: Set<String> = []
        for (index, sysctl) in (spec.securityContext?.sysctls ?? []).enumerated() {
            let here: Path = path.child("sysctls").index(index).child("name")
            let name: String = String(sysctl.name.map { $0 == "/" ? "." : $0 })
            if !seen.insert(name).inserted { problems.duplicate(here, .string(sysctl.name)) }
            if spec.hostNetwork, name.hasPrefix("net.") {
                problems.invalid(here, .string(sysctl.name), "may not be specified when 'hostNetwork' is true")
            }
            if spec.hostIPC,
                name.hasPrefix("kernel.shm") || name.hasPrefix("kernel.msg") || name.hasPrefix("fs.mqueue.")
                    || name == "kernel.sem"
            {
                problems.invalid(here, .string(sysctl.name), "may not be specified when 'hostIPC' is true")
            }
        }
    }

    private static func validateUnique(_ names: [String], _ path: Path, _ field: String?, _ problems: inout Problems) {
        var seen: Set<String> = []
        for (index, name) in names.enumerated() where !name.isEmpty && !seen.insert(name).inserted {
            let here: Path = path.index(index)
            problems.duplicate(field.map { here.child($0) } ?? here, .string(name))
        }
    }

    private static func validateSpread(
        _ constraints: [View<TopologySpreadConstraint>], _ path: Path, _ problems: inout Problems
    ) {
        var seen: Set<String> = []
        for (index, constraint) in constraints.enumerated() {
            let pair: String = "{\(constraint.topologyKey), \(constraint.whenUnsatisfiable)}"
            if !seen.insert(pair).inserted {
                problems.duplicate(path.index(index).child("{topologyKey, whenUnsatisfiable}"), .string(pair))
            }
        }
    }

    /// What the containers ask for must fit into what the whole pod asks for. Source: `validatePodResources`.
    private static func validateWhole(
        _ whole: View<ResourceRequirements>, of spec: View<PodSpec>, _ path: Path, _ problems: inout Problems
    ) {
        let containers: PodResources = spec.containerRequests
        for (name, amount) in whole.requests.sorted(by: { $0.key < $1.key }) {
            guard name == "cpu" || name == "memory" || name.hasPrefix("hugepages-") else {
                problems.notSupported(path.child("requests").key(name), .string(name), supported: ["cpu", "hugepages-", "memory"])
                continue
            }
            let sum: Quantity = containers[name]
            if sum > amount {
                problems.invalid(
                    path.child("requests").key(name), .string(amount.description),
                    "must be greater than or equal to aggregate container requests of \(sum)")
            }
        }
    }
}
