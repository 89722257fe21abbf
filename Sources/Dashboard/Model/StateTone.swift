package import Machinery

/// How urgent a state is, by the words that Kubernetes and its programs have for states.
package enum StateTone: String, Sendable {
    case plain, quiet, warning, bad

    /// Of a cell such as `Running`, `Ready,SchedulingDisabled`, `Init:ErrImagePull`: that of its most urgent word.
    package static func of(_ state: String) -> StateTone {
        let tones: [StateTone] = state.split { $0 == "," || $0 == ":" }.map { word(String($0)) }
        return [.bad, .warning, .quiet].first(where: tones.contains) ?? .plain
    }

    /// `0/1` lacks something.
    package static func lacks(_ ready: String) -> Bool {
        let parts: [Int?] = ready.split(separator: "/").map { Int($0) }
        guard parts.count == 2, let have = parts[0], let want = parts[1] else { return false }
        return have < want
    }

    private static func word(_ word: String) -> StateTone {
        if let tone = words[word] { return tone }
        return badEndings.contains(where: word.hasSuffix) || badBeginnings.contains(where: word.hasPrefix) ? .bad : .plain
    }

    private static let words: [String: StateTone] = Dictionary(
        uniqueKeysWithValues: ["Completed", "Complete", "Succeeded", "Released"].map { ($0, .quiet) }
            + [
                "Pending", "ContainerCreating", "PodInitializing", "Terminating", "SchedulingDisabled", "SchedulingGated", "Waiting",
                "Init", "Suspended", "FailureTarget",
            ].map { ($0, .warning) }
            + [
                "Failed", "Evicted", "OOMKilled", "Unknown", "NotReady", "Lost", "Warning", "ContainerCannotRun", "DeadlineExceeded",
                "NodeLost", "Unhealthy",
            ].map { ($0, .bad) })
    private static let badEndings: [String] = ["BackOff", "Error"]
    private static let badBeginnings: [String] = ["Err", "Failed", "Invalid"]

    /// The same for the page in the browser.
    package static var json: JSON {
        func list(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
        return [
            "words": .object(JSONObject(words.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value.rawValue)) })),
            "badEndings": list(badEndings), "badBeginnings": list(badBeginnings),
        ]
    }
}
