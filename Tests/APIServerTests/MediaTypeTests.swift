import API
import APIServer
import Testing

/// Which form of an answer an `Accept` header gets. Source: `NegotiateMediaTypeOptions` in k8s.io/apiserver and its tests.
@Suite struct MediaTypeTests {
    @Test(
        arguments: [
            (nil, .json, .object), ("", .json, .object), ("*/*", .json, .object), ("application/*", .json, .object),
            ("application/yaml", .yaml, .object), ("application/vnd.kubernetes.protobuf", .protobuf, .object),
            ("application/vnd.kubernetes.protobuf,application/json", .protobuf, .object),
            ("application/json;q=0.8, application/yaml;q=0.9", .yaml, .object), ("*/*, application/yaml", .yaml, .object),
            ("application/cbor, application/json;q=0.5", .json, .object), ("text/html, */*;q=0.1", .json, .object),
            ("application/json;as=Table;v=v1;g=meta.k8s.io", .json, .table),
            ("application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1;g=meta.k8s.io", .json, .table),
            ("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", .json, .object),
            ("application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", .protobuf, .metadata),
            ("application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", .protobuf, .metadataList),
        ] as [(String?, WireForm.Encoding, APIRequest.Representation)])
    func `the best that can be served is chosen`(
        _ accept: String?, _ encoding: WireForm.Encoding, _ representation: APIRequest.Representation
    ) throws {
        let form: WireForm = try MediaTypes.form(accept: accept)
        #expect(form.encoding == encoding && form.representation == representation)
    }

    @Test(arguments: [
        "application/cbor", "text/plain", "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io",
        "application/json;as=Nonsense;v=v1;g=meta.k8s.io", "nonsense",
    ])
    func `what can't be served is refused with what can`(_ accept: String) {
        #expect {
            try MediaTypes.form(accept: accept)
        } throws: { error in
            (error as? APIStatus)?.code == 406
                && (error as? APIStatus)?.message
                    == "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"
        }
    }

    @Test func `custom resources have no protobuf, but their metadata has`() throws {
        let custom = MediaTypes.Endpoint(hasProtobuf: false)
        #expect(try MediaTypes.form(accept: "application/vnd.kubernetes.protobuf,application/json", for: custom).encoding == .json)
        #expect(throws: APIStatus.self) { try MediaTypes.form(accept: "application/vnd.kubernetes.protobuf", for: custom) }
        let metadata: WireForm = try MediaTypes.form(
            accept: "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", for: custom)
        #expect(metadata.encoding == .protobuf)
    }

    @Test func `a watch is not written in YAML`() {
        #expect {
            try MediaTypes.form(accept: "application/yaml", for: MediaTypes.Endpoint(isWatch: true))
        } throws: { error in
            (error as? APIStatus)?.message
                == "only the following media types are accepted: application/json;stream=watch, "
                + "application/vnd.kubernetes.protobuf;stream=watch"
        }
    }

    @Test(arguments: [
        (false, "415: Unsupported Media Type"),
        (
            true,
            "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
                + "application/merge-patch+json, application/apply-patch+yaml"
        ),
    ])
    func `a patch of an unknown kind is refused by the route, or by the handler of custom resources`(_ isCustom: Bool, _ text: String) {
        #expect {
            try MediaTypes.content("application/json", verb: .patch, isCustom: isCustom)
        } throws: { ($0 as? APIStatus)?.code == 415 && ($0 as? APIStatus)?.message == text }
    }

    @Test func `unknown bodies are refused with what can be read`() {
        #expect {
            try MediaTypes.content("application/cbor", verb: .create, isCustom: false)
        } throws: { error in
            (error as? APIStatus)?.code == 415
                && (error as? APIStatus)?.message
                    == "the body of the request was in an unknown format - accepted media types include: application/json, "
                    + "application/yaml, application/vnd.kubernetes.protobuf"
        }
    }
}
