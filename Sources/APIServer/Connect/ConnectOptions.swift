import API
import Machinery

/// What admission sees of a connection: its options, as an object of a kind that exists for this alone.
///
/// Source: k8s.io/apiserver/pkg/endpoints/handlers/rest.go (`ConnectResource`).
enum ConnectOptions {
    /// The kind of a subresource's options, for pods.
    static let kinds: [String: String] = [
        "exec": "PodExecOptions", "attach": "PodAttachOptions", "portforward": "PodPortForwardOptions", "proxy": "PodProxyOptions",
    ]

    /// Asks admission about a connection. Throws ``APIStatus`` when it is refused.
    static func admit(_ call: Call, _ server: APIServer) throws(APIStatus) {
        guard let subresource = call.request.subresource, let pods = kinds[subresource] else { return }
        let kind: String = subresource == "proxy" ? call.names.kind + "ProxyOptions" : pods
        var object: JSON = ["kind": .string(kind), "apiVersion": "v1"]
        let options: RequestOptions = call.options
        switch subresource {
        case "exec", "attach":
            for name in ["stdin", "stdout", "stderr", "tty"] where options.isOn(name) { object[name] = true }
            if let container = options["container"] { object["container"] = .string(container) }
            let command: [JSON] = options.other.filter { $0.name == "command" }.map { .string($0.value) }
            if !command.isEmpty { object["command"] = .array(command) }
        case "portforward":
            let ports: [JSON] = options.other.filter { $0.name == "ports" }.flatMap { $0.value.split(separator: ",") }
                .compactMap { Int64($0) }.map { .int($0) }
            if !ports.isEmpty { object["ports"] = .array(ports) }
        default: break
        }
        try server.admitBody(.connect, &object, as: KindNames(kind, group: "", plural: call.names.plural), call)
    }
}
