import Machinery

/// The annotation in which client-side apply keeps what was applied last.
/// Source: k8s.io/kubectl/pkg/util/apply.go.
enum LastApplied {
    static let annotation = "kubectl.kubernetes.io/last-applied-configuration"

    /// What was applied last; nil when the object was not made by apply.
    static func of(_ object: JSON) throws -> JSON? {
        guard let text = object[["metadata", "annotations", annotation]]?.string else { return nil }
        do { return try JSON(parsing: text) } catch {
            throw Failure("the annotation \(annotation) is no JSON (\(error)); remove it to apply anew")
        }
    }

    /// The object with itself written into its annotation.
    ///
    /// - Parameter isTyped: the note has its members as Go declares them.
    static func added(to object: JSON, isTyped: Bool = false) -> JSON {
        var bare: JSON = object
        var annotations: JSONObject = object[["metadata", "annotations"]]?.object ?? [:]
        annotations[annotation] = nil
        bare[["metadata", "annotations"]] = isTyped && annotations.isEmpty ? nil : .object(annotations)
        var full: JSON = bare
        annotations[annotation] = .string(goText(isTyped ? GoForm.ordered(bare) : bare.sortedByKey) + "\n")
        full[["metadata", "annotations"]] = .object(annotations)
        return full
    }

    /// The note of a manifest as it stands.
    static func note(of object: JSON) -> JSON {
        var bare: JSON = object
        if bare[["metadata", "annotations", annotation]] != nil { bare[["metadata", "annotations", annotation]] = nil }
        return .string(goText(bare.sortedByKey) + "\n")
    }

    /// As Go writes JSON, byte for byte what kubectl stores: keys in order, and the characters escaped that HTML and JavaScript know.
    private static func goText(_ object: JSON) -> String {
        // Outside of strings JSON has none of these characters.
        var text = ""
        for scalar in object.text().unicodeScalars {
            switch scalar {
            case "<": text += "\\u003c"
            case ">": text += "\\u003e"
            case "&": text += "\\u0026"
            case "\u{2028}": text += "\\u2028"
            case "\u{2029}": text += "\\u2029"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// The patch from a live object to a manifest that keeps what others added.
enum ApplyPatch {
    /// Strategic where we know the kind's schema, a merge patch otherwise. Empty when nothing is to change.
    static func make(
        original: JSON?, modified: JSON, current: JSON, schema: ObjectSchema?
    ) throws -> (patch: JSON, isStrategic: Bool) {
        guard let schema else {
            return (mergePatch(original: original ?? [:], modified: modified, current: current), false)
        }
        do {
            let patch: JSON = try StrategicMergePatch.threeWay(
                original: original ?? [:], modified: modified, current: current, schema: schema)
            return (patch, true)
        } catch {
            throw Failure("cannot make a patch: \(error)")
        }
    }

    /// RFC 7386, three ways: additions and changes from current to modified, deletions from original to modified.
    static func mergePatch(original: JSON, modified: JSON, current: JSON) -> JSON {
        var patch: JSONObject = [:]
        let old: JSONObject = original.object ?? [:]
        let live: JSONObject = current.object ?? [:]
        let new: JSONObject = modified.object ?? [:]
        for member in new {
            let (was, isNow): (JSON?, JSON?) = (old[member.key], live[member.key])
            if case .object = member.value, case .object? = isNow {
                let inner: JSON = mergePatch(original: was ?? [:], modified: member.value, current: isNow ?? [:])
                if !inner.isEmpty { patch[member.key] = inner }
            } else if member.value != isNow {
                patch[member.key] = member.value
            }
        }
        for member in old where new[member.key] == nil && live[member.key] != nil { patch[member.key] = .null }
        return .object(patch)
    }
}
