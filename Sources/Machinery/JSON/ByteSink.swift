/// Bytes that grow at their end, for writers of many small pieces: an array asks at each of them whether it is its only owner.
package struct ByteSink: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var count: Int = 0

    /// - Parameter capacity: bytes that there is room for at first.
    package init(capacity: Int) {
        base = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { base.deallocate() }

    /// All that was written.
    package var bytes: [UInt8] { withBytes { Array($0) } }

    package func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        body(UnsafeBufferPointer(start: base, count: count))
    }

    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        if count == capacity { grow(by: 1) }
        base[count] = byte
        count += 1
    }

    @inline(__always)
    package mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        if count + bytes.count > capacity { grow(by: bytes.count) }
        (base + count).update(from: start, count: bytes.count)
        count += bytes.count
    }

    /// The bytes between two quotes.
    @inline(__always)
    mutating func append(quoting bytes: UnsafeBufferPointer<UInt8>) {
        if count + bytes.count + 2 > capacity { grow(by: bytes.count + 2) }
        base[count] = UInt8(ascii: "\"")
        if let start = bytes.baseAddress { (base + count + 1).update(from: start, count: bytes.count) }
        count += bytes.count + 2
        base[count - 1] = UInt8(ascii: "\"")
    }

    package mutating func append(_ text: String) {
        var copy: String = text
        copy.withUTF8 { append($0) }
    }

    private mutating func grow(by more: Int) {
        capacity = max(capacity * 2, count + more)
        let larger: UnsafeMutablePointer<UInt8> = .allocate(capacity: capacity)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
    }
}
