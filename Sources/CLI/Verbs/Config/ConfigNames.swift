package import Client

/// A verb that shows the names in one section of the kubeconfig.
package protocol ConfigNameList: LocalVerb {
    static var section: Kubeconfig.Section { get }
    var options: ConfigFileOptions { get }
}

extension ConfigNameList {
    package func runLocally(in shell: Shell) throws {
        shell.output.line("NAME")
        for name in try options.files(shell).load().names(Self.section).sorted() { shell.output.line(name) }
    }
}

/// `config get-clusters`
package struct ConfigGetClusters: ConfigNameList {
    package static let configuration = CommandConfiguration(
        commandName: "config get-clusters", abstract: "Show the names of the clusters.", usage: "swkube config get-clusters [flags]")
    package static let section: Kubeconfig.Section = .clusters

    @Argument(isHidden: true)
    var ignored: [String] = []

    @OptionGroup package var options: ConfigFileOptions
    package init() {}
}

/// `config get-users`
package struct ConfigGetUsers: ConfigNameList {
    package static let configuration = CommandConfiguration(
        commandName: "config get-users", abstract: "Show the names of the users.", usage: "swkube config get-users [flags]")
    package static let section: Kubeconfig.Section = .users

    @Argument(isHidden: true)
    var ignored: [String] = []

    @OptionGroup package var options: ConfigFileOptions
    package init() {}
}
