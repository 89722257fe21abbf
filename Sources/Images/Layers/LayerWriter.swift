import Glibc
import Sandbox

/// Unpacks one layer of an image into a folder that an overlay can lie over its parents.
///
/// Names are resolved as in the image's own root: symbolic links, those of the parents too, lead to a place in the image and never
/// out of it. Removals become an overlay's whiteouts, folders that hide all below them whiteouts of each name: so no extended
/// attribute is needed, which some file systems lack. Owners are given where this user may; else they stand in ``owners``.
/// Source: the layer specification of OCI.
final class LayerWriter {
    private let tree: LayerTree
    private let parents: [LayerTreeBox]
    private let what: String
    private let canChown: Bool
    /// Canonical places of folders by the text that named them.
    private var places: [String: [String]] = [:]
    private var opaque: Set<[String]> = []
    private var removed: Set<[String]> = []
    /// Modes and times of folders, given at the end: a folder without write permission takes no files.
    private var folders: [[String]: TarEntry] = [:]

    /// What this user could not give: lines of `uid gid mode path`.
    private(set) var owners = ""
    /// Bytes of the files.
    private(set) var size: Int64 = 0

    /// - Parameter parents: folders of the layers below, the highest first.
    init(_ folder: String, parents: [String], of what: String) throws(ImageError) {
        tree = try LayerTree(folder)
        var boxes: [LayerTreeBox] = []
        for parent in parents { boxes.append(LayerTreeBox(try LayerTree(parent))) }
        self.parents = boxes
        self.what = what
        canChown = geteuid() == 0
    }

    /// Unpacks all members.
    func write(_ reader: TarReader) throws(ImageError) {
        while let entry = try reader.next() { try add(entry, reader) }
        try hide()
        try finishFolders()
    }

    // MARK: - Members

    private func add(_ entry: TarEntry, _ reader: TarReader) throws(ImageError) {
        let parts: [String] = try TarEntry.parts(of: entry.path)
        guard let name = parts.last else {
            if entry.kind == .folder { folders[[]] = entry }
            return
        }
        let folder: [String] = try resolve(Array(parts.dropLast()))
        if name == ".wh..wh..opq" {
            opaque.insert(folder)
        } else if name.hasPrefix(".wh..wh.") {
            return  // notes of aufs to itself
        } else if name.hasPrefix(".wh.") {
            let gone = String(name.dropFirst(4))
            if gone.isEmpty || gone == "." || gone == ".." { throw .damaged("\(what) removes \"\(entry.path)\", which is no name") }
            removed.insert(folder + [gone])
        } else {
            try make(entry, name, in: folder, reader)
        }
    }

    private func make(_ entry: TarEntry, _ name: String, in folder: [String], _ reader: TarReader) throws(ImageError) {
        let place: [String] = folder + [name]
        let fd: Int32 = try openFolder(folder)
        defer { close(fd) }
        let path: String = "/" + place.joined(separator: "/")
        func failed(_ call: String) -> ImageError { .system(call, path) }
        if entry.kind == .folder {
            if mkdirat(fd, name, 0o700) != 0 {
                guard errno == EEXIST else { throw failed("mkdir") }
                if tree.look(place).kind != .folder {
                    try remove(name, in: fd, place)
                    guard mkdirat(fd, name, 0o700) == 0 else { throw failed("mkdir") }
                }
            }
            folders[place] = entry
            return try own(entry, name, in: fd, path)
        }
        try remove(name, in: fd, place)
        switch entry.kind {
        case .file:
            let file: Int32 = openat(fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw failed("create") }
            defer { close(file) }
            try copy(reader, to: file, path)
            try own(entry, name, in: fd, path)
            guard fchmod(file, entry.mode) == 0 else { throw failed("chmod") }
            setAttributes(entry, file)
        case .symbolicLink(let target):
            guard symlinkat(target, fd, name) == 0 else { throw failed("symlink") }
            places = [:]
            try own(entry, name, in: fd, path)
        case .hardLink(let target): try link(to: target, as: name, in: fd, path)
        case .pipe:
            guard mkfifoat(fd, name, 0o600) == 0, fchmodat(fd, name, entry.mode, 0) == 0 else { throw failed("mkfifo") }
            try own(entry, name, in: fd, path)
        case .device:
            // A container has devices of its own, and any other is closed to it.
            return
        case .folder: return
        }
        setTime(entry, name, in: fd)
    }

