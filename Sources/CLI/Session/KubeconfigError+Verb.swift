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
        guard let otherWords, isCreation || isRawGet || Self.asksForClusterFirst.contains(name) else { return Failure(self) }
        return Failure(otherWords)
    }
}
