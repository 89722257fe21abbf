import API
import Machinery

extension ApplyError {
    /// What the client is told.
    var status: APIStatus {
        switch self {
        case .badRequest(let message): return .badRequest(message)
        case .mismatch(let message): return APIStatus(code: 500, reason: "", message: message)
        case .conflict(let conflict):
            var details = APIStatus.Details()
            details.causes = conflict.conflicts.map {
                APIStatus.Cause(reason: "FieldManagerConflict", message: $0.message, field: $0.field)
            }
            return APIStatus(code: 409, reason: "Conflict", message: conflict.message, details: details)
        }
    }
}

extension JSONPatchError {
    /// 400 for what is no patch, 422 for one that does not fit the object.
    func status(_ call: Call) -> APIStatus {
        switch self {
        case .malformed: return .badRequest(description)
        case .tooManyOperations: return .requestTooLarge(description)
        case .failed, .inPath:
            // Upstream names neither object nor cause here; the cause stands behind the text that people know.
            return APIStatus(
                code: 422, reason: "Invalid",
                message: "the server rejected our request due to an error in our request: \(description)", details: APIStatus.Details())
        }
    }
}

extension StrategicMergeError {
    func status(_ call: Call) -> APIStatus {
        switch kind {
        case .malformed: .badRequest(description)
        case .unprocessable: APIStatus(code: 422, reason: "Invalid", message: description)
        }
    }
}
