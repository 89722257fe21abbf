import API
import Machinery

/// Limits what a node agent may write to its own Node, its own Lease and the pods that run on it.
///
/// Source: plugin/pkg/admission/noderestriction.
struct NodeRestriction: AdmissionPlugin {
    let objects: Objects

    private static let kinds: Set<String> = ["pods", "nodes", "leases", "podcertificaterequests"]

    func concerns(_ subject: AdmissionSubject) -> Bool { Self.kinds.contains(subject.names.plural) }

    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard let node = NodeAuthorizer.nodeName(call.user) else { return }
        switch (call.names.group, call.names.plural) {
        case ("", "pods"): try checkPod(operation, object.map { View<Pod>($0) }, old: old.map { View<Pod>($0) }, node, call)
        case ("", "nodes"): try checkNode(operation, object.map { View<Node>($0) }, old: old.map { View<Node>($0) }, node, call)
        case ("coordination.k8s.io", "leases"): try checkLease(object, node, call)
        case ("certificates.k8s.io", "podcertificaterequests") where operation == .create:
            if let object { try checkCertificate(View<PodCertificateRequest>(object).spec, node, call) }
        default: return
        }
    }

    private func checkPod(
        _ operation: AdmissionOperation, _ pod: View<Pod>?, old: View<Pod>?, _ node: String, _ call: Call
    ) throws(APIStatus) {
        let name: String = (pod ?? old)?.name ?? ""
        switch (operation, call.request.subresource) {
        case (.create, nil):
            guard let pod else { return }
            guard pod.isMirror else {
                throw refusal(
                    call, name,
                    "pod does not have \"kubernetes.io/config.mirror\" annotation, node \"\(node)\" can only create mirror pods")
            }
            guard pod.spec.nodeName == node else {
                throw refusal(call, name, "node \"\(node)\" can only create pods with spec.nodeName set to itself")
            }
            guard pod.spec.serviceAccountName.isEmpty else {
                throw refusal(call, name, "node \"\(node)\" can not create pods that reference a service account")
            }
        case (.delete, nil):
            guard old?.spec.nodeName == node else {
                throw refusal(call, name, "node \"\(node)\" can only delete pods with spec.nodeName set to itself")
            }
        case (.update, "status"):
            guard old?.spec.nodeName == node else {
                throw refusal(call, name, "node \"\(node)\" can only update pod status for pods with spec.nodeName set to itself")
            }
            if pod?.metadata.labels != old?.metadata.labels {
                throw refusal(call, name, "node \"\(node)\" cannot update labels through pod status")
            }
        default: return
        }
    }

    private func checkNode(
        _ operation: AdmissionOperation, _ new: View<Node>?, old: View<Node>?, _ node: String, _ call: Call
    ) throws(APIStatus) {
        let name: String = (new ?? old)?.name ?? ""
        guard name == node else { throw refusal(call, name, "node \"\(node)\" is not allowed to modify node \"\(name)\"") }
        guard operation == .update, let new, let old else { return }
        if new.json[["spec", "configSource"]] != old.json[["spec", "configSource"]] {
            throw refusal(call, name, "node \"\(node)\" is not allowed to update configSource to a new non-nil configSource")
        }
        if new.json[["spec", "taints"]] != old.json[["spec", "taints"]] {
            throw refusal(call, name, "node \"\(node)\" is not allowed to modify taints")
        }
        let changed: [String] = Set(new.metadata.labels.keys).union(old.metadata.labels.keys)
            .filter { new.metadata.labels[$0] != old.metadata.labels[$0] && Self.isReserved($0) }.sorted()
        if !changed.isEmpty {
            throw refusal(call, name, "is not allowed to modify labels: \(changed.joined(separator: ", "))")
        }
    }

    /// Labels by which administrators keep workloads apart. Source: `getModifiedLabels` and the NodeRestriction documentation.
    private static func isReserved(_ label: String) -> Bool {
        guard let prefix = label.split(separator: "/").first, label.contains("/") else { return false }
        return prefix == "node-restriction.kubernetes.io" || prefix.hasSuffix(".node-restriction.kubernetes.io")
    }

    /// A node asks for certificates of the pods that run on it, under their own accounts.
    private func checkCertificate(_ wish: View<PodCertificateRequestSpec>, _ node: String, _ call: Call) throws(APIStatus) {
        func complain(_ text: String) -> APIStatus { refusal(call, call.request.name ?? "", text) }
        guard wish.nodeName == node else {
            throw complain("PodCertificateRequest.Spec.NodeName=\"\(wish.nodeName)\", which is not the requesting node \"\(node)\"")
        }
        let key = ObjectKey(namespace: call.request.namespace ?? "", name: wish.podName)
        guard let pod = objects.find(Pod.self, key) else { throw complain("pod \"\(key.namespace)/\(key.name)\" not found") }
        guard pod.metadata.uid == wish.podUID else {
            throw complain(
                "PodCertificateRequest for pod \"\(key.namespace)/\(key.name)\" contains pod UID (\"\(wish.podUID)\") which differs from running pod \"\(pod.metadata.uid)\""
            )
        }
        guard pod.spec.nodeName == node else {
            throw complain("pod \"\(key.namespace)/\(key.name)\" is not running on node \"\(node)\"")
        }
        let account: String = pod.spec.serviceAccountName.isEmpty ? "default" : pod.spec.serviceAccountName
        guard account == wish.serviceAccountName else {
            throw complain(
                "PodCertificateRequest for pod \"\(key.namespace)/\(key.name)\" contains serviceAccountName (\"\(wish.serviceAccountName)\") that differs from running pod (\"\(account)\")"
            )
        }
    }

    private func checkLease(_ object: JSON?, _ node: String, _ call: Call) throws(APIStatus) {
        guard let object else { return }
        let name: String = object[["metadata", "name"]]?.string ?? ""
        guard call.request.namespace == "kube-node-lease" else {
            throw refusal(call, name, "can only access leases in the \"kube-node-lease\" system namespace")
        }
        guard name == node else {
            throw refusal(call, name, "can only access node lease with the same name as the requesting node")
        }
    }

    private func refusal(_ call: Call, _ name: String, _ why: String) -> APIStatus { .forbidden(call.names, name, why) }
}
