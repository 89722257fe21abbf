import NIOCore

/// What is left to send of an answer's body.
struct AnswerRest {
    private let pieces: [ArraySlice<UInt8>]
    /// The first piece that is not wholly sent, and how much of it is.
    private var next: Int = 0
    private var sent: Int = 0
    /// Bytes that are left.
    private(set) var length: Int

    /// - Parameter pieces: they follow each other.
    init(_ pieces: [ArraySlice<UInt8>]) {
        self.pieces = pieces
        length = pieces.reduce(0) { $0 + $1.count }
    }

    /// Moves the next bytes to the end of a buffer, so many at most.
    mutating func move(_ most: Int, to buffer: inout ByteBuffer) {
        var room: Int = min(most, length)
        length -= room
        while room > 0 {
            let piece: ArraySlice<UInt8> = pieces[next].dropFirst(sent).prefix(room)
            buffer.writeBytes(piece)
            room -= piece.count
            sent += piece.count
            if sent == pieces[next].count { (next, sent) = (next + 1, 0) }
        }
    }
}
