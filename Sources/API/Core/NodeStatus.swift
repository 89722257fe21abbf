package import Machinery

/// What was last seen of a node.
package struct NodeStatus: Schema {
    package static let definition = Definition(NodeStatus(), "core.v1.NodeStatus", "What was last seen of a node.")

    package let capacity = Field<[String: Quantity]>("capacity", 1, "What the machine has, by resource.")
    package let allocatable = Field<[String: Quantity]>("allocatable", 2, "What pods may use of it; all when absent.")
    package let phase = Field<String>("phase", 3, "Out of use.")
    package let conditions = Field<[NodeCondition]>(
        "conditions", 4, "Aspects of the state: Ready, MemoryPressure, DiskPressure, PIDPressure, NetworkUnavailable.", .merge(key: "type"))
    package let addresses = Field<[NodeAddress]>("addresses", 5, "Addresses and host names.", .merge(key: "type"))
    package let daemonEndpoints = Field<NodeDaemonEndpoints>("daemonEndpoints", 6, "Ports of the node's own services.")
    package let nodeInfo = Field<NodeSystemInfo>("nodeInfo", 7, "Versions and identifiers.")
    package let images = Field<[ContainerImage]>("images", 8, "Images that the node holds.", .atomic)
    package let volumesInUse = Field<[String]>("volumesInUse", 9, "Attachable volumes that are mounted.", .atomic)
    package let volumesAttached = Field<[AttachedVolume]>("volumesAttached", 10, "Volumes that are attached.", .atomic)
    package let config = Field<NodeConfigStatus?>("config", 11, "Out of use.")
    package let runtimeHandlers = Field<[NodeRuntimeHandler]>("runtimeHandlers", 12, "What the runtime can do, by handler.", .atomic)
    package let features = Field<NodeFeatures?>("features", 13, "What the node can do.")
    package let declaredFeatures = Field<[String]>("declaredFeatures", 14, "Features that the node says it has, by name.", .atomic)

    /// Source: `SetDefaults_NodeStatus` of pkg/apis/core/v1/defaults.go.
    package static func setDefaults(_ status: inout View<NodeStatus>) {
        if status.json["allocatable"] == nil, let capacity: JSON = status.json["capacity"] { status.json["allocatable"] = capacity }
    }
}

/// One aspect of a node's state.
package struct NodeCondition: Schema {
    package static let definition = Definition(NodeCondition(), "core.v1.NodeCondition", "One aspect of a node's state.")

    package let type = Field<String>("type", 1, "Name of the aspect, such as Ready.", .always)
    package let status = Field<String>("status", 2, "True, False or Unknown.", .always)
    package let lastHeartbeatTime = Field<Time?>("lastHeartbeatTime", 3, "When it was last confirmed.", .written)
    package let lastTransitionTime = Field<Time?>("lastTransitionTime", 4, "When the status changed last.", .written)
    package let reason = Field<String>("reason", 5, "One word in CamelCase for why the status is what it is.")
    package let message = Field<String>("message", 6, "The same for people.")
}

/// An address of a node.
package struct NodeAddress: Schema {
    package static let definition = Definition(NodeAddress(), "core.v1.NodeAddress", "An address of a node.")

    package let type = Field<String>("type", 1, "Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.", .always)
    package let address = Field<String>("address", 2, "The address.", .always)
}

/// Ports of a node's own services.
package struct NodeDaemonEndpoints: Schema {
    package static let definition = Definition(NodeDaemonEndpoints(), "core.v1.NodeDaemonEndpoints", "Ports of a node's own services.")

    package let kubeletEndpoint = Field<DaemonEndpoint>("kubeletEndpoint", 1, "Where the kubelet answers.")
}

/// A port.
package struct DaemonEndpoint: Schema {
    package static let definition = Definition(DaemonEndpoint(), "core.v1.DaemonEndpoint", "A port.")

    package let port = Field<Int32>("Port", 1, "The number.", .always)
}

