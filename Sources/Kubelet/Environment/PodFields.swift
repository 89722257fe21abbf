import API
import Machinery

/// What a container can learn about its own pod: fields by path, requests and limits by name.
struct PodFields: Sendable {
    let pod: View<Pod>
    /// The node's addresses and the pod's, the main one first.
    let hostIPs: [String]
    let podIPs: [String]
    /// What the node gives to pods, for limits that are not set.
    let allocatable: [String: Quantity]

    /// The value of a field; nil for a path that the API does not know.
    func value(of path: String) -> String? {
        if let (base, key) = DownwardAPI.split(path) {
            switch base {
            case "metadata.labels": return pod.metadata.labels[key] ?? ""
            case "metadata.annotations": return pod.metadata.annotations[key] ?? ""
            default: return nil
            }
        }
        switch path {
        case "metadata.name": return pod.name
        case "metadata.namespace": return pod.namespace
        case "metadata.uid": return pod.metadata.uid
        case "metadata.labels": return Self.lines(pod.metadata.labels)
        case "metadata.annotations": return Self.lines(pod.metadata.annotations)
        case "spec.nodeName": return pod.spec.nodeName
        case "spec.serviceAccountName": return pod.spec.serviceAccountName
        case "status.hostIP": return hostIPs.first ?? ""
        case "status.hostIPs": return hostIPs.joined(separator: ",")
        case "status.podIP": return podIPs.first ?? ""
        case "status.podIPs": return podIPs.joined(separator: ",")
        default: return nil
        }
    }

    /// A request or limit as a whole number of its divisor, rounded up; nil for a container or resource that is not there.
    func value(of selector: View<ResourceFieldSelector>, container: View<Container>?) -> String? {
        let wanted: String = selector.containerName
        let all: [View<Container>] = pod.spec.containers + pod.spec.initContainers
        guard let container: View<Container> = wanted.isEmpty ? container : all.first(where: { $0.name == wanted }) else { return nil }
        let parts: [Substring] = selector.resource.split(separator: ".", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let name = String(parts[1])
        let requests: [String: Quantity] = container.resources.requests
        let limits: [String: Quantity] = container.resources.limits
        let amount: Quantity
        switch parts[0] {
        case "limits": amount = limits[name].flatMap { $0.isZero ? nil : $0 } ?? allocatable[name] ?? .zero
        case "requests": amount = requests[name] ?? .zero
        default: return nil
        }
        let divisor: Quantity = selector.divisor.isZero ? Quantity(1) : selector.divisor
        let quotient: Int128 = (amount.nanos + divisor.nanos - 1) / divisor.nanos
        return String(quotient)
    }

    /// `key="value"` a line, sorted, quoted as Go's `%q` does.
    private static func lines(_ map: [String: String]) -> String {
        map.sorted { $0.key < $1.key }.map { "\($0.key)=\(quoted($0.value))" }.joined(separator: "\n")
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{07}": result += "\\a"
            case "\u{08}": result += "\\b"
            case "\u{0B}": result += "\\v"
            case "\u{0C}": result += "\\f"
            case let other where other.value < 0x20 || other.value == 0x7F:
                let digits = String(other.value, radix: 16)
                result += "\\x" + (digits.count < 2 ? "0" : "") + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
