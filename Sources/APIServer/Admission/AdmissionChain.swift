import API
import Synchronization

/// What is admitted: objects of a kind, or a subresource of theirs.
struct AdmissionSubject {
    let names: KindNames
    let subresource: String?

    /// True when it is objects of this kind themselves, not a subresource.
    func isAbout<K: Kind>(_ kind: K.Type) -> Bool { subresource == nil && isOf(kind) }

    /// True when it is objects of this kind, or a subresource of theirs.
    func isOf<K: Kind>(_ kind: K.Type) -> Bool { names.kind == K.names.kind && names.group == K.names.group }
}

/// All plugins in the order in which they run; of each subject those that have a say in it, found out once.
final class AdmissionChain: Sendable {
    /// A plugin and its place among all.
    final class Step: Sendable {
        let place: Int
        let plugin: any AdmissionPlugin

        fileprivate init(place: Int, plugin: any AdmissionPlugin) {
            self.place = place
            self.plugin = plugin
        }
    }

    /// The plugins of one subject.
    final class Part: Sendable {
        let steps: [Step]
        let followers: [any AdmissionPlugin]
        /// Keeps the names that the part is found by.
        private let names: KindNames

        fileprivate init(_ plugins: [any AdmissionPlugin], _ subject: AdmissionSubject) {
            steps = plugins.enumerated().filter { $1.concerns(subject) }.map { Step(place: $0, plugin: $1) }
            followers = plugins.filter { $0.follows(subject) }
            names = subject.names
        }
    }

    private struct Key: Hashable {
        let names: ObjectIdentifier
        let subresource: String?
    }

    /// More than these, of custom resources that come and go, are forgotten all at once.
    private static let most = 4_096

    let plugins: [any AdmissionPlugin]
    private let parts = Mutex<[Key: Part]>([:])

    init(_ plugins: [any AdmissionPlugin]) { self.plugins = plugins }

    func part(for call: Call) -> Part {
        let key = Key(names: ObjectIdentifier(call.names), subresource: call.request.subresource)
        return parts.withLock { parts in
            if let known = parts[key] { return known }
            if parts.count >= Self.most { parts = [:] }
            let made = Part(plugins, AdmissionSubject(names: call.names, subresource: key.subresource))
            parts[key] = made
            return made
        }
    }
}
