import API
import Client
import Machinery

/// `certificate` alone: says which verbs it has.
package struct Certificate: FamilyVerb {
    package static let configuration = CommandConfiguration(
        commandName: "certificate", abstract: "Approve and deny requests for certificates.", usage: "swkube certificate VERB [flags]")

    @Argument(help: "approve or deny.", value: "verb")
    package var words: [String] = []

    package static var needsVerb: Bool { false }

    package init() {}
}

/// `certificate approve`
package struct CertificateApprove: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "certificate approve", abstract: "Approve a request for a certificate.",
        usage: "swkube certificate approve (-f FILE | NAME …) [flags]")

    @OptionGroup var options: CertificateOptions
    package init() {}
    package func run(in shell: Shell) async throws { try await options.run(shell, isApproval: true) }
}

/// `certificate deny`
package struct CertificateDeny: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "certificate deny", abstract: "Deny a request for a certificate.",
        usage: "swkube certificate deny (-f FILE | NAME …) [flags]")

    @OptionGroup var options: CertificateOptions
    package init() {}
    package func run(in shell: Shell) async throws { try await options.run(shell, isApproval: false) }
}

/// Flags of `certificate approve` and `certificate deny`.
package struct CertificateOptions: FlagGroup {
    @Argument(help: "Names of CertificateSigningRequests.", value: "name")
    var names: [String] = []

    @OptionGroup(title: "Manifests") var files: FilenameOptions

    @Flag("force", help: "Taken for kubectl's sake: a decision that is made already stays as it is, with this and without.")
    var force = false

    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    func run(_ shell: Shell, isApproval: Bool) async throws {
        if names.isEmpty, try files.paths().isEmpty {
            throw Failure("one or more CSRs must be specified as <name> or -f <filename>")
        }
        var printer: ObjectPrinter = try printing.printer(shell.output)
        let session: Session = try connection.session(shell)
        let writer = ObjectWriter(session: session, fieldManager: "kubectl")
        let query = ObjectQuery(
            session: session, words: names.map { $0.contains("/") ? $0 : "certificatesigningrequests/" + $0 },
            files: try files.manifests())
        let done: String = isApproval ? "approved" : "denied"
        let count: Int = try await query.visit { request in
            guard request.resource.kind == "CertificateSigningRequest" else {
                throw Failure("\(request.shown) is no request for a certificate")
            }
            let (type, other): (String, String) = isApproval ? ("Approved", "Denied") : ("Denied", "Approved")
            func isDecided(_ type: String) -> Bool { request.json.list("status", "conditions").contains { $0.text(at: "type") == type } }
            if isDecided(other) { throw Failure("certificate signing request \(JSON.quoted(request.name)) is already \(other)") }
            var result: JSON = request.json
            if !isDecided(type) {
                var changed: JSON = request.json
                let condition: JSON = [
                    "type": .string(type), "status": "True", "reason": .string(isApproval ? "KubectlApprove" : "KubectlDeny"),
                    "message": .string("This CSR was \(done) by kubectl certificate \(isApproval ? "approve" : "deny")."),
                    "lastUpdateTime": shell.now().json,
                ]
                changed[["status", "conditions"]] = .array(changed.list("status", "conditions") + [condition])
                result = try await writer.replace(request, changed, subresource: "approval")
            }
            try printer.print(result, request.resource, done: done)
        }
        if count == 0 { shell.output.note("No resources found") }
        try session.finish()
    }
}
