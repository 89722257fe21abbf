package import Machinery

/// What the author of a pod should know although it is taken. Source: `GetWarningsForPod` of pkg/api/pod/warnings.go.
extension Pod {
    package static func warnings(_ pod: View<Pod>) -> [String] { PodSpec.warnings(pod.spec, Path("spec")) }
}

extension PodSpec {
    /// For pods and templates alike.
    package static func warnings(_ spec: View<PodSpec>, _ path: Path) -> [String] {
        var warnings: [String] = []
        if spec.terminationGracePeriodSeconds < 0 {
            warnings.append(
                "\(path.child("terminationGracePeriodSeconds")): must be >= 0; negative values are invalid and will be treated as 1")
        }
        for (list, containers) in [("initContainers", spec.initContainers), ("containers", spec.containers)] {
            for (index, container) in containers.enumerated() {
                warnings += self.warnings(container, path.child(list).index(index))
            }
        }
        return warnings
    }

    private static func warnings(_ container: View<Container>, _ path: Path) -> [String] {
        var warnings: [String] = []
        var variables: Set<String> = []
        for (index, variable) in container.env.enumerated() where !variables.insert(variable.name).inserted {
            // A definition that builds on the earlier one is meant.
            guard !variable.value.contains("$(\(variable.name))") else { continue }
            warnings.append(
                "\(path.child("env").index(index)): hides previous definition of \"\(variable.name)\", "
                    + "which may be dropped when using apply")
        }
        var ports: [String: Int] = [:]
        for (index, port) in container.ports.enumerated() {
            let key: String = "\(port.containerPort)/\(port.protocol)/\(port.hostPort)/\(port.hostIP)"
            if let first: Int = ports[key] {
                warnings.append(
                    "\(path.child("ports").index(index)): duplicate port definition with \(path.child("ports").index(first))")
            } else {
                ports[key] = index
            }
        }
        for (list, amounts) in [("requests", container.resources.requests), ("limits", container.resources.limits)] {
            for name in ["memory", "ephemeral-storage"] {
                guard let amount: Quantity = amounts[name], amount.milliValue % 1000 != 0 else { continue }
                warnings.append(
                    "\(path.child("resources").child(list).key(name)): fractional byte value \"\(amount)\" is invalid, must be an integer")
            }
        }
        return warnings
    }
}
