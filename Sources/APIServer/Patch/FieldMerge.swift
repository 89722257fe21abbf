import Machinery

/// Lays an applied configuration over the live object: what it sets wins, everything else stays.
///
/// Source: sigs.k8s.io/structured-merge-diff/v6/typed/merge.go.
enum FieldMerge {
    /// nil when neither has a value. A null in the configuration removes the member.
    static func merge(_ live: JSON?, _ applied: JSON?, _ shape: FieldShape) -> JSON? {
        guard let applied else { return live }
        guard let live, !live.isNull else { return applied.isNull ? nil : applied }
        if applied.isNull { return nil }
        if let new: JSONObject = shape.members(of: applied), case .object(var merged) = live {
            for member in new.members {
                merged[member.key] = merge(merged[member.key], member.value, shape.member(member.key).shape)
            }
            return .object(merged)
        }
        if let new: [JSON] = shape.elements(of: applied), let old: [JSON] = live.array {
            return .array(merge(old, new, shape))
        }
        return applied
    }

    /// Elements of the configuration stand in its order; the live ones between them keep their place.
    private static func merge(_ live: [JSON], _ applied: [JSON], _ shape: FieldShape) -> [JSON] {
        let inner: FieldShape = shape.element
        let livePaths: [ExactText?] = live.map { shape.path(of: $0).map(ExactText.init) }
        let appliedPaths: [ExactText?] = applied.map { shape.path(of: $0).map(ExactText.init) }
        let liveElements: [ExactText: JSON] = index(live, livePaths)
        let appliedNames = Set<ExactText>(appliedPaths.compactMap { $0 })
        /// Elements of both, in the order of the configuration.
        var shared: ArraySlice<ExactText> = appliedPaths.compactMap { $0 }.filter { liveElements[$0] != nil }[...]
        var merged: Set<ExactText> = []
        var result: [JSON] = []
        var left: Int = 0
        var right: Int = 0

        func take(_ path: ExactText?, _ element: JSON) {
            if let path {
                merged.insert(path)
                if shared.first == path { shared.removeFirst() }
            }
            if let value: JSON = merge(path.flatMap { liveElements[$0] }, element, inner) { result.append(value) }
        }

        while left < live.count || right < applied.count {
            if left < live.count {
                let path: ExactText? = livePaths[left]
                let isShared: Bool = path.map { appliedNames.contains($0) } ?? false
                if right < applied.count, let path, path == appliedPaths[right] {
                    take(path, applied[right])
                    left += 1
                    right += 1
                    continue
                }
                if !isShared {
                    result.append(live[left])
                    left += 1
                    continue
                }
                // A shared element whose turn has not come, or is over, is placed by the configuration.
                if let path, merged.contains(path) || shared.first != path || right >= applied.count {
                    left += 1
                    continue
                }
            }
            if right < applied.count {
                take(appliedPaths[right], applied[right])
                right += 1
            }
        }
        return result
    }

    private static func index(_ elements: [JSON], _ paths: [ExactText?]) -> [ExactText: JSON] {
        var result: [ExactText: JSON] = [:]
        for (element, path) in zip(elements, paths) {
            if let path, result[path] == nil { result[path] = element }
        }
        return result
    }
}
