import API
package import ArgumentParser
import Machinery

/// `create configmap`
package struct CreateConfigMap: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create configmap", abstract: "Make a ConfigMap.",
        usage: "swkube create configmap NAME [--from-file=[key=]path] [--from-literal=key=value] [flags]", aliases: ["create cm"])

    @Argument(help: ArgumentHelp("Name of the ConfigMap.", valueName: "name"))
    var name: String

    @OptionGroup var sources: KeyValueSources
    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        try await creation.create(
            ConfigMap.names, try Self.object(name, try sources.values(shell, of: " in Data for ConfigMap \(JSON.quoted(name))")), shell)
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
