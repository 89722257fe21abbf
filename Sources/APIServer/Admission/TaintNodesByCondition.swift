import API
import Machinery

/// Taints new nodes as not ready, so that no pod lands on one before its conditions are known.
///
/// Source: plugin/pkg/admission/nodetaint.
struct TaintNodesByCondition: AdmissionPlugin {
    private static let key = "node.kubernetes.io/not-ready"

    func concerns(_ subject: AdmissionSubject) -> Bool { subject.isAbout(Node.self) }

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create else { return }
        var taints: [JSON] = object[["spec", "taints"]]?.array ?? []
        guard !taints.contains(where: { $0["key"]?.string == Self.key && $0["effect"] == "NoSchedule" }) else { return }
        taints.append(["key": .string(Self.key), "effect": "NoSchedule"])
        object[["spec", "taints"]] = .array(taints)
    }
}
