import Glibc

/// The files of an image as its containers see them, read without leaving its layers.
package struct LayerView {
    private let trees: [Box]

    private final class Box {
        let tree: LayerTree
        init(_ tree: consuming LayerTree) { self.tree = tree }
    }

    /// - Parameter layers: folders of the layers, the highest first.
    package init(_ layers: [String]) throws(ImageError) {
        var boxes: [Box] = []
        for layer in layers { boxes.append(Box(try LayerTree(layer))) }
        trees = boxes
    }

    /// The bytes of a regular file, 1 MiB at most; nil when there is none.
    package func read(_ path: String) -> [UInt8]? {
        var place: [String] = []
        var rest: [String] = path.split(separator: "/").map(String.init).reversed()
        var links = 0
        while let part = rest.popLast() {
            if part == ".." {
                _ = place.popLast()
            } else if part != "." {
                guard let (kind, _) = look(place + [part]) else { return nil }
                guard case .symbolicLink(let target) = kind else {
                    place.append(part)
                    continue
                }
                links += 1
                guard links <= 40 else { return nil }
                if target.hasPrefix("/") { place = [] }
                rest += target.split(separator: "/").map(String.init).reversed()
            }
        }
        guard let name = place.last, let (kind, box) = look(place), kind == .other, let folder = box.tree.openFolder(place.dropLast())
        else { return nil }
        defer { close(folder) }
        // Not blocked by a pipe of that name.
        let fd: Int32 = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var facts = stat()
        guard fstat(fd, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, facts.st_size <= 1 << 20 else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(facts.st_size))
        let count: Int = Glibc.read(fd, &bytes, bytes.count)
        return count < 0 ? nil : Array(bytes.prefix(count))
    }

    private func look(_ place: [String]) -> (LayerTree.Kind, Box)? {
        for box in trees {
            let found = box.tree.look(place)
            if found.kind == .whiteout || found.blocked { return nil }
            if let kind = found.kind { return (kind, box) }
        }
        return nil
    }
}
