import API
import Machinery
import Synchronization

/// Notes on a Secret with the token of a service account when the token was used last: once a day, as a label.
///
/// Source: pkg/serviceaccount/legacy.go; KEP-2799.
final class LegacyTokenUse: Sendable {
    private let write = Mutex<(@Sendable (APIRequest) -> Void)?>(nil)
    /// The day of the last note, by namespace and name of the Secret: only the first use of a day looks further.
    private let noted = Mutex<[String: Substring]>([:])

    /// - Parameter write: does what is asked, as the server itself.
    func begin(_ write: @escaping @Sendable (APIRequest) -> Void) { self.write.withLock { $0 = write } }

    func note(namespace: String, secret: String, at now: Time) {
        let day: Substring = now.description.prefix(10)
        guard noted.withLock({ $0.updateValue(day, forKey: namespace + "/" + secret) }) != day, let write = write.withLock({ $0 }) else {
            return
        }
        var request = APIRequest(.patch, Secret.names.resource, namespace: namespace, name: secret)
        request.contentType = .mergePatch
        let patch: JSON = ["metadata": ["labels": ["kubernetes.io/legacy-token-last-used": .string(String(day))]]]
        request.body = patch.serialized()
        write(request)
    }
}
