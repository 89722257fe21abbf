import API
import Client
import Machinery

/// Changes of variables.
struct EnvironmentEdit {
    private var set: [JSON] = []
    private var removed: [String] = []

    /// `NAME=VALUE`, `NAME-`, and `-` for lines of standard input.
    mutating func parse(_ changes: [String], _ shell: Shell) throws {
        for change in changes {
            if change == "-" {
                for line in String(decoding: try shell.input(), as: UTF8.self).split(separator: "\n") {
                    guard let pair = Self.pair(String(line)) else { throw Failure("invalid parameter assignment in stdin: \(line)") }
                    set.append(pair)
                }
            } else if change.contains("=") {
                let name = String(change.prefix { $0 != "=" })
                guard Self.isName(name), let pair = Self.pair(change) else {
                    throw Failure("\(JSON.quoted(name)) is not a valid key name: \(Self.nameRule)")
                }
                set.append(pair)
            } else {
                removed.append(String(change.dropLast()))
            }
        }
        for name in removed where set.contains(where: { $0["name"]?.string == name }) {
            throw Failure("can not both modify and remove the same environment variable in the same command")
        }
    }

    /// Source: `IsEnvVarName` of k8s.io/apimachinery/pkg/util/validation.
    private static let nameRule =
        "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit "
        + "(e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')"

    private static func isName(_ name: String) -> Bool {
        guard let first = name.first, !first.isNumber else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
    }

    /// A variable of a container, of `NAME=VALUE`; nil for what is none.
    static func pair(_ text: String) -> JSON? {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else { return nil }
        let value = String(text[text.index(after: equals)...])
        var pair: JSON = ["name": .string(String(text[..<equals]))]
        if !value.isEmpty { pair["value"] = .string(value) }
        return pair
    }

    /// The keys of a ConfigMap or Secret as references.
    mutating func take(_ from: String, _ keys: [String], _ session: Session) async throws {
        for target in try await ResourceArguments(session: session).targets([from]) {
            let object: JSON = try await session.send(
                APIRequest(.get, target.resource.resource, namespace: target.namespace, name: target.name))
            guard ["Secret", "ConfigMap"].contains(target.resource.kind) else { throw Failure("unsupported resource specified in --from") }
            let reference: String = target.resource.kind == "Secret" ? "secretKeyRef" : "configMapKeyRef"
            for key in (object["data"]?.object ?? [:]).sorted().keys where keys.isEmpty || keys.contains(key) {
                let name: String = key.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") ? String($0) : "_" }.joined()
                    .uppercased()
                session.output.warn("key \(key) transferred to \(name)")
                set.append([
                    "name": .string(name), "valueFrom": [reference: ["key": .string(key), "name": object[["metadata", "name"]] ?? ""]],
                ])
            }
        }
    }

    mutating func prefix(_ prefix: String) {
        set = set.map { pair in
            var pair: JSON = pair
            pair["name"] = .string(prefix + (pair["name"]?.string ?? ""))
            return pair
        }
    }

    func applied(to container: JSON, _ overwrite: Bool, _ object: Manifest) throws -> JSON {
        var variables: [JSON] = container["env"]?.array ?? []
        if !overwrite {
            for pair in set {
                if let present = variables.first(where: { $0["name"] == pair["name"] }), present["value"] != pair["value"] {
                    throw Failure(
                        "error: \(object.resource.resource.resource)/\(object.name) '\(present.text(at: "name"))' already has a value "
                            + "(\(present.text(at: "value"))), and --overwrite is false")
                }
            }
        }
        for pair in set {
            if let index = variables.firstIndex(where: { $0["name"] == pair["name"] }) {
                variables[index] = pair
            } else {
                variables.append(pair)
            }
        }
        variables.removeAll { removed.contains($0.text(at: "name")) }
        var container: JSON = container
        container["env"] = variables.isEmpty ? nil : .array(variables)
        return container
    }
}

/// What `--list` shows of one container.
struct EnvironmentListing {
    let object: Manifest
    let container: JSON

    func write(_ output: Output, _ store: EnvironmentStore?) async throws {
        output.line("# \(object.resource.kind) \(object.name), container \(container.text(at: "name"))")
        var problems: [(text: String, name: String)] = []
        for variable in container.list("env") {
            let name: String = variable.text(at: "name")
            guard let source = variable["valueFrom"] else {
                output.line("\(name)=\(variable.text(at: "value"))")
                continue
            }
            if let store {
                do {
                    output.line("\(name)=\(try await store.value(source, object, container))")
                    continue
                } catch let failure as Failure {
                    problems.append((failure.description, name))
                }
            }
            output.line("# \(name) from \(Self.reference(source))")
        }
        guard !problems.isEmpty else { return }
        for text in Set(problems.map(\.text)).sorted() {
            let names: [String] = problems.filter { $0.text == text }.map(\.name).sorted()
            output.note("error retrieving reference for \(names.joined(separator: ", ")): \(text)")
        }
        throw Failure("error: \(object.resource.resource.resource)/\(object.name) failed to retrieve valueFrom references")
    }

    private static func reference(_ source: JSON) -> String {
        if let map = source["configMapKeyRef"] { return "configmap \(map.text(at: "name")), key \(map.text(at: "key"))" }
        if let secret = source["secretKeyRef"] { return "secret \(secret.text(at: "name")), key \(secret.text(at: "key"))" }
        if let field = source["fieldRef"] { return "field path \(field.text(at: "fieldPath"))" }
        if let resource = source["resourceFieldRef"] {
            let container: String = resource.text(at: "containerName")
            return container.isEmpty
                ? "resource field \(resource.text(at: "resource"))"
                : "resource field \(resource.text(at: "resource")) from container \(container)"
        }
        return "invalid valueFrom"
    }
}

/// Looks up what variables refer to.
struct EnvironmentStore {
    let session: Session

    /// Throws ``Failure`` with what is missing.
    func value(_ source: JSON, _ object: Manifest, _ container: JSON) async throws -> String {
        if let map = source["configMapKeyRef"] {
            let found: JSON = try await get(ConfigMap.names.resource, map)
            guard let value = found[["data", map.text(at: "key")]]?.string else {
                throw Failure("key \(map.text(at: "key")) not found in config map \(map.text(at: "name"))")
            }
            return value
        }
        if let secret = source["secretKeyRef"] {
            let found: JSON = try await get(Secret.names.resource, secret)
            guard let value = found[["data", secret.text(at: "key")]]?.string.flatMap(Base64Text.decode) else {
                throw Failure("key \(secret.text(at: "key")) not found in secret \(secret.text(at: "name"))")
            }
            return String(decoding: value, as: UTF8.self)
        }
        if let path = source[["fieldRef", "fieldPath"]]?.string {
            do { return try JSONPath(relaxed: path).text(object.json) } catch { throw Failure("\(error)") }
        }
        if let resource = source["resourceFieldRef"] {
            let parts: [String] = resource.text(at: "resource").split(separator: ".").map(String.init)
            return container[["resources"] + parts].map(GoText.of) ?? "0"
        }
        throw Failure("invalid valueFrom")
    }

    private func get(_ resource: GroupVersionResource, _ reference: JSON) async throws -> JSON {
        do {
            return try await session.send(
                APIRequest(.get, resource, namespace: session.namespace, name: reference.text(at: "name")))
        } catch let status as APIStatus {
            throw Failure(status.message)
        }
    }
}
