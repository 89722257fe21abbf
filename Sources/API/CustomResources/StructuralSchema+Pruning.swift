package import Machinery

extension StructuralSchema {
    /// Drops the members that the schema does not name, and notes their paths.
    ///
    /// apiVersion, kind and metadata of embedded resources stay; the root's are the caller's affair, whose members are given as they are.
    package func prune(_ json: inout JSON, _ path: Path, _ unknown: inout [String]) {
        prune(&json, path, isRoot: false, &unknown)
    }

    /// The same for a whole object, whose apiVersion, kind and metadata are not looked at.
    package func pruneRoot(_ json: inout JSON, _ unknown: inout [String]) { prune(&json, .root, isRoot: true, &unknown) }

    private func prune(_ json: inout JSON, _ path: Path, isRoot: Bool, _ unknown: inout [String]) {
        switch json {
        case .object(var object):
            json = .null  // the only reference is now `object`
            var kept: [JSONObject.Member] = []
            kept.reserveCapacity(object.count)
            for member in object.members {
                var member: JSONObject.Member = member
                if isRoot || isEmbeddedResource, ["apiVersion", "kind", "metadata"].contains(member.key) {
                    kept.append(member)
                } else if let schema: StructuralSchema = schema(ofMember: member.key) {
                    schema.prune(&member.value, path.child(member.key), isRoot: false, &unknown)
                    kept.append(member)
                } else if keepsUnknown || additionalIsAny {
                    kept.append(member)
                } else {
                    unknown.append(path.child(member.key).description)
                }
            }
            object = JSONObject(members: kept)
            json = .object(object)
        case .array(var elements):
            guard let items else { return }
            json = .null
            for index in elements.indices { items.prune(&elements[index], path.index(index), isRoot: false, &unknown) }
            json = .array(elements)
        default: break
        }
    }

    private var additionalIsAny: Bool { if case .any = additional { true } else { false } }

    /// The schema of a member, declared or additional; nil when it has none.
    func schema(ofMember name: String) -> StructuralSchema? {
        if let schema: StructuralSchema = self[name] { return schema }
        if case .schema(let schema) = additional { return schema }
        return nil
    }
}
