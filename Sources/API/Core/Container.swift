package import Machinery

/// One program of a pod.
package struct Container: Schema {
    package static let definition = Definition(Container(), "core.v1.Container", "One program of a pod.")

    package let name = Field<String>("name", 1, "Unique within the pod.", .required, .format(Names.dns1123Label))
    package let image = Field<String>("image", 2, "Name of the image that holds the program.")
    package let command = Field<[String]>(
        "command", 3, "What to run instead of the image's entry point. $(NAME) stands for a variable.", .atomic)
    package let args = Field<[String]>("args", 4, "Arguments, instead of the image's own. $(NAME) stands for a variable.", .atomic)
    package let workingDir = Field<String>("workingDir", 5, "Directory to start in; the image's own when empty.")
    package let ports = Field<[ContainerPort]>(
        "ports", 6, "Ports that the program listens on. To inform: a port that isn't named is reachable all the same.",
        .merge(key: "containerPort"), .listMap(keys: ["containerPort", "protocol"]))
    package let env = Field<[EnvVar]>("env", 7, "Environment variables.", .merge(key: "name"))
    package let resources = Field<ResourceRequirements>(
        "resources", 8, "Processor, memory and other resources that the container needs and may use.")
    package let volumeMounts = Field<[VolumeMount]>(
        "volumeMounts", 9, "Where volumes of the pod appear in the container.", .merge(key: "mountPath"))
    package let livenessProbe = Field<Probe?>("livenessProbe", 10, "Restarts the container when it fails.")
    package let readinessProbe = Field<Probe?>("readinessProbe", 11, "Takes the pod out of its services while it fails.")
    package let lifecycle = Field<Lifecycle?>("lifecycle", 12, "What to do after the start and before the stop.")
    package let terminationMessagePath = Field<String>(
        "terminationMessagePath", 13, "File in the container whose content becomes the message about its end.",
        default: "/dev/termination-log")
    package let imagePullPolicy = Field<String>(
        "imagePullPolicy", 14, "When to pull the image. Always when its tag is latest, else IfNotPresent.",
        .oneOf("Always", "IfNotPresent", "Never"))
    package let securityContext = Field<SecurityContext?>("securityContext", 15, "Rights of the container, before those of the pod.")
    package let stdin = Field<Bool>("stdin", 16, "Keep an input open, for attaching.")
    package let stdinOnce = Field<Bool>("stdinOnce", 17, "Close the input once the first client that was attached has left.")
    package let tty = Field<Bool>("tty", 18, "Give the program a terminal; needs stdin.")
    package let envFrom = Field<[EnvFromSource]>(
        "envFrom", 19, "ConfigMaps and Secrets whose keys become variables. Those of env win.", .atomic)
    package let terminationMessagePolicy = Field<String>(
        "terminationMessagePolicy", 20, "Whether the end of the log serves as message when the file is empty.",
        default: "File", .oneOf("File", "FallbackToLogsOnError"))
    package let volumeDevices = Field<[VolumeDevice]>(
        "volumeDevices", 21, "Volumes that appear as block devices.", .merge(key: "devicePath"))
    package let startupProbe = Field<Probe?>("startupProbe", 22, "Holds the other probes back until it succeeds once.")
    package let resizePolicy = Field<[ContainerResizePolicy]>(
        "resizePolicy", 23, "Whether a change of resources restarts the container.", .atomic)
    package let restartPolicy = Field<String?>(
        "restartPolicy", 24, "Overrides the pod's policy for this container. Always on an init container makes it a sidecar.",
        .oneOf("Always", "OnFailure", "Never"))
    package let restartPolicyRules = Field<[ContainerRestartRule]>(
        "restartPolicyRules", 25, "Exceptions from restartPolicy by exit code; the first that fits decides.", .atomic)

    /// Source: `SetDefaults_Container` of pkg/apis/core/v1/defaults.go.
    package static func setDefaults(_ container: inout View<Container>) {
        if container.imagePullPolicy.isEmpty { container.imagePullPolicy = ImageName.pullPolicy(container.image) }
    }
}
