import API
import Machinery

/// Gives each pod a service account and mounts its token where client libraries look for it.
struct ServiceAccountAdmission: AdmissionPlugin {
    static let name = "ServiceAccount"
    let objects: ParsedObjects

    private static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"

    func concerns(_ subject: AdmissionSubject) -> Bool { subject.isAbout(Pod.self) }

    func admit(_ operation: AdmissionOperation, _ object: inout JSON, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create else { return }
        var pod = View<Pod>(object)
        // A mirror pod stands for a static one, which knows no service account.
        guard !pod.isMirror else { return }
        object = .null
        let given: String = pod.spec.serviceAccountName
        let name: String = given.isEmpty ? "default" : given
        pod.spec.serviceAccountName = name
        pod.spec.serviceAccount = name
        let namespace: String = call.request.namespace ?? ""
        guard let account = objects.find(ServiceAccount.self, ObjectKey(namespace: namespace, name: name)) else {
            throw .forbidden(
                call.names, pod.name,
                "error looking up service account \(namespace)/\(name): serviceaccount \"\(name)\" not found")
        }
        if pod.spec.imagePullSecrets.isEmpty { pod.spec.imagePullSecrets = account.imagePullSecrets }
        if pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true { mountToken(&pod) }
        object = pod.json
    }

    private func mountToken(_ pod: inout View<Pod>) {
        let names: Set<String> = Set(pod.spec.volumes.map { $0.name })
        var name: String
        repeat { name = Metadata.generatedName("kube-api-access-") } while names.contains(name)
        let mount = View<VolumeMount> {
            $0.name = name
            $0.readOnly = true
            $0.mountPath = Self.mountPath
        }
        var isMounted = false
        func mounted(_ containers: [View<Container>]) -> [View<Container>] {
            containers.map { container in
                guard !container.volumeMounts.contains(where: { $0.mountPath == Self.mountPath }) else { return container }
                isMounted = true
                var container: View<Container> = container
                container.volumeMounts.append(mount)
                return container
            }
        }
        pod.spec.containers = mounted(pod.spec.containers)
        if !pod.spec.initContainers.isEmpty { pod.spec.initContainers = mounted(pod.spec.initContainers) }
        if isMounted { pod.spec.volumes.append(View<Volume>(["name": .string(name), "projected": Self.projection])) }
    }

    /// Token, certificate authority and namespace, as client libraries expect them.
    private static let projection: JSON = {
        let projection: JSON = [
            "defaultMode": 420,
            "sources": [
                ["serviceAccountToken": ["expirationSeconds": 3607, "path": "token"]],
                ["configMap": ["name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]]]],
                ["downwardAPI": ["items": [["path": "namespace", "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"]]]]],
            ],
        ]
        ProjectedVolumeSource.definition.schema.trust([projection])
        return projection
    }()
}
