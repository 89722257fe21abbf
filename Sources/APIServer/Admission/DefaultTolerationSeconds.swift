import API
import Machinery

/// A pod stays 300 s on a node that is not ready or unreachable, unless it says otherwise.
struct DefaultTolerationSeconds: AdmissionPlugin {
    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create, call.isAbout(Pod.self) else { return }
        var pod = View<Pod>(object)
        object = .null
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let isTolerated: Bool = pod.spec.tolerations.contains { toleration in
                (toleration.key == key || toleration.key.isEmpty) && (toleration.effect == "NoExecute" || toleration.effect.isEmpty)
            }
            guard !isTolerated else { continue }
            pod.spec.tolerations.append(
                View<Toleration> {
                    $0.key = key
                    $0.operator = "Exists"
                    $0.effect = "NoExecute"
                    $0.tolerationSeconds = 300
                })
        }
        object = pod.json
    }
}
