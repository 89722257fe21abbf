import Client
import Machinery

/// What all kustomizations of one build share.
final class KustomizeContext {
    let output: Output
    let restrictor: LoadRestrictor
    let enablesHelm: Bool
    let schema = KustomizeSchema()
    /// The outermost folder, from which origins are told; nil when the build notes none.
    var originRoot: String?

    init(output: Output, restrictor: LoadRestrictor, enablesHelm: Bool) {
        self.output = output
        self.restrictor = restrictor
        self.enablesHelm = enablesHelm
    }
}

/// One `kustomization.yaml`: what is built from which files, and how it is changed.
/// Source: sigs.k8s.io/kustomize/api/types and api/internal/loader.
struct Kustomization {
    /// The folder of the file: a whole path, without a slash at its end.
    let folder: String
    /// The whole path of the file.
    let filePath: String
    let json: JSON
    let context: KustomizeContext
    /// True for `kind: Component`.
    var isComponent: Bool { json["kind"] == "Component" }

    private static let names: [String] = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

    /// The whole path of a folder. Throws ``Failure`` when it is none, or one around where we are.
    ///
    /// - Parameter around: folders from which this one is asked for, innermost last.
    static func folder(_ path: String, around: [String] = []) throws -> String {
        if path.isEmpty { throw Failure("must build at directory: directory path cannot be empty") }
        let folder: String = absolute(path)
        guard LocalFile.exists(folder) else {
            let shown: String = around.isEmpty ? path : folder
            throw Failure("must build at directory: not a valid directory: \(missing(folder, shown))")
        }
        guard LocalFile.isFolder(folder) else {
            throw Failure("must build at directory: '\(around.isEmpty ? path : folder)': file is not directory")
        }
        if let visited = around.last(where: { $0 == folder || $0.hasPrefix(folder + "/") }) {
            throw Failure("cycle detected: candidate root '\(folder)' contains visited root '\(visited)'")
        }
        return folder
    }

    /// Reads the kustomization of a folder. Throws ``Failure`` when it has none, or one that is not understood.
    init(folder: String, _ context: KustomizeContext) throws {
        self.context = context
        self.folder = folder
        let found: [String] = Self.names.map { folder + "/" + $0 }.filter { LocalFile.exists($0) && !LocalFile.isFolder($0) }
        guard let path = found.first else {
            throw Failure(
                "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '\(folder)'")
        }
        if found.count > 1 { throw Failure("Found multiple kustomization files under: \(folder)") }
        filePath = path
        do { json = try YAML.documents(try LocalFile.read(path), file: path).first?.json ?? [:] } catch let error as YAMLError {
            throw Failure("invalid Kustomization: yaml: " + (error.goLine.map { "line \($0): " } ?? "") + error.problem)
        } catch { throw Failure("\(error)") }
        try KustomizeShape.kustomization.check(json)
        warn()
        if (json.object?.keys ?? []).allSatisfy({ ["apiVersion", "kind"].contains($0) }) { throw Failure("kustomization.yaml is empty") }
        try checkType()
    }

    /// Throws for a version or kind that is another's.
    private func checkType() throws {
        let kind: String = json.text(at: "kind").isEmpty ? "Kustomization" : json.text(at: "kind")
        let wanted: String = "kustomize.config.k8s.io/" + (kind == "Component" ? "v1alpha1" : "v1beta1")
        let version: String = json.text(at: "apiVersion")
        if version.isEmpty || version == wanted, ["Kustomization", "Component"].contains(kind) { return }
        let problem: String =
            ["Kustomization", "Component"].contains(kind)
            ? "apiVersion for \(kind) should be \(wanted)" : "kind should be Kustomization or Component"
        throw Failure("Failed to read kustomization file under \(folder):\n\(problem)")
    }

    /// Source: `CheckDeprecatedFields` of sigs.k8s.io/kustomize/api/types.
    private func warn() {
        for (old, new) in [
            ("bases", "resources"), ("commonLabels", "labels"), ("imageTags", "images"), ("patchesJson6902", "patches"),
            ("patchesStrategicMerge", "patches"), ("vars", "replacements"),
        ]
        where json[old]?.isNull == false {
            context.output.note(
                "# Warning: '\(old)' is deprecated. Please use '\(new)' instead. \(old == "vars" ? "[EXPERIMENTAL] " : "")Run 'kustomize "
                    + "edit fix' to update your Kustomization automatically.")
        }
    }

    func texts(_ key: String) -> [String] { json.list(key).compactMap(\.string) }

    /// The bytes of a file in or below the folder. Throws for files elsewhere, as kustomize does unless told otherwise.
    func file(_ relative: String) throws -> [UInt8] {
        let path: String = Self.absolute(path(relative))
        guard LocalFile.exists(path) else { throw Failure(Self.missing(path)) }
        if LocalFile.isFolder(path) { throw Failure("'\(path)' must resolve to a file") }
        guard context.restrictor == .none || path.hasPrefix(folder + "/") else {
            throw Failure("security; file '\(path)' is not in or below '\(folder)'")
        }
        do { return try LocalFile.read(path) } catch { throw Failure("\(error)") }
    }

    /// A path of the file, seen from where we are.
    func path(_ relative: String) -> String { relative.hasPrefix("/") ? relative : folder + "/" + relative }

    /// Where an object comes from that a file names, or one of kustomize's own makes or changes. nil when the build notes none.
    func origin(file: String) -> JSON? {
        context.originRoot.map { ["path": .string(KustomizeOrigin.relative(path(file), to: $0))] }
    }

    func origin(builtIn kind: String) -> JSON? {
        context.originRoot.map { root in
            [
                "configuredIn": .string(KustomizeOrigin.relative(filePath, to: root)),
                "configuredBy": ["apiVersion": "builtin", "kind": .string(kind)],
            ]
        }
    }

    /// - Parameter shown: the path as the user gave it; nil for the path itself.
    private static func missing(_ path: String, _ shown: String? = nil) -> String {
        "evalsymlink failure on '\(shown ?? path)' : lstat \(path): no such file or directory"
    }

    private static func absolute(_ path: String) -> String { LocalFile.absolute(path) }
}
