import API
import Client
import Machinery

/// Why a verb could not do what it was asked for, as text for standard error and an exit code.
package struct Failure: Error, Sendable, CustomStringConvertible {
    /// Lines without the prefix `error: `, unless `isComplete`.
    package let description: String
    package let exitCode: Int32
    /// True when the text is to be written as it stands. An empty one writes nothing.
    package let isComplete: Bool

    package init(_ text: String, exitCode: Int32 = 1, isComplete: Bool = false) {
        description = text
        self.exitCode = exitCode
        self.isComplete = isComplete
    }

    /// Ends with this code; everything has been said already.
    package static func silent(_ exitCode: Int32 = 1) -> Failure { Failure("", exitCode: exitCode, isComplete: true) }

    /// An error with an exit code, whatever its type, in kubectl's words.
    package init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let failures as Failures: self.init(failures)
        case let status as APIStatus: self.init(Self.text(of: status), isComplete: true)
        case let error as TransportError: self.init(Self.text(of: error), isComplete: true)
        case let error as KubeconfigError: self.init("\(error)", isComplete: error.isComplete)
        case is CancellationError: self = .silent(130)
        default: self.init("\(error)")
        }
    }

    private init(_ failures: Failures) {
        // Only a failure that stands alone is told as one; among several each is told as it is.
        let texts: [String] = failures.all.map { error in
            guard let status = error as? APIStatus, status.reason == "Invalid" else { return Failure(error).description }
            return "Error from server (Invalid): \(status.message)"
        }
        self.init(texts.joined(separator: "\n"), isComplete: true)
    }

    /// What standard error shows, without the last line break.
    package var text: String { isComplete || description.hasPrefix("error: ") ? description : "error: " + description }
}

/// Several errors of one verb: each is told.
package struct Failures: Error, Sendable {
    package private(set) var all: [any Error] = []

    package init() {}

    package mutating func add(_ error: any Error) {
        if let more = error as? Failures { all += more.all } else { all.append(error) }
    }

    /// One text for each error.
    static func texts(_ error: any Error) -> [String] {
        var failures = Failures()
        failures.add(error)
        return failures.all.map { Failure($0).description }
    }

    /// As Go shows several errors at once, each text once: `[one, other]`.
    static func listed(_ error: any Error) -> String {
        listed(texts: texts(error))
    }

    static func listed(texts all: [String]) -> String {
        var texts: [String] = []
        for text in all where !texts.contains(text) { texts.append(text) }
        return texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    }

    /// Throws all as one error, as Go shows several at once.
    func throwListed() throws {
        if all.count > 1 { throw Failure(Self.listed(self), isComplete: true) }
        try throwIfAny()
    }

    /// Throws itself when there is an error, the one error when it is alone.
    package func throwIfAny() throws {
        if all.count == 1 { throw all[0] }
        if !all.isEmpty { throw self }
    }
}

extension Failure {
    /// Source: `checkErr` and `StandardErrorMessage` of k8s.io/kubectl/pkg/cmd/util/helpers.go.
    static func text(of status: APIStatus) -> String {
        switch status.reason {
        case "Invalid": return invalid(status)
        case "Unauthorized": return "error: You must be logged in to the server (\(status.message))"
        case "": return "Error from server: \(status.message)"
        default: return "Error from server (\(status.reason)): \(status.message)"
        }
    }

    private static func invalid(_ status: APIStatus) -> String {
        guard let details = status.details else {
            return "The request is invalid" + (status.message.isEmpty ? "" : ": " + status.message)
        }
        var text: String = "The request is invalid"
        if !details.kind.isEmpty || !details.name.isEmpty {
            text = "The \(details.kind) \(JSON.quoted(details.name)) is invalid"
        } else if !status.message.isEmpty, details.causes.isEmpty {
            text += ": " + status.message
        }
        var causes: [String] = []
        for cause in details.causes {
            let line: String = cause.field.isEmpty ? cause.message : "\(cause.field): \(cause.message)"
            if !causes.contains(line) { causes.append(line) }
        }
        switch causes.count {
        case 0: return text
        case 1: return "\(text): \(causes[0])"
        default: return "\(text): \n" + causes.map { "* " + $0 }.joined(separator: "\n")
        }
    }

    private static func text(of error: TransportError) -> String {
        switch error.kind {
        case .refused:
            guard let address = error.address else { return "error: \(error)" }
            return "The connection to the server \(address) was refused - did you specify the right host or port?"
                + (CLI.isKubectl ? "" : "\nIf it is a cluster of swkube, start it: swkube start")
        case .timedOut, .untrusted, .broken: return "Unable to connect to the server: \(error)"
        }
    }
}

extension APIStatus {
    /// The same with the file that was worked on: `error when creating "web.yaml": …`.
    func when(_ doing: String, _ source: String) -> APIStatus {
        var status: APIStatus = self
        status.message = "error when \(doing) \(JSON.quoted(source)): \(message)"
        return status
    }
}
