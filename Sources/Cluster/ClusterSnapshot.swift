import APIServer
import FoundationEssentials
import Glibc
package import Machinery
import Sandbox
import Store

/// A consistent copy of a cluster's objects and keys, taken while it runs or not: a folder beside the clusters.
///
///     <home>/snapshots/<name>/
///       snapshot.json    what it is of
///       cluster.db       the objects at one revision, without their past
///       pki/             keys and certificates
///       tokens.csv       users' tokens, where the cluster had the file
///
/// Images and the data of volumes are not in it.
package struct ClusterSnapshot: Sendable {
    package let name: String
    /// The cluster that it was taken of.
    package let cluster: String
    package let created: Time
    /// Of the store: what the copy shows.
    package let revision: UInt64
    private let folder: String

    private static func folder(of home: String) -> String { home + "/snapshots" }

    /// Names are those that clusters may have. Throws ``ClusterError`` for a name without snapshot.
    package init(_ name: String, home: String) throws(ClusterError) {
        _ = try ClusterProfile(name: name, home: home)
        self.name = name
        folder = Self.folder(of: home) + "/" + name
        guard FileManager.default.fileExists(atPath: folder) else {
            throw ClusterError("there is no snapshot \(name) in \(Self.folder(of: home)). See those there are: swkube snapshot ls")
        }
        let bytes: [UInt8] = try PrivateFile.read(folder + "/snapshot.json")
        guard let json = try? JSON(parsing: bytes), let cluster = json["cluster"]?.string, let revision = json["revision"]?.int,
            let created = json["created"]?.string.flatMap({ Time($0) })
        else { throw ClusterError("\(folder)/snapshot.json is damaged: the snapshot \(name) can't be used") }
        self.cluster = cluster
        self.created = created
        self.revision = UInt64(revision)
    }

    /// All of a home, oldest first; damaged ones are left out.
    package static func all(home: String) -> [ClusterSnapshot] {
        let names: [String] = (try? FileManager.default.contentsOfDirectory(atPath: folder(of: home))) ?? []
        return names.compactMap { try? ClusterSnapshot($0, home: home) }.sorted {
            ($0.created.seconds, $0.name) < ($1.created.seconds, $1.name)
        }
    }

    package var json: JSON {
        ["name": .string(name), "cluster": .string(cluster), "created": created.json, "revision": .int(Int64(revision))]
    }

    /// Bytes of the copy of the objects.
    package var size: Int64 {
        var status = stat()
        return stat(folder + "/cluster.db", &status) == 0 ? Int64(status.st_size) : 0
    }

    package func delete() throws(ClusterError) {
        do { try removeFolder(folder) } catch { throw ClusterError("cannot remove \(folder): \(error)") }
    }

    // MARK: - Saving

    /// Takes one of a cluster that does not run. Blocks. Throws ``ClusterError`` and what the store and the system say.
    package static func save(_ name: String, ofStopped profile: ClusterProfile, now: Time) throws -> ClusterSnapshot {
        let lock: LockBox = try LockBox(profile)
        defer { lock.release() }
        // Sealed values are copied as they stand.
        let store = try SQLiteStore(path: profile.storePath, index: APIServer.index)
        defer { store.close() }
        return try save(name, of: profile, store, now: now)
    }

    /// Takes one of an open store. Blocks. Everything is written into a draft that gets its name at last: there is a whole snapshot or none.
    static func save(_ name: String, of profile: ClusterProfile, _ store: SQLiteStore, now: Time) throws -> ClusterSnapshot {
        _ = try ClusterProfile(name: name, home: profile.home)
        let (target, draft): (String, String) = (folder(of: profile.home) + "/" + name, "\(folder(of: profile.home))/.\(name).new")
        guard !FileManager.default.fileExists(atPath: target) else {
            throw ClusterError("snapshot \(name) exists already. Take another name, or remove it: swkube snapshot delete \(name)")
        }
        try removeFolder(draft)
        let files: FileManager = .default
        try files.createDirectory(atPath: draft, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        do {
            let revision: UInt64 = try store.copy(to: draft + "/cluster.db")
            try files.copyItem(atPath: profile.pkiFolder, toPath: draft + "/pki")
            if profile.hasTokens { try files.copyItem(atPath: profile.tokensPath, toPath: draft + "/tokens.csv") }
            let json: JSON = ["cluster": .string(profile.name), "created": now.json, "revision": .int(Int64(revision))]
            try PrivateFile.write(json.serialized(JSONStyle(indent: 2)), to: draft + "/snapshot.json")
            try FileSystem.sync(draft)
            guard rename(draft, target) == 0 else { throw ClusterError("cannot make \(target): \(String(cString: strerror(errno)))") }
        } catch {
            try? removeFolder(draft)
            throw error
        }
        return try ClusterSnapshot(name, home: profile.home)
    }

    // MARK: - Restoring

    /// Gives a cluster that does not run these objects and keys in place of its own, or makes a new cluster of them. Blocks.
    ///
    /// Throws ``ClusterError`` when the cluster runs.
    package func restore(to profile: ClusterProfile, now: Time) throws(ClusterError) {
        try profile.makeFolders()
        let lock: LockBox = try LockBox(profile)
        defer { lock.release() }
        let settings: ClusterSettings = try ClusterSettings(profile) ?? ClusterSettings(created: now)
        do {
            let store: String = profile.storeFolder + "/cluster.db"
            try replace(profile.pkiFolder, by: folder + "/pki")
            if FileManager.default.fileExists(atPath: folder + "/tokens.csv") {
                try replace(profile.tokensPath, by: folder + "/tokens.csv")
            }
            // The log of the old objects must not be read into the new ones.
            unlink(store + "-wal")
            try replace(store, by: folder + "/cluster.db")
        } catch {
            throw error as? ClusterError ?? ClusterError("cannot restore snapshot \(name): \(error)")
        }
        try settings.write(profile)
        profile.forgetRunning()
    }

    private func replace(_ target: String, by source: String) throws {
        let draft: String = target + ".restored"
        try removeFolder(draft)
        try FileManager.default.copyItem(atPath: source, toPath: draft)
        try removeFolder(target)
        guard rename(draft, target) == 0 else { throw ClusterError("cannot make \(target): \(String(cString: strerror(errno)))") }
    }
}
