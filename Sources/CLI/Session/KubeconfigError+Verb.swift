import Client

extension KubeconfigError {
    /// Verbs that ask for the cluster first. The others ask for the namespace, and say otherwise that there is no such context or cluster.
    private static let asksForClusterFirst: [String] = [
        "api-resources", "api-versions", "apply", "auth can-i", "auth whoami", "autoscale", "certificate approve", "certificate deny",
        "cluster-info", "cluster-info dump", "cordon", "diff", "drain", "explain", "expose", "proxy", "replace", "run", "set env",
        "top node", "uncordon", "version", "wait",
    ]

    /// As kubectl says it of this verb.
    func inWords(of verb: any Verb) -> Failure {
        let name: String = type(of: verb).configuration.commandName
        let isCreation: Bool = name == "create" || (name.hasPrefix("create ") && name != "create token")
        let isRawGet: Bool = (verb as? Get)?.raw?.isEmpty == false
        if let otherWords, let failure = Self.inItsOwnWords(verb, name, description, otherWords) { return failure }
        guard let otherWords, isCreation || isRawGet || Self.asksForClusterFirst.contains(name) else { return Failure(self) }
        return Failure(otherWords)
    }

    /// `annotate` asks for both and tells both, unless it is given files; of clusters, it and `set selector` say more than the others.
    private static func inItsOwnWords(_ verb: any Verb, _ name: String, _ words: String, _ otherWords: String) -> Failure? {
        let prefix = "Error in configuration: "
        let isOfContext: Bool = words.hasPrefix(prefix)
        guard let annotate = verb as? Annotate, !annotate.options.files.areGiven else {
            return name == "annotate" || name == "set selector" ? Failure(isOfContext ? words : prefix + words, isComplete: true) : nil
        }
        let both: String =
            isOfContext
            ? "\(prefix)\n* \(otherWords)\n* \(words.dropFirst(prefix.count))" : "\(otherWords)\ninvalid configuration: \(words)"
        return Failure(both, isComplete: true)
    }
}
