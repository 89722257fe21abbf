import Client
import Machinery

/// One `kustomization.yaml`: what is built from which files, and how it is changed.
/// Source: sigs.k8s.io/kustomize/api/types.
struct Kustomization {
    /// The folder of the file, without a slash at its end.
    let folder: String
    /// The whole path of the file.
    let filePath: String
    let json: JSON
    let restrictor: LoadRestrictor
    /// True for `kind: Component`.
    var isComponent: Bool { json["kind"] == "Component" }

    private static let names: [String] = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

    /// What each field holds.
    private static let fields: [String: Shape] = [
        "apiVersion": .text, "kind": .text, "metadata": .object, "resources": .texts, "bases": .texts, "components": .texts,
        "namespace": .text, "namePrefix": .text, "nameSuffix": .text, "commonLabels": .object, "labels": .list,
        "commonAnnotations": .object,
        "configMapGenerator": .list, "secretGenerator": .list, "generatorOptions": .object, "patches": .list,
        "patchesStrategicMerge": .texts, "patchesJson6902": .list, "images": .list, "replicas": .list, "replacements": .list,
        "configurations": .texts, "crds": .texts, "openapi": .object, "sortOptions": .object, "buildMetadata": .texts,
    ]

    private enum Shape: String {
        case text = "string", texts = "[]string", list = "[]object", object = "map[string]string"

        func fits(_ json: JSON) -> Bool {
            if json.isNull { return true }
            switch self {
            case .text: return json.string != nil
            case .texts: return json.array?.allSatisfy { $0.string != nil } ?? false
            case .list: return json.array?.allSatisfy { $0.object != nil } ?? false
            case .object: return json.object != nil
            }
        }
    }

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
        guard LocalFile.isFolder(root) else {
            let why: String = LocalFile.exists(root) ? "not a folder" : "no such file or directory"
            throw Failure(
                "must build at directory: not a valid directory: evalsymlink failure on '\(root)' : lstat \(Self.absolute(root)): \(why)")
        }
        let found: [String] = Self.names.map { root + "/" + $0 }.filter { LocalFile.exists($0) && !LocalFile.isFolder($0) }
        guard let path = found.first else {
            throw Failure(
                "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '\(Self.absolute(root))'")
        }
        if found.count > 1 { throw Failure("Found multiple kustomization files: \(Self.absolute(root))") }
        filePath = path
        let documents: [YAMLDocument]
        do { documents = try YAML.documents(try LocalFile.read(path), file: path) } catch { throw Failure("\(error)") }
        json = documents.first?.json ?? [:]
        guard json.isNull || json.object != nil else { throw Failure("\(path) holds a \(json.typeName), not a kustomization") }
        if (json.object?.keys ?? []).allSatisfy({ ["apiVersion", "kind", "metadata"].contains($0) }) {
            throw Failure("kustomization.yaml is empty")
        }
        for (key, shape) in Self.fields.sorted(by: { $0.key < $1.key }) {
            guard let value = json[key], !shape.fits(value) else { continue }
            throw Failure(
                "invalid Kustomization: json: cannot unmarshal \(value.typeName) into Go struct field Kustomization.\(key) of type "
                    + shape.rawValue)
        }
        try Self.checkType(json, in: Self.absolute(root))
        for key in json.object?.keys ?? [] where Self.fields[key] == nil {
            if let remedy = Self.refused[key] { throw Failure("\(path): \(key) is not supported; \(remedy)") }
            throw Failure("invalid Kustomization: json: unknown field \(JSON.quoted(key))")
        }
    }

    /// Throws for a version or kind that is another's.
    private static func checkType(_ json: JSON, in folder: String) throws {
        let kind: String = json.text(at: "kind").isEmpty ? "Kustomization" : json.text(at: "kind")
        let wanted: String = "kustomize.config.k8s.io/" + (kind == "Component" ? "v1alpha1" : "v1beta1")
        let version: String = json.text(at: "apiVersion")
        if version.isEmpty || version == wanted, ["Kustomization", "Component"].contains(kind) { return }
        let problem: String =
            ["Kustomization", "Component"].contains(kind)
            ? "apiVersion for \(kind) should be \(wanted)" : "kind should be Kustomization or Component"
        throw Failure("Failed to read kustomization file under \(folder):\n\(problem)")
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
