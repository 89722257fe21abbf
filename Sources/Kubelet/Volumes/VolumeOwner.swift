import Sandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Gives a volume to the group of a pod: all that is in it, with the rights of the owner, and what is made in its folders later.
///
/// Source: `SetVolumeOwnership` of pkg/volume/volume_linux.go.
struct VolumeOwner: Sendable {
    let group: UInt32
    let network: ClusterNetwork

    /// - Parameter always: false does nothing when the top folder is the group's already (`OnRootMismatch`).
    func own(_ path: String, always: Bool) throws {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { throw FileError("stat", path) }
        let isTheirs: Bool = facts.st_gid == group && facts.st_mode & 0o2070 == 0o2070
        if !always, isTheirs { return }
        try own(path)
    }

    private func own(_ path: String) throws {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { throw FileError("stat", path) }
        // Whom a link belongs to does not matter to anybody.
        guard facts.st_mode & S_IFMT != S_IFLNK else { return }
        let isFolder: Bool = facts.st_mode & S_IFMT == S_IFDIR
        try network.give(path, toGroup: group, mode: facts.st_mode & 0o7777 | (isFolder ? 0o2770 : 0o660))
        guard isFolder else { return }
        for name in Files.names(in: path) { try own("\(path)/\(name)") }
    }
}
