import API
import Machinery

/// How a program that ran for a client ended, as the error stream of the protocol says it.
enum ProgramOutcome: Sendable, Equatable {
    case success
    /// It ended with this code, which is not 0.
    case exit(Int, command: [String])
    /// It did not run, or its end is not known. In words.
    case problem(String)

    /// The text of protocols before version 4: empty for a success.
    var text: String {
        switch self {
        case .success: ""
        case .exit(let code, let command):
            "command terminated with non-zero exit code: error executing command [\(command.joined(separator: " "))], exit code \(code)"
        case .problem(let problem): "Internal error occurred: " + problem
        }
    }

    /// The `Status` of version 4 and later. Source: `ServeExec` of k8s.io/kubelet/pkg/cri/streaming/remotecommand.
    var status: JSON {
        switch self {
        case .success: return ["metadata": [:], "status": "Success"]
        case .exit(let code, _):
            return [
                "metadata": [:], "status": "Failure", "message": .string(text), "reason": "NonZeroExitCode",
                "details": ["causes": [["reason": "ExitCode", "message": .string(String(code))]]],
            ]
        case .problem(let problem):
            return [
                "metadata": [:], "status": "Failure", "message": .string(text), "reason": "InternalError",
                "details": ["causes": [["message": .string(problem)]]], "code": 500,
            ]
        }
    }
}
