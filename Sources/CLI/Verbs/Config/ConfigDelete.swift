package import ArgumentParser
import Client
import Machinery

/// Removes one entry of the kubeconfig and tells of it.
private func remove(_ section: Kubeconfig.Section, _ name: String, _ files: KubeconfigFiles) throws -> String {
    guard let file = try files.file(of: section, name) else {
        throw Failure("cannot delete \(section.member) \(name), not in \(files.fileForNewEntries)")
    }
    try files.edit(file) { $0[section, name] = nil }
    return file
}

/// `config delete-context`
package struct ConfigDeleteContext: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config delete-context", abstract: "Remove a context.", usage: "swkube config delete-context NAME [flags]")

    @Argument(help: ArgumentHelp("The context.", valueName: "name"))
    var name: String

    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        let files: KubeconfigFiles = options.files(shell)
        if try files.load().currentContext == name {
            shell.output.note(
                "warning: this removed your active context, use \"\(CLI.program) config use-context\" to select a different one")
        }
        shell.output.line("deleted context \(name) from \(try remove(.contexts, name, files))")
    }
}

/// `config delete-cluster`
package struct ConfigDeleteCluster: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config delete-cluster", abstract: "Remove a cluster.", usage: "swkube config delete-cluster NAME [flags]")

    @Argument(help: ArgumentHelp("The cluster.", valueName: "name"))
    var name: String

    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        shell.output.line("deleted cluster \(name) from \(try remove(.clusters, name, options.files(shell)))")
    }
}

/// `config delete-user`
package struct ConfigDeleteUser: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config delete-user", abstract: "Remove a user.", usage: "swkube config delete-user NAME [flags]")

    @Argument(help: ArgumentHelp("The user.", valueName: "name"))
    var name: String

    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        shell.output.line("deleted user \(name) from \(try remove(.users, name, options.files(shell)))")
    }
}

/// `config get-clusters`
package struct ConfigGetClusters: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config get-clusters", abstract: "Show the names of the clusters.", usage: "swkube config get-clusters [flags]")

    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        shell.output.line("NAME")
        for name in try options.files(shell).load().names(.clusters).sorted() { shell.output.line(name) }
    }
}

/// `config get-users`
package struct ConfigGetUsers: LocalVerb {
    package static let configuration = CommandConfiguration(
        commandName: "config get-users", abstract: "Show the names of the users.", usage: "swkube config get-users [flags]")

    @OptionGroup var options: ConfigFileOptions
    package init() {}

    package func runLocally(in shell: Shell) throws {
        shell.output.line("NAME")
        for name in try options.files(shell).load().names(.users).sorted() { shell.output.line(name) }
    }
}
