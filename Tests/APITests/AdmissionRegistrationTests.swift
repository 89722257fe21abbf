import API
import Machinery
import Testing

/// Webhook configurations and admission policies. Source: pkg/apis/admissionregistration of v1.36.
struct AdmissionRegistrationTests {
    private static let rule = #"{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]}"#

    private func webhook(_ changes: String) throws -> Created<ValidatingWebhookConfiguration> {
        var webhook: JSON = try JSON(
            parsing: Array(
                (#"{"name":"check.example.com","clientConfig":{"url":"https://127.0.0.1:9443/check"},"sideEffects":"None","#
                    + #""admissionReviewVersions":["v1"],"rules":[\#(Self.rule)]}"#).utf8))
        for member in try JSON(parsing: Array("{\(changes)}".utf8)).object?.members ?? [] { webhook[member.key] = member.value }
        let object: JSON = ["metadata": ["name": "check"], "webhooks": [webhook.removingNulls]]
        return try Created(ValidatingWebhookConfiguration.self, String(decoding: object.serialized(), as: UTF8.self))
    }

    @Test func `a webhook gets the defaults of Kubernetes`() throws {
        let made = try webhook("")
        #expect(made.problems == [])
        let webhook = try #require(made.object.webhooks.first)
        #expect(webhook.failurePolicy == "Fail" && webhook.matchPolicy == "Equivalent" && webhook.timeoutSeconds == 10)
        #expect(webhook.json["namespaceSelector"] == [:] && webhook.json["objectSelector"] == [:])
        #expect(webhook.rules.first?.scope == "*")
        #expect(made.cells.prefix(2) == ["check", "1"])
    }

    @Test(arguments: [
        (#""name":"a.b""#, #"webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots"#),
        (#""name":"""#, "webhooks[0].name: Required value"),
        (#""sideEffects":null"#, "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun"),
        (#""sideEffects":"Some""#, #"webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun""#),
        (#""timeoutSeconds":31"#, "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds"),
        (#""admissionReviewVersions":[]"#, "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1"),
        (
            #""admissionReviewVersions":["v2"]"#,
            #"webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1"#
        ),
        (#""clientConfig":{}"#, "webhooks[0].clientConfig: Required value: exactly one of url or service is required"),
        (
            #""clientConfig":{"url":"http://h"}"#,
            #"webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]"#
        ),
        (
            #""clientConfig":{"url":"https://u:p@h/?q=1"}"#,
            #"webhooks[0].clientConfig.url: Invalid value: "u:p": user information is not permitted in the URL"#
        ),
        (
            #""clientConfig":{"service":{"name":"s","namespace":"n","path":"/a//b"}}"#,
            #"webhooks[0].clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be empty"#
        ),
        (
            #""rules":[{"operations":["*","CREATE"],"apiGroups":["*"],"apiVersions":["*"],"resources":["*"]}]"#,
            #"webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations"#
        ),
        (
            #""rules":[{"operations":["CREATE"],"apiGroups":["*"],"apiVersions":["*"],"resources":["pods/*","pods/log"]}]"#,
            #"webhooks[0].rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log"#
        ),
        (
            #""matchConditions":[{"name":"a","expression":" "}]"#,
            "webhooks[0].matchConditions[0].expression: Required value"
        ),
        (
            #""matchConditions":[{"name":"a","expression":"variables.a == 1"}]"#,
            #"webhooks[0].matchConditions[0].expression: Invalid value: "variables.a == 1": compilation failed: ERROR: <input>:1:1: "#
                + "undeclared reference to 'variables' (in container '')\n | variables.a == 1\n | ^"
        ),
    ])
    func `a webhook that is wrong says so in the words of Kubernetes`(changes: String, problem: String) throws {
        let problems: [String] = try webhook(changes).problems
        #expect(problems.contains(problem), "\(problems)")
    }

    @Test func `a policy needs rules and requests that they are about`() throws {
        let empty = try Created(ValidatingAdmissionPolicy.self, #"{"metadata":{"name":"p"},"spec":{}}"#)
        #expect(
            empty.problems == [
                "spec.matchConstraints: Required value",
                "spec.validations: Required value: validations or auditAnnotations must contain at least one item",
                "spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item",
            ])
        let good = try Created(
            ValidatingAdmissionPolicy.self,
            #"{"metadata":{"name":"p"},"spec":{"paramKind":{"apiVersion":"v1","kind":"ConfigMap"},"#
                + #""matchConstraints":{"resourceRules":[\#(Self.rule)]},"validations":[{"expression":"true"}]}}"#)
        #expect(good.problems == [])
        #expect(good.cells.prefix(3) == ["p", "1", "v1/ConfigMap"])
    }

    @Test func `a binding names a policy, its parameters and what a broken rule leads to`() throws {
        let bad = try Created(
            ValidatingAdmissionPolicyBinding.self,
            #"{"metadata":{"name":"b"},"spec":{"policyName":"p","paramRef":{},"validationActions":["Deny","Warn"]}}"#)
        #expect(
            bad.problems == [
                "spec.paramRef: Required value: one of name or selector must be specified",
                "spec.paramRef.parameterNotFoundAction: Required value",
                #"spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same "#
                    + "validation failure information in the API response and headers serves no purpose)",
            ])
        let selected = try Created(
            ValidatingAdmissionPolicyBinding.self,
            #"{"metadata":{"name":"b"},"spec":{"policyName":"p","validationActions":["Deny"],"#
                + #""paramRef":{"selector":{"matchLabels":{"a":"b"}},"parameterNotFoundAction":"Deny"}}}"#)
        #expect(selected.problems == [])
        #expect(
            selected.cells[2]
                == "&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}")
    }

    @Test func `a mutating policy can't be about deletes, and says how it changes objects`() throws {
        let made = try Created(
            MutatingAdmissionPolicy.self,
            #"{"metadata":{"name":"m"},"spec":{"reinvocationPolicy":"Never","matchConstraints":{"resourceRules":["#
                + Self.rule.replacing("CREATE", with: "DELETE") + #"]},"mutations":[{"patchType":"JSONPatch"}]}}"#)
        #expect(
            made.problems == [
                "spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch",
                #"spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": "#
                    + #"supported values: "*", "CONNECT", "CREATE", "UPDATE""#,
            ])
    }
}

extension JSON {
    fileprivate var removingNulls: JSON {
        guard case .object(let object) = self else { return self }
        return .object(JSONObject(members: object.members.filter { !$0.value.isNull }))
    }
}
