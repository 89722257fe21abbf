import API
import Client
import Machinery

/// Parts of pod templates that flags describe.
enum PodTemplateFlags {
    /// `registry.io/team/web-app:1.2` -> `web-app`
    static func containerName(ofImage image: String) -> String {
        let last: Substring = image.split(separator: "/").last ?? ""
        return last.prefix { $0 != ":" && $0 != "@" }.map { $0 == "_" ? "-" : String($0) }.joined()
    }

    static func container(name: String, image: String, command: [String]) -> JSON {
        var container: JSON = ["name": .string(name), "image": .string(image), "resources": [:]]
        if !command.isEmpty { container["command"] = .array(command.map { .string($0) }) }
        return container
    }
}

/// `create deployment`
package struct CreateDeployment: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create deployment", abstract: "Make a Deployment.",
        usage: "swkube create deployment NAME --image=IMAGE [--replicas=COUNT] [--port=PORT] [flags] [-- COMMAND ARGS…]",
        aliases: ["create deploy"])

    @Argument(help: "Name of the object.", value: "name")
    var given: String?

    @Argument(.behindDashes, help: "What the container runs.", value: "command")
    var command: [String] = []

    @Option("image", help: "Image of a container; may be repeated.", value: "image")
    var image: [String] = []

    @Option("replicas", "r", help: "Wanted number of pods.", value: "int")
    var replicas = 1

    @Option("port", help: "Port that the container listens on.", value: "int")
    var port: Int?

    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        guard !image.isEmpty else { throw Failure("required flag(s) \"image\" not set") }
        let name: String = try NameArgument.required(given, Self.commandName)
        if image.count > 1, !command.isEmpty { throw Failure("cannot specify multiple --image options and command") }
        var containers: [JSON] = image.map {
            PodTemplateFlags.container(name: PodTemplateFlags.containerName(ofImage: $0), image: $0, command: command)
        }
        if let port { containers[0]["ports"] = [["containerPort": .int(Int64(port))]] }
        let labels: JSON = ["app": .string(name)]
        var object: JSON = Deployment.new(name).json
        object[["metadata", "labels"]] = labels
        object["spec"] = [
            "replicas": .int(Int64(replicas)), "selector": ["matchLabels": labels], "strategy": [:],
            "template": ["metadata": ["labels": labels], "spec": ["containers": .array(containers)]],
        ]
        object["status"] = [:]
        try await creation.create(Deployment.names, object, shell)
    }
}

/// `create job`
package struct CreateJob: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create job", abstract: "Make a Job.",
        usage: "swkube create job NAME (--image=IMAGE | --from=cronjob/NAME) [flags] [-- COMMAND ARGS…]")

    @Argument(help: "Name of the object.", value: "name")
    var given: String?

    @Argument(.behindDashes, help: "What the container runs.", value: "command")
    var command: [String] = []

    @Option("image", help: "Image of the container.", value: "image")
    var image: String?

    @Option("from", help: "A CronJob whose Job is made now.", value: "cronjob/name")
    var from: String?

    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        let name: String = try NameArgument.required(given, Self.commandName)
        guard (image == nil) != (from == nil) else { throw Failure("either --image or --from must be specified") }
        if from != nil, !command.isEmpty { throw Failure("cannot specify --from and command") }
        var object: JSON = Job.new(name).json
        if let image {
            object["spec"] = [
                "template": [
                    "metadata": [:],
                    "spec": [
                        "containers": [PodTemplateFlags.container(name: name, image: image, command: command)], "restartPolicy": "Never",
                    ],
                ]
            ]
        } else if let from {
            try await copy(from, into: &object, shell)
        }
        object["status"] = [:]
        try await creation.create(Job.names, object, shell)
    }

    private func copy(_ from: String, into object: inout JSON, _ shell: Shell) async throws {
        let session: Session = try creation.connection.session(shell)
        let sources: [Manifest] = try await ObjectQuery(session: session, words: [from]).objects()
        guard sources.count == 1 else { throw Failure("from must be an existing cronjob") }
        let cronJob: JSON = sources[0].json
        guard sources[0].resource.kind == "CronJob" else { throw Failure("unknown object type *\(GoForm.type(sources[0].resource))") }
        object["spec"] = cronJob[["spec", "jobTemplate", "spec"]] ?? [:]
        if let labels = cronJob[["spec", "jobTemplate", "metadata", "labels"]] { object[["metadata", "labels"]] = labels }
        var annotations: JSON = cronJob[["spec", "jobTemplate", "metadata", "annotations"]] ?? [:]
        annotations["cronjob.kubernetes.io/instantiate"] = "manual"
        object[["metadata", "annotations"]] = annotations
        object[["metadata", "ownerReferences"]] = [
            [
                "apiVersion": "batch/v1", "kind": "CronJob", "name": .string(sources[0].name),
                "uid": cronJob[["metadata", "uid"]] ?? "", "controller": true,
            ]
        ]
    }
}

/// `create cronjob`
package struct CreateCronJob: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "create cronjob", abstract: "Make a CronJob.",
        usage: "swkube create cronjob NAME --image=IMAGE --schedule='0/5 * * * ?' [flags] [-- COMMAND ARGS…]", aliases: ["create cj"])

    @Argument(help: "Name of the object.", value: "name")
    var given: String?

    @Argument(.behindDashes, help: "What the container runs.", value: "command")
    var command: [String] = []

    @Option("image", help: "Image of the container.", value: "image")
    var image: String?

    @Option("schedule", help: "When to run, in the form of cron.", value: "schedule")
    var schedule: String?

    @Option("restart", help: "When a container runs again: OnFailure or Never.", value: "policy")
    var restart = "OnFailure"

    @OptionGroup var creation: CreationOptions
    package init() {}

    package func run(in shell: Shell) async throws {
        guard let image, let schedule else {
            let missing: [String] = (image == nil ? [#""image""#] : []) + (schedule == nil ? [#""schedule""#] : [])
            throw Failure("required flag(s) \(missing.joined(separator: ", ")) not set")
        }
        let name: String = try NameArgument.required(given, Self.commandName)
        var object: JSON = CronJob.new(name).json
        let pod: JSON = [
            "containers": [PodTemplateFlags.container(name: name, image: image, command: command)], "restartPolicy": .string(restart),
        ]
        object["spec"] = [
            "schedule": .string(schedule),
            "jobTemplate": ["metadata": ["name": .string(name)], "spec": ["template": ["metadata": [:], "spec": pod]]],
        ]
        object["status"] = [:]
        try await creation.create(CronJob.names, object, shell)
    }
}
