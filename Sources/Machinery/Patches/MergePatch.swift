/// JSON merge patches. Source: RFC 7386.
public enum MergePatch {
    /// The target with the patch's members in place of its own; null removes a member. Lists are replaced as a whole.
    public static func apply(_ patch: JSON, to target: JSON) -> JSON {
        guard case .object(let changes) = patch else { return patch }
        var result: JSONObject = target.object ?? JSONObject()
        for change in changes.members {
            if change.value.isNull {
                result[change.key] = nil
            } else {
                result[change.key] = apply(change.value, to: result[change.key] ?? .null)
            }
        }
        return .object(result)
    }

    /// The smallest patch that turns one value into the other. Members whose new value is null cannot be told from removed ones.
    public static func diff(from original: JSON, to modified: JSON) -> JSON {
        guard case .object(let old) = original, case .object(let new) = modified else { return modified }
        var changes = JSONObject()
        for member in old.members where new.index(of: member.key) == nil { changes.append(member.key, .null) }
        for member in new.members {
            guard let before = old[member.key] else {
                changes.append(member.key, member.value)
                continue
            }
            guard before != member.value else { continue }
            changes.append(member.key, diff(from: before, to: member.value))
        }
        return .object(changes)
    }
}
