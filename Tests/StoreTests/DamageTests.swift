import Glibc
import Store
import Testing

/// A damaged store is refused with the file's name, and stays as it is.
@Suite struct `Damaged files` {
    let place = TemporaryStore()

    @Test func `garbage is refused`() async throws {
        try await damaged { _ in Array(repeating: 0x55, count: 8192) }
    }

    @Test func `an empty file is refused, not taken for a new store`() async throws {
        try await damaged { _ in [] }
    }

    @Test(arguments: [100, 4096, 8192, 40_000])
    func `a truncated file is refused`(_ size: Int) async throws {
        try await damaged { Array($0.prefix(size)) }
    }

    @Test(arguments: 1...24)
    func `a flipped bit in a value is found`(_ seed: Int) async throws {
        try await damaged { bytes in
            var bytes: [UInt8] = bytes
            // Anywhere in the second half, which holds rows only.
            let marks: [Int] = bytes.indices.filter { $0 > bytes.count / 2 && bytes[$0] == UInt8(ascii: "v") }
            bytes[marks[seed * 997 % marks.count]] ^= 1 << UInt8(seed % 8)
            return bytes
        }
    }

    @Test func `a database of another program is refused`() throws {
        try write([], to: place.path)
        unlink(place.path)
        // The smallest SQLite database: a header and one empty page, as `VACUUM` on an empty file makes it.
        var page: [UInt8] = Array(repeating: 0, count: 4096)
        page.replaceSubrange(0..<16, with: Array("SQLite format 3\0".utf8))
        page.replaceSubrange(16..<24, with: [0x10, 0, 1, 1, 0, 64, 32, 32])
        page.replaceSubrange(28..<32, with: [0, 0, 0, 1])
        page[47] = 4
        page[59] = 1
        page.replaceSubrange(100..<108, with: [13, 0, 0, 0, 0, 0x10, 0, 0])
        try write(page, to: place.path)
        #expect(throws: StoreError.corrupt(path: place.path, detail: "it is an SQLite database, but not a store of swkube")) {
            try place.open()
        }
    }

    @Test func `a database that is gone while its log is there is refused`() throws {
        try write([1, 2, 3], to: place.path + "-wal")
        #expect(throws: StoreError.self) { try place.open() }
    }

    private func damaged(_ damage: ([UInt8]) -> [UInt8]) async throws {
        let value: String = String(repeating: "v", count: 900)
        try await place.use { store in
            for number in 0..<100 { try await store.put("/\(number)", value) }
        }
        let harmed: [UInt8] = damage(try read(place.path))
        try write(harmed, to: place.path)
        do {
            try place.open().close()
            Issue.record("opened a damaged file")
        } catch StoreError.corrupt(let path, let detail) {
            #expect(path == place.path)
            #expect(!detail.isEmpty)
        }
        #expect(try read(place.path) == harmed, "the file was changed")
    }

    private func read(_ path: String) throws -> [UInt8] {
        let file: UnsafeMutablePointer<FILE> = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = Array(repeating: 0, count: 1 << 20)
        let count: Int = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file: UnsafeMutablePointer<FILE> = try #require(fopen(path, "w"))
        defer { fclose(file) }
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }
}
