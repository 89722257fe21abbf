import Glibc

/// What the kernel tells of processes and threads in `/proc`. Source: proc(5).
enum ProcFolder {
    /// The entries of a folder that are numbers: processes in `/proc`, threads in `/proc/N/task`. None of a folder that is gone.
    static func numbers(in path: String) -> [Int32] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var numbers: [Int32] = []
        while let entry = readdir(folder) {
            let name: String = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if let number = Int32(name) { numbers.append(number) }
        }
        return numbers
    }

    /// The fields of a `stat` from the state on, which is field 0; nil for a process or thread that is gone.
    static func fields(ofStat path: String) -> [Substring]? {
        let line: String = text(ofFile: path)
        // The program's name, in parentheses, may hold anything; what follows the last one is numbers.
        guard let end = line.lastIndex(of: ")") else { return nil }
        let fields: [Substring] = line[line.index(after: end)...].split(separator: " ")
        return fields.count > 21 ? fields : nil
    }
}
