import API
import Machinery

/// A ConfigMap or Secret that a pod takes files or variables from.
struct PodSource: Sendable, Hashable {
    enum Kind: Sendable, Hashable { case configMap, secret }

    let kind: Kind
    let key: ObjectKey

    static func all(of pod: View<Pod>) -> Set<PodSource> {
        var found: Set<PodSource> = []
        func add(_ kind: Kind, _ name: String?) {
            if let name, !name.isEmpty { found.insert(PodSource(kind: kind, key: ObjectKey(namespace: pod.namespace, name: name))) }
        }
        for volume in pod.spec.volumes {
            add(.configMap, volume.configMap?.name)
            add(.secret, volume.secret?.secretName)
            for source in volume.projected?.sources ?? [] {
                add(.configMap, source.configMap?.name)
                add(.secret, source.secret?.name)
            }
        }
        let containers: [View<Container>] = pod.spec.initContainers + pod.spec.containers
        for container in containers {
            for source in container.envFrom {
                add(.configMap, source.configMapRef?.name)
                add(.secret, source.secretRef?.name)
            }
            for variable in container.env {
                add(.configMap, variable.valueFrom?.configMapKeyRef?.name)
                add(.secret, variable.valueFrom?.secretKeyRef?.name)
            }
        }
        return found
    }
}
