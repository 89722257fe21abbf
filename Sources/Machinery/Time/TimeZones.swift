import FoundationEssentials
import Synchronization

/// The time zones that this machine knows, each read once.
package final class TimeZones: Sendable {
    /// Of this machine.
    package static let shared = TimeZones()

    private let folder: String
    private let known = Mutex<[String: ZoneRules]>([:])

    /// - Parameter folder: the compiled tz database.
    package init(folder: String = "/usr/share/zoneinfo") { self.folder = folder }

    /// Whether the machine knows time zones, and not this one.
    package func isUnknown(_ name: String) -> Bool { zone(name) == nil && FileManager.default.fileExists(atPath: folder) }

    /// - Parameter name: such as `Europe/Berlin`; nil and `UTC` need no database.
    /// - Returns: nil for a name that the machine does not know.
    package func zone(_ name: String?) -> ZoneRules? {
        guard let name, name != "UTC", name != "Etc/UTC" else { return .utc }
        if let zone = known.withLock({ $0[name] }) { return zone }
        // No way out of the folder.
        guard !name.split(separator: "/").contains(".."), !name.hasPrefix("/"),
            let file = try? Data(contentsOf: URL(filePath: folder + "/" + name)), let zone = try? ZoneRules(tzif: Array(file))
        else { return nil }
        known.withLock { $0[name] = zone }
        return zone
    }
}
