import API
import Machinery

/// Limits what pods may reference: mirror pods nothing of the API's secrets, pods of an account with the annotation
/// `kubernetes.io/enforce-mountable-secrets` only the secrets that the account lists.
///
/// Source: plugin/pkg/admission/serviceaccount.
extension ServiceAccountAdmission {
    func validate(_ operation: AdmissionOperation, _ object: JSON?, old: JSON?, _ call: Call) throws(APIStatus) {
        guard operation == .create, let object else { return }
        let pod = View<Pod>(object)
        if pod.isMirror {
            if let what = Self.forbiddenReference(ofMirror: pod) { throw .forbidden(call.names, pod.name, "a mirror pod may not \(what)") }
            return
        }
        let key = ObjectKey(namespace: call.request.namespace ?? "", name: pod.spec.serviceAccountName)
        guard let account = objects.find(ServiceAccount.self, key),
            account.metadata.annotations["kubernetes.io/enforce-mountable-secrets"] == "true",
            let refusal = Self.unlistedSecret(of: pod, account)
        else { return }
        throw .forbidden(call.names, pod.name, refusal)
    }

    private static func forbiddenReference(ofMirror pod: View<Pod>) -> String? {
        if !pod.spec.serviceAccountName.isEmpty { return "reference service accounts" }
        if PodReference.secrets(of: pod).isEmpty == false { return "reference secrets" }
        let projections: [JSON] = pod.json[["spec", "volumes"]]?.array?.flatMap { $0[["projected", "sources"]]?.array ?? [] } ?? []
        return projections.contains { $0["serviceAccountToken"] != nil } ? "use ServiceAccountToken volume projections" : nil
    }

    /// Why the first reference to a secret that the account does not list is refused.
    private static func unlistedSecret(of pod: View<Pod>, _ account: View<ServiceAccount>) -> String? {
        let listed: Set<String> = Set(account.secrets.map { $0.name })
        let end: String = "is not allowed because service account \(account.name) does not reference that secret"
        for volume in pod.json[["spec", "volumes"]]?.array ?? [] {
            if let name = volume[["secret", "secretName"]]?.string, !listed.contains(name) {
                return "volume with secret.secretName=\"\(name)\" \(end)"
            }
        }
        for (list, words) in [("initContainers", "init container"), ("containers", "container")] {
            for container in pod.json[["spec", list]]?.array ?? [] {
                for variable in container["env"]?.array ?? [] {
                    guard let name = variable[["valueFrom", "secretKeyRef", "name"]]?.string, !listed.contains(name) else { continue }
                    return "\(words) \(container["name"]?.string ?? "") with envVar \(variable["name"]?.string ?? "") referencing "
                        + "secret.secretName=\"\(name)\" \(end)"
                }
            }
        }
        let pullable: Set<String> = Set(account.imagePullSecrets.map { $0.name })
        guard let name = pod.spec.imagePullSecrets.map({ $0.name }).first(where: { !pullable.contains($0) }) else { return nil }
        return "imagePullSecrets[].name=\"\(name)\" is not allowed because service account \(account.name) does not reference that "
            + "imagePullSecret"
    }
}
