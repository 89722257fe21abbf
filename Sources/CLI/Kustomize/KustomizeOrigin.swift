import Client
import Machinery

/// What `buildMetadata` of the outermost kustomization notes in each object that is built.
/// Source: sigs.k8s.io/kustomize/api/types, `BuildMetadata`; the version is that of kubectl 1.37.
struct KustomizeOrigin {
    private let options: [String]

    init(_ kustomization: Kustomization) { options = kustomization.texts("buildMetadata") }

    func note(in resources: [KustomizeResource]) {
        for resource in resources {
            if options.contains("managedByLabel") {
                resource.json[["metadata", "labels", "app.kubernetes.io/managed-by"]] = "kustomize-v5.8.1"
            }
            if options.contains("originAnnotations"), let origin = resource.origin {
                resource.json[["metadata", "annotations", "config.kubernetes.io/origin"]] = .string(YAML.write(origin, sortedKeys: false))
            }
            if options.contains("transformerAnnotations"), !resource.transformations.isEmpty {
                resource.json[["metadata", "annotations", "alpha.config.kubernetes.io/transformations"]] =
                    .string(YAML.write(.array(resource.transformations), sortedKeys: false))
            }
        }
    }

    /// A path as it is seen from a folder.
    static func relative(_ path: String, to folder: String) -> String {
        let target: [Substring] = LocalFile.absolute(path).split(separator: "/")
        let start: [Substring] = LocalFile.absolute(folder).split(separator: "/")
        let common: Int = zip(target, start).prefix { $0 == $1 }.count
        return (Array(repeating: "..", count: start.count - common) + target.dropFirst(common)).joined(separator: "/")
    }
}
