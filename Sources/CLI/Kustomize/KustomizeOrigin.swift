import Client
import Machinery

/// What `buildMetadata` of the outermost kustomization notes in each object that is built.
/// Source: sigs.k8s.io/kustomize/api/types, `BuildMetadata`; the version is that of kubectl 1.37.
struct KustomizeOrigin {
    private let kustomization: Kustomization

    init(_ kustomization: Kustomization) { self.kustomization = kustomization }

    /// Throws for options that there are not.
    func note(in resources: inout [KustomizeResource]) throws {
        for option in kustomization.texts("buildMetadata") {
            switch option {
            case "managedByLabel":
                for index in resources.indices {
                    resources[index].json[["metadata", "labels", "app.kubernetes.io/managed-by"]] = "kustomize-v5.8.1"
                }
            case "originAnnotations":
                for index in resources.indices {
                    let text: String = YAML.write(located(resources[index].origin), sortedKeys: true)
                    resources[index].json[["metadata", "annotations", "config.kubernetes.io/origin"]] = .string(text)
                }
            case "transformerAnnotations":
                throw Failure("\(kustomization.filePath): buildMetadata: transformerAnnotations is not supported; leave it out")
            default:
                throw Failure(
                    "invalid buildMetadata option: \(option); must be one of ['managedByLabel', 'originAnnotations', 'transformerAnnotations']"
                )
            }
        }
    }

    /// With paths as they are seen from the outermost folder.
    private func located(_ origin: JSON) -> JSON {
        var origin: JSON = origin
        for member in ["path", "configuredIn"] {
            if let path = origin[member]?.string { origin[member] = .string(Self.relative(path, to: kustomization.folder)) }
        }
        return origin
    }

    private static func relative(_ path: String, to folder: String) -> String {
        let target: [Substring] = LocalFile.absolute(path).split(separator: "/")
        let start: [Substring] = LocalFile.absolute(folder).split(separator: "/")
        let common: Int = zip(target, start).prefix { $0 == $1 }.count
        return (Array(repeating: "..", count: start.count - common) + target.dropFirst(common)).joined(separator: "/")
    }
}
