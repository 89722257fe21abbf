import Client

/// `man`: pages of the manual.
package struct Manual: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "man", abstract: "Print a page of the manual, or write them all.",
        usage: "swkube man [VERB]... [flags]",
        discussion: "Read one with: swkube man get | man -l -")

    @Argument(help: "The verb; none for the page of all verbs.", value: "verb")
    var verb: [String] = []

    @Option("directory", help: "Write all pages here instead.", value: "folder")
    var folder: String?

    package init() {}

    package func runLocally(in shell: Shell) throws {
        guard let folder else {
            guard let first = verb.first else { return shell.output.write(ManualPage.overview().text) }
            var rest: [String] = Array(verb.dropFirst())
            let type: any Verb.Type = try VerbList.type(of: first, &rest)
            return shell.output.write(ManualPage(type).text)
        }
        let verbs: [any Verb.Type] = VerbList.groups.flatMap(\.verbs) + VerbList.families.flatMap(\.verbs)
        for page in [ManualPage.overview()] + verbs.map({ ManualPage($0) }) {
            try LocalFile.replace(folder + "/" + page.fileName, with: Array(page.text.utf8), mode: 0o644)
        }
    }
}
