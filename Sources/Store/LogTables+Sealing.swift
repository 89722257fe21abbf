import CSQLite

/// Values as they stand on the disk when they are encrypted there.
extension LogTables {
    func seal(_ value: [UInt8], key: String) throws(SQLiteFailure) -> [UInt8] {
        guard let sealing else { return value }
        do throws(SealingFailure) {
            return try sealing.seal(value, key: key) ?? value
        } catch {
            throw .unsealed(key, error)
        }
    }

    func open(
        _ stored: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, _ revision: Revision
    ) throws(SQLiteFailure) -> (value: [UInt8], isStale: Bool) {
        guard let sealing else { return (Array(stored), false) }
        let name = String(decoding: key, as: UTF8.self)
        do throws(SealingFailure) {
            return try sealing.open(Array(stored), key: name)
        } catch {
            throw .corrupt("\(name), revision \(revision): \(error.reason)")
        }
    }

    /// Seals anew what would be written otherwise today, and returns how many rows that were.
    func reseal() throws(SQLiteFailure) -> Int {
        var stale: [Revision] = []
        let rows = try SQLiteStatement(connection, "SELECT revision, key, value FROM log ORDER BY revision")
        while try rows.step() {
            let revision = Revision(bitPattern: rows.integer(0))
            if try open(rows.bytes(2), key: rows.bytes(1), revision).isStale { stale.append(revision) }
        }
        try rewrite(stale)
        return stale.count
    }

    /// Seals rows with today's key, some hundred a transaction, and leaves nothing of the old ones in the files.
    func rewrite(_ stale: [Revision]) throws(SQLiteFailure) {
        guard !stale.isEmpty else { return }
        try connection.run("PRAGMA secure_delete = ON")
        let read = try SQLiteStatement(connection, "SELECT created, deleted, key, value FROM log WHERE revision = ?1")
        let update = try SQLiteStatement(connection, "UPDATE log SET sum = ?2, value = ?3 WHERE revision = ?1")
        for start in stride(from: 0, to: stale.count, by: 500) {
            try connection.transaction { () throws(SQLiteFailure) in
                for revision in stale[start..<min(start + 500, stale.count)] { try rewrite(revision, read, update) }
            }
        }
        try connection.run("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA secure_delete = OFF")
    }

    private func rewrite(_ revision: Revision, _ read: SQLiteStatement, _ update: SQLiteStatement) throws(SQLiteFailure) {
        read.bind(1, Int64(revision))
        guard try read.step() else { return }
        let (created, isDelete) = (Revision(bitPattern: read.integer(0)), read.integer(1) != 0)
        let key: [UInt8] = Array(read.bytes(2))
        let value: [UInt8] = try open(read.bytes(3), key: read.bytes(2), revision).value
        read.reset()
        let sealed: [UInt8] = try seal(value, key: String(decoding: key, as: UTF8.self))
        let result: Result<Void, SQLiteFailure> = key.withUnsafeBytes { key in
            sealed.withUnsafeBytes { sealed in
                let row = Row(revision: revision, created: created, isDelete: isDelete, key: key, value: sealed)
                update.bind(1, Int64(revision))
                update.bind(2, Int64(bitPattern: row.sum))
                update.bindBlob(3, sealed)
                return Result { () throws(SQLiteFailure) in try update.run() }
            }
        }
        try result.get()
    }
}
