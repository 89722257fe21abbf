import Machinery

/// Makes references follow the names that changed.
/// Source: sigs.k8s.io/kustomize/api/filters/nameref and api/internal/accumulator, namereferencetransformer.go.
struct KustomizeNames {
    private let resources: [KustomizeResource]

    static func fix(_ resources: [KustomizeResource], _ references: [KustomizeConfiguration.Reference]) throws {
        let names = KustomizeNames(resources: resources)
        for referrer in resources {
            let candidates: [KustomizeResource] = names.candidates(for: referrer)
            let type: KustomizeType = referrer.originalID.type
            for reference in references {
                for field in reference.fields where field.type.selects(type) {
                    let search = Search(referrer: referrer, target: reference.target, field: field, candidates: candidates)
                    // The kind may have changed since: the path counts, not the kind.
                    do { try KustomizeField(field.path).change(referrer) { try search.fix(&$0) } } catch let failure as Failure {
                        throw Failure(
                            "updating name reference in '\(field.path)' field of '\(referrer.id.described)': \(failure.description)")
                    }
                }
            }
        }
    }

    /// A resource in a namespace refers to what is in it, or in none, or where the accounts of its role binding are.
    private func candidates(for referrer: KustomizeResource) -> [KustomizeResource] {
        let id: KustomizeID = referrer.id
        guard !id.isClusterScoped else { return resources }
        let accounts: [JSON] =
            referrer.kind == "RoleBinding" ? referrer.json.list("subjects").filter { $0["kind"] == "ServiceAccount" } : []
        let namespaces: Set<String> = Set(accounts.compactMap { $0["namespace"]?.string })
        return resources.filter { candidate in
            let other: KustomizeID = candidate.id
            return other.isClusterScoped || other.effectiveNamespace == id.effectiveNamespace || namespaces.contains(candidate.namespace)
        }
    }

    /// One field of one resource that may name another.
    private struct Search {
        let referrer: KustomizeResource
        let target: KustomizeType
        let field: KustomizeField
        let candidates: [KustomizeResource]

        /// A name, an object with name and namespace, or a list of either.
        func fix(_ value: inout JSON) throws {
            switch value {
            case .null: return
            case .array(var elements):
                for index in elements.indices { try fix(&elements[index]) }
                value = .array(elements)
            case .object: try fixObject(&value)
            default:
                if let found = try referral(value.string ?? GoText.of(value), candidates, includesNamespace: false),
                    found.name != value.string
                {
                    value = .string(found.name)
                }
            }
        }

        private func fixObject(_ value: inout JSON) throws {
            guard let name = value["name"]?.string else { throw Failure("path config error; no 'name' field in node") }
            var near: [KustomizeResource] = candidates
            if let namespace = value["namespace"]?.string {
                near = candidates.filter { $0.originalID.effectiveNamespace == namespace }
                if near.isEmpty { near = candidates.filter { $0.id.effectiveNamespace == namespace } }
            }
            guard let found = try referral(name, near, includesNamespace: true) else { return }
            value["name"] = .string(found.name)
            if !found.namespace.isEmpty { value["namespace"] = .string(found.namespace) }
        }

        private func referral(_ name: String, _ candidates: [KustomizeResource], includesNamespace: Bool) throws -> KustomizeResource? {
            var found: [KustomizeResource] = candidates.filter { candidate in
                candidate.formerIDs.contains { $0.name == name } && candidate.formerIDs.contains { target.selects($0.type) }
                    && isRole(candidate) && isNear(candidate)
            }
            if found.count > 1 {
                found = found.filter {
                    Self.endAlike($0.prefixes, referrer.prefixes, mayBeEmpty: true)
                        && Self.endAlike($0.suffixes, referrer.suffixes, mayBeEmpty: true)
                }
            }
            if found.count > 1 {
                found = found.filter {
                    Self.endAlike($0.prefixes, referrer.prefixes, mayBeEmpty: false)
                        && Self.endAlike($0.suffixes, referrer.suffixes, mayBeEmpty: false)
                }
            }
            guard let first = found.first else { return nil }
            if found.allSatisfy({ $0.name == first.name && (!includesNamespace || $0.namespace == first.namespace) }) { return first }
            throw Failure(" found multiple possible referrals: \(found.map(\.id.described).joined(separator: ", "))")
        }

        /// What a role binding says of the kind of its role.
        private func isRole(_ candidate: KustomizeResource) -> Bool {
            guard field.path.hasSuffix("roleRef/name"), let role = referrer.json["roleRef"], let group = role["apiGroup"]?.string,
                let kind = role["kind"]?.string
            else { return true }
            return candidate.formerIDs.contains { KustomizeType(group: group, kind: kind).selects($0.type) }
        }

        private func isNear(_ candidate: KustomizeResource) -> Bool {
            let (mine, other): (KustomizeID, KustomizeID) = (referrer.id, candidate.id)
            return mine.isClusterScoped || other.isClusterScoped || candidate.kind == "ServiceAccount"
                || mine.effectiveNamespace == other.effectiveNamespace
        }

        private static func endAlike(_ one: [String], _ other: [String], mayBeEmpty: Bool) -> Bool {
            if one.isEmpty || other.isEmpty { return mayBeEmpty || one.isEmpty && other.isEmpty }
            let count: Int = min(one.count, other.count)
            return one.suffix(count) == other.suffix(count)
        }
    }
}
