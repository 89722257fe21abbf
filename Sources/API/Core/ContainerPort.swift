package import Machinery

/// A port that a container listens on.
package struct ContainerPort: Schema {
    package static let definition = Definition(ContainerPort(), "core.v1.ContainerPort", "A port that a container listens on.")

    package let name = Field<String>("name", 1, "How services may refer to the port. Unique within the pod.", .format(Names.portName))
    package let hostPort = Field<Int32>("hostPort", 2, "Port of the node that leads here; 0 for none.", .portNumber)
    package let containerPort = Field<Int32>("containerPort", 3, "The port in the pod's network.", .required, .requiredPortNumber)
    package let `protocol` = Field<String>("protocol", 4, "TCP, UDP or SCTP.", default: "TCP", .oneOf("SCTP", "TCP", "UDP"))
    package let hostIP = Field<String>("hostIP", 5, "Address of the node that hostPort is bound to.", .ipAddress)
}
