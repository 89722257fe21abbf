import API
import Machinery

/// `--record`, which kubectl hides and keeps: by which command line an object came to be what it is, as `rollout history` shows it.
///
/// Source: k8s.io/cli-runtime/pkg/genericclioptions/record_flags.go.
struct ChangeCause: Sendable {
    private static let annotation = "kubernetes.io/change-cause"

    /// The command line: its words, then its flags with their values.
    let text: String

    /// nil when `--record` is not given, or as false.
    init?(_ verb: String, _ reading: FlagDialect.Reading) {
        guard reading.given.flags[Option.name]?.last == "true" else { return nil }
        let words: [String] = [CLI.program, verb] + reading.words + reading.behindDashes
        text = (words + reading.sequence.map { "--\($0.name)=\($0.value)" }).joined(separator: " ")
    }

    /// The flag of verbs that record.
    struct Option: FlagGroup {
        static let name = "record"
        static let deprecation = "Flag --record has been deprecated, --record will be removed in the future"
        static let verbs: [String] = [
            "annotate", "apply", "autoscale", "create", "edit", "expose", "label", "patch", "run", "scale", "set image", "set resources",
            "set selector", "set serviceaccount",
        ]

        @Flag(name, help: "Note the command line in the annotation kubernetes.io/change-cause.", isHidden: true)
        var record = false
    }

    /// An object, or a patch that has its shape, with the note.
    func noted(_ object: JSON) -> JSON {
        var (object, metadata): (JSON, JSON) = (object, object["metadata"] ?? [:])
        var annotations: JSON = metadata["annotations"] ?? [:]
        annotations[Self.annotation] = .string(text)
        metadata["annotations"] = annotations
        object["metadata"] = metadata
        return object
    }

    /// A request whose object or patch has the note.
    func noted(_ request: APIRequest) -> APIRequest {
        guard isWrite(request), holdsNote(request), let body = try? JSON(parsing: request.body) else { return request }
        var request: APIRequest = request
        request.body = noted(body).serialized()
        return request
    }

    /// What notes it behind a request that could not hold the note itself; nil for others.
    func note(after request: APIRequest) -> APIRequest? {
        guard isWrite(request), !holdsNote(request) else { return nil }
        var note: APIRequest = request
        note.verb = .patch
        note.subresource = nil
        note.contentType = .mergePatch
        note.body = noted([:]).serialized()
        return note
    }

    private func isWrite(_ request: APIRequest) -> Bool { [.create, .update, .patch].contains(request.verb) }

    private func holdsNote(_ request: APIRequest) -> Bool { request.subresource == nil && request.contentType != .jsonPatch }
}
