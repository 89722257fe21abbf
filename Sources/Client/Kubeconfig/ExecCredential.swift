import Glibc
import Machinery

/// A program that hands out credentials, as the kubeconfig names it for a user.
/// Source: client.authentication.k8s.io/v1.
package struct ExecCredential: Sendable {
    /// The user's `exec` entry.
    let entry: JSON
    /// What the program may know of the cluster.
    let cluster: JSON
    /// Which programs the user lets run.
    package var policy: Policy = .all

    package enum Policy: Sendable {
        case all, none
        /// By name or by whole path.
        case these([String])

        func allows(_ command: String, path: String) -> Bool {
            switch self {
            case .all: true
            case .none: false
            case .these(let names): names.contains(command) || names.contains(path)
            }
        }
    }

    /// Credentials that a program gave.
    package struct Credentials: Sendable {
        package let token: String?
        package let certificatePEM: String?
        package let keyPEM: String?
    }

    /// - Parameter entry: the user's `exec` entry. Throws ``KubeconfigError`` for a version that is not known.
    init(entry: JSON, cluster: JSON) throws(KubeconfigError) {
        self.entry = entry
        self.cluster = cluster
        let version: String = entry["apiVersion"]?.string ?? ""
        guard ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"].contains(version) else {
            throw KubeconfigError("exec plugin: invalid apiVersion \(JSON.quoted(version))")
        }
    }

    /// Runs the program and reads its answer. Throws ``TransportError`` in kubectl's words.
    package func credentials() throws(TransportError) -> Credentials {
        let version: String = entry["apiVersion"]?.string ?? ""
        let isTerminal: Bool = isatty(STDIN_FILENO) == 1
        let mode: String = entry["interactiveMode"]?.string ?? "IfAvailable"
        if mode == "Always", !isTerminal {
            throw Self.failure("exec plugin cannot support interactive mode: standard input is not a terminal")
        }
        let command: String = entry["command"]?.string ?? ""
        let path: String = command.contains("/") ? command : Program.path(of: command, in: Program.searchPath) ?? command
        guard policy.allows(command, path: path) else {
            throw Self.failure("plugin path \(JSON.quoted(path)) is not permitted by the credential plugin allowlist")
        }
        var program = Program(command, (entry["args"]?.array ?? []).compactMap(\.string))
        program.capturesOutput = true
        for pair in entry["env"]?.array ?? [] {
            program.environment.append((pair["name"]?.string ?? "", pair["value"]?.string ?? ""))
        }
        program.environment.append(("KUBERNETES_EXEC_INFO", request(version, isInteractive: mode != "Never" && isTerminal).text()))
        let outcome: Program.Outcome
        do { outcome = try program.run() } catch {
            guard error.isMissing else { throw Self.failure("exec: \(error)") }
            let hint: String = entry["installHint"]?.string ?? ""
            throw Self.failure(
                "exec: executable \(command) not found\n\nIt looks like you are trying to use a client-go credential plugin that is not installed."
                    + "\n\nTo learn more about this feature, consult the documentation available at:\n      "
                    + "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins"
                    + (hint.isEmpty ? "" : "\n\n" + hint))
        }
        guard outcome.code == 0 else { throw Self.failure("exec: executable \(command) failed with exit code \(outcome.code)") }
        return try Self.read(outcome.output, version)
    }

    private func request(_ version: String, isInteractive: Bool) -> JSON {
        var spec: JSON = [:]
        if entry["provideClusterInfo"] == true { spec["cluster"] = cluster }
        spec["interactive"] = .bool(isInteractive)
        return ["kind": "ExecCredential", "apiVersion": .string(version), "spec": spec]
    }

    private static func read(_ output: [UInt8], _ version: String) throws(TransportError) -> Credentials {
        func isOther(_ version: String, _ other: String) -> TransportError {
            failure("exec plugin is configured to use API version \(version), plugin returned version \(other)")
        }
        // Go takes nothing for an object without a version.
        if output.allSatisfy({ Character(Unicode.Scalar($0)).isWhitespace }) { throw isOther(version, Self.unversioned) }
        let answer: JSON
        do { answer = try JSON(parsing: output) } catch { throw failure("decoding stdout: \(error)") }
        if answer["kind"] == nil, answer["apiVersion"] == nil { throw isOther(version, Self.unversioned) }
        guard answer["kind"] == "ExecCredential" else {
            throw failure(
                "decoding stdout: no kind \(JSON.quoted(answer["kind"]?.string ?? "")) is registered for version \(JSON.quoted(version))")
        }
        guard answer["apiVersion"]?.string == version else { throw isOther(version, answer["apiVersion"]?.string ?? "") }
        guard let status = answer["status"], !status.isNull else { throw failure("exec plugin didn't return a status field") }
        func text(_ member: String) -> String? { status[member]?.string.flatMap { $0.isEmpty ? nil : $0 } }
        let (certificate, key): (String?, String?) = (text("clientCertificateData"), text("clientKeyData"))
        if text("token") == nil, certificate == nil, key == nil { throw failure("exec plugin didn't return a token or cert/key pair") }
        if (certificate == nil) != (key == nil) { throw failure("exec plugin returned only certificate or key, not both") }
        return Credentials(token: text("token"), certificatePEM: certificate, keyPEM: key)
    }

    private static let unversioned: String = "client.authentication.k8s.io/__internal"

    private static func failure(_ text: String) -> TransportError { TransportError(.broken, "getting credentials: " + text) }
}
