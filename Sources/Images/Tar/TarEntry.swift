/// One member of a tar archive.
struct TarEntry: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case file
        /// Another name for a member that came before.
        case hardLink(to: String)
        case symbolicLink(to: String)
        case folder
        case pipe
        /// A device of either kind.
        case device
    }

    var path: String
    var kind: Kind
    /// Permissions with the bits for set-user-id and the like.
    var mode: UInt32
    var user: UInt32
    var group: UInt32
    /// Bytes that follow.
    var size: Int64
    /// Since 1970.
    var seconds: Int64
    var nanoseconds: Int64 = 0
    /// Extended attributes by name.
    var attributes: [String: [UInt8]] = [:]

    /// The parts of the path without empty ones and dots. Throws ``ImageError/damaged(_:)`` for a path that leads upwards.
    static func parts(of path: String) throws(ImageError) -> [String] {
        var parts: [String] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." || part.utf8.contains(0) { throw .damaged("the archive has a member \"\(path)\", which leads out of it") }
            if part.utf8.count > 255 { throw .damaged("the archive has a member whose name is longer than 255 bytes") }
            parts.append(String(part))
        }
        return parts
    }
}
