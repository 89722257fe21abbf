/// A stack of values from whose top a run can be moved out into an array of exactly its size.
struct Pile<Element>: ~Copyable {
    private(set) var count: Int = 0
    /// At first nearly a KB: a larger piece makes the allocator gather all small ones.
    private var capacity: Int = 960 / MemoryLayout<Element>.stride
    private var base: UnsafeMutablePointer<Element>

    init() { base = .allocate(capacity: capacity) }

    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    @inline(__always)
    mutating func append(_ element: consuming Element) {
        if count == capacity { grow() }
        (base + count).initialize(to: element)
        count += 1
    }

    private mutating func grow() {
        let larger: UnsafeMutablePointer<Element> = .allocate(capacity: capacity * 2)
        larger.moveInitialize(from: base, count: count)
        base.deallocate()
        base = larger
        capacity *= 2
    }

    @inline(__always)
    mutating func take(from start: Int) -> [Element] {
        let length: Int = count - start
        let source: UnsafeMutablePointer<Element> = base + start
        count = start
        return Array(unsafeUninitializedCapacity: length) { buffer, initialized in
            buffer.baseAddress?.moveInitialize(from: source, count: length)
            initialized = length
        }
    }

    func all(from start: Int) -> UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: base + start, count: count - start)
    }

    func contains(from start: Int, where matches: (Element) -> Bool) -> Bool { all(from: start).contains(where: matches) }

    @inline(__always)
    mutating func removeLast() -> Element {
        count -= 1
        return (base + count).move()
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        _read {
            assert(index >= 0 && index < count)
            yield base[index]
        }
        _modify {
            assert(index >= 0 && index < count)
            yield &base[index]
        }
    }
}

/// Names read before in the same document, found again by comparing bytes instead of making a new string: names repeat.
struct JSONKeyCache: ~Copyable {
    private struct Entry {
        var start: Int = 0
        var count: Int = -1
        var text: String = ""
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var entries = InlineArray<64, Entry>(repeating: Entry())

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The ASCII text of a range, and its hash.
    @inline(__always)
    mutating func string(_ range: Range<Int>) -> (String, Int) {
        let hash: Int = Self.hash(bytes, range)
        let slot: Int = hash & 63
        let start: Int = entries[slot].start
        if entries[slot].count == range.count {
            if areEqual(start, range.lowerBound, range.count) { return (entries[slot].text, hash) }
        }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
        entries[slot] = Entry(start: range.lowerBound, count: range.count, text: text)
        return (text, hash)
    }

    @inline(__always)
    private func areEqual(_ one: Int, _ other: Int, _ count: Int) -> Bool {
        let raw = UnsafeRawBufferPointer(bytes)
        var index: Int = 0
        while index + 8 <= count {
            guard
                raw.loadUnaligned(fromByteOffset: one + index, as: UInt64.self)
                    == raw.loadUnaligned(fromByteOffset: other + index, as: UInt64.self)
            else { return false }
            index += 8
        }
        while index < count {
            guard raw[one + index] == raw[other + index] else { return false }
            index += 1
        }
        return true
    }

    /// The same as for the bytes of a range.
    static func hash(of key: String) -> Int {
        var copy: String = key
        return copy.withUTF8 { hash($0, 0..<$0.count) }
    }

    @inline(__always)
    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int {
        guard !range.isEmpty else { return 0 }
        let first: Int = Int(bytes[range.lowerBound])
        let middle: Int = Int(bytes[range.lowerBound + range.count / 2])
        let last: Int = Int(bytes[range.upperBound - 1])
        let mixed: Int = (first &* 31 &+ middle) &* 31 &+ last &+ range.count &* 7
        return mixed ^ mixed >> 6
    }
}

/// Steps over JSON text eight bytes at a time.
enum JSONScan {
    /// Where a run of plain ASCII characters ends: at a quote, a backslash, a control character, a byte beyond ASCII, or the end.
    @inline(__always)
    static func plainEnd(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var at: Int = start
        while at + 8 <= raw.count {
            let found: UInt64 = special(raw.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian)
            if found != 0 { return at + found.trailingZeroBitCount / 8 }
            at += 8
        }
        let rest: Int = raw.count - at
        if rest > 0, raw.count >= 8 {
            // The rest as the beginning of a word that ends in letters.
            let last: UInt64 = raw.loadUnaligned(fromByteOffset: raw.count - 8, as: UInt64.self).littleEndian
            let found: UInt64 = special(last &>> UInt64(8 * (8 - rest)) | 0x6161_6161_6161_6161 &<< UInt64(8 * rest))
            return found == 0 ? raw.count : at + found.trailingZeroBitCount / 8
        }
        while at < bytes.count {
            let byte: UInt8 = bytes[at]
            if byte < 0x20 || byte >= 0x80 || byte == 0x22 || byte == 0x5C { return at }
            at += 1
        }
        return at
    }

    /// The high bit of each byte that ends a run of plain characters; bytes above the lowest such byte may be marked by mistake.
    @inline(__always)
    private static func special(_ word: UInt64) -> UInt64 {
        let marks: UInt64 = zeroes(word ^ 0x2222_2222_2222_2222) | zeroes(word ^ 0x5C5C_5C5C_5C5C_5C5C)
        let controls: UInt64 = (word &- 0x2020_2020_2020_2020) & ~word
        return (marks | controls | word) & 0x8080_8080_8080_8080
    }

    /// Where the string ends that starts with a quote at `start`: behind its closing quote, or at the end.
    @inline(__always)
    static func stringEnd(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var at: Int = start + 1
        while at < raw.count {
            while at + 8 <= raw.count {
                let word: UInt64 = raw.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian
                let marks: UInt64 =
                    (zeroes(word ^ 0x2222_2222_2222_2222) | zeroes(word ^ 0x5C5C_5C5C_5C5C_5C5C)) & 0x8080_8080_8080_8080
                guard marks == 0 else {
                    at += marks.trailingZeroBitCount / 8
                    break
                }
                at += 8
            }
            guard at < raw.count else { break }
            if raw[at] == 0x22 { return at + 1 }
            at += raw[at] == 0x5C ? 2 : 1
        }
        return raw.count
    }

    /// The high bit of each byte that is zero; bytes above the lowest such byte may be marked by mistake.
    @inline(__always)
    private static func zeroes(_ word: UInt64) -> UInt64 { (word &- 0x0101_0101_0101_0101) & ~word }
}
