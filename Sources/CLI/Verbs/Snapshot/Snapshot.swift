/// `snapshot` alone: says which verbs it has.
package struct Snapshot: FamilyVerb {
    package static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Save a cluster's objects and keys, and bring them back.", usage: "swkube snapshot VERB [flags]")

    @Argument(help: "delete, ls, restore or save", value: "verb")
    package var words: [String] = []

    package init() {}
}
