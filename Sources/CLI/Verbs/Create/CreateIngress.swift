import API
import Machinery

/// `create ingress`
package struct CreateIngress: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create ingress", abstract: "Make an Ingress.",
        usage: "swkube create ingress NAME --rule=HOST/PATH=SERVICE:PORT[,tls[=SECRET]] [flags]", aliases: ["create ing"])

    @OptionGroup var naming: NameArgument

    @Option("class", help: "Class of the Ingress.", value: "name")
    var `class`: String?

    @Option(
        "rule", help: "A rule; a * behind the path means its beginning; may be repeated.", value: "host/path=service:port[,tls[=secret]]")
    var rule: [String] = []

    @Option("default-backend", help: "For all that no rule means.", value: "service:port")
    var defaultBackend: String?

    @Option("annotation", help: "An annotation; may be repeated.", value: "key=value")
    var annotation: [String] = []

    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        if rule.isEmpty, defaultBackend?.isEmpty != false {
            throw Failure(
                "not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)"
            )
        }
        for text in rule where !Self.isRule(text) {
            throw Failure("rule \(text) is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]")
        }
        for text in annotation where text.split(separator: "=", maxSplits: 1).count != 2 {
            throw Failure("annotation \(text) is invalid and should be in format key=[value]")
        }
        if let defaultBackend, defaultBackend.split(separator: ":").count != 2 {
            throw Failure("default-backend should be in format servicename:serviceport")
        }
        var object: JSON = Ingress.new(name).json
        for text in annotation {
            let parts: [Substring] = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            object[["metadata", "annotations", String(parts[0])]] = .string(String(parts[1]))
        }
        object["spec"] = [:]
        if let `class`, !`class`.isEmpty { object[["spec", "ingressClassName"]] = .string(`class`) }
        if let defaultBackend, !defaultBackend.isEmpty { object[["spec", "defaultBackend"]] = Self.backend(defaultBackend) }
        let (rules, tls): ([JSON], [JSON]) = parsed()
        if !rules.isEmpty { object[["spec", "rules"]] = .array(rules) }
        if !tls.isEmpty { object[["spec", "tls"]] = .array(tls) }
        object["status"] = ["loadBalancer": [:]]
        try await creation.create(Ingress.names, object, shell)
    }

    private static func isRule(_ text: String) -> Bool {
        let main: Substring = text.split(separator: ",", maxSplits: 1)[0]
        let parts: [Substring] = main.split(separator: "=", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0].contains("/") && parts[1].split(separator: ":").count >= 2
    }

    private func parsed() -> (rules: [JSON], tls: [JSON]) {
        var hosts: [(host: String, paths: [JSON])] = []
        var tls: [(secret: String, hosts: [String])] = []
        for text in rule {
            let options: [Substring] = text.split(separator: ",")
            let parts: [Substring] = options[0].split(separator: "=")
            let host = String(parts[0].prefix { $0 != "/" })
            var path = String(parts[0].dropFirst(host.count))
            var type: String = "Exact"
            if path.hasSuffix("*") {
                path.removeLast()
                type = "Prefix"
            }
            let entry: JSON = ["backend": Self.backend(String(parts[1])), "path": .string(path), "pathType": .string(type)]
            if let index = hosts.firstIndex(where: { $0.host == host }) {
                hosts[index].paths.append(entry)
            } else {
                hosts.append((host, [entry]))
            }
            // More than one option is none, as in kubectl.
            if options.count == 2, options[1] == "tls" || options[1].hasPrefix("tls=") {
                let secret = String(options[1].dropFirst(4))
                if let index = tls.firstIndex(where: { $0.secret == secret }) {
                    if !tls[index].hosts.contains(host), !host.isEmpty { tls[index].hosts.append(host) }
                } else {
                    tls.append((secret, host.isEmpty ? [] : [host]))
                }
            }
        }
        let rules: [JSON] = hosts.map { one in
            var rule: JSON = ["http": ["paths": .array(one.paths)]]
            if !one.host.isEmpty { rule["host"] = .string(one.host) }
            return rule
        }
        return (
            rules,
            tls.map { one in
                var entry: JSON = [:]
                if !one.hosts.isEmpty { entry["hosts"] = .array(one.hosts.map { .string($0) }) }
                if !one.secret.isEmpty { entry["secretName"] = .string(one.secret) }
                return entry
            }
        )
    }

    /// `service:port`, the port by number or name.
    private static func backend(_ text: String) -> JSON {
        let parts: [String] = text.split(separator: ":").map(String.init)
        let port: JSON = Int64(parts[1]).map { ["number": .int($0)] } ?? ["name": .string(parts[1])]
        return ["service": ["name": .string(parts[0]), "port": port]]
    }
}
