import Client
import Machinery

/// One `kustomization.yaml`: what is built from which files, and how it is changed.
/// Source: sigs.k8s.io/kustomize/api/types.
struct Kustomization {
    /// The folder of the file, without a slash at its end.
    let folder: String
    let json: JSON
    let restrictor: LoadRestrictor
    /// True for `kind: Component`.
    var isComponent: Bool { json["kind"] == "Component" }

    private static let names: [String] = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

    private static let known: Set<String> = [
        "apiVersion", "kind", "metadata", "resources", "bases", "components", "namespace", "namePrefix", "nameSuffix", "commonLabels",
        "labels", "commonAnnotations", "configMapGenerator", "secretGenerator", "generatorOptions", "patches", "patchesStrategicMerge",
        "patchesJson6902", "images", "replicas", "replacements", "configurations", "crds", "openapi", "sortOptions", "buildMetadata",
    ]

    /// What runs other programs or asks the network; told, never passed over.
    private static let refused: [String: String] = [
        "helmCharts": "render the chart first: helm template", "helmGlobals": "render the chart first: helm template",
        "helmChartInflationGenerator": "render the chart first: helm template",
        "generators": "generator plugins are not run; use configMapGenerator, secretGenerator or files",
        "transformers": "transformer plugins are not run; use patches or replacements",
        "validators": "validator plugins are not run", "vars": "use replacements instead",
    ]

    /// Throws ``Failure`` when the folder has no kustomization, or one that is not understood.
    init(folder: String, restrictor: LoadRestrictor) throws {
        self.restrictor = restrictor
        self.folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        let root: String = self.folder
        let found: [String] = Self.names.map { root + "/" + $0 }.filter { LocalFile.exists($0) && !LocalFile.isFolder($0) }
        guard let path = found.first else {
            throw Failure(
                "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '\(Self.absolute(root))'")
        }
        if found.count > 1 { throw Failure("Found multiple kustomization files: \(Self.absolute(root))") }
        let documents: [YAMLDocument]
        do { documents = try YAML.documents(try LocalFile.read(path), file: path) } catch { throw Failure("\(error)") }
        json = documents.first?.json ?? [:]
        guard json.isNull || json.object != nil else { throw Failure("\(path) holds a \(json.typeName), not a kustomization") }
        for key in json.object?.keys ?? [] where !Self.known.contains(key) {
            if let remedy = Self.refused[key] { throw Failure("\(path): \(key) is not supported; \(remedy)") }
            throw Failure("invalid Kustomization: json: unknown field \(JSON.quoted(key))")
        }
    }

    func texts(_ key: String) -> [String] { json.list(key).compactMap(\.string) }

    /// A path of the file, seen from where we are.
    func path(_ relative: String) -> String { relative.hasPrefix("/") ? relative : folder + "/" + relative }

    /// The bytes of a file in or below the folder. Throws for files elsewhere, as kustomize does unless told otherwise.
    func file(_ relative: String) throws -> [UInt8] {
        let path: String = path(relative)
        let (whole, root): (String, String) = (Self.absolute(path), Self.absolute(folder))
        guard restrictor == .none || whole.hasPrefix(root + "/") || !LocalFile.exists(path) else {
            throw Failure("security; file '\(whole)' is not in or below '\(root)'")
        }
        do { return try LocalFile.read(path) } catch { throw Failure("\(error)") }
    }

    static func absolute(_ path: String) -> String { LocalFile.absolute(path) }
}
