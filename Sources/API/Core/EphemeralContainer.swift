package import Machinery

/// A container that is added to a running pod, for debugging.
package struct EphemeralContainer: Schema {
    package static let definition = Definition(
        EphemeralContainer(), "core.v1.EphemeralContainer", "A container that is added to a running pod, for debugging.")

    package let name = Field<String>("name", embedded(1, 1), "Unique within the pod.", .required, .format(Names.dns1123Label))
    package let image = Field<String>("image", embedded(1, 2), "Name of the image that holds the program.")
    package let command = Field<[String]>(
        "command", embedded(1, 3), "What to run instead of the image's entry point. $(NAME) stands for a variable.", .atomic)
    package let args = Field<[String]>(
        "args", embedded(1, 4), "Arguments, instead of the image's own. $(NAME) stands for a variable.", .atomic)
    package let workingDir = Field<String>("workingDir", embedded(1, 5), "Directory to start in; the image's own when empty.")
    package let ports = Field<[ContainerPort]>(
        "ports", embedded(1, 6), "Not allowed here.", .merge(key: "containerPort"), .listMap(keys: ["containerPort", "protocol"]))
    package let env = Field<[EnvVar]>("env", embedded(1, 7), "Environment variables.", .merge(key: "name"))
    package let resources = Field<ResourceRequirements>(
        "resources", embedded(1, 8), "Not allowed here: the container uses what the pod has left.")
    package let volumeMounts = Field<[VolumeMount]>(
        "volumeMounts", embedded(1, 9), "Where volumes of the pod appear in the container, without subPath.", .merge(key: "mountPath"))
    package let livenessProbe = Field<Probe?>("livenessProbe", embedded(1, 10), "Not allowed here.")
    package let readinessProbe = Field<Probe?>("readinessProbe", embedded(1, 11), "Not allowed here.")
    package let lifecycle = Field<Lifecycle?>("lifecycle", embedded(1, 12), "Not allowed here.")
    package let terminationMessagePath = Field<String>(
        "terminationMessagePath", embedded(1, 13), "File in the container whose content becomes the message about its end.",
        default: "/dev/termination-log")
    package let imagePullPolicy = Field<String>(
        "imagePullPolicy", embedded(1, 14), "When to pull the image. Always when its tag is latest, else IfNotPresent.",
        .oneOf("Always", "IfNotPresent", "Never"))
    package let securityContext = Field<SecurityContext?>(
        "securityContext", embedded(1, 15), "Rights of the container, before those of the pod.")
    package let stdin = Field<Bool>("stdin", embedded(1, 16), "Keep an input open, for attaching.")
    package let stdinOnce = Field<Bool>("stdinOnce", embedded(1, 17), "Close the input once the first client that was attached has left.")
    package let tty = Field<Bool>("tty", embedded(1, 18), "Give the program a terminal; needs stdin.")
    package let envFrom = Field<[EnvFromSource]>(
        "envFrom", embedded(1, 19), "ConfigMaps and Secrets whose keys become variables. Those of env win.", .atomic)
    package let terminationMessagePolicy = Field<String>(
        "terminationMessagePolicy", embedded(1, 20), "Whether the end of the log serves as message when the file is empty.",
        default: "File", .oneOf("File", "FallbackToLogsOnError"))
    package let volumeDevices = Field<[VolumeDevice]>(
        "volumeDevices", embedded(1, 21), "Volumes that appear as block devices.", .merge(key: "devicePath"))
    package let startupProbe = Field<Probe?>("startupProbe", embedded(1, 22), "Not allowed here.")
    package let resizePolicy = Field<[ContainerResizePolicy]>("resizePolicy", embedded(1, 23), "Not allowed here.", .atomic)
    package let restartPolicy = Field<String?>(
        "restartPolicy", embedded(1, 24), "Not allowed here: such a container is never started again.")
    package let restartPolicyRules = Field<[ContainerRestartRule]>("restartPolicyRules", embedded(1, 25), "Not allowed here.", .atomic)
    package let targetContainerName = Field<String>("targetContainerName", 2, "Container whose processes this one sees.")

    package static func setDefaults(_ container: inout View<EphemeralContainer>) {
        if container.imagePullPolicy.isEmpty { container.imagePullPolicy = ImageName.pullPolicy(container.image) }
    }
}

extension View<EphemeralContainer> {
    /// The same tree as a container: all fields but the target have the same names and types.
    package var asContainer: View<Container> { View<Container>(json) }
}
