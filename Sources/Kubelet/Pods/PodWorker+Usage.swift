import Machinery
import Sandbox

extension PodWorker {
    /// The containers that run, with nothing measured yet.
    func runs() -> PodUsage {
        let running: [ContainerUsage] = records.values.compactMap { record in
            record.run.map { ContainerUsage(name: record.name, run: record.sandboxID, startedAt: $0.startedAt.time) }
        }
        return PodUsage(key: key, uid: uid, startedAt: startTime, containers: running.sorted { $0.name < $1.name })
    }

    /// The runs of containers, each with the process that leads its session.
    func leaders() async -> [(id: String, leader: Int32)] {
        guard let sandbox, records.values.contains(where: \.isRunning), let states = try? await sandbox.state() else { return [] }
        return states.compactMap { $0.phase == .running ? ($0.id, $0.pid) : nil }
    }
}
