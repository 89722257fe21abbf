import API
import Machinery
import Sandbox

/// What a node and its pods use, in the forms that collectors of metrics read. Source: pkg/kubelet/server/stats and
/// pkg/kubelet/metrics/collectors.
struct NodePages: Sendable {
    let nodeName: String
    let pods: [PodUsage]
    /// Processors by container, where they were measured, by the pod's uid and the container's name.
    let rates: [String: Quantity]
    /// Of containers that have control groups, by the same.
    let details: [String: ControlGroups.Details]
    /// Of pods with a network of their own, by the pod's uid.
    let interfaces: [String: [InterfaceUsage]]
    /// Storage of claims that pods have mounted, by the pod's uid.
    var volumes: [String: [VolumeUsage]] = [:]
    let host: HostUsage?
    let hostRate: Quantity?
    let disk: DiskSpace?
    /// When the kubelet began.
    let began: Time
    let now: Time

    // MARK: - /stats/summary

    var summary: JSON {
        var node: JSON = ["nodeName": .string(nodeName), "startTime": began.json]
        if let host {
            node["cpu"] = cpu(host.cpu, hostRate)
            var memory: JSON = self.memory(host.memory)
            memory["availableBytes"] = .int(host.available)
            node["memory"] = memory
        }
        if let disk {
            let facts: JSON = space(disk)
            node["fs"] = facts
            node["runtime"] = ["imageFs": facts, "containerFs": facts]
        }
        return ["node": node, "pods": .array(pods.map(summary(of:)))]
    }

    private func summary(of pod: PodUsage) -> JSON {
        var json: JSON = [
            "podRef": ["name": .string(pod.key.name), "namespace": .string(pod.key.namespace), "uid": .string(pod.uid)],
            "startTime": (pod.startedAt ?? began).json,
        ]
        json["containers"] = .array(
            pod.containers.map { container in
                [
                    "name": .string(container.name), "startTime": container.startedAt.json,
                    "cpu": cpu(container.cpuNanoseconds, rate(of: container, in: pod)), "memory": memory(container.workingSetBytes),
                ]
            })
        let all: [Quantity] = pod.containers.compactMap { rate(of: $0, in: pod) }
        json["cpu"] = cpu(pod.cpuNanoseconds, all.count == pod.containers.count ? all.reduce(.zero, +) : nil)
        json["memory"] = memory(pod.workingSetBytes)
        if let interfaces = interfaces[pod.uid], let first = interfaces.first {
            var facts: JSON = network(first)
            facts["time"] = now.json
            facts["interfaces"] = .array(interfaces.map(network))
            json["network"] = facts
        }
        let claimed: [VolumeUsage] = volumes[pod.uid] ?? []
        if !claimed.isEmpty {
            json["volume"] = .array(
                claimed.map { volume in
                    var facts: JSON = space(volume.disk)
                    facts["name"] = .string(volume.name)
                    facts["pvcRef"] = ["name": .string(volume.claim), "namespace": .string(pod.key.namespace)]
                    return facts
                })
        }
        json["process_stats"] = ["process_count": .int(pod.containers.reduce(0) { $0 + $1.processes })]
        return json
    }

    private func space(_ disk: DiskSpace) -> JSON {
        [
            "time": now.json, "availableBytes": .int(disk.available), "capacityBytes": .int(disk.capacity), "usedBytes": .int(disk.used),
            "inodesFree": .int(disk.availableInodes), "inodes": .int(disk.inodes), "inodesUsed": .int(disk.usedInodes),
        ]
    }

    private func network(_ interface: InterfaceUsage) -> JSON {
        [
            "name": .string(interface.name), "rxBytes": .int(interface.received.bytes), "rxErrors": .int(interface.received.errors),
            "txBytes": .int(interface.sent.bytes), "txErrors": .int(interface.sent.errors),
        ]
    }

    private func rate(of container: ContainerUsage, in pod: PodUsage) -> Quantity? { rates["\(pod.uid)/\(container.name)"] }

    private func cpu(_ nanoseconds: Int64, _ rate: Quantity?) -> JSON {
        var json: JSON = ["time": now.json]
        if let rate { json["usageNanoCores"] = .int((rate * 1_000_000_000).value) }
        json["usageCoreNanoSeconds"] = .int(nanoseconds)
        return json
    }

    private func memory(_ bytes: Int64) -> JSON { ["time": now.json, "usageBytes": .int(bytes), "workingSetBytes": .int(bytes)] }

    // MARK: - /metrics/resource