/// Versions and identifiers of a node.
package struct NodeSystemInfo: Schema {
    package static let definition = Definition(NodeSystemInfo(), "core.v1.NodeSystemInfo", "Versions and identifiers of a node.")

    package let machineID = Field<String>("machineID", 1, "From /etc/machine-id.", .always)
    package let systemUUID = Field<String>("systemUUID", 2, "From the firmware.", .always)
    package let bootID = Field<String>("bootID", 3, "Changes with each boot.", .always)
    package let kernelVersion = Field<String>("kernelVersion", 4, "As uname -r says.", .always)
    package let osImage = Field<String>("osImage", 5, "Name of the distribution.", .always)
    package let containerRuntimeVersion = Field<String>(
        "containerRuntimeVersion", 6, "Runtime and its version, as NAME://VERSION.", .always)
    package let kubeletVersion = Field<String>("kubeletVersion", 7, "Version of the kubelet.", .always)
    package let kubeProxyVersion = Field<String>("kubeProxyVersion", 8, "Out of use.", .always)
    package let operatingSystem = Field<String>("operatingSystem", 9, "Such as linux.", .always)
    package let architecture = Field<String>("architecture", 10, "Such as amd64.", .always)
    package let swap = Field<NodeSwapStatus?>("swap", 11, "Swap space.")
}

/// Swap space of a node.
package struct NodeSwapStatus: Schema {
    package static let definition = Definition(NodeSwapStatus(), "core.v1.NodeSwapStatus", "Swap space of a node.")

    package let capacity = Field<Int64?>("capacity", 1, "Bytes.")
}

/// An image that a node holds.
package struct ContainerImage: Schema {
    package static let definition = Definition(ContainerImage(), "core.v1.ContainerImage", "An image that a node holds.")

    package let names = Field<[String]>("names", 1, "Names of the image.", .atomic)
    package let sizeBytes = Field<Int64>("sizeBytes", 2, "Size in bytes.")
}

/// A volume that is attached to a node.
package struct AttachedVolume: Schema {
    package static let definition = Definition(AttachedVolume(), "core.v1.AttachedVolume", "A volume that is attached to a node.")

    package let name = Field<String>("name", 1, "Name of the volume.", .always)
    package let devicePath = Field<String>("devicePath", 2, "Device that it became.", .always)
}

/// A handler of the runtime and what it can do.
package struct NodeRuntimeHandler: Schema {
    package static let definition = Definition(
        NodeRuntimeHandler(), "core.v1.NodeRuntimeHandler", "A handler of the runtime and what it can do.")

    package let name = Field<String>("name", 1, "Name of the handler; empty for the default one.")
    package let features = Field<NodeRuntimeHandlerFeatures?>("features", 2, "What it can do.")
}

/// What a handler of the runtime can do.
package struct NodeRuntimeHandlerFeatures: Schema {
    package static let definition = Definition(
        NodeRuntimeHandlerFeatures(), "core.v1.NodeRuntimeHandlerFeatures", "What a handler of the runtime can do.")

    package let recursiveReadOnlyMounts = Field<Bool?>("recursiveReadOnlyMounts", 1, "Read-only mounts that hold for mounts below too.")
    package let userNamespaces = Field<Bool?>("userNamespaces", 2, "User namespaces, including for volumes.")
}

/// What a node can do whatever the handler.
package struct NodeFeatures: Schema {
    package static let definition = Definition(NodeFeatures(), "core.v1.NodeFeatures", "What a node can do whatever the handler.")

    package let supplementalGroupsPolicy = Field<Bool?>("supplementalGroupsPolicy", 1, "Honour a pod's policy for supplemental groups.")
}

/// What became of a node's configuration. Out of use.
package struct NodeConfigStatus: Schema {
    package static let definition = Definition(
        NodeConfigStatus(), "core.v1.NodeConfigStatus", "What became of a node's configuration. Out of use.")

    package let assigned = Field<NodeConfigSource?>("assigned", 1, "What shall be used.")
    package let active = Field<NodeConfigSource?>("active", 2, "What is used.")
    package let lastKnownGood = Field<NodeConfigSource?>("lastKnownGood", 3, "What is used when the assigned one fails.")
    package let error = Field<String>("error", 4, "What went wrong.")
}
