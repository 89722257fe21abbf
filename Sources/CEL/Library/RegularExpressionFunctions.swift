/// `find` and `findAll`, which have a step of their own; here stand the types that they take.
///
/// Source: k8s.io/apiserver/pkg/cel/library/regex.go.
enum RegularExpressionFunctions {
    static let all: [Overload] = [
        .two("<string>find(string) -> string", .find) { _, _ in nil },
        .two("<string>findAll(string) -> list(string)", .find) { _, _ in nil },
        .many("<string>findAll(string, int) -> list(string)", .find) { _ in nil },
    ]
}
