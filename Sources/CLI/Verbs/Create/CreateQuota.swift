import API
import Client
import Machinery

/// `create quota`
package struct CreateQuota: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create quota", abstract: "Make a ResourceQuota.",
        usage: "swkube create quota NAME [--hard=NAME=AMOUNT,…] [--scopes=SCOPE,…] [flags]", aliases: ["create resourcequota"])

    @OptionGroup var naming: NameArgument

    @Option("hard", help: "Most that the namespace may have: pods=10,cpu=4.", value: "amounts")
    var hard: String?

    @Option("scopes", help: "Which objects count: BestEffort, NotTerminating, …", value: "scopes")
    var scopes: String?

    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        var object: JSON = ResourceQuota.new(name).json
        object["spec"] = [:]
        for (name, amount) in try SetResources.amounts(hard, problem: "Invalid argument syntax") {
            object[["spec", "hard", name]] = .string(amount)
        }
        if let scopes, !scopes.isEmpty {
            var list: [String] = []
            for scope in scopes.split(separator: ",", omittingEmptySubsequences: false) {
                guard !scope.isEmpty else { throw Failure("invalid resource quota scope \"\"") }
                if list.contains(String(scope)) { throw Failure("Duplicate scope: \(scope)") }
                list.append(String(scope))
            }
            object[["spec", "scopes"]] = .array(list.map { .string($0) })
        }
        object["status"] = [:]
        try await creation.create(ResourceQuota.names, object, shell, failure: "quota")
    }
}

/// `create token`: asks for a token of a service account.
package struct CreateToken: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create token", abstract: "Ask for a token of a ServiceAccount.", usage: "swkube create token ACCOUNT [flags]")

    @OptionGroup var naming: NameArgument

    @Option("audience", help: "For whom the token is; may be repeated.", value: "name")
    var audience: [String] = []

    @Option("duration", help: "How long the token shall be good; the server decides.", value: "duration")
    var duration = Span(.zero)

    @Option("bound-object-kind", help: "Kind of the object whose end ends the token: Pod, Secret or Node.", value: "kind")
    var boundKind: String?

    @Option("bound-object-name", help: "Name of that object.", value: "name")
    var boundName: String?

    @Option("bound-object-uid", help: "UID of that object.", value: "uid")
    var boundUID: String?

    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        let format: OutputFormat = try printing.format()
        if name.isEmpty { throw Failure("service account name is required") }
        if duration.duration < .zero { throw Failure("--duration must be greater than or equal to 0") }
        if duration.duration.components.attoseconds != 0 { throw Failure("--duration cannot be expressed in units less than seconds") }
        var spec: JSON = ["audiences": audience.isEmpty ? .null : .array(audience.map { .string($0) })]
        spec["expirationSeconds"] = duration.duration > .zero ? .int(duration.duration.components.seconds) : nil
        let kind: String = boundKind ?? ""
        if kind.isEmpty {
            if boundName?.isEmpty == false { throw Failure("--bound-object-name can only be set if --bound-object-kind is provided") }
            if boundUID?.isEmpty == false { throw Failure("--bound-object-uid can only be set if --bound-object-kind is provided") }
        } else {
            guard ["Node", "Pod", "Secret"].contains(kind) else {
                throw Failure("supported --bound-object-kind values are Node, Pod, Secret")
            }
            guard let boundName, !boundName.isEmpty else {
                throw Failure("--bound-object-name is required if --bound-object-kind is provided")
            }
            spec["boundObjectRef"] = ["kind": .string(kind), "apiVersion": "v1", "name": .string(boundName)]
            if let boundUID, !boundUID.isEmpty { spec[["boundObjectRef", "uid"]] = .string(boundUID) }
        }
        let session: Session = try connection.session(shell)
        let body: JSON = ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec]
        let answer: JSON
        do {
            answer = try await session.send(
                APIRequest(
                    .create, ServiceAccount.names.resource, namespace: session.namespace, name: name, subresource: "token",
                    body: body.serialized()))
        } catch let status as APIStatus {
            throw Failure("failed to create token: \(status.message)")
        }
        let token: String = answer.text(at: "status", "token")
        if token.isEmpty { throw Failure("failed to create token: no token in server response") }
        if format.isForPeople {
            shell.output.line(token)
        } else {
            var printer = ObjectPrinter(format, shell.output, showsManagedFields: printing.showManagedFields)
            // Go writes the pointer, with and without something behind it.
            var answer: JSON = answer
            if answer[["spec", "boundObjectRef"]] == nil { answer[["spec", "boundObjectRef"]] = .null }
            try printer.print(answer, nil)
        }
        try session.finish()
    }
}
