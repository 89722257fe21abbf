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
}
