import Machinery

/// A node, its pods and what they ask of it.
enum NodeDescription {
    /// - Parameter pods: those on the node that have not ended.
    static func write(_ node: JSON, _ pods: [JSON], _ lease: Result<JSON, any Error>, _ text: inout DescribeText) {
        text.field("Name", node.text(at: "metadata", "name"))
        let prefix: String = "node-role.kubernetes.io/"
        var roles: [String] = (node[["metadata", "labels"]]?.object ?? [:]).filter { $0.key.hasPrefix(prefix) }.map {
            String($0.key.dropFirst(prefix.count))
        }
        if let role = node[["metadata", "labels", "kubernetes.io/role"]]?.string { roles.append(role) }
        text.field("Roles", roles.isEmpty ? "<none>" : roles.sorted().joined(separator: ","))
        text.labels(node[["metadata", "labels"]])
        text.annotations(node[["metadata", "annotations"]])
        text.field("CreationTimestamp", DescribeText.date(node[["metadata", "creationTimestamp"]]))
        writeTaints(node, &text)
        text.field("Unschedulable", node[["spec", "unschedulable"]]?.bool == true ? "true" : "false")
        switch lease {
        case .failure(let error): text.field("Lease", "Failed to get lease: \(error)")
        case .success(let lease):
            text.line(0, "Lease:")
            text.line(1, "HolderIdentity:\t\(lease[["spec", "holderIdentity"]]?.string ?? "<unset>")")
            text.line(1, "AcquireTime:\t\(DescribeText.date(lease[["spec", "acquireTime"]]))")
            text.line(1, "RenewTime:\t\(DescribeText.date(lease[["spec", "renewTime"]]))")
        }
        let conditions: [JSON] = node.list("status", "conditions")
        if !conditions.isEmpty {
            text.line(0, "Conditions:")
            text.line(1, "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage")
            text.line(1, "----\t------\t-----------------\t------------------\t------\t-------")
            for condition in conditions {
                text.line(
                    1,
                    "\(condition.text(at: "type")) \t\(condition.text(at: "status")) \t\(DescribeText.date(condition["lastHeartbeatTime"])) "
                        + "\t\(DescribeText.date(condition["lastTransitionTime"])) \t\(condition.text(at: "reason")) \t\(condition.text(at: "message"))"
                )
            }
        }
        text.line(0, "Addresses:")
        for address in node.list("status", "addresses") { text.line(1, "\(address.text(at: "type")):\t\(address.text(at: "address"))") }
        for (title, member) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
            guard let amounts = node[["status", member]]?.object, !amounts.isEmpty else { continue }
            text.line(0, title + ":")
            for amount in amounts.sorted() { text.line(1, "\(amount.key):\t\(GoText.of(amount.value))") }
        }
        writeSystem(node[["status", "nodeInfo"]] ?? [:], &text)
        let range: String = node.text(at: "spec", "podCIDR")
        if !range.isEmpty {
            text.field("PodCIDR", range)
            text.field("PodCIDRs", node.list("spec", "podCIDRs").compactMap(\.string).joined(separator: ","))
        }
        let provider: String = node.text(at: "spec", "providerID")
        if !provider.isEmpty { text.field("ProviderID", provider) }
        writePods(node, pods, &text)
    }

    private static func writeTaints(_ node: JSON, _ text: inout DescribeText) {
        let taints: [String] = node.list("spec", "taints").map { taint in
            let value: String = taint.text(at: "value")
            return "\(taint.text(at: "key"))\(value.isEmpty ? "" : "=" + value):\(taint.text(at: "effect"))"
        }
        if taints.isEmpty { return text.field("Taints", "<none>") }
        for (index, taint) in taints.sorted().enumerated() { text.line(0, "\(index == 0 ? "Taints:" : "")\t\(taint)") }
    }

    private static func writeSystem(_ info: JSON, _ text: inout DescribeText) {
        text.line(0, "System Info:")
        for (title, member) in [
            ("Machine ID", "machineID"), ("System UUID", "systemUUID"), ("Boot ID", "bootID"), ("Kernel Version", "kernelVersion"),
            ("OS Image", "osImage"), ("Operating System", "operatingSystem"), ("Architecture", "architecture"),
            ("Container Runtime Version", "containerRuntimeVersion"), ("Kubelet Version", "kubeletVersion"),
        ] { text.line(1, "\(title):\t\(info.text(at: member))") }
    }

    private static func writePods(_ node: JSON, _ pods: [JSON], _ text: inout DescribeText) {
        text.line(0, "Non-terminated Pods:\t(\(pods.count) in total)")
        text.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge")
        text.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---")
        var sums: [String: (requests: Quantity, limits: Quantity)] = [:]
        let allocatable: JSON = node[["status", "allocatable"]] ?? [:]
        for pod in pods {
            let (requests, limits): ([String: Quantity], [String: Quantity]) = (amounts(pod, "requests"), amounts(pod, "limits"))
            for name in Set(requests.keys).union(limits.keys) {
                let sum = sums[name] ?? (.zero, .zero)
                sums[name] = (sum.requests + (requests[name] ?? .zero), sum.limits + (limits[name] ?? .zero))
            }
            let cells: [String] = [("cpu", requests), ("cpu", limits), ("memory", requests), ("memory", limits)].map { name, amounts in
                share(amounts[name] ?? .zero, of: allocatable[name])
            }
            text.line(
                1,
                "\(pod.text(at: "metadata", "namespace"))\t\(pod.text(at: "metadata", "name"))\t\t\(cells.joined(separator: "\t"))\t"
                    + text.age(pod[["metadata", "creationTimestamp"]]))
        }
        text.line(0, "Allocated resources:")
        text.line(1, "(Total limits may be over 100 percent, i.e., overcommitted.)")
        text.line(1, "Resource\tRequests\tLimits")
        text.line(1, "--------\t--------\t------")
        let plain: [String] = ["cpu", "memory", "ephemeral-storage"]
        for name in plain + sums.keys.filter({ !plain.contains($0) }).sorted() {
            let sum = sums[name] ?? (.zero, .zero)
            text.line(1, "\(name)\t\(share(sum.requests, of: allocatable[name]))\t\(share(sum.limits, of: allocatable[name]))")
        }
    }

    /// `100m (5%)`
    private static func share(_ amount: Quantity, of whole: JSON?) -> String {
        guard let whole = whole?.string.flatMap({ try? Quantity($0) }), whole.double > 0 else { return "\(amount) (0%)" }
        return "\(amount) (\(Int(amount.double / whole.double * 100))%)"
    }

    /// What a pod asks for: its containers together, or its largest init container; sidecars count with both.
    static func amounts(_ pod: JSON, _ member: String) -> [String: Quantity] {
        func read(_ container: JSON) -> [String: Quantity] {
            var amounts: [String: Quantity] = [:]
            for amount in container[["resources", member]]?.object ?? [:] {
                if let quantity = try? Quantity(GoText.of(amount.value)) { amounts[amount.key] = quantity }
            }
            return amounts
        }
        var sum: [String: Quantity] = [:]
        for container in pod.list("spec", "containers") { sum.merge(read(container)) { $0 + $1 } }
        var sidecars: [String: Quantity] = [:]
        var largest: [String: Quantity] = [:]
        for container in pod.list("spec", "initContainers") {
            if container["restartPolicy"] == "Always" {
                sidecars.merge(read(container)) { $0 + $1 }
                largest.merge(sidecars) { max($0, $1) }
            } else {
                largest.merge(read(container).merging(sidecars) { $0 + $1 }) { max($0, $1) }
            }
        }
        sum.merge(sidecars) { $0 + $1 }
        sum.merge(largest) { max($0, $1) }
        for amount in pod[["spec", "overhead"]]?.object ?? [:] {
            if let quantity = try? Quantity(GoText.of(amount.value)), sum[amount.key] != nil || member == "requests" {
                sum[amount.key] = (sum[amount.key] ?? .zero) + quantity
            }
        }
        return sum
    }
}
