import CZlib
import CZstd

/// Unpacks gzip and zstd, and passes anything else on as it is. What it is tells its first bytes: media types lie.
final class Decompressor: ByteSource {
    private enum Form { case plain, gzip, zstd }

    private let source: any ByteSource
    private let what: String
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    /// The part of `input` that was not used yet.
    private var start = 0
    private var end = 0
    private var form = Form.plain
    /// On the heap, because zlib remembers where it is.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var zstd: OpaquePointer?
    private var isAtEnd = false
    /// Between two members of gzip, or frames of zstd: there the input may end.
    private var isComplete = false
    /// The last output filled its buffer: more of it may be there without further input.
    private var mayHaveMore = false

    /// - Parameter what: for messages, such as `layer sha256:…`.
    init(_ source: any ByteSource, of what: String) throws(ImageError) {
        self.source = source
        self.what = what
        stream.initialize(to: z_stream())
        while end < 4, try more() {}
        let head: [UInt8] = Array(input[..<min(end, 4)])
        if head.starts(with: [0x1F, 0x8B]) {
            form = .gzip
            guard swkube_inflate_begin(stream, 31) == Z_OK else { throw .damaged("\(what): no memory to unpack it") }
        } else if head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            form = .zstd
            zstd = ZSTD_createDStream()
        } else if head.starts(with: [0xFD, 0x37, 0x7A, 0x58]) || head.starts(with: [0x42, 0x5A, 0x68]) {
            throw .unsupported("\(what) is packed with xz or bzip2; this version reads gzip, zstd and plain archives")
        }
    }

    deinit {
        if form == .gzip { inflateEnd(stream) }
        stream.deallocate()
        if let zstd { ZSTD_freeDStream(zstd) }
        input.deallocate()
    }

    func read(_ buffer: UnsafeMutableRawBufferPointer) throws(ImageError) -> Int {
        while true {
            if start == end, !isAtEnd, !mayHaveMore, try !more() { isAtEnd = true }
            if start == end, isAtEnd, !mayHaveMore {
                if form != .plain, !isComplete { throw .damaged("\(what) ends in the middle") }
                return 0
            }
            let made: Int
            switch form {
            case .plain:
                made = min(buffer.count, end - start)
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[start..<(start + made)]))
                start += made
            case .gzip: made = try unpackGzip(into: buffer)
            case .zstd: made = try unpackZstd(into: buffer)
            }
            mayHaveMore = form != .plain && made == buffer.count
            if made > 0 { return made }
        }
    }

    /// Reads more input behind what is there; false at the end.
    private func more() throws(ImageError) -> Bool {
        if start == end {
            start = 0
            end = 0
        }
        guard end < input.count else { return true }
        let count: Int = try source.read(UnsafeMutableRawBufferPointer(rebasing: input[end...]))
        end += count
        return count > 0
    }

    private func unpackGzip(into buffer: UnsafeMutableRawBufferPointer) throws(ImageError) -> Int {
        if isComplete {
            guard start < end else { return 0 }
            // Another member follows, as RFC 1952 allows; padding with zeros does too, as tar writes it.
            if input[start] == 0 {
                start += 1
                return 0
            }
            guard inflateReset(stream) == Z_OK else { throw .damaged("\(what) is damaged") }
            isComplete = false
        }
        stream.pointee.next_in = (input.baseAddress! + start).assumingMemoryBound(to: Bytef.self)  // proved: the buffer is not empty
        stream.pointee.avail_in = uInt(end - start)
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: Bytef.self)
        stream.pointee.avail_out = uInt(buffer.count)
        let result: Int32 = inflate(stream, Z_NO_FLUSH)
        start = end - Int(stream.pointee.avail_in)
        let made: Int = buffer.count - Int(stream.pointee.avail_out)
        switch result {
        case Z_STREAM_END: isComplete = true
        case Z_OK, Z_BUF_ERROR: break
        default:
            throw .damaged(
                "\(what) is damaged: it can't be unpacked (gzip: \(stream.pointee.msg.map { String(cString: $0) } ?? "\(result)"))")
        }
        return made
    }

    private func unpackZstd(into buffer: UnsafeMutableRawBufferPointer) throws(ImageError) -> Int {
        guard start < end || !isComplete else { return 0 }
        var from = ZSTD_inBuffer(src: input.baseAddress, size: end, pos: start)
        var into = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        let result: Int = ZSTD_decompressStream(zstd, &into, &from)
        if ZSTD_isError(result) != 0 {
            throw .damaged("\(what) is damaged: it can't be unpacked (zstd: \(String(cString: ZSTD_getErrorName(result))))")
        }
        start = from.pos
        isComplete = result == 0
        return into.pos
    }
}
