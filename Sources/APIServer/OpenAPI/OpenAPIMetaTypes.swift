import API
import Machinery

/// Kinds that no resource has: answers, options and discovery, as OpenAPI describes them.
enum OpenAPIMetaTypes {
    struct MetaKind: Sendable {
        let schema: ObjectSchema
        /// True for kinds that each group and version has its own name for.
        let isInEveryGroup: Bool
        /// True when it carries `apiVersion` and `kind`.
        var hasTypeMeta: Bool = true
    }

    static let kinds: [MetaKind] = [
        MetaKind(schema: Status.definition.schema, isInEveryGroup: false),
        MetaKind(schema: DeleteOptions.definition.schema, isInEveryGroup: true),
        MetaKind(schema: WatchEvent.definition.schema, isInEveryGroup: true, hasTypeMeta: false),
        MetaKind(schema: APIVersions.definition.schema, isInEveryGroup: false),
        MetaKind(schema: APIGroup.definition.schema, isInEveryGroup: false),
        MetaKind(schema: APIGroupList.definition.schema, isInEveryGroup: false),
        MetaKind(schema: APIResourceList.definition.schema, isInEveryGroup: false),
    ]

    /// Types that only paths name.
    static let parts: [ObjectSchema] = [VersionInfo.definition.schema, ListMeta.definition.schema]

    private static func metaName(_ kind: String) -> String { "io.k8s.apimachinery.pkg.apis.meta.v1." + kind }

    struct Status: Schema {
        static let definition = Definition(Status(), metaName("Status"), "What became of a request that answers with no object.")
        let metadata = Field<ListMeta>("metadata", 1, "Revision and page of a list, where it has to do with one.")
        let status = Field<String>("status", 2, "Success or Failure.")
        let message = Field<String>("message", 3, "What happened, for people.")
        let reason = Field<String>("reason", 4, "What happened in one word, for programs; refines the code.")
        let details = Field<StatusDetails?>("details", 5, "Which object and which fields it was about.")
        let code = Field<Int32>("code", 6, "The HTTP status code.")
    }

    struct StatusDetails: Schema {
        static let definition = Definition(
            StatusDetails(), metaName("StatusDetails"), "Which object a request was about, and what was wrong with it.")
        let name = Field<String>("name", 1, "Name of the object.")
        let group = Field<String>("group", 2, "Group of its kind.")
        let kind = Field<String>("kind", 3, "Kind of the object; for some errors the resource.")
        let causes = Field<[StatusCause]>("causes", 4, "What was wrong, one by one.", .atomic)
        let retryAfterSeconds = Field<Int32>("retryAfterSeconds", 5, "Seconds to wait before trying again.")
        let uid = Field<String>("uid", 6, "Identity of the object.")
    }

    struct StatusCause: Schema {
        static let definition = Definition(StatusCause(), metaName("StatusCause"), "One thing that was wrong.")
        let reason = Field<String>("reason", 1, "What was wrong in one word, for programs.")
        let message = Field<String>("message", 2, "What was wrong, for people.")
        let field = Field<String>("field", 3, "Path of the field, such as spec.ports[0].")
    }

    struct WatchEvent: Schema {
        static let definition = Definition(WatchEvent(), metaName("WatchEvent"), "One change that a watch reports.")
        let type = Field<String>("type", 1, "ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.", .always)
        let object = Field<JSON>("object", 2, "The object as it is now, as it was last when deleted, or a Status with an error.", .always)
    }

    struct APIVersions: Schema {
        static let definition = Definition(APIVersions(), metaName("APIVersions"), "Versions of the core group, as /api lists them.")
        let versions = Field<[String]>("versions", 1, "The versions.", .always, .atomic)
        let serverAddressByClientCIDRs = Field<[ServerAddress]>(
            "serverAddressByClientCIDRs", 2, "Where clients of each network reach the server.", .always, .atomic)
    }

    struct ServerAddress: Schema {
        static let definition = Definition(
            ServerAddress(), metaName("ServerAddressByClientCIDR"), "Where clients of one network reach the server.")
        let clientCIDR = Field<String>("clientCIDR", 1, "The network of the client.", .always)
        let serverAddress = Field<String>("serverAddress", 2, "Host, or host and port, of the server.", .always)
    }

