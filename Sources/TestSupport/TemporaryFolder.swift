import FoundationEssentials
import Glibc
import Sandbox

/// A folder of a test, mode 0700; it goes with its last reference.
package final class TemporaryFolder: Sendable {
    package let path: String

    /// Throws ``TestFailure`` when `/tmp` takes no folder.
    package init(_ purpose: String = "test") throws {
        // Many tests run at once, each with a database, connections and event loops: more files than a login may have.
        Host.allowManyFiles()
        // Short, because sockets live below it and their paths may have 107 bytes.
        var template: [CChar] = Array("/tmp/swk-\(purpose)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw TestFailure("cannot make a folder in /tmp: \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Path of a file or folder in it.
    package func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file, with the folders above it; returns its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        let target: String = file(name)
        if let end = target.lastIndex(of: "/") {
            try FileManager.default.createDirectory(atPath: String(target[..<end]), withIntermediateDirectories: true)
        }
        try Data(text.utf8).write(to: URL(filePath: target))
        return target
    }

    /// The text of a file. Throws when there is none.
    package func read(_ name: String) throws -> String { String(decoding: try Data(contentsOf: URL(filePath: file(name))), as: UTF8.self) }

    /// Names of the files and folders in it, in order.
    package var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
}

/// Why a test could not go on, as a sentence.
package struct TestFailure: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
