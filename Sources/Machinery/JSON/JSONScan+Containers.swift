extension JSONScan {
    /// Where the object or array ends that starts at `start`: behind its last bracket, or at the end.
    ///
    /// Takes 64 bytes at a time as sets of bits: which are quotes, which stand between quotes, which of the others are brackets.
    static func containerEnd(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var (at, depth): (Int, Int) = (start + 1, 1)
        // All ones while a string goes on from the block before; 1 when the first byte of a block is escaped.
        var (inString, escaped): (UInt64, UInt64) = (0, 0)
        while at + 64 <= raw.count {
            let block = Block(raw, at)
            var quotes: UInt64 = block.bits(UInt8(ascii: "\""))
            let slashes: UInt64 = block.bits(UInt8(ascii: "\\"))
            if slashes | escaped != 0 { quotes &= ~self.escaped(by: slashes, &escaped) }
            let inside: UInt64 = spans(of: quotes) ^ inString
            inString = UInt64(bitPattern: Int64(bitPattern: inside) &>> 63)
            let opens: UInt64 = block.bits(either: UInt8(ascii: "{")) & ~inside
            let closes: UInt64 = block.bits(either: UInt8(ascii: "}")) & ~inside
            if closes.nonzeroBitCount < depth {
                depth += opens.nonzeroBitCount - closes.nonzeroBitCount
            } else {
                var brackets: UInt64 = opens | closes
                while brackets != 0 {
                    let lowest: UInt64 = brackets & (0 &- brackets)
                    depth += opens & lowest != 0 ? 1 : -1
                    if depth == 0 { return at + lowest.trailingZeroBitCount + 1 }
                    brackets ^= lowest
                }
            }
            at += 64
        }
        return containerEnd(in: raw, from: at, depth: depth, inString != 0, escaped != 0)
    }

    /// The same for fewer than 64 bytes, from within.
    private static func containerEnd(
        in raw: UnsafeRawBufferPointer, from start: Int, depth: Int, _ isInside: Bool, _ isEscaped: Bool
    ) -> Int {
        var (at, depth, isInside, isEscaped): (Int, Int, Bool, Bool) = (start, depth, isInside, isEscaped)
        while at < raw.count {
            let byte: UInt8 = raw[at]
            at += 1
            if isEscaped {
                isEscaped = false
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInside.toggle()
            case UInt8(ascii: "\\"): isEscaped = isInside
            case UInt8(ascii: "{") where !isInside, UInt8(ascii: "[") where !isInside: depth += 1
            case UInt8(ascii: "}") where !isInside, UInt8(ascii: "]") where !isInside:
                depth -= 1
                if depth == 0 { return at }
            default: break
            }
        }
        return at
    }

    /// The bytes that backslashes escape.
    ///
    /// - Parameter carry: 1 when the first byte is escaped by the block before; then, whether that of the next block is by this one.
    private static func escaped(by slashes: UInt64, _ carry: inout UInt64) -> UInt64 {
        var found: UInt64 = carry
        var rest: UInt64 = slashes & ~carry
        carry = 0
        while rest != 0 {
            let place: Int = rest.trailingZeroBitCount
            if place == 63 {
                carry = 1
                break
            }
            found |= 2 &<< UInt64(place)
            rest &= ~(3 &<< UInt64(place))
        }
        return found
    }

    /// From each odd bit that is set (the first, the third) up to the one before the next.
    private static func spans(of bits: UInt64) -> UInt64 {
        var spans: UInt64 = bits
        for shift: UInt64 in [1, 2, 4, 8, 16, 32] { spans ^= spans &<< shift }
        return spans
    }

    /// 64 bytes.
    private struct Block {
        private let parts: (SIMD16<UInt8>, SIMD16<UInt8>, SIMD16<UInt8>, SIMD16<UInt8>)

        @inline(__always)
        init(_ raw: UnsafeRawBufferPointer, _ at: Int) {
            parts = (
                raw.loadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self),
                raw.loadUnaligned(fromByteOffset: at + 16, as: SIMD16<UInt8>.self),
                raw.loadUnaligned(fromByteOffset: at + 32, as: SIMD16<UInt8>.self),
                raw.loadUnaligned(fromByteOffset: at + 48, as: SIMD16<UInt8>.self)
            )
        }

        /// Which are this byte.
        @inline(__always)
        func bits(_ byte: UInt8) -> UInt64 { bits(SIMD16(repeating: byte), SIMD16(repeating: 0)) }

        /// Which are this brace, or the square bracket that differs from it in one bit.
        @inline(__always)
        func bits(either brace: UInt8) -> UInt64 { bits(SIMD16(repeating: brace), SIMD16(repeating: 0x20)) }

        @inline(__always)
        private func bits(_ wanted: SIMD16<UInt8>, _ mask: SIMD16<UInt8>) -> UInt64 {
            Self.bits(parts.0 | mask, wanted) | Self.bits(parts.1 | mask, wanted) &<< 16 | Self.bits(parts.2 | mask, wanted) &<< 32
                | Self.bits(parts.3 | mask, wanted) &<< 48
        }

        /// A byte that is as wanted gives the bit of its place; a multiplication adds up those of eight bytes.
        @inline(__always)
        private static func bits(_ part: SIMD16<UInt8>, _ wanted: SIMD16<UInt8>) -> UInt64 {
            let places = SIMD16<UInt8>(1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128)
            let found: SIMD16<UInt8> = unsafeBitCast(part .== wanted, to: SIMD16<UInt8>.self) & places
            let halves: SIMD2<UInt64> = unsafeBitCast(found, to: SIMD2<UInt64>.self)
            let ones: UInt64 = 0x0101_0101_0101_0101
            return (halves[0] &* ones) &>> 56 | ((halves[1] &* ones) &>> 56) &<< 8
        }
    }
}
