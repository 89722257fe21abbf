import API
import Machinery

/// What a definition's status is to say, from what it wants and from the names that others have. Pure.
///
/// Source: the naming, establishing and approval controllers of k8s.io/apiextensions-apiserver/pkg/controller.
struct DefinitionPlan {
    /// The definition with the status that it is to have.
    private(set) var definition: View<CustomResourceDefinition>
    /// Whether its resource is to be served.
    var isServed: Bool { definition.isTrue("Established") && !definition.status.acceptedNames.plural.isEmpty }

    /// - Parameter others: the other definitions of the group, whose accepted names are taken.
    init(_ definition: View<CustomResourceDefinition>, others: [View<CustomResourceDefinition>], now: Time) {
        self.definition = definition
        acceptNames(TakenNames(others), now)
        if APIApproval.isProtected(definition.spec.group) { judgeApproval(now) }
        // What an older version said of rules that it did not evaluate.
        if self.definition.condition("ValidationRulesEvaluated") != nil {
            self.definition.status.conditions.removeAll { $0.type == "ValidationRulesEvaluated" }
        }
    }

    private struct TakenNames {
        var resources: Set<String> = []
        var kinds: Set<String> = []

        init(_ others: [View<CustomResourceDefinition>]) {
            for names in others.map(\.status.acceptedNames) {
                resources.formUnion([names.plural, names.singular] + names.shortNames)
                kinds.formUnion([names.kind, names.listKind])
            }
            resources.remove("")
            kinds.remove("")
        }
    }

    private mutating func acceptNames(_ taken: TakenNames, _ now: Time) {
        let wanted: View<CustomResourceDefinitionNames> = definition.spec.names
        var accepted: View<CustomResourceDefinitionNames> = definition.status.acceptedNames
        var conflict: (reason: String, message: String)?
        func isFree(_ name: String, _ own: String, _ names: Set<String>, _ reason: String) -> Bool {
            guard name != own, names.contains(name) else { return true }
            conflict = (reason, "\"\(name)\" is already in use")
            return false
        }
        if isFree(wanted.plural, accepted.plural, taken.resources, "PluralConflict") { accepted.plural = wanted.plural }
        if isFree(wanted.singular, accepted.singular, taken.resources, "SingularConflict") { accepted.singular = wanted.singular }
        let clashes: [String] = wanted.shortNames.filter { !accepted.shortNames.contains($0) && taken.resources.contains($0) }
        if clashes.isEmpty {
            accepted.shortNames = wanted.shortNames
        } else {
            let texts: [String] = clashes.map { "\"\($0)\" is already in use" }
            conflict = ("ShortNamesConflict", texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]")
        }
        if isFree(wanted.kind, accepted.kind, taken.kinds, "KindConflict") { accepted.kind = wanted.kind }
        if isFree(wanted.listKind, accepted.listKind, taken.kinds, "ListKindConflict") { accepted.listKind = wanted.listKind }
        accepted.categories = wanted.categories
        if accepted != definition.status.acceptedNames { definition.status.acceptedNames = accepted }

        if let conflict {
            definition.setCondition("NamesAccepted", false, conflict.reason, conflict.message, at: now)
            guard !definition.isTrue("Established") else { return }
            definition.setCondition("Established", false, "NotAccepted", "not all names are accepted", at: now)
        } else {
            definition.setCondition("NamesAccepted", true, "NoConflicts", "no conflicts found", at: now)
            guard !definition.isTrue("Established") else { return }
            definition.setCondition("Established", true, "InitialNamesAccepted", "the initial names have been accepted", at: now)
        }
    }

    private mutating func judgeApproval(_ now: Time) {
        let type = "KubernetesAPIApprovalPolicyConformant"
        switch APIApproval(definition.metadata.annotations) {
        case .approved(let why): definition.setCondition(type, true, "ApprovedAnnotation", why, at: now)
        case .bypassed(let why): definition.setCondition(type, false, "UnapprovedAnnotation", why, at: now)
        case .missing(let why): definition.setCondition(type, false, "MissingAnnotation", why, at: now)
        case .malformed(let why): definition.setCondition(type, false, "InvalidAnnotation", why, at: now)
        }
    }
}
