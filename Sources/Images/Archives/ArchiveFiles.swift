import Glibc

/// The members of an archive, each in a file with a number for a name: no name of the archive ever becomes a path.
struct ArchiveFiles {
    private struct Member {
        let file: String
        let size: Int64
    }

    private var members: [String: Member] = [:]
    private var links: [String: String] = [:]

    /// Unpacks a tar archive, packed or not, into a folder.
    init(_ source: any ByteSource, into folder: String) throws(ImageError) {
        let reader = TarReader(try Decompressor(source, of: "the archive"), of: "the archive")
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while let entry = try reader.next() {
            let parts: [String] = try TarEntry.parts(of: entry.path)
            let name: String = parts.joined(separator: "/")
            switch entry.kind {
            case .file:
                let file = "\(folder)/member-\(members.count)"
                let fd: Int32 = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
                guard fd >= 0 else { throw .system("open", file) }
                defer { close(fd) }
                while case let count = try reader.read(buffer), count > 0 {
                    try StoreFiles.write(Array(buffer[..<count]), to: fd, file)
                }
                members[name] = Member(file: file, size: entry.size)
            case .hardLink(let target): links[name] = try TarEntry.parts(of: target).joined(separator: "/")
            case .symbolicLink(let target): links[name] = Self.join(parts.dropLast(), target)
            case .folder, .pipe, .device: continue
            }
        }
    }

    func has(_ name: String) -> Bool { member(name) != nil }

    /// A member's bytes as they stand. Throws ``ImageError/damaged(_:)`` when it is missing.
    func source(_ name: String) throws(ImageError) -> FileSource {
        guard let member = member(name) else { throw .damaged("the archive lacks \(name)") }
        return try FileSource(path: member.file)
    }

    /// A small member, such as a manifest.
    func bytes(_ name: String) throws(ImageError) -> [UInt8] {
        guard let member = member(name) else { throw .damaged("the archive lacks \(name)") }
        guard member.size <= 8 << 20 else { throw .damaged("the archive's \(name) has \(member.size) bytes, too many for what it is") }
        return try StoreFiles.read(member.file)
    }

    private func member(_ name: String) -> Member? {
        var name: String = name.hasPrefix("./") ? String(name.dropFirst(2)) : name
        for _ in 0..<8 {
            if let member = members[name] { return member }
            guard let target = links[name] else { return nil }
            name = target
        }
        return nil
    }

    private static func join(_ folder: ArraySlice<String>, _ target: String) -> String {
        var parts: [String] = target.hasPrefix("/") ? [] : Array(folder)
        for part in target.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        return parts.joined(separator: "/")
    }
}
