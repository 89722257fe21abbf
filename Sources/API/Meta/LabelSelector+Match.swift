package import Machinery

extension View<LabelSelector> {
    /// True when an object with these labels is selected. An empty selector selects everything.
    package func matches(_ labels: [String: String]) -> Bool {
        for (key, value) in self.matchLabels where labels[key] != value { return false }
        return self.matchExpressions.allSatisfy { requirement in
            let value: String? = labels[requirement.key]
            return switch requirement.operator {
            case "In": value.map { requirement.values.contains($0) } ?? false
            case "NotIn": value.map { !requirement.values.contains($0) } ?? true
            case "Exists": value != nil
            case "DoesNotExist": value == nil
            default: false
            }
        }
    }

    /// The selector as a query says it: `app=web,tier in (a,b),!canary`. Empty for an empty selector.
    package var text: String {
        let labels: [(String, String)] = self.matchLabels.map { ($0.key, "\($0.key)=\($0.value)") }
        let expressions: [(String, String)] = self.matchExpressions.map { requirement in
            let key: String = requirement.key
            let values: String = "(" + requirement.values.sorted().joined(separator: ",") + ")"
            return switch requirement.operator {
            case "In": (key, "\(key) in \(values)")
            case "NotIn": (key, "\(key) notin \(values)")
            case "DoesNotExist": (key, "!\(key)")
            default: (key, key)
            }
        }
        return (labels + expressions).sorted { $0.0 < $1.0 }.map { $0.1 }.joined(separator: ",")
    }
}
