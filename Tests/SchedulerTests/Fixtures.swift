import API
import Machinery

@testable import Scheduler

/// Pods and nodes in a few words.
func pod(
    _ name: String, _ spec: String = "", labels: [String: String] = [:], namespace: String = "default", priority: Int = 0
) throws -> PodInfo {
    PodInfo(try podView(name, spec, labels: labels, namespace: namespace, priority: priority))
}

/// - Parameter spec: members of the spec as JSON, without braces.
func podView(
    _ name: String, _ spec: String = "", labels: [String: String] = [:], namespace: String = "default", priority: Int = 0
) throws -> View<Pod> {
    var pod: View<Pod> = Pod.new(name, namespace: namespace) {
        $0.metadata.uid = "uid-" + name
        $0.metadata.labels = labels
    }
    pod.json["spec"] = try JSON(parsing: Array(("{" + spec + "}").utf8))
    if pod.spec.containers.isEmpty { pod.json[["spec", "containers"]] = [["name": "c", "image": "i"]] }
    pod.spec.priority = priority
    return pod
}

/// A container that asks for this much.
func asking(cpu: String = "", memory: String = "", others: [String: String] = [:]) -> String {
    var parts: [String] = others.map { "\"\($0)\":\"\($1)\"" }
    if !cpu.isEmpty { parts.append("\"cpu\":\"\(cpu)\"") }
    if !memory.isEmpty { parts.append("\"memory\":\"\(memory)\"") }
    return "\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"resources\":{\"requests\":{\(parts.joined(separator: ","))}}}]"
}

func nodeView(
    _ name: String, labels: [String: String] = [:], cpu: String = "4", memory: String = "8Gi", pods: Int = 110, spec: String = "",
    others: [String: String] = [:]
) throws -> View<Node> {
    var labels: [String: String] = labels
    labels["kubernetes.io/hostname"] = name
    var node: View<Node> = Node.new(name) { $0.metadata.labels = labels }
    node.json["spec"] = try JSON(parsing: Array(("{" + spec + "}").utf8))
    var amounts: [String: Quantity] = [:]
    for (name, amount) in others.merging(["cpu": cpu, "memory": memory, "pods": "\(pods)"], uniquingKeysWith: { one, _ in one }) {
        amounts[name] = try Quantity(amount)
    }
    node.status.allocatable = amounts
    return node
}

func node(
    _ name: String, labels: [String: String] = [:], cpu: String = "4", memory: String = "8Gi", pods: Int = 110, spec: String = "",
    others: [String: String] = [:], running: [PodInfo] = []
) throws -> NodeInfo {
    var info = NodeInfo(try nodeView(name, labels: labels, cpu: cpu, memory: memory, pods: pods, spec: spec, others: others))
    for pod in running { info.add(pod) }
    return info
}

extension Decision {
    /// Name of the node, or the message.
    var text: String {
        switch self {
        case .node(let name): name
        case .nowhere(let unfit): unfit.message
        }
    }
}

/// Where a pod goes, or why nowhere.
func place(_ pod: PodInfo, _ nodes: [NodeInfo], namespaces: [String: [String: String]] = [:]) -> String {
    Decision.make(for: pod, Snapshot(nodes: nodes, namespaces: namespaces)).text
}
