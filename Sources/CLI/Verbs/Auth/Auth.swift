/// `auth` alone: says which verbs it has.
package struct Auth: FamilyVerb {
    package static let configuration = CommandConfiguration(
        commandName: "auth", abstract: "Ask what somebody may do.", usage: "swkube auth VERB [flags]")

    @Argument(help: "can-i, reconcile or whoami.", value: "verb")
    package var words: [String] = []

    package init() {}
}
