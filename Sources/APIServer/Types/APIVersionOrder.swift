/// The order in which Kubernetes prefers versions: `v2`, `v1`, `v2beta1`, `v1beta2`, `v1alpha1`, then all other names by letter.
///
/// Source: k8s.io/apimachinery/pkg/version, `CompareKubeAwareVersionStrings`.
enum APIVersionOrder {
    /// Whether `one` comes before `other`.
    static func precedes(_ one: String, _ other: String) -> Bool {
        switch (Parts(one), Parts(other)) {
        case (let one?, let other?):
            if one.stability != other.stability { return one.stability > other.stability }
            return (one.major, one.minor) > (other.major, other.minor)
        case (.some, nil): return true
        case (nil, .some): return false
        case (nil, nil): return one < other
        }
    }

    private struct Parts {
        let major: Int
        /// 2 is stable, 1 beta, 0 alpha.
        var stability: Int = 2
        var minor: Int = 0

        init?(_ version: String) {
            guard version.first == "v" else { return nil }
            var rest: Substring = version.dropFirst()
            guard let major: Int = Self.number(&rest) else { return nil }
            self.major = major
            guard !rest.isEmpty else { return }
            if rest.hasPrefix("beta") {
                (stability, rest) = (1, rest.dropFirst(4))
            } else if rest.hasPrefix("alpha") {
                (stability, rest) = (0, rest.dropFirst(5))
            } else {
                return nil
            }
            guard let minor: Int = Self.number(&rest), rest.isEmpty else { return nil }
            self.minor = minor
        }

        private static func number(_ text: inout Substring) -> Int? {
            let digits: Substring = text.prefix { $0.isASCII && $0.isNumber }
            guard digits.first != "0", let number = Int(digits) else { return nil }
            text = text.dropFirst(digits.count)
            return number
        }
    }
}
