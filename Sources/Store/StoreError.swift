/// Why a store did not do what was asked. Nothing has changed when one is thrown.
package enum StoreError: Error, Sendable, Equatable {
    /// The write's condition does not hold; `current` is the newest version, nil when the key is absent.
    case conflict(key: String, current: Revision?)
    /// The revision asked for was compacted; states from `oldest` on can be read.
    case compacted(oldest: Revision)
    /// The revision asked for has not happened yet; `current` is the newest.
    case future(current: Revision)
    /// No room for the write (disk or quota). Reads go on, and writes do when there is room again.
    case full(path: String)
    /// The value must be encrypted and can't be now.
    case unsealed(key: String, reason: String)
    /// The system refused; `errno` is 0 when SQLite did not say. What the disk has of the write is not known: no more are taken until the
    /// store is opened again.
    case io(path: String, errno: Int32, message: String)
    /// The file is not what this store wrote; it was left as it is.
    case corrupt(path: String, detail: String)
    /// Another process (or this one) has the store open; `pid` is nil when it could not be read.
    case inUse(path: String, pid: Int32?)
    /// The store was closed.
    case closed
}

extension StoreError {
    /// Whether a write that failed so may have left the file in a state that nobody knows.
    var isLasting: Bool {
        switch self {
        case .io, .corrupt: true
        case .conflict, .compacted, .future, .full, .unsealed, .inUse, .closed: false
        }
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .conflict(let key, let current?):
            "\(key) is at revision \(current), not where this write expects it; read it again and repeat the write"
        case .conflict(let key, nil):
            "\(key) does not exist; create it, or read again what it was meant to change"
        case .compacted(let oldest):
            "the revision asked for has been compacted; the oldest that can be read is \(oldest): list again and go on from there"
        case .future(let current):
            "the revision asked for has not happened yet; the newest is \(current)"
        case .full(let path):
            "\(path): no space left for writes (disk full or quota reached); reads go on. Free space on that file system"
        case .unsealed(let key, let reason): "\(key) cannot be encrypted, and is not written: \(reason)"
        case .io(let path, let errno, let message):
            "\(path): \(message)" + (errno == 0 ? "" : " (errno \(errno))")
        case .corrupt(let path, let detail):
            "\(path) cannot be used: \(detail). It was left as it is; move it away and put a snapshot or a copy in its place"
        case .inUse(let path, let pid?):
            "\(path) is in use by process \(pid); stop it, or choose another data folder"
        case .inUse(let path, nil):
            "\(path) is in use by another process; stop it, or choose another data folder"
        case .closed:
            "the store is closed"
        }
    }
}