    private func copy(_ reader: TarReader, to file: Int32, _ path: String) throws(ImageError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = try reader.read(buffer), count > 0 {
            var written = 0
            while written < count {
                let result: Int = Glibc.write(file, buffer.baseAddress.map { $0 + written }, count - written)
                if result < 0, errno == EINTR { continue }
                guard result >= 0 else { throw .system("write", path) }
                written += result
            }
            size += Int64(count)
        }
    }

    private func link(to target: String, as name: String, in fd: Int32, _ path: String) throws(ImageError) {
        let parts: [String] = try TarEntry.parts(of: target)
        guard let old = parts.last else { throw .damaged("\(what): \(path) links to a folder") }
        let folder: [String] = try resolve(Array(parts.dropLast()))
        guard let from = tree.openFolder(folder) else { throw .damaged("\(what): \(path) links to \(target), which is not in this layer") }
        defer { close(from) }
        guard linkat(from, old, fd, name, 0) == 0 else {
            if errno == ENOENT { throw .damaged("\(what): \(path) links to \(target), which is not in this layer") }
            throw .system("link", path)
        }
    }

    /// Takes away what an earlier member put there.
    private func remove(_ name: String, in fd: Int32, _ place: [String]) throws(ImageError) {
        if unlinkat(fd, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw .system("unlink", "/" + place.joined(separator: "/")) }
        for child in tree.names(in: place) {
            guard let inner = tree.openFolder(place) else { break }
            defer { close(inner) }
            try remove(child, in: inner, place + [child])
        }
        folders = folders.filter { !$0.key.starts(with: place) }
        places = [:]
        guard unlinkat(fd, name, AT_REMOVEDIR) == 0 else { throw .system("rmdir", "/" + place.joined(separator: "/")) }
    }

    // MARK: - Facts of files

    private func own(_ entry: TarEntry, _ name: String, in fd: Int32, _ path: String) throws(ImageError) {
        if canChown {
            guard fchownat(fd, name, entry.user, entry.group, AT_SYMLINK_NOFOLLOW) == 0 else { throw .system("chown", path) }
        } else if entry.user != 0 || entry.group != 0 || !entry.attributes.isEmpty {
            let plain: String = path.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
            owners += "\(entry.user) \(entry.group) \(String(entry.mode, radix: 8)) \(plain)\n"
        }
    }

    /// Capabilities of programs and the like; only root may give those that matter.
    private func setAttributes(_ entry: TarEntry, _ file: Int32) {
        guard canChown else { return }
        for (name, value) in entry.attributes where name.hasPrefix("security.capability") || name.hasPrefix("user.") {
            // A file system without them leaves a program without its extra right, as docker does.
            _ = FileSystem.setAttribute(file, name, value)
        }
    }

    private func setTime(_ entry: TarEntry, _ name: String, in fd: Int32) {
        let time = timespec(tv_sec: Int(entry.seconds), tv_nsec: Int(entry.nanoseconds))
        // A time that the file system can't hold stays that of now.
        _ = withUnsafePointer(to: (time, time)) { pair in
            pair.withMemoryRebound(to: timespec.self, capacity: 2) { utimensat(fd, name, $0, AT_SYMLINK_NOFOLLOW) }
        }
    }

    private func finishFolders() throws(ImageError) {
        // The deepest first: a change below gives a folder a new time.
        for (place, entry) in folders.sorted(by: { $0.key.count > $1.key.count }) {
            let path: String = "/" + place.joined(separator: "/")
            guard let fd = tree.openFolder(place) else { continue }
            defer { close(fd) }
            guard fchmod(fd, entry.mode) == 0 else { throw .system("chmod", path) }
            setTime(entry, ".", in: fd)
        }
    }

    // MARK: - Places

