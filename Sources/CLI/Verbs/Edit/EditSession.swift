import API
import Client
import Glibc
import Machinery

/// Opens objects in an editor until what comes back can be saved, or nothing changes any more.
/// Source: k8s.io/kubectl/pkg/cmd/util/editor/editoptions.go.
struct EditSession {
    /// Why the file is opened again.
    private struct Reason {
        let head: String
        let others: [String]
    }

    let session: Session
    let objects: [Manifest]
    let isJSON: Bool
    let usesWindowsLines: Bool
    var printer: ObjectPrinter
    /// The first lines of the file.
    var introduction: [String] = [
        "# Please edit the object below. Lines beginning with a '#' will be ignored,",
        "# and an empty file will abort the edit. If an error occurs while saving this file will be",
        "# reopened with the relevant failures.", "#",
    ]

    init(session: Session, objects: [Manifest], isJSON: Bool, usesWindowsLines: Bool, printer: ObjectPrinter) {
        self.session = session
        self.objects = objects
        self.isJSON = isJSON
        self.usesWindowsLines = usesWindowsLines
        self.printer = printer
    }

    /// - Parameter save: takes the original and the edited object, and tells of what it did.
    /// - Parameter retries: opens the file again when the server said no.
    mutating func run(retries: Bool = true, _ save: (Manifest, JSON, inout ObjectPrinter) async throws -> Void) async throws {
        let start: String = content
        var text: String = start
        var reasons: [Reason] = []
        while true {
            let before: String = text
            let file: String
            (text, file) = try edit(header(reasons) + text)
            if !reasons.isEmpty, Self.bare(before) == Self.bare(text) {
                session.output.note("A copy of your changes has been stored to \(JSON.quoted(file))")
                throw Failure("Edit cancelled, no valid changes were saved.")
            }
            if Self.bare(start) == Self.bare(text) {
                unlink(file)
                return session.output.note("Edit cancelled, no changes made.")
            }
            text = Self.bare(text)
            let edited: [JSON]
            do { edited = try parsed(text) } catch let failure as Failure {
                unlink(file)
                session.output.note("error: \(objects[0].quoted) is invalid")
                let why: String = "<nil>: Invalid value: \"The edited file failed validation\": \(failure.description)"
                reasons = [Reason(head: "\(objects[0].quoted) was not valid", others: [why])]
                continue
            }
            reasons = []
            var isLost: Bool = false
            do {
                for object in edited {
                    let found: Manifest = try original(of: object)
                    do { try await save(found, restored(object, found), &printer) } catch let status as APIStatus where retries {
                        isLost = tell(status, found, file, &reasons) || isLost
                    }
                }
            } catch {
                session.output.note("A copy of your changes has been stored to \(JSON.quoted(file))")
                throw error
            }
            if isLost { throw Failure.silent() }
            unlink(file)
            if reasons.isEmpty { return }
        }
    }

    // MARK: - The file

    private var content: String {
        let bare: [JSON] = objects.map { ObjectPrinter.withoutManagedFields($0.json) }
        let whole: JSON =
            bare.count == 1 ? bare[0] : ["apiVersion": "v1", "items": .array(bare), "kind": "List", "metadata": [:]]
        return isJSON ? whole.sortedByKey.text(.kubectl) + "\n" : YAML.write(whole, sortedKeys: true)
    }