    var resourceMetrics: String {
        var text = MetricText(milliseconds: now.seconds * 1000)
        text.begin(
            "container_cpu_usage_seconds_total", "counter", "[STABLE] Cumulative cpu time consumed by the container in core-seconds")
        each { text.add($0, seconds: $2.cpuNanoseconds) }
        text.begin(
            "container_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the container in bytes")
        each { text.add($0, $2.workingSetBytes) }
        text.begin(
            "container_start_time_seconds", "gauge", "[STABLE] Start time of the container since unix epoch in seconds")
        each { text.add($0, $2.startedAt.seconds) }
        if let host {
            text.begin("node_cpu_usage_seconds_total", "counter", "[STABLE] Cumulative cpu time consumed by the node in core-seconds")
            text.add([], seconds: host.cpu)
            text.begin("node_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the node in bytes")
            text.add([], host.memory)
        }
        text.begin("pod_cpu_usage_seconds_total", "counter", "[STABLE] Cumulative cpu time consumed by the pod in core-seconds")
        for pod in pods { text.add(labels(pod), seconds: pod.cpuNanoseconds) }
        text.begin("pod_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the pod in bytes")
        for pod in pods { text.add(labels(pod), pod.workingSetBytes) }
        text.begin(
            "resource_scrape_error", "gauge", "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise")
        text.add([], pods.allSatisfy(\.isWhole) ? 0 : 1)
        return text.text
    }

    // MARK: - /metrics/cadvisor

    var containerMetrics: String {
        var text = MetricText(milliseconds: now.seconds * 1000)
        func named(_ labels: [(String, String)], _ pod: PodUsage, _ container: ContainerUsage) -> [(String, String)] {
            [("container", container.name), ("id", "/\(pod.uid)/\(container.run)"), ("name", container.run)] + labels.dropFirst()
        }
        text.begin("container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed in seconds.")
        each { text.add(named($0, $1, $2) + [("cpu", "total")], seconds: $2.cpuNanoseconds) }
        text.begin("container_memory_usage_bytes", "gauge", "Current memory usage in bytes, including all memory.")
        each { text.add(named($0, $1, $2), $2.workingSetBytes) }
        text.begin("container_memory_working_set_bytes", "gauge", "Current working set in bytes.")
        each { text.add(named($0, $1, $2), $2.workingSetBytes) }
        text.begin("container_start_time_seconds", "gauge", "Start time of the container since unix epoch in seconds.")
        each { text.add(named($0, $1, $2), $2.startedAt.seconds) }
        text.begin("container_last_seen", "gauge", "Last time a container was seen by the exporter")
        each { text.add(named($0, $1, $2), now.seconds) }
        writeDetails(&text, named)
        writeNetworks(&text)
        text.begin("machine_cpu_cores", "gauge", "Number of logical CPU cores.")
        text.add([], Int64(Host.processors))
        text.begin("machine_memory_bytes", "gauge", "Amount of memory installed on the machine.")
        text.add([], Host.memory)
        return text.text
    }

    /// What only control groups tell. Without them resident memory is all that is known.
    private func writeDetails(_ text: inout MetricText, _ named: ([(String, String)], PodUsage, ContainerUsage) -> [(String, String)]) {
        text.begin("container_memory_rss", "gauge", "Size of RSS in bytes.")
        each { text.add(named($0, $1, $2), details["\($1.uid)/\($2.name)"]?.rss ?? $2.workingSetBytes) }
        guard !details.isEmpty else { return }
        let facts: [(name: String, kind: String, help: String, fact: KeyPath<ControlGroups.Details, Int64>)] = [
            ("container_memory_cache", "gauge", "Number of bytes of page cache memory.", \.cache),
            ("container_memory_swap", "gauge", "Container swap usage in bytes.", \.swap),
            ("container_cpu_cfs_periods_total", "counter", "Number of elapsed enforcement period intervals.", \.periods),
            (
                "container_cpu_cfs_throttled_periods_total", "counter", "Number of throttled period intervals.", \.throttledPeriods
            ),
        ]
        for (name, kind, help, fact) in facts {
            text.begin(name, kind, help)
            each { labels, pod, container in
                guard let found = details["\(pod.uid)/\(container.name)"] else { return }
                text.add(named(labels, pod, container), found[keyPath: fact])
            }
        }
        text.begin("container_cpu_cfs_throttled_seconds_total", "counter", "Total time duration the container has been throttled.")
        each { labels, pod, container in
            guard let found = details["\(pod.uid)/\(container.name)"] else { return }
            text.add(named(labels, pod, container), seconds: found.throttled)
        }
    }

