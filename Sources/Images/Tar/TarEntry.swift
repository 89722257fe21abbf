/// One member of a tar archive.
package struct TarEntry: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case file
        /// Another name for a member that came before.
        case hardLink(to: String)
        case symbolicLink(to: String)
        case folder
        case pipe
        /// A device of either kind.
        case device
    }

    package var path: String
    package var kind: Kind
    /// Permissions with the bits for set-user-id and the like.
    package var mode: UInt32
    package var user: UInt32
    package var group: UInt32
    /// Bytes that follow.
    package var size: Int64
    /// Since 1970.
    package var seconds: Int64
    package var nanoseconds: Int64 = 0
    /// Extended attributes by name.
    package var attributes: [String: [UInt8]] = [:]

    package init(
        path: String, kind: Kind, mode: UInt32, user: UInt32 = 0, group: UInt32 = 0, size: Int64 = 0, seconds: Int64, nanoseconds: Int64 = 0
    ) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.user = user
        self.group = group
        self.size = size
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// The parts of the path without empty ones and dots. Throws ``ImageError/damaged(_:)`` for a path that leads upwards.
    package static func parts(of path: String) throws(ImageError) -> [String] {
        guard path.utf8.count <= 4096 else { throw .damaged("the archive has a member whose path is longer than 4096 bytes") }
        var parts: [String] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." || part.utf8.contains(0) { throw .damaged("the archive has a member \"\(path)\", which leads out of it") }
            if part.utf8.count > 255 { throw .damaged("the archive has a member whose name is longer than 255 bytes") }
            parts.append(String(part))
        }
        return parts
    }
}
