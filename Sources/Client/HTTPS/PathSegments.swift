import API

/// A name or namespace that cannot stand in a path: nothing was sent. In the words of client-go.
/// Source: `IsValidPathSegmentName` of k8s.io/apimachinery/pkg/api/validation/path.
package struct PathSegmentError: Error, Sendable, CustomStringConvertible {
    package let description: String
}

extension APIRequest {
    /// Throws ``PathSegmentError``.
    func checkPath() throws(PathSegmentError) {
        for (what, value) in [("namespace", namespace), ("resource name", name)] {
            guard let value else { continue }
            let problem: String
            if value == "." || value == ".." {
                problem = "may not be '\(value)'"
            } else {
                problem = ["/", "%"].filter(value.contains).map { "may not contain '\($0)'" }.joined(separator: " ")
            }
            if !problem.isEmpty { throw PathSegmentError(description: "invalid \(what) \"\(value)\": [\(problem)]") }
        }
    }
}
