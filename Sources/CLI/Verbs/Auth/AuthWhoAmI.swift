import API
import Client
import Machinery

/// `auth whoami`: shows who the server takes us for.
package struct AuthWhoAmI: Verb {
    package static let configuration = CommandConfiguration(
        commandName: "auth whoami", abstract: "Show who the server takes us for.", usage: "swkube auth whoami [flags]")

    @OptionGroup var printing: PrintOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    package init() {}

    package func run(in shell: Shell) async throws {
        let format: OutputFormat = try printing.format()
        let session: Session = try connection.session(shell)
        let review: JSON = ["apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"]
        let answer: JSON
        do {
            answer = try await session.send(APIRequest(.create, SelfSubjectReview.names.resource, body: review.serialized()))
        } catch let status as APIStatus where status.isNotFound {
            throw Failure("the selfsubjectreviews API is not enabled in the cluster")
        }
        guard format.isForPeople else {
            var printer = ObjectPrinter(format, shell.output, showsManagedFields: printing.showManagedFields)
            return try printer.print(answer, APIResource(SelfSubjectReview.names), isTyped: true)
        }
        let user: JSON = answer[["status", "userInfo"]] ?? [:]
        var table = TabWriter.table
        table.line(["ATTRIBUTE", "VALUE"])
        if let name = user["username"]?.string { table.line(["Username", name]) }
        if let uid = user["uid"]?.string { table.line(["UID", uid]) }
        func list(_ json: JSON) -> String { "[" + (json.array ?? []).map(GoText.of).joined(separator: " ") + "]" }
        if let groups = user["groups"] { table.line(["Groups", list(groups)]) }
        for member in (user["extra"]?.object ?? [:]).sorted() { table.line(["Extra: \(member.key)", list(member.value)]) }
        shell.output.write(table.rendered())
        try session.finish()
    }
}