    /// Of the pod, as its containers share it.
    private func writeNetworks(_ text: inout MetricText) {
        let directions: [(String, KeyPath<InterfaceUsage, InterfaceUsage.Flow>)] = [("receive", \.received), ("transmit", \.sent)]
        let facts: [(String, KeyPath<InterfaceUsage.Flow, Int64>)] = [
            ("bytes", \.bytes), ("errors", \.errors), ("packets_dropped", \.dropped), ("packets", \.packets),
        ]
        for (direction, flow) in directions {
            for (name, fact) in facts {
                text.begin("container_network_\(direction)_\(name)_total", "counter", "Cumulative count of \(name): \(direction)")
                for pod in pods {
                    for interface in interfaces[pod.uid] ?? [] {
                        text.add([("interface", interface.name)] + labels(pod), interface[keyPath: flow][keyPath: fact])
                    }
                }
            }
        }
    }

    // MARK: - /metrics

    var nodeMetrics: String {
        var text = MetricText(milliseconds: nil)
        text.begin("kubelet_node_name", "gauge", "[ALPHA] The node's name. The count is always 1.")
        text.add([("node", nodeName)], 1)
        text.begin("kubelet_running_containers", "gauge", "[ALPHA] Number of containers currently running")
        text.add([("container_state", "running")], Int64(pods.reduce(0) { $0 + $1.containers.count }))
        text.begin("kubelet_running_pods", "gauge", "[ALPHA] Number of pods that have a running pod sandbox")
        text.add([], Int64(pods.count { !$0.containers.isEmpty }))
        writeVolumes(&text)
        return text.text
    }

    /// Each claim once, however many pods have it. Source: pkg/kubelet/metrics/collectors/volume_stats.go.
    private func writeVolumes(_ text: inout MetricText) {
        let facts: [(name: String, help: String, fact: KeyPath<DiskSpace, Int64>)] = [
            ("available_bytes", "Number of available bytes in the volume", \.available),
            ("capacity_bytes", "Capacity in bytes of the volume", \.capacity),
            ("inodes", "Maximum number of inodes in the volume", \.inodes),
            ("inodes_free", "Number of free inodes in the volume", \.availableInodes),
            ("inodes_used", "Number of used inodes in the volume", \.usedInodes),
            ("used_bytes", "Number of used bytes in the volume", \.used),
        ]
        var claims: [ObjectKey: DiskSpace] = [:]
        for pod in pods {
            for volume in volumes[pod.uid] ?? [] { claims[ObjectKey(namespace: pod.key.namespace, name: volume.claim)] = volume.disk }
        }
        guard !claims.isEmpty else { return }
        for (name, help, fact) in facts {
            text.begin("kubelet_volume_stats_\(name)", "gauge", "[ALPHA] " + help)
            for (claim, disk) in claims.sorted(by: { $0.key < $1.key }) {
                text.add([("namespace", claim.namespace), ("persistentvolumeclaim", claim.name)], disk[keyPath: fact])
            }
        }
    }

    private func each(_ body: ([(String, String)], PodUsage, ContainerUsage) -> Void) {
        for pod in pods { for container in pod.containers { body([("container", container.name)] + labels(pod), pod, container) } }
    }

    private func labels(_ pod: PodUsage) -> [(String, String)] { [("namespace", pod.key.namespace), ("pod", pod.key.name)] }
}

/// Metrics as Prometheus reads them. Source: its text exposition format.
struct MetricText {
    private(set) var text = ""
    private var name = ""
    private let stamp: String

    /// - Parameter milliseconds: since 1970, when the values were read; nil leaves that to the reader.
    init(milliseconds: Int64?) { stamp = milliseconds.map { " \($0)" } ?? "" }

    mutating func begin(_ name: String, _ kind: String, _ help: String) {
        self.name = name
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }

    mutating func add(_ labels: [(String, String)], _ value: Int64) { add(labels, "\(value)") }

    mutating func add(_ labels: [(String, String)], seconds nanoseconds: Int64) {
        add(labels, "\(Double(nanoseconds / 1000) / 1_000_000)")
    }

    private mutating func add(_ labels: [(String, String)], _ value: String) {
        let list: String = labels.map { "\($0.0)=\(JSON.quoted($0.1))" }.joined(separator: ",")
        text += name + (list.isEmpty ? "" : "{\(list)}") + " \(value)\(stamp)\n"
    }
}
