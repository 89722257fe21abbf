import API
import Logging
import Machinery
import Sandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The logs of a pod's containers, beside what is written into them.
extension PodWorker {
    /// Moves logs aside that have grown long.
    func rotateLogs() async {
        guard let sandbox else { return }
        for (name, record) in records where record.isRunning {
            let path: String = folders.log(of: name, attempt: record.attempt)
            guard LogRotation.size(path) > node.configuration.logMaxSize else { continue }
            let kept: Int = max(2, node.configuration.logMaxFiles)
            await BlockingThread.run { LogRotation.makeRoom(for: path, keeping: kept) }
            let aside: String = LogRotation.aside(path, at: node.clock.time)
            guard rename(path, aside) == 0 else { continue }
            do {
                // Until it has done so it writes on into the file under its new name: no line is lost between.
                try await sandbox.reopenLog(record.sandboxID)
                node.watch.changed(path)
            } catch {
                log.warning("a log could not be opened anew", metadata: ["container": "\(name)", "error": "\(error)"])
                _ = rename(aside, path)
            }
        }
    }

    /// Gives a run's log the name by which collectors of logs look for it. The link is relative, so that it leads to the log both in the
    /// data folder and in pods that see it as /var/log.
    func linkLog(_ name: String, attempt: Int) {
        let link: String = folders.link(of: name, attempt: attempt, pod: key, uid: uid)
        let path: Substring = folders.log(of: name, attempt: attempt).dropFirst(folders.nodeLogs.count)
        do {
            try Files.makeFolder(folders.nodeLogs + "/containers", mode: 0o755)
            try? Files.remove(link)  // of an earlier run of this name
            guard symlink("..\(path)", link) == 0 else { throw FileError("symlink", link) }
            for old in 0..<max(0, attempt - 1) { try? Files.remove(folders.link(of: name, attempt: old, pod: key, uid: uid)) }
        } catch {
            log.warning("a log has no link", metadata: ["container": "\(name)", "error": "\(error)"])
        }
    }

    /// All links to logs of this pod that may exist.
    var links: [String] {
        records.values.flatMap { record in
            folders.attempts(of: record.name).map { folders.link(of: record.name, attempt: $0, pod: key, uid: uid) }
        }
    }
}
