import CSandbox
import Glibc

/// Calls on file systems that Swift's C library lacks.
package enum FileSystem {
    /// Waits until everything written on the file system of a folder is on its disk. Throws ``SandboxError/system(call:errno:path:)``.
    package static func sync(_ folder: String) throws(SandboxError) {
        let result: Int32 = swkube_sync_file_system(folder)
        if result != 0 { throw SandboxError.system(call: "syncfs", errno: result, path: folder) }
    }

    /// Lets the folders that are made in one lie far from each other on the disk, where its file system knows how.
    ///
    /// ext4 puts a folder near its parent, and looks for a free place from the front; without a journal it passes over all places that
    /// were freed within the last minutes. With hundreds of pods that came and went this took 10 ms of each start.
    package static func spreadFolders(in folder: String) { _ = swkube_spread_folders(folder) }

    /// Gives an open file an extended attribute; false where the file system or this user's rights do not allow it.
    package static func setAttribute(_ fd: Int32, _ name: String, _ value: [UInt8]) -> Bool {
        value.withUnsafeBytes { swkube_set_attribute(fd, name, $0.baseAddress, $0.count) } == 0
    }
}
