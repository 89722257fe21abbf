import Crypto
import Glibc
package import Machinery
import Sandbox

/// A member of an archive that a test makes, however odd.
package enum TarMember: Sendable {
    case file(String, [UInt8], UInt32)
    case folder(String, UInt32)
    case link(String, to: String)
    case hardLink(String, to: String)

    package static func file(_ path: String, _ text: String, _ mode: UInt32 = 0o644) -> TarMember { .file(path, Array(text.utf8), mode) }
}

/// Makes images for tests, byte by byte.
package enum ImageMaker {
    /// Of this machine, as Go writes it.
    package static var architecture: String { Host.architecture }

    /// A tar archive in the format of POSIX, with extended headers for long names.
    package static func tar(_ members: [TarMember]) -> [UInt8] {
        var bytes: [UInt8] = []
        for member in members {
            switch member {
            case .file(let path, let content, let mode): append(path, "0", mode, content, "", &bytes)
            case .folder(let path, let mode): append(path + "/", "5", mode, [], "", &bytes)
            case .link(let path, let target): append(path, "2", 0o777, [], target, &bytes)
            case .hardLink(let path, let target): append(path, "1", 0o644, [], target, &bytes)
            }
        }
        return bytes + [UInt8](repeating: 0, count: 1024)
    }

    /// What `docker save` writes.
    package static func dockerArchive(
        _ layers: [[UInt8]], tag: String, config: JSON = [:], architecture: String = ImageMaker.architecture
    ) -> [UInt8] {
        let configuration: JSON = [
            "architecture": .string(architecture), "os": "linux", "config": config,
            "rootfs": ["type": "layers", "diff_ids": .array(layers.map { .string("sha256:" + hex($0)) })],
        ]
        let bytes: [UInt8] = configuration.serialized()
        let manifest: JSON = [
            [
                "Config": .string(hex(bytes) + ".json"), "RepoTags": [.string(tag)],
                "Layers": .array(layers.indices.map { .string("\($0)/layer.tar") }),
            ]
        ]
        var members: [TarMember] = [.file(hex(bytes) + ".json", bytes, 0o644)]
        for (index, layer) in layers.enumerated() { members.append(.file("\(index)/layer.tar", layer, 0o644)) }
        members.append(.file("manifest.json", manifest.serialized(), 0o644))
        return tar(members)
    }

    /// An image of one static program under further names, such as Debian's `/bin/busybox`; nil when this machine lacks it.
    package static func programArchive(_ program: String, names: [String], tag: String, config: JSON) -> [UInt8]? {
        let fd: Int32 = open(program, O_RDONLY)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(fd, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
        var members: [TarMember] = [
            .folder("bin", 0o755), .folder("etc", 0o755), .folder("tmp", 0o1777), .folder("home/app", 0o755),
            .file("bin/program", bytes, 0o755),
            .file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1234:2345:App:/home/app:/bin/sh\n"),
            .file("etc/group", "root:x:0:\napp:x:2345:\nextra:x:3456:app\n"), .file("etc/from-image", "yes\n"),
        ]
        members += names.map { .link("bin/\($0)", to: "program") }
        return dockerArchive([tar(members)], tag: tag, config: config)
    }

    private static func append(
        _ path: String, _ type: String, _ mode: UInt32, _ content: [UInt8], _ target: String, _ bytes: inout [UInt8]
    ) {
        var extended = ""
        func record(_ key: String, _ value: String) {
            // The number counts itself.
            let rest = " \(key)=\(value)\n"
            var length: Int = rest.utf8.count + 1
            while String(length).utf8.count + rest.utf8.count != length { length = String(length).utf8.count + rest.utf8.count }
            extended += "\(length)\(rest)"
        }
        if path.utf8.count > 100 { record("path", path) }
        if target.utf8.count > 100 { record("linkpath", target) }
        if !extended.isEmpty { appendBlock("pax", "x", 0o644, Array(extended.utf8), "", &bytes) }
        appendBlock(path, type, mode, content, target, &bytes)
    }

    private static func appendBlock(
        _ path: String, _ type: String, _ mode: UInt32, _ content: [UInt8], _ target: String, _ bytes: inout [UInt8]
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ at: Int, _ length: Int) {
            for (index, byte) in text.utf8.prefix(length).enumerated() { header[at + index] = byte }
        }
        func octal(_ number: Int, _ width: Int) -> String {
            let digits = String(number, radix: 8)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        put(path, 0, 100)
        put(octal(Int(mode), 7), 100, 7)
        put(octal(0, 7), 108, 7)
        put(octal(0, 7), 116, 7)
        put(octal(content.count, 11), 124, 11)
        put(octal(1_000_000_000, 11), 136, 11)
        put("        ", 148, 8)
        put(type, 156, 1)
        put(target, 157, 100)
        put("ustar", 257, 5)
        put("00", 263, 2)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6), 148, 6)
        header[154] = 0
        header[155] = 0x20
        bytes += header + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// SHA-256 in hexadecimal digits.
    package static func hex(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
