import API
import Machinery

/// Which options of writes there are, and what they may say.
///
/// Source: `ValidateCreateOptions` and its neighbours in k8s.io/apimachinery/pkg/apis/meta/v1/validation.
extension APIRequest {
    /// Throws ``APIStatus`` (422): `PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch`.
    func checkWriteOptions() throws(APIStatus) {
        let kind: String
        switch verb {
        case .create: kind = "CreateOptions"
        case .update: kind = "UpdateOptions"
        case .patch: kind = "PatchOptions"
        case .delete, .deletecollection: kind = "DeleteOptions"
        case .get, .list, .watch: return
        }
        var problems = Problems()
        if let value = options["dryRun"] { problems.notSupported(Path("dryRun"), [.string(value)], supported: ["All"]) }
        if kind != "DeleteOptions" { checkManager(&problems) }
        guard !problems.isEmpty else { return }
        throw .invalid(KindNames(kind, group: "meta.k8s.io", plural: kind.lowercased()), "", problems)
    }

    private func checkManager(_ problems: inout Problems) {
        let manager: String = options.fieldManager ?? ""
        if verb == .patch {
            if contentType != .applyYAML {
                if options.force { problems.forbidden(Path("force"), "may not be specified for non-apply patch") }
            } else if manager.isEmpty {
                problems.required(Path("fieldManager"), "is required for apply patch")
            }
        }
        if manager.utf8.count > Self.longestManager {
            problems.tooLong(Path("fieldManager"), "may not be more than \(Self.longestManager) bytes")
        }
        for (index, scalar) in manager.unicodeScalars.enumerated() where !scalar.isPrintable {
            let code: String = "U+" + String(repeating: "0", count: max(0, 4 - Self.hex(scalar).count)) + Self.hex(scalar)
            problems.invalid(Path("fieldManager"), .string(manager), "invalid character \(code) (at position \(index))")
        }
        if let validation = options.fieldValidation, !["Ignore", "Warn", "Strict"].contains(validation) {
            problems.notSupported(Path("fieldValidation"), .string(validation), supported: ["", "Ignore", "Strict", "Warn"])
        }
    }

    private static let longestManager = 128

    private static func hex(_ scalar: Unicode.Scalar) -> String { String(scalar.value, radix: 16, uppercase: true) }
}

extension Unicode.Scalar {
    /// As Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and the space of ASCII.
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: self == " "
        default: true
        }
    }
}
