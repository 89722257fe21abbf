import API
import Machinery

/// What becomes of a Secret of type kubernetes.io/service-account-token.
enum ServiceAccountTokenPlan: Equatable {
    case nothing
    /// Its account is gone, or is another one of the same name.
    case delete
    /// It lacks the token, the certificate, the namespace or the account's uid.
    case fill

    static let uidAnnotation = "kubernetes.io/service-account.uid"

    /// - Parameter account: the service account that the Secret names; nil when there is none.
    static func plan(_ secret: View<Secret>, _ account: View<ServiceAccount>?, certificate: String) -> ServiceAccountTokenPlan {
        guard secret.type == SecretType.serviceAccountToken, !secret.isTerminating else { return .nothing }
        guard let account, !account.isTerminating else { return .delete }
        let uid: String = secret.metadata.annotations[uidAnnotation] ?? ""
        guard uid.isEmpty || uid == account.metadata.uid else { return .delete }
        let isWhole: Bool =
            !uid.isEmpty && secret.data["token"]?.isEmpty == false && secret.data["ca.crt"] == encoded(certificate)
            && secret.data["namespace"] == encoded(secret.namespace)
        return isWhole ? .nothing : .fill
    }

    /// The Secret with everything that it has to have. A token that is there stays.
    static func filled(
        _ secret: View<Secret>, _ account: View<ServiceAccount>, certificate: String, token: () throws -> String
    ) rethrows -> View<Secret> {
        var secret: View<Secret> = secret
        if secret.data["token"]?.isEmpty ?? true { secret.data["token"] = encoded(try token()) }
        secret.data["ca.crt"] = encoded(certificate)
        secret.data["namespace"] = encoded(secret.namespace)
        secret.metadata.annotations[uidAnnotation] = account.metadata.uid
        return secret
    }

    private static func encoded(_ text: String) -> String { Base64Text.encode(Array(text.utf8)) }
}
