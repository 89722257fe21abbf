import Machinery

/// An entry of `images`: names, tags and digests of containers' images.
/// Source: sigs.k8s.io/kustomize/api/filters/imagetag and api/internal/image.
struct KustomizeImages: KustomizeTransformer {
    private let entry: JSON
    private let fields: [KustomizeField]
    private let pattern: RegularExpression

    init(_ entry: JSON, _ fields: [KustomizeField]) throws {
        self.entry = entry
        self.fields = fields
        // The name is a regular expression there, too, if by accident.
        let name: String = entry.text(at: "name")
        do { pattern = try RegularExpression("^\(name)(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$") } catch {
            throw Failure("\(error)")
        }
    }

    /// Every list of containers however deep, and then the fields that are known: a suffix of a tag so comes twice, in kustomize as well.
    func transform(_ resources: inout [KustomizeResource]) throws {
        for resource in resources where resource.kind != "CustomResourceDefinition" { visitContainers(&resource.json) }
        for resource in resources {
            for field in fields { try field.change(resource) { change(&$0) } }
        }
    }

    private func visitContainers(_ json: inout JSON) {
        switch json {
        case .object(var object):
            object.updateValues { name, value in
                if ["containers", "initContainers"].contains(name), var elements = value.array {
                    for index in elements.indices where elements[index].object != nil {
                        guard var image = elements[index]["image"] else { continue }
                        change(&image)
                        elements[index]["image"] = image
                    }
                    value = .array(elements)
                }
                visitContainers(&value)
            }
            json = .object(object)
        case .array(var elements):
            for index in elements.indices { visitContainers(&elements[index]) }
            json = .array(elements)
        default: return
        }
    }

    private func change(_ image: inout JSON) {
        guard let text = image.string, pattern.matches(text) else { return }
        var (name, tag, digest): (String, String, String) = Self.split(text)
        let newName: String = entry.text(at: "newName")
        if !newName.isEmpty { name = newName }
        let (newTag, newDigest, suffix): (String, String, String) =
            (entry.text(at: "newTag"), entry.text(at: "digest"), entry.text(at: "tagSuffix"))
        if !newTag.isEmpty || !newDigest.isEmpty {
            (tag, digest) = (newTag, newDigest)
        } else if !suffix.isEmpty {
            (tag, digest) = (tag + suffix, "")
        }
        image = .string(name + (tag.isEmpty ? "" : ":" + tag) + (digest.isEmpty ? "" : "@" + digest))
    }

    /// A colon before the first slash belongs to the registry.
    private static func split(_ image: String) -> (name: String, tag: String, digest: String) {
        var (name, tag, digest): (String, String, String) = (image, "", "")
        if let at = name.firstIndex(of: "@") {
            digest = String(name[name.index(after: at)...])
            name = String(name[..<at])
        }
        let path: Substring = name[(name.firstIndex(of: "/") ?? name.startIndex)...]
        if let colon = path.firstIndex(of: ":") {
            tag = String(name[name.index(after: colon)...])
            name = String(name[..<colon])
        }
        return (name, tag, digest)
    }
}
