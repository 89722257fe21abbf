import API
import Machinery

/// A pod stays 300 s on a node that is not ready or unreachable, unless it says otherwise.
struct DefaultTolerationSeconds: AdmissionPlugin {
    func concerns(_ subject: AdmissionSubject) -> Bool { subject.isAbout(Pod.self) }

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create else { return }
        var pod = View<Pod>(object)
        let given: [View<Toleration>] = pod.spec.tolerations
        let missing: [View<Toleration>] = Self.standard.filter { wanted in
            !given.contains { ($0.key == wanted.key || $0.key.isEmpty) && ($0.effect == wanted.effect || $0.effect.isEmpty) }
        }
        guard !missing.isEmpty else { return }
        object = .null
        pod.spec.tolerations = given + missing
        object = pod.json
    }

    private static let standard: [View<Toleration>] = {
        let tolerations: [View<Toleration>] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].map { key in
            View<Toleration> {
                $0.key = key
                $0.operator = "Exists"
                $0.effect = "NoExecute"
                $0.tolerationSeconds = 300
            }
        }
        Toleration.definition.schema.trust(tolerations.map(\.json))
        return tolerations
    }()
}
