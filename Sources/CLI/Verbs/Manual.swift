package import ArgumentParser
import Client

/// `man`: pages of the manual.
package struct Manual: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "man", abstract: "Print a page of the manual, or write them all.",
        usage: "swkube man [VERB]... [flags]",
        discussion: "Read one with: swkube man get | man -l -")

    @Argument(help: ArgumentHelp("The verb; none for the page of all verbs.", valueName: "verb"))
    var verb: [String] = []

    @Option(name: .customLong("directory"), help: ArgumentHelp("Write all pages here instead.", valueName: "folder"))
    var folder: String?

    package init() {}

    package func runLocally(in shell: Shell) throws {
        guard let folder else {
            guard let first = verb.first else { return shell.output.write(ManualPage.overview().text) }
            var rest: [String] = Array(verb.dropFirst())
            let type: any Verb.Type = try VerbList.type(of: first, &rest)
            return shell.output.write(try ManualPage(type).text)
        }
        let verbs: [any Verb.Type] = VerbList.groups.flatMap(\.verbs) + VerbList.families.values.joined()
        for page in try [ManualPage.overview()] + verbs.map({ try ManualPage($0) }) {
            try LocalFile.replace(folder + "/" + page.fileName, with: Array(page.text.utf8), mode: 0o644)
        }
    }
}
