import Machinery

/// Flags of `config set-credentials` for programs that hand out credentials, and for the providers that came before them.
///
/// Source: k8s.io/kubectl/pkg/cmd/config/set_credentials.go.
package struct ExecCredentialOptions: FlagGroup {
    @Option("exec-command", help: "Program that hands out credentials.", value: "program")
    var command: String?

    @Option("exec-api-version", help: "API version that it speaks.", value: "version")
    var apiVersion: String?

    @Option("exec-arg", help: "Argument of the program; may be repeated, or given with commas between.", value: "word")
    var arguments: [String] = []

    @Option("exec-env", help: "Variable of the program, or KEY- to remove one; may be repeated.", value: "key=value")
    var environment: [String] = []

    @Option("exec-interactive-mode", help: "Whether it may ask: Never, IfAvailable or Always.", value: "mode")
    var interactiveMode: String?

    @Flag("exec-provide-cluster-info", help: "Tell the program of the cluster.")
    var provideClusterInfo: Bool?

    @Option("auth-provider", help: "Name of a provider of credentials.", value: "name")
    var provider: String?

    @Option("auth-provider-arg", help: "Setting of the provider, or KEY- to remove one.", value: "key=value")
    var providerArguments: [String] = []

    package init() {}

    /// What they change of a user.
    func changes(to user: JSON) throws -> [(member: String, value: JSON?)] {
        if let interactiveMode, !["IfAvailable", "Never", "Always"].contains(interactiveMode) {
            throw Failure("invalid interactive mode type, can be only IfAvailable, Never, Always")
        }
        var changes: [(member: String, value: JSON?)] = []
        if let exec = try exec(user["exec"]) { changes.append(("exec", exec)) }
        if let provider = try provider(user["auth-provider"]) { changes.append(("auth-provider", provider)) }
        return changes
    }

    /// nil leaves it as it is. The other flags change a program that is named, here or before.
    private func exec(_ now: JSON?) throws -> JSON? {
        var exec: JSON
        if let command {
            exec = now ?? ["env": .null, "provideClusterInfo": false]
            exec["command"] = .string(command)
            exec["args"] = .null
        } else {
            guard let now, !now.isNull else { return nil }
            exec = now
        }
        if let apiVersion { exec["apiVersion"] = .string(apiVersion) }
        let words: [Substring] = arguments.flatMap { $0.split(separator: ",") }
        if !words.isEmpty { exec["args"] = .array(words.map { .string(String($0)) }) }
        if let interactiveMode { exec["interactiveMode"] = .string(interactiveMode) }
        if let provideClusterInfo { exec["provideClusterInfo"] = .bool(provideClusterInfo) }
        var variables: [JSON] = exec.list("env")
        for (key, value) in try Self.pairs(environment, "--exec-env") {
            variables.removeAll { $0.text(at: "name") == key }
            if let value { variables.append(["name": .string(key), "value": .string(value)]) }
        }
        if !environment.isEmpty { exec["env"] = variables.isEmpty ? .null : .array(variables) }
        return exec == now ? nil : exec
    }

    private func provider(_ now: JSON?) throws -> JSON? {
        guard provider != nil || now?.isNull == false else { return nil }
        var entry: JSON = now ?? [:]
        // Another provider has settings of its own.
        if let provider, entry["name"] != .string(provider) { entry = [:] }
        if entry["config"] ?? .null == .null { entry["config"] = [:] }
        if let provider { entry["name"] = .string(provider) }
        for (key, value) in try Self.pairs(providerArguments, "--auth-provider-arg") {
            entry[["config", key]] = value.map { .string($0) }
        }
        return entry
    }

    /// `KEY=VALUE`; nil for `KEY-`.
    private static func pairs(_ texts: [String], _ flag: String) throws -> [(key: String, value: String?)] {
        try texts.flatMap { $0.split(separator: ",") }.map { text in
            if let equals = text.firstIndex(of: "=") { return (String(text[..<equals]), String(text[text.index(after: equals)...])) }
            guard text.last == "-" else { throw Failure("invalid \(flag) format: \(text)") }
            return (String(text.dropLast()), nil)
        }
    }
}
