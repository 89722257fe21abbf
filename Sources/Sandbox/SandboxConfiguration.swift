/// What a sandbox is made of, before any container is in it.
package struct SandboxConfiguration: Sendable {
    /// Name for humans, seen in `ps`.
    package var id: String
    /// Folder of the sandbox, made with mode 0700 when missing: its socket, its record, its shared memory.
    package var folder: String
    /// Host name that its containers see.
    package var hostname: String
    /// Paths hidden from all its containers, such as the cluster's data folder.
    package var maskedPaths: [String]
    /// Whether the sandbox has a user namespace. An ordinary user needs one; root does without, as on any node, so that its containers
    /// may bind ports below 1024 in the host's network.
    package var userNamespace: Bool

    package init(
        id: String, folder: String, hostname: String, maskedPaths: [String] = [], userNamespace: Bool = !Host.isRoot
    ) {
        self.id = id
        self.folder = folder
        self.hostname = hostname
        self.maskedPaths = maskedPaths
        self.userNamespace = userNamespace
    }
}
