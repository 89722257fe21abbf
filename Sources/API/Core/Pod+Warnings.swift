package import Machinery

extension Pod {
    package static func warnings(_ pod: View<Pod>, from old: View<Pod>?) -> [String] {
        (old == nil ? ObjectMeta.nameWarnings(pod.metadata, "the Pod's hostname") : [])
            + PodWarnings(pod.spec, pod.metadata, .root).texts
    }
}

extension PodTemplateSpec {
    /// Of a new object that makes pods, or of one that is not as it was.
    ///
    /// - Parameters:
    ///   - object: metadata of that object; `old` is nil for a new one.
    ///   - namesPods: whether its pods carry its name on.
    package static func warnings(
        _ template: View<PodTemplateSpec>, _ path: Path = Path("spec").child("template"), of object: View<ObjectMeta>,
        from old: View<ObjectMeta>?, namesPods: Bool = true
    ) -> [String] {
        guard old == nil || object.generation != old?.generation else { return [] }
        return (old == nil && namesPods ? ObjectMeta.nameWarnings(object, "Pod names and hostnames") : [])
            + PodWarnings(template.spec, template.metadata, path).texts
    }
}

extension ObjectMeta {
    /// What comes of a name that is no host name.
    static func nameWarnings(_ metadata: View<ObjectMeta>, _ use: String) -> [String] {
        let problems: [String] = Names.dns1123Label(metadata.name)
        guard !problems.isEmpty else { return [] }
        return [
            "metadata.name: this is used in \(use), which can result in surprising behavior; a DNS label is recommended: "
                + "[\(problems.joined(separator: " "))]"
        ]
    }
}
