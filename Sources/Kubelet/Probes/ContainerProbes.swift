/// The probes of one run of a container, each a task; cancelled when the run ends, is being ended, or is looked after no longer.
struct ContainerProbes: Sendable {
    private var tasks: [Task<Void, Never>] = []

    mutating func add(_ probe: @escaping @Sendable () async -> Void) { tasks.append(Task { await probe() }) }

    func cancel() { for task in tasks { task.cancel() } }
}

/// What a probe decides.
enum ProbeKind: String, Sendable {
    case startup = "Startup"
    case readiness = "Readiness"
    case liveness = "Liveness"
}
