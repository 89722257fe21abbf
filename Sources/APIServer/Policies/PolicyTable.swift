import API
import Machinery
import Store
import Synchronization

/// All policies of one kind that a binding puts into force, compiled, in the order of their names.
///
/// Follows the stored objects: a write of one throws the table away before it is acknowledged; the next request makes it anew. What
/// was compiled is kept as long as the policy stays as it is.
final class PolicyTable: Sendable {
    struct Enforced: Sendable {
        let policy: AdmissionPolicy
        /// In the order of their names.
        let bindings: [AdmissionPolicyBinding]
    }

    private struct State {
        /// nil before the first use and after a change.
        var entries: [Enforced]?
        var compiled: [String: (revision: Revision, policy: AdmissionPolicy)] = [:]
    }

    private let store: any Store
    private let mutates: Bool
    private let policyPrefix: String
    private let bindingPrefix: String
    private let state = Mutex(State())
    /// False only while the table is made and empty, so that a cluster without policies pays one load a request.
    private let mayMatch = Atomic<Bool>(true)

    init(store: any Store, mutates: Bool) {
        self.store = store
        self.mutates = mutates
        let names: (policy: KindNames, binding: KindNames) =
            mutates
            ? (MutatingAdmissionPolicy.names, MutatingAdmissionPolicyBinding.names)
            : (ValidatingAdmissionPolicy.names, ValidatingAdmissionPolicyBinding.names)
        policyPrefix = ObjectKeys.prefix(names.policy)
        bindingPrefix = ObjectKeys.prefix(names.binding)
    }

    /// A policy or binding was written or removed.
    func forget() {
        state.withLock { $0.entries = nil }
        mayMatch.store(true, ordering: .releasing)
    }

    var entries: [Enforced] {
        guard mayMatch.load(ordering: .acquiring) else { return [] }
        return state.withLock { state in
            let entries: [Enforced] = state.entries ?? load(&state.compiled)
            state.entries = entries
            if entries.isEmpty { mayMatch.store(false, ordering: .releasing) }
            return entries
        }
    }

    private func load(_ compiled: inout [String: (revision: Revision, policy: AdmissionPolicy)]) -> [Enforced] {
        func read(_ prefix: String) -> [Entry] { (try? store.list(prefix: prefix).entries) ?? [] }
        var bindings: [String: [AdmissionPolicyBinding]] = [:]
        for entry in read(bindingPrefix) {
            guard let json = try? JSON(parsing: entry.value) else { continue }
            let binding = AdmissionPolicyBinding(json)
            bindings[binding.policyName, default: []].append(binding)
        }
        var kept: [String: (revision: Revision, policy: AdmissionPolicy)] = [:]
        var result: [Enforced] = []
        for entry in read(policyPrefix) {
            let policy: AdmissionPolicy
            if let known = compiled[entry.key], known.revision == entry.revision {
                policy = known.policy
            } else {
                guard let json = try? JSON(parsing: entry.value) else { continue }
                policy = AdmissionPolicy(json, mutates: mutates)
            }
            kept[entry.key] = (entry.revision, policy)
            if let found = bindings[policy.name] { result.append(Enforced(policy: policy, bindings: found)) }
        }
        compiled = kept
        return result
    }
}
