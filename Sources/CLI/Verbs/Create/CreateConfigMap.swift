import API
import Machinery

/// `create configmap`
package struct CreateConfigMap: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create configmap", abstract: "Make a ConfigMap.",
        usage: "swkube create configmap NAME [--from-file=[key=]path] [--from-literal=key=value] [flags]", aliases: ["create cm"])

    @OptionGroup var naming: NameArgument

    @OptionGroup var sources: KeyValueSources
    @OptionGroup var hashing: HashOptions
    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        try await creation.create(
            ConfigMap.names,
            hashing.named(
                try Self.object(
                    name, try sources.values(shell, of: " in Data for ConfigMap \(JSON.quoted(name))", kind: " for a ConfigMap"))), shell)
    }

    /// Values that are no UTF-8 go to `binaryData`.
    static func object(_ name: String, _ values: [(key: String, value: [UInt8])]) throws -> JSON {
        var object: JSON = ConfigMap.new(name).json
        for (key, value) in values {
            if let text = String(validating: value, as: UTF8.self) {
                object[["data", key]] = .string(text)
            } else {
                object[["binaryData", key]] = .string(Base64Text.encode(value))
            }
        }
        return object
    }
}

/// `--append-hash`: a name that changes with the content.
package struct HashOptions: FlagGroup {
    @Flag("append-hash", help: "Put a hash of the content behind the name.")
    var appendHash = false

    package init() {}

    func named(_ object: JSON) -> JSON {
        guard appendHash else { return object }
        var object: JSON = object
        object[["metadata", "name"]] = .string(object.text(at: "metadata", "name") + "-" + ContentHash.ofCreated(object))
        return object
    }
}
