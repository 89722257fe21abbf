import API
import Client
import Machinery
import Sandbox

/// What the pod's containers are, as the sandbox is told.
extension PodWorker {
    /// The host name that the pod sees.
    var hostname: String {
        if let name = pod.spec.hostnameOverride, !name.isEmpty { return name }
        if pod.spec.hostNetwork { return node.configuration.nodeName }
        let name: String = pod.spec.hostname.isEmpty ? pod.name : pod.spec.hostname
        var short = String(name.prefix(63))
        while let last = short.last, last == "-" || last == "." { short.removeLast() }
        guard pod.spec.setHostnameAsFQDN == true, !pod.spec.subdomain.isEmpty else { return short }
        return "\(short).\(pod.spec.subdomain).\(pod.namespace).svc.cluster.local"
    }

    var fields: PodFields {
        PodFields(pod: pod, hostIPs: node.hostIPs, podIPs: podIPs, allocatable: node.allocatable)
    }

    /// What the sandbox is to run. Throws ``ConfigError`` for what the manifest asks and the node can't give.
    func process(
        _ container: View<Container>, _ image: ResolvedImage, attempt: Int, _ sandbox: Sandbox
    ) async throws -> ContainerProcess {
        let name: String = container.name
        try await checkDevices()
        let rights: ContainerRights = try rights(of: container, in: sandbox)
        for text in rights.shortcomings + [unenforcedLimit(of: container)].compactMap({ $0 }) where told.insert(text).inserted {
            tell(name, .warning, "NotSupported", text)
        }
        let (variables, known) = try await environment(container, home: rights.home)
        let expand: (String) -> String = { text in VariableExpansion.expand(text) { known[$0] } }
        let arguments: [String] = image.arguments(command: container.command.map(expand), args: container.args.map(expand))
        if arguments.isEmpty { throw ConfigError("no command specified: the image \(container.image) has none, so give the container one") }
        let mounts: [Mount] = try volumes.mounts(container, variables: variables)
        let layer: String = folders.layer(of: name, attempt: attempt)
        // One that is there is of a start that somebody was killed at.
        if Files.kind(layer) != nil { _ = await BlockingThread.run { [network = node.network] in try? network.remove(layer) } }
        var process = ContainerProcess(
            id: "\(name).\(attempt)", folder: layer, arguments: arguments,
            environment: variables.list, workingDirectory: workingDirectory(of: container), user: rights.user,
            logPath: folders.log(of: name, attempt: attempt))
        process.capabilities = rights.capabilities
        process.systemCalls = rights.systemCalls
        process.appArmorProfile = rights.appArmorProfile
        process.isPrivileged = rights.isPrivileged
        process.isUnmasked = rights.isUnmasked
        process.controlGroups = try makeControlGroup(container, process.id)
        limit(&process, container)
        process.noNewPrivileges = rights.noNewPrivileges
        process.readOnlyRoot = rights.readOnlyRoot
        process.layers = image.layers
        process.processes = hasOneProcessNamespace ? .pod : .container
        process.sharesProcessesOf = try targetOfProcesses(name)
        process.input = !container.stdin ? .none : container.stdinOnce ? .once : .open
        if container.tty {
            // Its window gets a size from whoever attaches.
            process.terminal = WindowSize(rows: 0, columns: 0)
            process.nameTerminal()
        }
        let own: [Mount] =
            try own(container, attempt: attempt)
            + ImageFiles(image, folders.seeds(of: name, attempt: attempt), node).make(
                for: rights.user, below: mounts.map(\.target))
        process.mounts = own.filter { mine in !mounts.contains { $0.target == mine.target } } + mounts
        try Files.makeFolder(folders.logs(of: name), mode: 0o755)
        try Files.makeFolder(folders.state + "/layers")
        return process
    }

    /// A program that runs beside a container's own: like that one as it was started, whatever has changed since.
    func program(
        _ command: [String], in container: View<Container>, id: String, _ sandbox: Sandbox
    ) async throws -> ContainerProcess {
        var process: ContainerProcess
        if let own = started[container.name], own.id == id {
            process = own
        } else {
            // An earlier kubelet started it.
            let rights: ContainerRights = try rights(of: container, in: sandbox)
            process = ContainerProcess(
                id: id, folder: "", arguments: command, environment: try await environment(container, home: rights.home).variables.list,
                workingDirectory: workingDirectory(of: container), user: rights.user)
            process.capabilities = rights.capabilities
            process.noNewPrivileges = rights.noNewPrivileges
            process.systemCalls = rights.systemCalls
            process.appArmorProfile = rights.appArmorProfile
            process.controlGroups = controlGroupFiles(id)
            limit(&process, container)
        }
        process.arguments = command
        process.terminal = nil
        return process
    }

    /// The image that the container's present run was started from; an earlier kubelet may have started it.
    func image(of name: String) -> ResolvedImage {
        if let known = images[name] { return known }
        let kept: ResolvedImage = keptImage(of: name)
        images[name] = kept
        return kept
    }

    func rights(of container: View<Container>, in sandbox: Sandbox) throws -> ContainerRights {
        try ContainerRights(
            container, of: pod, hasOneIdentity: sandbox.hasOneIdentity, image: image(of: container.name),
            profiles: node.configuration.seccompFolder)
    }

    /// Where the container's programs start; nil for the root.
    func workingDirectory(of container: View<Container>) -> String? {
        let own: String = container.workingDir
        let whole: String = own.isEmpty ? image(of: container.name).workingDirectory : own
        return whole.isEmpty ? nil : whole
    }

    /// Whether all containers of the pod see each other's processes; else each one's program is process 1 of its own.
    private var hasOneProcessNamespace: Bool { pod.spec.shareProcessNamespace == true || pod.spec.hostPID }

    /// The run of the container whose processes an ephemeral container is to see. Throws ``ConfigError`` when it does not run.
    private func targetOfProcesses(_ name: String) throws(ConfigError) -> String? {
        guard let target = pod.spec.ephemeralContainers.first(where: { $0.name == name })?.targetContainerName, !target.isEmpty,
            !hasOneProcessNamespace
        else { return nil }
        guard let id = running(target) else { throw ConfigError("unable to find target container \(JSON.quoted(target))") }
        return id
    }

    func environment(
        _ container: View<Container>, home: String
    ) async throws -> (variables: Variables, known: [String: String]) {
        await node.services.caughtUp()
        let services: [String: String] = ServiceVariables.make(
            node.services.list(namespace: key.namespace), namespace: key.namespace, enableServiceLinks: pod.spec.enableServiceLinks ?? true,
            api: node.configuration.api)
        return try await EnvironmentMaker(
            client: node.client, fields: fields, hostname: hostname, home: home, services: services,
            image: image(of: container.name),
            file: { [volumes] path, volume throws(ConfigError) in try volumes.file(path, in: volume) }
        ).make(container)
    }

    /// Files that every container gets: names in /etc, and the one for its last words.
    private func own(_ container: View<Container>, attempt: Int) throws -> [Mount] {
        var mounts: [Mount] = try EtcFiles(
            pod: pod, hostname: hostname, podIPs: podIPs, folder: folders.etc,
            nameServer: node.configuration.nameServer
        ).make()
        let message: String = folders.message(of: container.name, attempt: attempt)
        try Files.makeFolder(folders.state + "/messages")
        try Files.write([], to: message, mode: 0o666)
        mounts.append(Mount(.host(path: message), at: container.terminationMessagePath))
        return mounts
    }
}
