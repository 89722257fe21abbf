import Client
import FoundationEssentials

/// Where a cluster lives: one folder, readable by its owner only, with everything that belongs to it.
///
///     <home>/clusters/<name>/
///       settings.json    ports and identity, kept from start to start
///       pki/             keys and certificates
///       store/           the database
///       logs/            the log of the cluster itself
///       var/log/         what pods find in /var/log of their node: pods/<namespace>_<pod>_<uid>/<container>/<n>.log, and links to
///                        them in containers/
///       manifests/       manifests of static pods
///       images/          images that were loaded or pulled
///       node/            sandboxes and volumes of the pods that run
///       nodes/           the same for each further node
///       volumes/         persistent volumes of the default storage class
///       network/         the socket of the process that holds the pods' network
///       control-groups   where its pods are held to their limits
///       tokens.csv       tokens of users, if somebody put it there
///       paused           there while it is paused: the processes that stand still
///       running.json     there while the cluster runs, and after it died
///       lock             held while the cluster runs
package struct ClusterProfile: Sendable {
    package let name: String
    package let folder: String
    /// Where this user's clusters are.
    package let home: String

    /// Throws ``ClusterError`` for a name that can't be a folder and a context.
    package init(name: String, home: String) throws(ClusterError) {
        let isGood: Bool =
            !name.isEmpty && name.utf8.count <= 40 && name.first != "-" && name.last != "-"
            && name.utf8.allSatisfy {
                ("a"..."z").contains(Character(UnicodeScalar($0))) || ("0"..."9").contains(Character(UnicodeScalar($0)))
                    || $0 == UInt8(ascii: "-")
            }
        guard isGood else {
            throw ClusterError(
                "the cluster name \"\(name)\" is not valid: use up to 40 lower-case letters, digits and '-', not at the ends")
        }
        self.name = name
        self.home = home
        folder = home + "/clusters/" + name
    }

    /// `$SWKUBE_HOME`, else `$XDG_DATA_HOME/swkube`, else `~/.local/share/swkube`.
    package static func home(_ environment: (String) -> String?) -> String {
        if let home = environment("SWKUBE_HOME"), !home.isEmpty {
            return home.hasPrefix("/") ? home : FileManager.default.currentDirectoryPath + "/" + home
        }
        if let data = environment("XDG_DATA_HOME"), data.hasPrefix("/") { return data + "/swkube" }
        return (environment("HOME") ?? "") + "/.local/share/swkube"
    }

    /// Names of the clusters that have a folder.
    package static func all(home: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: home + "/clusters")) ?? []).sorted()
    }

    /// The name of the context, cluster and user in the kubeconfig.
    package var contextName: String { name == "swkube" ? "swkube" : "swkube-" + name }

    package var settingsPath: String { folder + "/settings.json" }
    package var pkiFolder: String { folder + "/pki" }
    package var storeFolder: String { folder + "/store" }
    var storePath: String { storeFolder + "/cluster.db" }
    package var logPath: String { folder + "/logs/swkube.log" }
    /// The /var/log of the control plane and of its node.
    var nodeLogsFolder: String { folder + "/var/log" }
    package var podLogsFolder: String { nodeLogsFolder + "/pods" }
    package var nodeFolder: String { folder + "/node" }
    package var volumesFolder: String { folder + "/volumes" }
    package var imagesFolder: String { folder + "/images" }
    package var manifestsFolder: String { folder + "/manifests" }
    /// Profiles of system calls, which pods name as `localhostProfile`.
    package var seccompFolder: String { folder + "/seccomp" }
    package var networkFolder: String { folder + "/network" }
    /// The folders of the cluster's control groups, a line each: where they are depends on the session that started it.
    var controlGroupsPath: String { folder + "/control-groups" }
    package var runningPath: String { folder + "/running.json" }
    package var lockPath: String { folder + "/lock" }

    package var tokensPath: String { folder + "/tokens.csv" }

    var hasTokens: Bool { FileManager.default.fileExists(atPath: tokensPath) }
    package var hasFolder: Bool { FileManager.default.fileExists(atPath: folder) }
    package var exists: Bool { FileManager.default.fileExists(atPath: settingsPath) }

    /// Makes the folders, mode 0700.
    package func makeFolders() throws(ClusterError) {
        for path in [
            folder, pkiFolder, storeFolder, folder + "/logs", folder + "/var", nodeLogsFolder, podLogsFolder, nodeFolder,
            manifestsFolder, seccompFolder,
        ] {
            do {
                try LocalFile.makeFolder(path)
            } catch {
                throw ClusterError("cannot make the cluster's folder: \(error); set SWKUBE_HOME to another place")
            }
        }
    }
}

/// Why a cluster can't be started, stopped or reached, as a sentence.
package struct ClusterError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
