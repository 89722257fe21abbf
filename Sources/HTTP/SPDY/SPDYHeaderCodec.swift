import CZlib

/// A name and a value of a stream's head. Names are in small letters.
package struct SPDYHeader: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// Turns heads of streams into blocks of frames and back. Each side has one for the whole connection, because each block is compressed
/// with what came before.
///
/// Source: draft-mbelshe-httpbis-spdy-00, section 2.6.10. For one thread at a time.
final class SPDYHeaderCodec {
    /// Longest head that is taken, in bytes after unpacking.
    private static let limit: Int = 256 * 1024
    private let packer: UnsafeMutablePointer<z_stream>
    private let unpacker: UnsafeMutablePointer<z_stream>

    init() {
        packer = .allocate(capacity: 1)
        unpacker = .allocate(capacity: 1)
        packer.initialize(to: z_stream())
        unpacker.initialize(to: z_stream())
        // A small window: heads are short, and a connection keeps both for its life.
        _ = swkube_deflate_begin(packer, 6, 11)
        _ = deflateSetDictionary(packer, SPDYDictionary.bytes, UInt32(SPDYDictionary.bytes.count))
        _ = swkube_inflate_begin(unpacker, 15)
    }

    deinit {
        deflateEnd(packer)
        inflateEnd(unpacker)
        packer.deallocate()
        unpacker.deallocate()
    }

    /// The block of a head.
    func pack(_ headers: [SPDYHeader]) -> [UInt8] {
        var plain: [UInt8] = bigEndian(headers.count)
        for header in headers {
            plain += bigEndian(header.name.utf8.count) + Array(header.name.utf8)
            plain += bigEndian(header.value.utf8.count) + Array(header.value.utf8)
        }
        var block = [UInt8](repeating: 0, count: plain.count + plain.count / 8 + 128)
        let used: Int = plain.withUnsafeMutableBufferPointer { plain in
            block.withUnsafeMutableBufferPointer { block in
                packer.pointee.next_in = plain.baseAddress
                packer.pointee.avail_in = UInt32(plain.count)
                packer.pointee.next_out = block.baseAddress
                packer.pointee.avail_out = UInt32(block.count)
                deflate(packer, Z_SYNC_FLUSH)
                return block.count - Int(packer.pointee.avail_out)
            }
        }
        return Array(block[..<used])
    }

    /// The head in a block; nil when it is none. A name that occurs with several values is given once for each.
    func unpack(_ block: ArraySlice<UInt8>) -> [SPDYHeader]? {
        guard let plain = inflated(block) else { return nil }
        var rest: ArraySlice<UInt8> = plain[...]
        func number() -> Int? {
            guard rest.count >= 4 else { return nil }
            defer { rest = rest.dropFirst(4) }
            return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        }
        func text() -> ArraySlice<UInt8>? {
            guard let length = number(), rest.count >= length else { return nil }
            defer { rest = rest.dropFirst(length) }
            return rest.prefix(length)
        }
        guard let count = number(), count <= plain.count else { return nil }
        var headers: [SPDYHeader] = []
        for _ in 0..<count {
            guard let name = text(), let values = text() else { return nil }
            for value in values.split(separator: 0, omittingEmptySubsequences: false) {
                headers.append(SPDYHeader(String(decoding: name, as: UTF8.self).lowercased(), String(decoding: value, as: UTF8.self)))
            }
        }
        return headers
    }

    private func inflated(_ block: ArraySlice<UInt8>) -> [UInt8]? {
        var block: [UInt8] = Array(block)
        var plain: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        let isGood: Bool = block.withUnsafeMutableBufferPointer { block in
            unpacker.pointee.next_in = block.baseAddress
            unpacker.pointee.avail_in = UInt32(block.count)
            while true {
                let used: (result: CInt, count: Int) = piece.withUnsafeMutableBufferPointer { piece in
                    unpacker.pointee.next_out = piece.baseAddress
                    unpacker.pointee.avail_out = UInt32(piece.count)
                    let result: CInt = inflate(unpacker, Z_SYNC_FLUSH)
                    return (result, piece.count - Int(unpacker.pointee.avail_out))
                }
                plain += piece[..<used.count]
                switch used.result {
                case Z_NEED_DICT:
                    guard
                        inflateSetDictionary(unpacker, SPDYDictionary.bytes, UInt32(SPDYDictionary.bytes.count)) == Z_OK
                    else { return false }
                case Z_OK: break
                case Z_BUF_ERROR: return true  // all of it is read
                default: return false
                }
                if plain.count > Self.limit { return false }
                if used.result == Z_OK, unpacker.pointee.avail_in == 0, unpacker.pointee.avail_out > 0 { return true }
            }
        }
        return isGood ? plain : nil
    }

    private func bigEndian(_ number: Int) -> [UInt8] {
        [
            UInt8(truncatingIfNeeded: number >> 24), UInt8(truncatingIfNeeded: number >> 16), UInt8(truncatingIfNeeded: number >> 8),
            UInt8(truncatingIfNeeded: number),
        ]
    }
}
