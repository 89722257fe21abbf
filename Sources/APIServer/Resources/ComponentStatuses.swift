import API
import Machinery

/// The ComponentStatus objects.
///
/// All parts of the control plane live in this process and fall with it: who can answer is well. The store is `etcd-0`, as programs look
/// for it.
struct ComponentStatuses: FoundObjects {
    /// Of the parts beside the store.
    let components: [String]

    var names: KindNames { ComponentStatus.names }

    func objects() -> [JSON] {
        (components + ["etcd-0"]).map { name in
            var status: View<ComponentStatus> = ComponentStatus.new(name)
            status.conditions = [
                View {
                    $0.type = "Healthy"
                    $0.status = "True"
                    $0.message = "ok"
                }
            ]
            return status.json
        }
    }
}
