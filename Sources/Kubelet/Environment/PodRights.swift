import API
import Machinery

/// What a whole pod asks for that this node can't give.
enum PodRights {
    /// A sentence for the first field that can't be honoured; nil when all can.
    static func refusal(_ spec: View<PodSpec>) -> String? {
        if let name = spec.runtimeClassName { return "runtimeClassName: RuntimeClass \"\(name)\" is not known to this node" }
        return nil
    }
}
