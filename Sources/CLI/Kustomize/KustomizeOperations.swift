import Machinery

/// Operations of RFC 6902 for what a target names: `patchesJson6902`.
/// Source: sigs.k8s.io/kustomize/api/internal/builtins, PatchJson6902Transformer.go.
struct KustomizeOperations: KustomizeTransformer {
    private let operations: JSON
    private let selector: KustomizeSelector

    /// - Parameter json: with `target`, and `jsonOp` or `path`.
    init(_ json: JSON, _ kustomization: Kustomization) throws {
        let target: JSON = json["target"] ?? [:]
        if target.text(at: "name").isEmpty { throw Failure("must specify the target name") }
        let (inline, path): (String, String) = (json.text(at: "jsonOp"), json.text(at: "path"))
        if inline.isEmpty, path.isEmpty { throw Failure("empty file path and empty jsonOp") }
        if !inline.isEmpty, !path.isEmpty { throw Failure("must specify a file path or jsonOp, not both") }
        let text: String = inline.isEmpty ? String(decoding: try kustomization.file(path), as: UTF8.self) : inline
        guard let operations = KustomizePatches.operations(text) else {
            var problem: String = "json: cannot unmarshal object into Go value of type jsonpatch.Patch"
            if text.first == "[" { do throws(JSONError) { _ = try JSON(parsing: text) } catch { problem = error.problem } }
            throw Failure("decoding \(text): \(problem)")
        }
        if operations.array?.isEmpty == true { throw Failure("patch appears to be empty; file=\(path), JsonOp=\(text)") }
        self.operations = operations
        selector = try KustomizeSelector(target)
    }

    func transform(_ resources: inout [KustomizeResource]) throws {
        for resource in resources where selector.matches(resource) { try KustomizePatches.apply(operations, to: resource) }
    }
}
