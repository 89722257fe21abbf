import API
import Client
import Machinery

/// Why a container can't be made as its specification says: a `CreateContainerConfigError` and its message.
struct ConfigError: Error, Sendable, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Variables in the order in which they were first set; a later value replaces an earlier one.
struct Variables: Sendable {
    private(set) var list: [(name: String, value: String)] = []
    private var places: [String: Int] = [:]

    subscript(name: String) -> String? {
        get { places[name].map { list[$0].value } }
        set {
            guard let newValue else { return }
            if let place = places[name] {
                list[place].value = newValue
            } else {
                places[name] = list.count
                list.append((name, newValue))
            }
        }
    }
}

/// Makes the environment of a container: what the runtime gives, services, `envFrom`, `env`; each wins over those before it.
///
/// Source: `makeEnvironmentVariables` of pkg/kubelet/kubelet_pods.go.
struct EnvironmentMaker: Sendable {
    let client: Client
    let fields: PodFields
    let hostname: String
    let home: String
    let services: [String: String]
    let image: ResolvedImage
    /// Reads a file at a path of a volume; nil when it is not there.
    let file: @Sendable (_ path: String, _ volume: String) throws(ConfigError) -> [UInt8]?

    /// What containerd gives when an image says nothing.
    static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Returns all variables, and those that `$(NAME)` in command and args may name: what the runtime gives is not among them.
    ///
    /// Throws ``ConfigError`` for a ConfigMap, Secret or key that is missing.
    func make(_ container: View<Container>) async throws -> (variables: Variables, known: [String: String]) {
        var variables = Variables()
        variables["PATH"] = Self.path
        variables["HOSTNAME"] = hostname
        variables["HOME"] = home
        for text in image.environment {
            let parts: [Substring] = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            variables[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        if let path = variables["PATH"] { variables["PATH"] = image.path(path) }
        for (name, value) in services.sorted(by: { $0.key < $1.key }) { variables[name] = value }
        // Values refer to variables of the specification and of services, not to those of the runtime.
        var known: [String: String] = services
        func set(_ name: String, _ value: String) {
            variables[name] = value
            known[name] = value
        }
        for source in container.envFrom {
            for (key, value) in try await all(of: source) { set(source.prefix + key, value) }
        }
        for variable in container.env {
            if let source: View<EnvVarSource> = variable.valueFrom {
                if let value = try await value(of: source, container, variable.name) { set(variable.name, value) }
            } else {
                let known: [String: String] = known
                set(variable.name, VariableExpansion.expand(variable.value) { known[$0] })
            }
        }
        return (variables, known)
    }

    private var namespace: String { fields.pod.namespace }

    private func all(of source: View<EnvFromSource>) async throws -> [(String, String)] {
        if let reference: View<ConfigMapEnvSource> = source.configMapRef {
            guard let map = try await client.find(ConfigMap.self, ObjectKey(namespace: namespace, name: reference.name)) else {
                if reference.optional == true { return [] }
                throw ConfigError("configmap \"\(reference.name)\" not found")
            }
            return map.data.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
        if let reference: View<SecretEnvSource> = source.secretRef {
            guard let secret = try await client.find(Secret.self, ObjectKey(namespace: namespace, name: reference.name)) else {
                if reference.optional == true { return [] }
                throw ConfigError("secret \"\(reference.name)\" not found")
            }
            return secret.data.sorted { $0.key < $1.key }.map { ($0.key, Self.text($0.value)) }
        }
        return []
    }

    /// nil for something optional that is not there: then the variable is not set.
    private func value(of source: View<EnvVarSource>, _ container: View<Container>, _ name: String) async throws -> String? {
        if let reference: View<ObjectFieldSelector> = source.fieldRef {
            guard let value = fields.value(of: reference.fieldPath) else {
                throw ConfigError("unsupported fieldPath: \(reference.fieldPath)")
            }
            return value
        }
        if let reference: View<ResourceFieldSelector> = source.resourceFieldRef {
            guard let value = fields.value(of: reference, container: container) else {
                throw ConfigError("invalid container resource \(reference.resource) of variable \(name)")
            }
            return value
        }
        if let reference: View<ConfigMapKeySelector> = source.configMapKeyRef {
            let optional: Bool = reference.optional ?? false
            guard let map = try await client.find(ConfigMap.self, ObjectKey(namespace: namespace, name: reference.name)) else {
                if optional { return nil }
                throw ConfigError("configmap \"\(reference.name)\" not found")
            }
            if let value = map.json["data"]?[reference.key]?.string { return value }
            if optional { return nil }
            throw ConfigError("couldn't find key \(reference.key) in ConfigMap \(namespace)/\(reference.name)")
        }
        if let reference: View<SecretKeySelector> = source.secretKeyRef {
            let optional: Bool = reference.optional ?? false
            guard let secret = try await client.find(Secret.self, ObjectKey(namespace: namespace, name: reference.name)) else {
                if optional { return nil }
                throw ConfigError("secret \"\(reference.name)\" not found")
            }
            if let value = secret.json["data"]?[reference.key]?.string { return Self.text(value) }
            if optional { return nil }
            throw ConfigError("couldn't find key \(reference.key) in Secret \(namespace)/\(reference.name)")
        }
        if let reference: View<FileKeySelector> = source.fileKeyRef {
            let place = "file \(reference.path) of volume \(reference.volumeName)"
            do throws(ConfigError) {
                let bytes: [UInt8]? = try file(reference.path, reference.volumeName)
                if let value = try bytes.flatMap({ bytes throws(ConfigError) in try VariableFile.value(of: reference.key, in: bytes) }) {
                    return value
                }
                if reference.optional == true { return nil }
                throw ConfigError(bytes == nil ? "it is not there" : "couldn't find key \(reference.key)")
            } catch {
                throw ConfigError("\(place): \(error)")
            }
        }
        throw ConfigError("variable \(name) has a source that this version does not know")
    }

    private static func text(_ base64: String) -> String { String(decoding: Base64Text.decode(base64) ?? [], as: UTF8.self) }
}
