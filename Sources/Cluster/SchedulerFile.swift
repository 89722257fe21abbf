import API
import Client
import Machinery
import Scheduler

/// The file that says how the scheduler works, shown in the cluster to whoever asks where pods would go.
struct SchedulerFile {
    /// nil for the default.
    let path: String?
    let client: Client

    /// Reads the file, and sees to it that the cluster shows what holds now.
    func read() async throws -> SchedulerConfiguration {
        let key: ObjectKey = SchedulerConfiguration.home
        let shown: View<ConfigMap>? = try await client.find(ConfigMap.self, key)
        guard let path else {
            if shown != nil { try await client.delete(ConfigMap.self, key) }
            return SchedulerConfiguration()
        }
        let text: String
        let configuration: SchedulerConfiguration
        do {
            text = String(decoding: try PrivateFile.read(path), as: UTF8.self)
            configuration = try SchedulerConfiguration(yaml: text)
        } catch {
            throw ClusterError("the scheduler's configuration \(path) can't be used: \(error)")
        }
        guard shown?.data[SchedulerConfiguration.key] != text else { return configuration }
        if var shown {
            shown.data = [SchedulerConfiguration.key: text]
            try await client.update(shown)
        } else {
            try await client.create(
                ConfigMap.new(key.name, namespace: key.namespace) { $0.data = [SchedulerConfiguration.key: text] })
        }
        return configuration
    }
}