    private func header(_ reasons: [Reason]) -> String {
        var lines: [String] = isJSON ? [] : introduction
        func safe(_ text: String) -> String { text.replacing("\n", with: "\n# ") }
        for reason in reasons {
            lines.append("# \(safe(reason.head))\(reason.others.isEmpty ? "" : ":")")
            lines += reason.others.map { "# * \(safe($0))" }
            lines.append("#")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Lets the user edit a text. Returns what was saved and the file, which is still there.
    private func edit(_ text: String) throws -> (text: String, file: String) {
        let kind: String = isJSON ? "json" : "yaml"
        let folder: String = session.shell.environment("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var template: [CChar] = Array("\(folder)/\(CLI.program)-edit-XXXXXX.\(kind)".utf8CString)
        let descriptor: Int32 = mkstemps(&template, Int32(kind.utf8.count + 1))
        let file = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard descriptor >= 0 else { throw Failure("cannot make a file to edit in \(folder): \(String(cString: strerror(errno)))") }
        close(descriptor)
        let lines: String = usesWindowsLines ? text.replacing("\n", with: "\r\n") : text
        try LocalFile.replace(file, with: Array(lines.utf8))
        session.output.flush()
        let editor: String =
            ["KUBE_EDITOR", "EDITOR"].compactMap(session.shell.environment).first { !$0.isEmpty } ?? "vi"
        let program: Program
        if editor.contains(where: { " '\"$\\".contains($0) }) {
            let shell: String = session.shell.environment("SHELL").flatMap { $0.isEmpty ? nil : $0 } ?? "/bin/bash"
            program = Program(shell, ["-c", "\(editor) \(JSON.quoted(file))"])
        } else {
            program = Program(editor, [file])
        }
        let code: Int32
        do { code = try program.run().code } catch {
            unlink(file)
            let problem: String = error.isMissing && !editor.contains("/") ? "unable to launch" : "there was a problem with"
            throw Failure("\(problem) the editor \(JSON.quoted(editor))")
        }
        if code != 0 {
            unlink(file)
            throw Failure("there was a problem with the editor \(JSON.quoted(editor))")
        }
        let saved = String(decoding: try LocalFile.read(file), as: UTF8.self)
        return (saved.replacing("\r\n", with: "\n"), file)
    }

    /// Without comments and empty lines at its beginning and end.
    private static func bare(_ text: String) -> String {
        let lines: [Substring] = text.split(separator: "\n", omittingEmptySubsequences: false).filter { $0.drop { $0 == " " }.first != "#" }
        return String(lines.joined(separator: "\n")[...].trimmed)
    }

    // MARK: - What came back

    private func parsed(_ text: String) throws -> [JSON] {
        let documents: [YAMLDocument]
        do { documents = try YAML.documents(text) } catch { throw Failure(error.kubectlText) }
        if let duplicate = documents.lazy.compactMap(\.duplicates.first).first { throw Failure("\(duplicate)") }
        if documents.isEmpty { throw Failure("it is empty") }
        return try documents.flatMap { document -> [JSON] in
            guard document.json.object != nil else { throw Failure("it holds a \(document.json.typeName), not an object") }
            return document.json["kind"] == "List" ? document.json.list("items") : [document.json]
        }
    }

    private func original(of object: JSON) throws -> Manifest {
        let uid: JSON? = object[["metadata", "uid"]]
        guard let found = objects.first(where: { $0.json[["metadata", "uid"]] == uid }) else {
            throw Failure("no original object found for \(object.sortedByKey.text())")
        }
        return found
    }

    private func restored(_ edited: JSON, _ original: Manifest) -> JSON {
        var edited: JSON = edited
        if let fields = original.json[["metadata", "managedFields"]] { edited[["metadata", "managedFields"]] = fields }
        return edited
    }

    /// True when the edit cannot be tried again here.
    private func tell(_ status: APIStatus, _ object: Manifest, _ file: String, _ reasons: inout [Reason]) -> Bool {
        switch status.reason {
        case "Invalid":
            reasons.append(
                Reason(head: "\(object.quoted) was not valid", others: (status.details?.causes ?? []).map { "\($0.field): \($0.message)" }))
            session.output.note("error: \(object.quoted) is invalid")
            return false
        case "NotFound":
            session.output.note("error: \(object.quoted) could not be found on the server")
            session.output.note("The edits you made on deleted resources have been saved to \(JSON.quoted(file))")
            return true
        default:
            session.output.note("error: \(object.quoted) could not be patched: \(status.message)")
            session.output.note("You can run `\(CLI.program) replace -f \(file)` to try this update again.")
            return true
        }
    }
}
