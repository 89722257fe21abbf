package import Machinery

/// What to do at two moments of a container's life.
package struct Lifecycle: Schema {
    package static let definition = Definition(Lifecycle(), "core.v1.Lifecycle", "What to do at two moments of a container's life.")

    package let postStart = Field<LifecycleHandler?>("postStart", 1, "Right after the start; when it fails the container is stopped.")
    package let preStop = Field<LifecycleHandler?>("preStop", 2, "Before the stop signal, within the grace period.")
    package let stopSignal = Field<String?>(
        "stopSignal", 3, "Signal that stops the container, such as SIGTERM; the image's own when absent. Needs spec.os.name.", .stopSignal)
}

/// An action of a container's life; one of its fields.
package struct LifecycleHandler: Schema {
    package static let definition = Definition(
        LifecycleHandler(), "core.v1.LifecycleHandler", "An action of a container's life; one of its fields.")

    package let exec = Field<ExecAction?>("exec", 1, "Run a program in the container.")
    package let httpGet = Field<HTTPGetAction?>("httpGet", 2, "Ask for a page.")
    package let tcpSocket = Field<TCPSocketAction?>("tcpSocket", 3, "Out of use; kept so that old objects are read.")
    package let sleep = Field<SleepAction?>("sleep", 4, "Wait.")

    package static func validate(_ handler: View<LifecycleHandler>, _ path: Path, _ problems: inout Problems) {
        validateChoice(of: ["exec", "httpGet", "tcpSocket", "sleep"], handler.json, path, &problems)
    }

    /// Exactly one of the handlers is given. Source: `validateHandler` of pkg/apis/core/validation.
    static func validateChoice(of names: [String], _ json: JSON, _ path: Path, _ problems: inout Problems) {
        let given: [String] = names.filter { json[$0] != nil }
        if given.isEmpty { problems.required(path, "must specify a handler type") }
        for name in given.dropFirst() { problems.forbidden(path.child(name), "may not specify more than 1 handler type") }
    }
}

/// A program to run in the container.
package struct ExecAction: Schema {
    package static let definition = Definition(ExecAction(), "core.v1.ExecAction", "A program to run in the container.")

    package let command = Field<[String]>("command", 1, "Program and arguments; no shell is involved.", .atomic)

    package static func validate(_ action: View<ExecAction>, _ path: Path, _ problems: inout Problems) {
        if action.command.isEmpty { problems.required(path.child("command")) }
    }
}

/// A page to ask for.
package struct HTTPGetAction: Schema {
    package static let definition = Definition(HTTPGetAction(), "core.v1.HTTPGetAction", "A page to ask for.")

    package let path = Field<String>("path", 1, "Path of the page.", default: "/")
    package let port = Field<IntOrString>("port", 2, "Port, by number or by its name in the container.", .required, .portNumberOrName)
    package let host = Field<String>("host", 3, "Host to connect to; the pod's address when empty.")
    package let scheme = Field<String>(
        "scheme", 4, "HTTP or HTTPS, whose certificate is not checked.", default: "HTTP", .oneOf("HTTP", "HTTPS"))
    package let httpHeaders = Field<[HTTPHeader]>("httpHeaders", 5, "Headers to send.", .atomic)
}

/// A header of an HTTP request.
package struct HTTPHeader: Schema {
    package static let definition = Definition(HTTPHeader(), "core.v1.HTTPHeader", "A header of an HTTP request.")

    package let name = Field<String>("name", 1, "Name of the header.", .required, .format(Names.httpHeaderName))
    package let value = Field<String>("value", 2, "Its value.", .always)
}

/// A connection to open.
package struct TCPSocketAction: Schema {
    package static let definition = Definition(TCPSocketAction(), "core.v1.TCPSocketAction", "A connection to open.")

    package let port = Field<IntOrString>("port", 1, "Port, by number or by its name in the container.", .required, .portNumberOrName)
    package let host = Field<String>("host", 2, "Host to connect to; the pod's address when empty.")
}

/// A pause.
package struct SleepAction: Schema {
    package static let definition = Definition(SleepAction(), "core.v1.SleepAction", "A pause.")

    package let seconds = Field<Int64>("seconds", 1, "Seconds to wait.", .always)
}
