import CSandbox
import Glibc

/// The names of this program's functions, from the table of symbols in its file and those that its libraries export. Source: elf(5).
package enum ProgramSymbols {
    /// A part of a file that is mapped and may be run.
    package struct Mapping: Sendable {
        package let start: UInt64
        package let end: UInt64
        package let offset: UInt64
        package let file: String
    }

    /// What of the process's memory can be run. Source: proc(5).
    package static var mappings: [Mapping] {
        text(ofFile: "/proc/self/maps").split(separator: "\n").compactMap { line in
            let fields: [Substring] = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            let range: [Substring] = fields[0].split(separator: "-")
            guard fields.count > 5, fields[1].contains("x"), range.count == 2 else { return nil }
            guard let start = UInt64(range[0], radix: 16), let end = UInt64(range[1], radix: 16) else { return nil }
            return Mapping(start: start, end: end, offset: UInt64(fields[2], radix: 16) ?? 0, file: String(fields[5]))
        }
    }

    /// By address, as linkers know them (mangled); functions without a name are left out.
    package static func names(of addresses: Set<UInt64>) -> [UInt64: String] {
        var names: [UInt64: String] = ownNames(of: addresses.sorted())
        for address in addresses where names[address] == nil {
            if let name = swkube_symbol(address) { names[address] = String(cString: name) }
        }
        return names
    }

    /// A name of Swift's in the words of its source; others as they are.
    package static func readable(_ name: String) -> String {
        guard let text = demangle(name, UInt(name.utf8.count), nil, nil, 0) else { return name }
        defer { free(text) }
        return String(cString: text)
    }

    // MARK: - The program's file

    /// One pass over all symbols of the file for all addresses, as there are many of the former and few of the latter.
    private static func ownNames(of addresses: [UInt64]) -> [UInt64: String] {
        let path = "/proc/self/exe"
        let fd: Int32 = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return [:] }
        defer { close(fd) }
        var facts = stat()
        guard fstat(fd, &facts) == 0, let memory = mmap(nil, Int(facts.st_size), PROT_READ, MAP_PRIVATE, fd, 0), memory != MAP_FAILED
        else { return [:] }
        defer { munmap(memory, Int(facts.st_size)) }
        let file = UnsafeRawBufferPointer(start: memory, count: Int(facts.st_size))
        guard let shift = shift(of: file) else { return [:] }
        var names: [UInt64: String] = [:]
        for section in sections(of: file) where section.type == 2 {
            guard let strings = sections(of: file).dropFirst(section.link).first else { continue }
            for place in stride(from: section.offset, to: section.offset + section.size, by: 24) {
                guard place + 24 <= file.count, file[place + 4] & 15 == 2 else { continue }
                let start: UInt64 = number(file, place + 8) &+ shift
                let end: UInt64 = start &+ number(file, place + 16)
                var i: Int = addresses.partition(from: start)
                while i < addresses.count, addresses[i] < end {
                    let name: Int = strings.offset + Int(number(file, place, as: UInt32.self))
                    if name < file.count { names[addresses[i]] = String(decoding: file[name...].prefix { $0 != 0 }, as: UTF8.self) }
                    i += 1
                }
            }
        }
        return names
    }

    private struct Section {
        let type: UInt32
        let offset: Int
        let size: Int
        let link: Int
    }

    private static func sections(of file: UnsafeRawBufferPointer) -> [Section] {
        guard file.count > 64 else { return [] }
        let table = Int(number(file, 0x28))
        return (0..<Int(number(file, 0x3C, as: UInt16.self))).compactMap { index in
            let place: Int = table + index * 64
            guard place + 64 <= file.count else { return nil }
            return Section(
                type: number(file, place + 4), offset: Int(number(file, place + 24)), size: Int(number(file, place + 32)),
                link: Int(number(file, place + 40, as: UInt32.self)))
        }
    }

    /// How far from the addresses in its file the program lies in memory: where its first part is, less where that wants to be.
    private static func shift(of file: UnsafeRawBufferPointer) -> UInt64? {
        guard file.count > 64 else { return nil }
        let table = Int(number(file, 0x20))
        let wanted: UInt64? = (0..<Int(number(file, 0x38, as: UInt16.self))).lazy.map { table + $0 * 56 }
            .first { $0 + 56 <= file.count && number(file, $0, as: UInt32.self) == 1 }.map { number(file, $0 + 16) }
        var name = [CChar](repeating: 0, count: 4096)
        let length: Int = readlink("/proc/self/exe", &name, name.count)
        guard let wanted, length > 0 else { return nil }
        let path = String(decoding: name[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
        let line: Substring? = text(ofFile: "/proc/self/maps").split(separator: "\n").first { $0.hasSuffix(" " + path) }
        guard let start = line?.split(separator: "-").first.flatMap({ UInt64($0, radix: 16) }) else { return nil }
        return start &- (wanted & ~4095)
    }

    private static func number<N: FixedWidthInteger>(_ file: UnsafeRawBufferPointer, _ place: Int, as type: N.Type = N.self) -> N {
        N(littleEndian: file.loadUnaligned(fromByteOffset: place, as: N.self))
    }

    private static func number(_ file: UnsafeRawBufferPointer, _ place: Int) -> UInt64 { number(file, place, as: UInt64.self) }
}

extension [UInt64] {
    /// The first place in rising numbers whose number is not less.
    fileprivate func partition(from least: UInt64) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle: Int = (low + high) / 2
            if self[middle] < least { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

@_silgen_name("swift_demangle")
private func demangle(
    _ name: UnsafePointer<CChar>, _ length: UInt, _ buffer: UnsafeMutablePointer<CChar>?, _ size: UnsafeMutablePointer<UInt>?,
    _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?
