import API
import Machinery

/// The variables by which a container finds services: `WEB_SERVICE_HOST`, `WEB_PORT_80_TCP_ADDR` and the like.
///
/// Source: pkg/kubelet/envvars.
enum ServiceVariables {
    /// Services of the pod's namespace when it wants them; the API server always.
    static func make(
        _ services: [View<Service>], namespace: String, enableServiceLinks: Bool, api: Kubelet.Endpoint
    ) -> [String: String] {
        var variables: [String: String] = [:]
        for service in services where enableServiceLinks && service.namespace == namespace {
            let address: String = service.spec.clusterIP
            guard !address.isEmpty, address != "None", !(service.name == "kubernetes" && namespace == "default") else { continue }
            let ports: [Port] = service.spec.ports.map { Port(name: $0.name, number: $0.port, protocol: $0.protocol) }
            add(service.name, address, ports, &variables)
        }
        add("kubernetes", api.address, [Port(name: "https", number: api.port, protocol: "TCP")], &variables)
        return variables
    }

    private struct Port {
        let name: String
        let number: Int
        let `protocol`: String
    }

    private static func add(_ service: String, _ address: String, _ ports: [Port], _ variables: inout [String: String]) {
        guard let first = ports.first else { return }
        let prefix: String = variableName(service)
        let host: String = address.contains(":") ? "[\(address)]" : address
        variables[prefix + "_SERVICE_HOST"] = address
        variables[prefix + "_SERVICE_PORT"] = String(first.number)
        for port in ports where !port.name.isEmpty {
            variables["\(prefix)_SERVICE_PORT_\(variableName(port.name))"] = String(port.number)
        }
        variables[prefix + "_PORT"] = "\(first.protocol.lowercased())://\(host):\(first.number)"
        for port in ports {
            let start = "\(prefix)_PORT_\(port.number)_\(port.protocol.uppercased())"
            variables[start] = "\(port.protocol.lowercased())://\(host):\(port.number)"
            variables[start + "_PROTO"] = port.protocol.lowercased()
            variables[start + "_PORT"] = String(port.number)
            variables[start + "_ADDR"] = address
        }
    }

    private static func variableName(_ name: String) -> String { String(name.uppercased().map { $0 == "-" ? "_" : $0 }) }
}
