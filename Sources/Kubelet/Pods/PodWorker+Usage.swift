import Sandbox

extension PodWorker {
    /// The containers that run, each with its run's name and the process that leads its session.
    func leaders() async -> [(name: String, id: String, leader: Int32)] {
        guard let sandbox, records.values.contains(where: \.isRunning), let states = try? await sandbox.state() else { return [] }
        return states.compactMap { state in
            guard state.phase == .running, let (name, _) = ContainerRecord.parse(sandboxID: state.id) else { return nil }
            return (name, state.id, state.pid)
        }
    }
}
