package import Machinery

/// An identity for programs in pods.
package struct ServiceAccount: Kind {
    package static let definition = Definition(ServiceAccount(), "core.v1.ServiceAccount", "An identity for programs in pods.")
    package static let names = KindNames(
        "ServiceAccount", group: "", plural: "serviceaccounts", short: ["sa"],
        subresources: [
            Subresource("token", kind: "TokenRequest", apiVersion: "authentication.k8s.io/v1", verbs: [.create])
        ], returnsDeleted: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let secrets = Field<[ObjectReference]>(
        "secrets", 2, "Secrets that pods of the account may use, where the annotation for it says that no others are allowed.",
        .merge(key: "name"))
    package let imagePullSecrets = Field<[LocalObjectReference]>(
        "imagePullSecrets", 3, "Secrets for pulling images, for pods that name none.", .atomic)
    package let automountServiceAccountToken = Field<Bool?>(
        "automountServiceAccountToken", 4, "False: pods get no token of the account unless they ask for one.")

    package static let columns: [Column<ServiceAccount>] = [
        .name,
        Column("Secrets", .string, "Number of secrets.") { account, _ in .int(Int64(account.secrets.count)) },
        .age,
    ]

    package static func warnings(_ account: View<ServiceAccount>, from old: View<ServiceAccount>?) -> [String] {
        let annotation: String = "kubernetes.io/enforce-mountable-secrets"
        guard let value = account.metadata.annotations[annotation], value != old?.metadata.annotations[annotation] else { return [] }
        return [
            "metadata.annotations[\(annotation)]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"
        ]
    }
}