    struct APIGroupList: Schema {
        static let definition = Definition(APIGroupList(), metaName("APIGroupList"), "Groups of the server, as /apis lists them.")
        let groups = Field<[APIGroup]>("groups", 1, "The groups.", .always, .atomic)
    }

    struct APIGroup: Schema {
        static let definition = Definition(APIGroup(), metaName("APIGroup"), "A group and its versions.")
        let name = Field<String>("name", 1, "Name of the group.", .always)
        let versions = Field<[GroupVersion]>("versions", 2, "Its versions.", .always, .atomic)
        let preferredVersion = Field<GroupVersion>("preferredVersion", 3, "The version to take when one may choose.")
        let serverAddressByClientCIDRs = Field<[ServerAddress]>(
            "serverAddressByClientCIDRs", 4, "Where clients of each network reach the server.", .atomic)
    }

    struct GroupVersion: Schema {
        static let definition = Definition(GroupVersion(), metaName("GroupVersionForDiscovery"), "One version of a group.")
        let groupVersion = Field<String>("groupVersion", 1, "Group and version, such as apps/v1.", .always)
        let version = Field<String>("version", 2, "The version alone.", .always)
    }

    struct APIResourceList: Schema {
        static let definition = Definition(APIResourceList(), metaName("APIResourceList"), "Resources of one version of a group.")
        let groupVersion = Field<String>("groupVersion", 1, "Group and version, such as apps/v1.", .always)
        let resources = Field<[APIResource]>("resources", 2, "The resources and subresources.", .always, .atomic)
    }

    struct APIResource: Schema {
        static let definition = Definition(APIResource(), metaName("APIResource"), "One resource, and what can be done with it.")
        let name = Field<String>("name", 1, "Plural name, as in paths; subresources have a slash.", .always)
        let namespaced = Field<Bool>("namespaced", 2, "Whether its objects live in namespaces.", .always)
        let kind = Field<String>("kind", 3, "Kind of its objects.", .always)
        let verbs = Field<[String]>("verbs", embedded(4, 1), "What can be done with it.", .always)
        let shortNames = Field<[String]>("shortNames", 5, "Other names, for the command line.", .atomic)
        let singularName = Field<String>("singularName", 6, "Name of one, for the command line.", .always)
        let categories = Field<[String]>("categories", 7, "Groups of resources that it belongs to, such as all.", .atomic)
        let group = Field<String>("group", 8, "Group of the kind where it is not that of the list.")
        let version = Field<String>("version", 9, "Version of the kind where it is not that of the list.")
        let storageVersionHash = Field<String>("storageVersionHash", 10, "Changes when objects are stored in another version.")
    }

    struct VersionInfo: Schema {
        static let definition = Definition(VersionInfo(), "io.k8s.apimachinery.pkg.version.Info", "Version of the server.")
        let major = Field<String>("major", 0, "First number of the version of Kubernetes.", .always)
        let minor = Field<String>("minor", 0, "Second number of it.", .always)
        let emulationMajor = Field<String>("emulationMajor", 0, "First number of the version that is emulated.")
        let emulationMinor = Field<String>("emulationMinor", 0, "Second number of it.")
        let minCompatibilityMajor = Field<String>("minCompatibilityMajor", 0, "First number of the oldest version that fits.")
        let minCompatibilityMinor = Field<String>("minCompatibilityMinor", 0, "Second number of it.")
        let gitVersion = Field<String>("gitVersion", 0, "The whole version.", .always)
        let gitCommit = Field<String>("gitCommit", 0, "The commit it was built from.", .always)
        let gitTreeState = Field<String>("gitTreeState", 0, "Whether all was committed.", .always)
        let buildDate = Field<String>("buildDate", 0, "When it was built.", .always)
        let goVersion = Field<String>("goVersion", 0, "Language that it was built in.", .always)
        let compiler = Field<String>("compiler", 0, "Compiler that built it.", .always)
        let platform = Field<String>("platform", 0, "System and processor.", .always)
    }
}
