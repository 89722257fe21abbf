import API
import Machinery

/// A Service that selects the pods labelled with its name.
private func service(_ name: String, _ type: String, _ ports: [JSON]) -> JSON {
    let labels: JSON = ["app": .string(name)]
    var object: JSON = Service.new(name).json
    object[["metadata", "labels"]] = labels
    object["spec"] = ["selector": labels, "type": .string(type)]
    if !ports.isEmpty { object[["spec", "ports"]] = .array(ports) }
    object["status"] = ["loadBalancer": [:]]
    return object
}

/// `--tcp=80:8080`
package struct PortOptions: FlagGroup {
    @Option("tcp", help: "A port, and the pods' port when it is another; may be repeated.", value: "port[:target]")
    var tcp: [String] = []

    package init() {}

    /// The same where there has to be one.
    func required(nodePort: Int? = nil) throws -> [JSON] {
        let ports: [JSON] = try ports(nodePort: nodePort)
        if ports.isEmpty { throw Failure("at least one tcp port specifier must be provided") }
        return ports
    }

    func ports(nodePort: Int? = nil) throws -> [JSON] {
        try tcp.flatMap { $0.split(separator: ",") }.map { text in
            let parts: [Substring] = text.split(separator: ":", omittingEmptySubsequences: false)
            guard let number = UInt(parts[0]) else {
                throw Failure("strconv.ParseUint: parsing \(JSON.quoted(String(parts[0]))): invalid syntax")
            }
            guard number <= UInt16.max else {
                throw Failure("strconv.ParseUint: parsing \(JSON.quoted(String(parts[0]))): value out of range")
            }
            let port = Int64(number)
            var json: JSON = [
                "name": .string(parts.joined(separator: "-")), "port": .int(port), "protocol": "TCP", "targetPort": .int(port),
            ]
            if parts.count > 1 { json["targetPort"] = try Self.target(String(parts[1])) }
            if let nodePort { json["nodePort"] = .int(Int64(nodePort)) }
            return json
        }
    }

    /// A port by number or name.
    private static func target(_ text: String) throws -> JSON {
        let number: Int? = Int(text)
        let problems: [String] = number.map(Names.portNumber) ?? Names.portName(text)
        if !problems.isEmpty { throw Failure(problems.joined(separator: ",")) }
        return number.map { .int(Int64($0)) } ?? .string(text)
    }
}

/// `create service` alone: says which verbs it has.
package struct CreateServiceFamily: FamilyVerb {
    package static let configuration = CommandConfiguration(
        commandName: "create service", abstract: "Make a Service.", usage: "swkube create service VERB NAME [flags]",
        aliases: ["create svc"])

    @Argument(help: "clusterip, externalname, loadbalancer or nodeport.", value: "verb")
    package var words: [String] = []

    package init() {}
}

/// `create service clusterip`
package struct CreateServiceClusterIP: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create service clusterip", abstract: "Make a Service with an address inside the cluster.",
        usage: "swkube create service clusterip NAME [--tcp=PORT:TARGET] [flags]", aliases: ["create svc clusterip"])

    @OptionGroup var naming: NameArgument

    @Option("clusterip", help: "Address to take, or None for a Service without one.", value: "address")
    var clusterip: String?

    @OptionGroup var ports: PortOptions
    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        var object: JSON = service(name, "ClusterIP", try clusterip == "None" ? ports.ports() : ports.required())
        if let clusterip { object[["spec", "clusterIP"]] = .string(clusterip) }
        try await creation.create(Service.names, object, shell, failure: "ClusterIP service")
    }
}

/// `create service nodeport`
package struct CreateServiceNodePort: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create service nodeport", abstract: "Make a Service with a port on every node.",
        usage: "swkube create service nodeport NAME [--tcp=PORT:TARGET] [flags]", aliases: ["create svc nodeport"])

    @OptionGroup var naming: NameArgument

    @Option("node-port", help: "Port to take on the nodes.", value: "int")
    var nodePort: Int?

    @OptionGroup var ports: PortOptions
    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        try await creation.create(
            Service.names, service(name, "NodePort", try ports.required(nodePort: nodePort)), shell, failure: "NodePort service")
    }
}

/// `create service loadbalancer`
package struct CreateServiceLoadBalancer: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create service loadbalancer", abstract: "Make a Service with an address outside the cluster.",
        usage: "swkube create service loadbalancer NAME [--tcp=PORT:TARGET] [flags]", aliases: ["create svc loadbalancer"])

    @OptionGroup var naming: NameArgument

    @OptionGroup var ports: PortOptions
    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try naming.name(Self.commandName)
        try await creation.create(
            Service.names, service(name, "LoadBalancer", try ports.required()), shell, failure: "LoadBalancer service")
    }
}

/// `create service externalname`
package struct CreateServiceExternalName: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create service externalname", abstract: "Make a Service that is another name of a host.",
        usage: "swkube create service externalname NAME --external-name=HOST [flags]", aliases: ["create svc externalname"])

    @OptionGroup var naming: NameArgument

    @Option("external-name", help: "Name of the host.", value: "host")
    var externalName: String?

    @OptionGroup var ports: PortOptions
    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        guard let externalName else { throw Failure("required flag(s) \"external-name\" not set") }
        let name: String = try naming.name(Self.commandName)
        var object: JSON = service(name, "ExternalName", try ports.ports())
        guard Names.dns1123Subdomain(externalName).isEmpty else { throw Failure("invalid service external name \(externalName)") }
        object[["spec", "externalName"]] = .string(externalName)
        try await creation.create(Service.names, object, shell, failure: "ExternalName service")
    }
}
