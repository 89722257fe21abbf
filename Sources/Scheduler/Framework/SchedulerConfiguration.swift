package import API
import Machinery

/// How the scheduler was told to work: its profiles and back-offs.
///
/// Read from a file of kind KubeSchedulerConfiguration. Source: kubescheduler.config.k8s.io/v1.
package struct SchedulerConfiguration: Sendable {
    /// The ConfigMap that shows the file to whoever wants to know where pods would go.
    package static let home = ObjectKey(namespace: "kube-system", name: "kube-scheduler")
    package static let key = "config.yaml"

    package var profiles: [Profile] = [Profile()]
    var backOff = SchedulingQueue.BackOff()

    package init() {}

    /// Throws ``SchedulerConfigurationError`` with all that is wrong.
    package init(yaml text: String) throws {
        let documents: [YAMLDocument]
        do { documents = try YAML.documents(text) } catch { throw SchedulerConfigurationError("\(error)") }
        guard documents.count == 1, let json = documents.first?.json else {
            throw SchedulerConfigurationError("there are \(documents.count) documents; give one")
        }
        guard json["kind"]?.string == "KubeSchedulerConfiguration", json["apiVersion"]?.string == "kubescheduler.config.k8s.io/v1" else {
            let found: String = "\(json["apiVersion"]?.string ?? "nothing") \(json["kind"]?.string ?? "")"
            throw SchedulerConfigurationError("it is \(found); give kubescheduler.config.k8s.io/v1 KubeSchedulerConfiguration")
        }
        var problems = Problems()
        let reader = SchedulerConfigurationReader()
        let file: View<KubeSchedulerConfiguration> = try reader.read(json, KubeSchedulerConfiguration.self, at: .root)
        KubeSchedulerConfiguration.definition.schema.validate(file.json, .root, &problems)
        backOff.initial = .seconds(file.podInitialBackoffSeconds ?? 1)
        backOff.longest = .seconds(file.podMaxBackoffSeconds ?? 10)
        if backOff.longest < backOff.initial {
            problems.invalid(
                Path("podMaxBackoffSeconds"), .int(backOff.longest.components.seconds),
                "must be greater than or equal to PodInitialBackoffSeconds")
        }
        if !file.profiles.isEmpty {
            profiles = []
            for (index, profile) in file.profiles.enumerated() {
                let path: Path = Path("profiles").index(index)
                let made: Profile = try reader.profile(profile, path, &problems)
                if profiles.contains(where: { $0.schedulerName == made.schedulerName }) {
                    problems.duplicate(path.child("schedulerName"), .string(made.schedulerName))
                }
                profiles.append(made)
            }
        }
        for index in profiles.indices where profiles[index].percentageOfNodesToScore == nil {
            profiles[index].percentageOfNodesToScore = file.percentageOfNodesToScore
        }
        guard problems.isEmpty else {
            throw SchedulerConfigurationError(problems.all.map(\.description).joined(separator: "; "))
        }
    }
}

/// What is wrong with a file of the scheduler's configuration.
package struct SchedulerConfigurationError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

// MARK: - The file

/// Members that say how kube-scheduler runs as a program of its own (`leaderElection`, `clientConnection` and the like) are not known here.
struct KubeSchedulerConfiguration: Schema {
    static let definition = Definition(
        KubeSchedulerConfiguration(), "kubescheduler.config.v1.KubeSchedulerConfiguration", "How the scheduler works.")

    let percentageOfNodesToScore = Field<Int32?>(
        "percentageOfNodesToScore", 1, "Of the nodes, how many that fit are enough.", .atLeast(0), .atMost(100))
    let podInitialBackoffSeconds = Field<Int64?>("podInitialBackoffSeconds", 2, "Back-off after the first refusal.", .aboveZero)
    let podMaxBackoffSeconds = Field<Int64?>("podMaxBackoffSeconds", 3, "Back-off after many refusals.", .atLeast(0))
    let profiles = Field<[SchedulerProfile]>("profiles", 4, "One for each name that pods may ask for.")
}

struct SchedulerProfile: Schema {
    static let definition = Definition(SchedulerProfile(), "kubescheduler.config.v1.KubeSchedulerProfile", "How some pods are placed.")

    let schedulerName = Field<String?>("schedulerName", 1, "What pods give as their schedulerName.")
    let percentageOfNodesToScore = Field<Int32?>(
        "percentageOfNodesToScore", 2, "Of the nodes, how many that fit are enough.", .atLeast(0), .atMost(100))
    let plugins = Field<SchedulerPlugins?>("plugins", 3, "Which plugins take part.")
    let pluginConfig = Field<[SchedulerPluginConfig]>("pluginConfig", 4, "What they are told.")
}

struct SchedulerPlugins: Schema {
    static let definition = Definition(SchedulerPlugins(), "kubescheduler.config.v1.Plugins", "Plugins by extension point.")

    let preEnqueue = Field<SchedulerPluginSet?>("preEnqueue", 1, "Hold pods back.")
    let queueSort = Field<SchedulerPluginSet?>("queueSort", 2, "The order of the queue.")
    let preFilter = Field<SchedulerPluginSet?>("preFilter", 3, "Look at a pod before the nodes.")
    let filter = Field<SchedulerPluginSet?>("filter", 4, "Rule nodes out.")
    let postFilter = Field<SchedulerPluginSet?>("postFilter", 5, "Make room.")
    let preScore = Field<SchedulerPluginSet?>("preScore", 6, "Look at the nodes that are left.")
    let score = Field<SchedulerPluginSet?>("score", 7, "Rank nodes.")
    let reserve = Field<SchedulerPluginSet?>("reserve", 8, "Keep what a pod gets.")
    let permit = Field<SchedulerPluginSet?>("permit", 9, "Have the last word.")
    let preBind = Field<SchedulerPluginSet?>("preBind", 10, "Bring about what a pod needs.")
    let bind = Field<SchedulerPluginSet?>("bind", 11, "Tell the API server.")
    let postBind = Field<SchedulerPluginSet?>("postBind", 12, "Hear of it.")
    let multiPoint = Field<SchedulerPluginSet?>("multiPoint", 13, "At all extension points.")
}

struct SchedulerPluginSet: Schema {
    static let definition = Definition(SchedulerPluginSet(), "kubescheduler.config.v1.PluginSet", "Plugins that take part, or don't.")

    let enabled = Field<[SchedulerPlugin]>("enabled", 1, "Beside the default ones.")
    let disabled = Field<[SchedulerPlugin]>("disabled", 2, "Default ones that are left out; * for all.")
}

struct SchedulerPlugin: Schema {
    static let definition = Definition(SchedulerPlugin(), "kubescheduler.config.v1.Plugin", "A plugin.")

    let name = Field<String>("name", 1, "Name of the plugin.", .required)
    let weight = Field<Int32?>("weight", 2, "Its importance, for score.", .aboveZero)
}

struct SchedulerPluginConfig: Schema {
    static let definition = Definition(SchedulerPluginConfig(), "kubescheduler.config.v1.PluginConfig", "What a plugin is told.")

    let name = Field<String>("name", 1, "Name of the plugin.", .required)
    let args = Field<JSON>("args", 2, "As the plugin defines them.")
}
