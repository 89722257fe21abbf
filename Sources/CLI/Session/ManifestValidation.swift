import API
import Client
import Machinery

/// Checks manifests before they are sent, where the server will not: lists, kinds that cannot be patched, and all objects on servers
/// before 1.25, which pass over `fieldValidation`.
/// Source: k8s.io/kubectl/pkg/validation; k8s.io/cli-runtime/pkg/resource, `HasSupport`.
actor ManifestValidation {
    private let session: Session
    private let directive: String
    /// nil until it is needed.
    private var document: Task<JSON, any Error>?
    private var check: SchemaCheck?
    private var isServerOld: Task<Bool, Never>?

    /// - Parameter directive: a word of the API: `Strict`, `Warn`; `Ignore` is no validation at all.
    init?(_ directive: String, _ session: Session) {
        if directive == "Ignore" { return nil }
        (self.directive, self.session) = (directive, session)
    }

    /// What is wrong with a document of `source`.
    func check(_ json: JSON, _ source: String) async throws(Failure) {
        guard json.object != nil else { throw Self.failure("invalid object to validate", source) }
        let missing: [String] = ["apiVersion", "kind"].filter { json[$0]?.string?.isEmpty != false }.map { $0 + " not set" }
        if !missing.isEmpty { throw Self.failure(Failures.listed(texts: missing), source) }
        guard await !isServersTask(json) else { return }
        guard directive == "Strict" else {
            return session.output.warn("cannot perform warn validation if server-side field validation is unsupported, skipping validation")
        }
        let problems: [String]
        do { problems = try await schemas().problems(json) } catch {
            throw Self.failure("failed to download openapi: \(Failure(error))", source)
        }
        if !problems.isEmpty { throw Self.failure(Failures.listed(texts: problems), source) }
    }

    private static func failure(_ problem: String, _ source: String) -> Failure {
        Failure(
            "error validating \(JSON.quoted(source)): error validating data: \(problem); if you choose to ignore these errors, turn "
                + "validation off with --validate=false")
    }

    // MARK: - Who validates

    private func isServersTask(_ json: JSON) async -> Bool {
        let (apiVersion, kind): (String, String) = (json.text(at: "apiVersion"), json.text(at: "kind"))
        if apiVersion == "v1", kind == "List" { return false }
        let isOld: Bool = await serverIsOld()
        if !isOld {
            let builtIn: APIResource? = session.catalog.builtIn(apiVersion: apiVersion, kind: kind)
            let item: String = kind.hasSuffix("List") ? String(kind.dropLast("List".count)) : ""
            return builtIn?.can("patch") != false && session.catalog.builtIn(apiVersion: apiVersion, kind: item) == nil
        }
        // One whose version says nothing may validate all the same.
        return (try? await openAPI()).map { Self.hasParameter($0, apiVersion, kind) } ?? false
    }

    /// Whether the server is older than 1.25, or does not say a version. One that cannot be asked is not; the next request tells why.
    private func serverIsOld() async -> Bool {
        let task: Task<Bool, Never> =
            isServerOld
            ?? Task { [session] in
                guard let answer = try? await session.transport.raw("/version", accept: "application/json"),
                    let version = try? JSON(parsing: answer.body)
                else { return false }
                return Self.isOld(version)
            }
        isServerOld = task
        return await task.value
    }

    /// Of the document at `/version`.
    static func isOld(_ version: JSON) -> Bool {
        let major: Int = Int(version.text(at: "major")) ?? 0
        let minor: Int = Int(version.text(at: "minor").prefix { $0.isNumber }) ?? 0
        return (major, minor) < (1, 25)
    }

    /// Whether a patch of the kind takes `fieldValidation`; a custom kind counts as namespaces do.
    static func hasParameter(_ document: JSON, _ apiVersion: String, _ kind: String) -> Bool {
        let (group, version): (String, String) = Discovery.split(apiVersion)
        var ofNamespaces: Bool = false
        for path in document["paths"]?.object ?? [:] {
            guard let patch = path.value["patch"], let type = patch["x-kubernetes-group-version-kind"] else { continue }
            func isOf(_ group: String, _ version: String, _ kind: String) -> Bool {
                type.text(at: "kind") == kind && type.text(at: "version") == version && type.text(at: "group") == group
            }
            let parameters: [JSON] = (patch["parameters"]?.array ?? []) + (path.value["parameters"]?.array ?? [])
            let takes: Bool = parameters.contains { parameter in
                let name: String? = parameter["$ref"]?.string.flatMap { $0.split(separator: "/").last }.map(String.init)
                return (name.flatMap { document[["parameters", $0]] } ?? parameter)["name"] == "fieldValidation"
            }
            if isOf(group, version, kind) { return takes }
            if isOf("", "v1", "Namespace") { ofNamespaces = takes }
        }
        return ofNamespaces
    }

    // MARK: - The document

    private func schemas() async throws -> SchemaCheck {
        if let check { return check }
        let made = SchemaCheck(try await openAPI())
        check = made
        return made
    }

    private func openAPI() async throws -> JSON {
        let task: Task<JSON, any Error> =
            document
            ?? Task { [session] in try session.json(try await session.transport.raw("/openapi/v2", accept: "application/json").body) }
        document = task
        return try await task.value
    }
}
