import CSandbox
import Glibc

/// A group of control groups of this process's own, from the user's systemd, or as root from the machine's.
///
/// Sessions are groups of root's, in which nobody may make any; below its own manager a user may. What this does is
/// `systemd-run --user --scope -p Delegate=yes` for a process that runs already. Source: org.freedesktop.systemd1(5), the D-Bus specification.
package enum OwnScope {
    /// Moves this process to where an earlier run of the cluster was, or else into a new scope where it has no group that it may use. Without
    /// systemd all stays as it was. Blocks for some milliseconds.
    ///
    /// - Parameter earlier: the groups of that run; see ``ControlGroups/roots``.
    package static func enter(after earlier: [String]) {
        let before: String = text(ofFile: "/proc/self/cgroup")
        let hierarchies: ControlGroupHierarchies = .ofThisProcess
        guard hierarchies.folder(of: "memory") == nil, let here = hierarchies.unified else { return }
        if earlier.contains(where: UnifiedGroup.rejoin) || UnifiedGroup(here).isUsable || !request(call()) { return }
        // The answer tells that it is being done.
        for _ in 0..<2000 where text(ofFile: "/proc/self/cgroup") == before { usleep(1000) }
    }

    /// Whether the user's systemd ends, with what is in these groups of a cluster, when the user logs out.
    package static func endsWithSession(_ groups: [String]) -> Bool {
        guard groups.contains(where: { $0.contains("/user@") }), let user = getpwuid(getuid()) else { return false }
        return access("/var/lib/systemd/linger/" + String(cString: user.pointee.pw_name), F_OK) != 0
    }

    // MARK: - D-Bus

    private static var folder: String { Host.isRoot ? "/run/systemd" : "/run/user/\(getuid())/systemd" }

    /// Sends one call to the manager; whether it was answered without an error.
    private static func request(_ call: [UInt8]) -> Bool {
        let fd: Int32 = swkube_connect(folder, "private", Int32(SOCK_STREAM.rawValue))
        guard fd >= 0 else { return false }
        defer { close(fd) }
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let user: String = String(getuid()).utf8.map { String($0, radix: 16) }.joined()
        let sent: [UInt8] = [0] + Array("AUTH EXTERNAL \(user)\r\nBEGIN\r\n".utf8) + call
        guard swkube_send(fd, sent, sent.count, nil, 0) == sent.count else { return false }
        var byte: UInt8 = 0
        repeat { guard read(fd, &byte, 1) == 1 else { return false } } while byte != UInt8(ascii: "\n")
        while let kind = answer(fd) {
            if kind == 2 { return true }  // the call's return
            if kind == 3 { return false }  // its error
        }
        return false
    }

    /// Reads one message; returns its kind.
    private static func answer(_ fd: Int32) -> UInt8? {
        func take(_ count: Int) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: count)
            return count == 0 || recv(fd, &bytes, count, Int32(MSG_WAITALL)) == count ? bytes : nil
        }
        guard let head = take(16) else { return nil }
        func number(_ at: Int) -> Int { (0..<4).reduce(0) { $0 | Int(head[at + $1]) << (8 * $1) } }
        let rest: Int = (number(12) + 7) / 8 * 8 + number(4)
        return rest < 1 << 20 && take(rest) != nil ? head[1] : nil
    }

    /// StartTransientUnit, for a scope with this process in it.
    private static func call() -> [UInt8] {
        var body = BusWriter()
        body.string("swkube-\(getpid()).scope")
        body.string("fail")
        body.array(alignment: 8) { list in
            list.property("Description", "s") { $0.string("swkube") }
            list.property("Delegate", "b") { $0.number(1) }
            list.property("CollectMode", "s") { $0.string("inactive-or-failed") }
            list.property("PIDs", "au") { $0.array(alignment: 4) { $0.number(UInt32(getpid())) } }
        }
        body.array(alignment: 8) { _ in }
        var message = BusWriter()
        message.bytes = [UInt8(ascii: "l"), 1, 0, 1]
        message.number(UInt32(body.bytes.count))
        message.number(1)
        message.array(alignment: 8) { fields in
            let manager = "org.freedesktop.systemd1"
            fields.field(1, "o") { $0.string("/org/freedesktop/systemd1") }
            fields.field(2, "s") { $0.string(manager + ".Manager") }
            fields.field(3, "s") { $0.string("StartTransientUnit") }
            fields.field(6, "s") { $0.string(manager) }
            fields.field(8, "g") { $0.signature("ssa(sv)a(sa(sv))") }
        }
        message.align(8)
        return message.bytes + body.bytes
    }
}

/// Values as D-Bus writes them, little end first, each at its own alignment from the beginning of the message.
struct BusWriter {
    var bytes: [UInt8] = []

    mutating func align(_ to: Int) { while bytes.count % to != 0 { bytes.append(0) } }

    mutating func number(_ value: UInt32) {
        align(4)
        for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func string(_ text: String) {
        number(UInt32(text.utf8.count))
        bytes += Array(text.utf8) + [0]
    }

    mutating func signature(_ text: String) { bytes += [UInt8(text.utf8.count)] + Array(text.utf8) + [0] }

    /// Its length counts from the first element on, which is aligned also where there is none.
    mutating func array(alignment: Int, _ fill: (inout BusWriter) -> Void) {
        number(0)
        let place: Int = bytes.count - 4
        align(alignment)
        let start: Int = bytes.count
        fill(&self)
        var length = BusWriter()
        length.number(UInt32(bytes.count - start))
        bytes.replaceSubrange(place..<place + 4, with: length.bytes)
    }

    /// A structure of a name and a variant.
    mutating func property(_ name: String, _ type: String, _ value: (inout BusWriter) -> Void) {
        align(8)
        string(name)
        signature(type)
        value(&self)
    }

    /// A structure of a byte and a variant.
    mutating func field(_ code: UInt8, _ type: String, _ value: (inout BusWriter) -> Void) {
        align(8)
        bytes.append(code)
        signature(type)
        value(&self)
    }
}
