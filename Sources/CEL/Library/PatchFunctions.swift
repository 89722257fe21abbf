/// For the paths of JSON patches. Source: k8s.io/apiserver/pkg/cel/library/jsonpatch.go.
enum PatchFunctions {
    static let all: [Overload] = [
        .one("jsonpatch.escapeKey(string) -> string", .text(2)) { value in
            guard case .string(let text) = value else { return nil }
            return .string(text.replacing("~", with: "~0").replacing("/", with: "~1"))
        }
    ]
}
