import API
import Machinery

/// What a whole pod asks for that this node can't give.
enum PodRights {
    /// A sentence for the first field that can't be honoured; nil when all can.
    static func refusal(_ spec: View<PodSpec>) -> String? {
        if spec.hostPID { return "hostPID: this version cannot show the node's processes to a pod; remove the field" }
        if spec.hostIPC { return "hostIPC: this version cannot share the node's inter-process communication with a pod; remove the field" }
        if let context = spec.securityContext, !context.sysctls.isEmpty {
            let names: [String] = context.sysctls.map(\.name)
            return "forbidden sysctl: \"\(names[0])\" not allowlisted: this version sets no kernel parameters for a pod"
        }
        if let os: View<PodOS> = spec.os, os.name != "linux" { return "os.name is \(os.name), and this node runs linux" }
        if !spec.resourceClaims.isEmpty { return "resourceClaims: this version cannot allocate devices; remove the field" }
        if let name = spec.runtimeClassName { return "runtimeClassName: RuntimeClass \"\(name)\" is not known to this node" }
        return nil
    }

    /// The same for a probe or hook of a container.
    static func refusal(_ container: View<Container>) -> String? {
        let probes: [(String, View<Probe>?)] = [
            ("livenessProbe", container.livenessProbe), ("readinessProbe", container.readinessProbe),
            ("startupProbe", container.startupProbe),
        ]
        for (name, probe) in probes {
            guard let probe else { continue }
            if probe.grpc != nil {
                return "container \"\(container.name)\": \(name).grpc: this version has no gRPC probes; use exec, httpGet or tcpSocket"
            }
            if probe.httpGet?.scheme == "HTTPS" {
                return
                    "container \"\(container.name)\": \(name).httpGet: this version probes over HTTP only; use exec or tcpSocket for HTTPS"
            }
        }
        let hooks: [(String, View<LifecycleHandler>?)] = [
            ("postStart", container.lifecycle?.postStart), ("preStop", container.lifecycle?.preStop),
        ]
        for (name, hook) in hooks where hook?.httpGet?.scheme == "HTTPS" {
            return "container \"\(container.name)\": lifecycle.\(name).httpGet: this version asks over HTTP only; use exec for HTTPS"
        }
        return nil
    }
}