    /// Where a folder of the image really is, when links are followed in the image's own root.
    private func resolve(_ parts: [String]) throws(ImageError) -> [String] {
        let text: String = parts.joined(separator: "/")
        if let known = places[text] { return known }
        var place: [String] = []
        var rest: [String] = parts.reversed()
        var links = 0
        while let part = rest.popLast() {
            if part == ".." {
                _ = place.popLast()
                continue
            }
            guard case .symbolicLink(let target) = kind(place + [part]) else {
                place.append(part)
                continue
            }
            links += 1
            if links > 40 { throw .damaged("\(what): too many symbolic links on the way to /\(text)") }
            if target.hasPrefix("/") { place = [] }
            rest += target.split(separator: "/").filter { $0 != "." }.map(String.init).reversed()
        }
        places[text] = place
        return place
    }

    /// What an image shows at a place: this layer's, or the highest of its parents that has it.
    private func kind(_ place: [String]) -> LayerTree.Kind? {
        let own = tree.look(place)
        if let kind = own.kind { return kind }
        if own.blocked || removed.contains(place) { return nil }
        return below(place)?.kind
    }

    private func below(_ place: [String]) -> (kind: LayerTree.Kind, facts: stat)? {
        for parent in parents {
            let found = parent.tree.look(place)
            if found.kind == .whiteout || found.blocked { return nil }
            if let kind = found.kind { return (kind, found.facts) }
        }
        return nil
    }

    /// Opens a folder of this layer, making what is missing as the parents have it.
    private func openFolder(_ place: [String]) throws(ImageError) -> Int32 {
        if let fd = tree.openFolder(place) { return fd }
        var current: Int32 = dup(tree.fd)
        for (index, part) in place.enumerated() {
            let path: [String] = Array(place[...index])
            var next: Int32 = openat(current, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if next < 0 {
                defer { if next < 0 { close(current) } }
                try remove(part, in: current, path)
                guard mkdirat(current, part, 0o755) == 0 else { throw .system("mkdir", "/" + path.joined(separator: "/")) }
                if let model = below(path), model.kind == .folder {
                    if canChown { _ = fchownat(current, part, model.facts.st_uid, model.facts.st_gid, AT_SYMLINK_NOFOLLOW) }
                    folders[path] = TarEntry(
                        path: "", kind: .folder, mode: model.facts.st_mode & 0o7777, user: 0, group: 0, size: 0,
                        seconds: Int64(model.facts.st_mtim.tv_sec), nanoseconds: Int64(model.facts.st_mtim.tv_nsec))
                }
                next = openat(current, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                guard next >= 0 else { throw .system("open", "/" + path.joined(separator: "/")) }
            }
            close(current)
            current = next
        }
        return current
    }

    // MARK: - What is gone

    private func hide() throws(ImageError) {
        for place in removed {
            switch tree.look(place).kind {
            case nil: if below(place) != nil { try whiteOut(place) }
            case .folder: opaque.insert(place)  // made anew in the same layer: nothing of the old one shows
            default: break
            }
        }
        for place in opaque { try hideAll(below: place) }
    }

    private func hideAll(below place: [String]) throws(ImageError) {
        let own: Set<String> = Set(tree.names(in: place))
        var names: Set<String> = []
        for parent in parents { names.formUnion(parent.tree.names(in: place)) }
        for name in names {
            let child: [String] = place + [name]
            if !own.contains(name) {
                if below(child) != nil { try whiteOut(child) }
            } else if tree.look(child).kind == .folder {
                try hideAll(below: child)
            }
        }
    }

    /// Even an ordinary user may make this one device. Source: Linux 5.8.
    private func whiteOut(_ place: [String]) throws(ImageError) {
        let fd: Int32 = try openFolder(Array(place.dropLast()))
        defer { close(fd) }
        guard let name = place.last, mknodat(fd, name, S_IFCHR, 0) == 0 else {
            throw .system("mknod", "/" + place.joined(separator: "/"))
        }
    }
}

/// A tree in an array: arrays hold copies only.
private final class LayerTreeBox {
    let tree: LayerTree
    init(_ tree: consuming LayerTree) { self.tree = tree }
}
