import Machinery

/// A small workload with each way in which fields merge, for the tests of patches and apply.
struct TestWorkload: Schema {
    static let definition = Definition(TestWorkload(), "test.v1.Workload", "A kind for tests.")
    let metadata = Field<TestMeta>("metadata", 1, "Name and labels.")
    let spec = Field<TestSpec>("spec", 2, "What is wanted.")
    let status = Field<TestStatus>("status", 3, "What is.")
}

struct TestMeta: Schema {
    static let definition = Definition(TestMeta(), "test.v1.Meta", "Name and labels.")
    let name = Field<String>("name", 1, "Name.")
    let namespace = Field<String>("namespace", 3, "Namespace.")
    let uid = Field<String>("uid", 5, "Identity.")
    let resourceVersion = Field<String>("resourceVersion", 6, "Revision.")
    let labels = Field<[String: String]>("labels", 11, "Labels.")
    let annotations = Field<[String: String]>("annotations", 12, "Annotations.")
    let finalizers = Field<[String]>("finalizers", 14, "Finalizers.", .mergeSet)
    let managedFields = Field<[JSON]>("managedFields", 17, "Owners.", .atomic)
}

struct TestSpec: Schema {
    static let definition = Definition(TestSpec(), "test.v1.Spec", "What is wanted.")
    let replicas = Field<Int32?>("replicas", 1, "How many.")
    let selector = Field<TestSelector?>("selector", 2, "Which.", .required, .atomic)
    let strategy = Field<TestStrategy>("strategy", 3, "How.", .retainKeys)
    let containers = Field<[TestContainer]>("containers", 4, "Programs.", .required, .merge(key: "name"))
    let paused = Field<Bool>("paused", 5, "Whether to wait.")
}

struct TestSelector: Schema {
    static let definition = Definition(TestSelector(), "test.v1.Selector", "Labels.")
    let matchLabels = Field<[String: String]>("matchLabels", 1, "Labels.")
}

struct TestStrategy: Schema {
    static let definition = Definition(TestStrategy(), "test.v1.Strategy", "How.")
    let type = Field<String>("type", 1, "Name of it.")
    let rollingUpdate = Field<TestRolling?>("rollingUpdate", 2, "Numbers.")
}

struct TestRolling: Schema {
    static let definition = Definition(TestRolling(), "test.v1.Rolling", "Numbers.")
    let maxSurge = Field<IntOrString?>("maxSurge", 1, "More.")
}

struct TestContainer: Schema {
    static let definition = Definition(TestContainer(), "test.v1.Container", "A program.")
    let name = Field<String>("name", 1, "Name.", .required)
    let image = Field<String>("image", 2, "Image.")
    let args = Field<[String]>("args", 3, "Arguments.", .atomic)
    let env = Field<[TestEnv]>("env", 4, "Variables.", .merge(key: "name"), .listMap(keys: ["name"]))
    let ports = Field<[TestPort]>(
        "ports", 5, "Ports.", .merge(key: "containerPort"), .listMap(keys: ["containerPort", "protocol"]))
    let resources = Field<TestResources>("resources", 6, "Amounts.")
}

struct TestResources: Schema {
    static let definition = Definition(TestResources(), "test.v1.Resources", "Amounts.")
    let limits = Field<[String: Quantity]>("limits", 1, "At most.")
}

struct TestEnv: Schema {
    static let definition = Definition(TestEnv(), "test.v1.Env", "A variable.")
    let name = Field<String>("name", 1, "Name.", .required)
    let value = Field<String>("value", 2, "Value.")
}

struct TestPort: Schema {
    static let definition = Definition(TestPort(), "test.v1.Port", "A port.")
    let containerPort = Field<Int32>("containerPort", 1, "Number.", .required)
    let `protocol` = Field<String>("protocol", 2, "Protocol.", default: "TCP")
    let hostPort = Field<Int32>("hostPort", 3, "On the host.")
}

struct TestStatus: Schema {
    static let definition = Definition(TestStatus(), "test.v1.Status", "What is.")
    let replicas = Field<Int32>("replicas", 1, "How many.")
}

/// A tree from JSON text.
func json(_ text: String) throws -> JSON { try JSON(parsing: text) }
