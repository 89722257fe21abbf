package import Machinery

/// Webhooks that may refuse requests.
package struct ValidatingWebhookConfiguration: Kind {
    package static let definition = Definition(
        ValidatingWebhookConfiguration(), "admissionregistration.v1.ValidatingWebhookConfiguration", "Webhooks that may refuse requests.")
    package static let names = KindNames(
        "ValidatingWebhookConfiguration", group: "admissionregistration.k8s.io", plural: "validatingwebhookconfigurations",
        categories: ["api-extensions"], isNamespaced: false, tracksGeneration: true)

    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
    package let webhooks = Field<[ValidatingWebhook]>(
        "webhooks", 2, "The webhooks. They are asked at the same time.", .merge(key: "name"))

    package static let columns: [Column<ValidatingWebhookConfiguration>] = [
        .name,
        .count("Webhooks", "Number of webhooks.") { $0.webhooks.count },
        .age,
    ]

    package static func validate(_ object: View<ValidatingWebhookConfiguration>, _ path: Path, _ problems: inout Problems) {
        Webhooks.validateNames(object.webhooks.map { $0.name }, path.child("webhooks"), &problems)
    }
}

/// One webhook that may refuse requests.
package struct ValidatingWebhook: Schema {
    package static let definition = Definition(
        ValidatingWebhook(), "admissionregistration.v1.ValidatingWebhook", "One webhook that may refuse requests.")

    package let name = Field<String>("name", 1, "Name with at least three parts, such as check.example.com.", .always)
    package let clientConfig = Field<WebhookClientConfig>("clientConfig", 2, "How to reach the webhook.", .always)
    package let rules = Field<[RuleWithOperations]>("rules", 3, "Requests that the webhook is asked about; any rule will do.", .atomic)
    package let failurePolicy = Field<String?>(
        "failurePolicy", 4, "What an answer that can't be had or understood means: Fail refuses the request, Ignore lets it pass.",
        default: "Fail", .oneOf("Fail", "Ignore"))
    package let namespaceSelector = Field<LabelSelector?>(
        "namespaceSelector", 5, "Namespaces whose objects the webhook is asked about; for a namespace its own labels count.",
        default: [:])
    package let sideEffects = Field<String?>(
        "sideEffects", 6, "None when a call changes nothing outside of the request, NoneOnDryRun when that holds for dry runs.", .always)
    package let timeoutSeconds = Field<Int32?>(
        "timeoutSeconds", 7, "Seconds to wait for an answer, 1 to 30; 10 if absent.", default: 10, .check(Webhooks.validateTimeout))
    package let admissionReviewVersions = Field<[String]>(
        "admissionReviewVersions", 8, "Versions of AdmissionReview that the webhook understands, best first.", .always, .atomic,
        .check(Webhooks.validateReviewVersions))
    package let matchPolicy = Field<String?>(
        "matchPolicy", 9, "Exact takes the rules literally; Equivalent takes requests in other versions of the resource too.",
        default: "Equivalent", .oneOf("Equivalent", "Exact"))
    package let objectSelector = Field<LabelSelector?>(
        "objectSelector", 10, "Labels that the object has to have, before or after the request.", default: [:])
    package let matchConditions = Field<[MatchCondition]>(
        "matchConditions", 11, "Further conditions in CEL, 64 at most; all have to hold.", .merge(key: "name"),
        .check(MatchCondition.validateAll))

    package static func validate(_ webhook: View<ValidatingWebhook>, _ path: Path, _ problems: inout Problems) {
        MatchCondition.validateOfWebhook(webhook.matchConditions, path.child("matchConditions"), &problems)
        Names.validateFullyQualified(webhook.name, path.child("name"), &problems)
        if webhook.admissionReviewVersions.isEmpty {
            Webhooks.requireReviewVersions(path.child("admissionReviewVersions"), &problems)
        }
        Webhooks.validateSideEffects(webhook.sideEffects, path.child("sideEffects"), &problems)
    }
}
