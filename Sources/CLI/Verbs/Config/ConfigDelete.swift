package import Client
import Machinery

/// A verb that removes one entry of the kubeconfig, named by its first word.
package protocol ConfigEntryRemoval: LocalVerb {
    static var section: Kubeconfig.Section { get }
    var words: [String] { get }
    var options: ConfigFileOptions { get }
}

extension ConfigEntryRemoval {
    package func runLocally(in shell: Shell) throws {
        let files: KubeconfigFiles = options.files(shell)
        let section: Kubeconfig.Section = Self.section
        guard words.count == 1 else {
            throw Failure("\(section.member) to delete is required\nSee '\(CLI.program) \(Self.commandName) -h' for help and examples")
        }
        let name: String = words[0]
        if section == .contexts, try files.load().currentContext == name {
            shell.output.note(
                "warning: this removed your active context, use \"\(CLI.program) config use-context\" to select a different one")
        }
        guard let file = try files.file(of: section, name) else {
            throw Failure("cannot delete \(section.member) \(name), not in \(files.fileForNewEntries)")
        }
        try files.edit(file) { $0[section, name] = nil }
        shell.output.line("deleted \(section.member) \(name) from \(file)")
    }
}

/// `config delete-context`
package struct ConfigDeleteContext: ConfigEntryRemoval {
    package static let configuration = CommandConfiguration(
        commandName: "config delete-context", abstract: "Remove a context.", usage: "swkube config delete-context NAME [flags]")
    package static let section: Kubeconfig.Section = .contexts

    @Argument(help: "The context.", value: "name")
    package var words: [String] = []

    @OptionGroup package var options: ConfigFileOptions
    package init() {}
}

/// `config delete-cluster`
package struct ConfigDeleteCluster: ConfigEntryRemoval {
    package static let configuration = CommandConfiguration(
        commandName: "config delete-cluster", abstract: "Remove a cluster.", usage: "swkube config delete-cluster NAME [flags]")
    package static let section: Kubeconfig.Section = .clusters

    @Argument(help: "The cluster.", value: "name")
    package var words: [String] = []

    @OptionGroup package var options: ConfigFileOptions
    package init() {}
}

/// `config delete-user`
package struct ConfigDeleteUser: ConfigEntryRemoval {
    package static let configuration = CommandConfiguration(
        commandName: "config delete-user", abstract: "Remove a user.", usage: "swkube config delete-user NAME [flags]")
    package static let section: Kubeconfig.Section = .users

    @Argument(help: "The user.", value: "name")
    package var words: [String] = []

    @OptionGroup package var options: ConfigFileOptions
    package init() {}
}
