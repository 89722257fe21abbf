package import Machinery

/// A check of a container that is repeated while it runs.
package struct Probe: Schema {
    package static let definition = Definition(Probe(), "core.v1.Probe", "A check of a container that is repeated while it runs.")

    package let exec = Field<ExecAction?>("exec", embedded(1, 1), "Run a program in the container; exit code 0 is success.")
    package let httpGet = Field<HTTPGetAction?>("httpGet", embedded(1, 2), "Ask for a page; 200 to 399 is success.")
    package let tcpSocket = Field<TCPSocketAction?>("tcpSocket", embedded(1, 3), "Open a connection.")
    package let grpc = Field<GRPCAction?>("grpc", embedded(1, 4), "Ask a service of the gRPC health protocol.")
    package let initialDelaySeconds = Field<Int32>(
        "initialDelaySeconds", 2, "Seconds after the container's start before the first check.", .atLeast(0))
    package let timeoutSeconds = Field<Int32>("timeoutSeconds", 3, "Seconds until a check counts as failed.", default: 1, .atLeast(0))
    package let periodSeconds = Field<Int32>("periodSeconds", 4, "Seconds between checks.", default: 10, .atLeast(0))
    package let successThreshold = Field<Int32>(
        "successThreshold", 5, "Successes in a row after a failure that count as success.", default: 1, .atLeast(0))
    package let failureThreshold = Field<Int32>("failureThreshold", 6, "Failures in a row that count as failure.", default: 3, .atLeast(0))
    package let terminationGracePeriodSeconds = Field<Int64?>(
        "terminationGracePeriodSeconds", 7, "Grace period when this probe stops the container, instead of the pod's.", .above(0))

    /// A number of 0 means the default too. Source: `SetDefaults_Probe` of pkg/apis/core/v1/defaults.go.
    package static func setDefaults(_ probe: inout View<Probe>) {
        if probe.timeoutSeconds == 0 { probe.timeoutSeconds = 1 }
        if probe.periodSeconds == 0 { probe.periodSeconds = 10 }
        if probe.successThreshold == 0 { probe.successThreshold = 1 }
        if probe.failureThreshold == 0 { probe.failureThreshold = 3 }
    }

    package static func validate(_ probe: View<Probe>, _ path: Path, _ problems: inout Problems) {
        LifecycleHandler.validateChoice(of: ["exec", "httpGet", "tcpSocket", "grpc"], probe.json, path, &problems)
    }
}

/// A question to a gRPC health service.
package struct GRPCAction: Schema {
    package static let definition = Definition(GRPCAction(), "core.v1.GRPCAction", "A question to a gRPC health service.")

    package let port = Field<Int32>("port", 1, "Port of the service.", .required, .requiredPortNumber)
    package let service = Field<String?>("service", 2, "Name of the service to ask for; empty for the whole server.", default: "")
}
