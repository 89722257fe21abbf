import Testing

@testable import CLI

/// The texts are those of kubectl 1.32 unless said otherwise.
@Suite struct CommandLineTests {
    @Test(arguments: [
        (["gett"], "error: unknown command \"gett\" for \"swkube\"\n\nDid you mean this?\n\tget\n\tset\n"),
        (["get", "pods", "--foo"], "error: unknown flag: --foo\nSee 'swkube get --help' for usage.\n"),
        (["get", "pods", "-q"], "error: unknown shorthand flag: 'q' in -q\nSee 'swkube get --help' for usage.\n"),
        (["get", "pods", "--sort-by"], "error: flag needs an argument: --sort-by\nSee 'swkube get --help' for usage.\n"),
        (["get", "pods", "-n"], "error: flag needs an argument: 'n' in -n\nSee 'swkube get --help' for usage.\n"),
        (
            ["get", "pods", "--chunk-size=x"],
            "error: invalid argument \"x\" for \"--chunk-size\" flag: strconv.ParseInt: parsing \"x\": invalid syntax\n"
                + "See 'swkube get --help' for usage.\n"
        ),
        (
            ["get", "pods", "--watch=maybe"],
            "error: invalid argument \"maybe\" for \"-w, --watch\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax\n"
                + "See 'swkube get --help' for usage.\n"
        ),
        (["apply"], "error: must specify one of -f and -k\n"),
        (["apply", "-f", "x", "--dry-run=maybe"], "error: Invalid dry-run value (maybe). Must be \"none\", \"server\", or \"client\".\n"),
        (["apply", "-f", "x", "--dry-run="], "error: Invalid dry-run value (). Must be \"none\", \"server\", or \"client\".\n"),
        (["replace", "-f", "x", "--timeout=-1s"], "error: --timeout must have --force specified\n"),
        (
            ["debug", "web", "--image=a", "--env=E"],
            "error: invalid argument \"E\" for \"--env\" flag: E must be formatted as key=value\nSee 'swkube debug --help' for usage.\n"
        ),
        (["explain", "pods", "--max-depth=1"], "error: --max-depth requires --recursive\n"),
        (["scale", "deploy", "web"], "error: required flag(s) \"replicas\" not set\n"),
        (["delete", "pod", "a", "--now", "--grace-period=3"], "error: --now and --grace-period cannot be specified together\n"),
        (["completion", "tcsh"], "error: Unsupported shell type \"tcsh\".\nSee 'swkube completion -h' for help and examples\n"),
        (["get", "pods", "-o", "jsonpath={.a"], "error: error parsing jsonpath {.a, unclosed action\n"),
        (["get", "pods", "-o", "custom-columns=A"], "error: unexpected custom-columns spec: A, expected <header>:<json-path-expr>\n"),
    ])
    func `mistakes are told in kubectl's words and end with code 1`(_ words: [String], _ text: String) async {
        let run: Run = await Run.swkube(words)
        #expect(run.error == text)
        #expect(run.code == 1 && run.out.isEmpty)
    }

    @Test(arguments: [
        ("--dry-run", "--dry-run is deprecated and can be replaced with --dry-run=client."),
        ("--dry-run=T", "--dry-run=T is deprecated (boolean value) and can be replaced with --dry-run=client."),
    ])
    func `a dry run that is said as it once was is warned of`(_ flag: String, _ text: String) async {
        let run: Run = await Run.swkube("create", "namespace", "x", "-o", "name", flag, "-s", "http://127.0.0.1:1")
        #expect(run.error == "Warning: \(text)\n" && run.out == "namespace/x\n" && run.code == 0)
    }

    @Test func `the version of the program needs no server`() async {
        let run: Run = await Run.swkube("version", "--client")
        #expect(run.out == "Client Version: v1.36.0\nswkube Version: 0.1.0\n" && run.code == 0)
    }

    @Test func `a server that is not there is said as kubectl says it, and how to start one`() async {
        let run: Run = await Run.swkube("get", "pods", "-s", "http://127.0.0.1:1")
        #expect(
            run.error
                == "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n"
                + "If it is a cluster of swkube, start it: swkube start\n")
        #expect(run.code == 1)
    }

    @Test(arguments: [
        (["-ojson", "pods"], ["output": ["json"]], ["pods"]), (["-o=json"], ["output": ["json"]], []),
        (["-Aw"], ["all-namespaces": ["true"], "watch": ["true"]], []),
        (["-An", "x"], ["all-namespaces": ["true"], "namespace": ["x"]], []),
        (["--watch=T"], ["watch": ["T"]], []), (["-w=false", "-w"], ["watch": ["false", "true"]], []),
        (["--output", "-x"], ["output": ["-x"]], []), (["a", "--", "-o"], [:], ["a", "-o"]),
        (["--selector=", "pods"], ["selector": [""]], ["pods"]), (["-", "--chunk-size=-1"], ["chunk-size": ["-1"]], ["-"]),
    ])
    func `flags are read as pflag reads them`(_ words: [String], _ flags: [String: [String]], _ rest: [String]) throws {
        let given: Declaration.Given = try Get.dialect.read(words).given
        #expect(given.flags == flags && given.words == [rest])
    }

    @Test func `a verb has the values that were given, the last of each, and its own where none was`() throws {
        let get: Get = Declaration.make(
            Get.self, try Get.dialect.read(["pods", "-n", "a", "-n", "b", "-L", "x", "-L=y", "-w=false"]).given)
        #expect(get.connection.namespace == "b" && get.labelColumns == ["x", "y"] && !get.watch && get.chunkSize == 500)
        let run: RunIn = Declaration.make(RunIn.self, try RunIn.dialect.read(["--nodes", "2", "--", "sh", "-c", "--x"]).given)
        #expect(run.command == ["sh", "-c", "--x"] && run.nodes == 2)
        #expect(try Kubectl.dialect.read(["-n", "x", "get", "--help"]).given.words == [["-n", "x", "get", "--help"]])
        #expect(try Apply.dialect.read(["--dry-run", "--validate", "-f", "x"]).given.flags["dry-run"] == ["unchanged"])
    }

    @Test func `no verb declares a flag twice`() {
        for verb in VerbList.all + VerbList.families.flatMap(\.verbs) {
            let parameters: [Parameter] = verb.dialect.parameters
            let names: [String] = parameters.flatMap(\.names) + parameters.compactMap { $0.letter.map { "-\($0)" } }
            #expect(Set(names).count == names.count, "\(verb.commandName): \(names)")
        }
    }

    @Test func `verbs without a server take kubectl's flags for one, and refuse what is no flag`() async {
        let words: [String] = [
            "config", "--kubeconfig=/none", "view", "-o", "jsonpath={.kind}", "--context=x", "-n", "y", "--request-timeout=1s",
        ]
        #expect(await Run.swkube(words).out == "Config")
        #expect(await Run.swkube("--context=x", "--profile=none", "completion", "bash").code == 0)
        #expect(await Run.swkube("config", "view", "--contxt=x").error.hasPrefix("error: unknown flag: --contxt\n"))
        #expect(await Run.swkube("config", "view", "--profile=fast").error == "error: unknown profile 'fast'\n")
        #expect(await Run.swkube("clusters", "--context=x").error.hasPrefix("error: unknown flag: --context\n"))
    }

    @Test func `flags may stand before the verb`() async {
        let run: Run = await Run.swkube("-n", "x", "--server=http://127.0.0.1:1", "get", "pods")
        #expect(run.error.hasPrefix("The connection to the server 127.0.0.1:1 was refused"))
    }

    @Test func `a verb that becomes another program does not take the process of its caller`() async {
        let run: Run = await Run.swkube("kubectl", "version")
        #expect(run.code == 1 && run.error.hasSuffix("this process belongs to another program\n"), "\(run.error)")
    }

    @Test func `every verb has a help text with its usage`() async {
        for name in VerbList.names {
            let run: Run = await Run.swkube(name, "--help")
            #expect(run.code == 0 && run.out.contains("USAGE: swkube \(name)"), "\(name)")
        }
    }

    @Test func `objects are made from flags without a server`() async {
        let run: Run = await Run.swkube(
            "create", "deployment", "web", "--image=registry.io/a/nginx:1.2", "--replicas=2", "--dry-run=client", "-oyaml", "--", "sh",
            "-c", "x")
        #expect(
            run.out == """
                apiVersion: apps/v1
                kind: Deployment
                metadata:
                  labels:
                    app: web
                  name: web
                spec:
                  replicas: 2
                  selector:
                    matchLabels:
                      app: web
                  strategy: {}
                  template:
                    metadata:
                      labels:
                        app: web
                    spec:
                      containers:
                      - command:
                        - sh
                        - -c
                        - x
                        image: registry.io/a/nginx:1.2
                        name: nginx
                        resources: {}
                status: {}

                """)
    }

    @Test func `completion offers verbs, flags and their values`() async {
        #expect(await Run.swkube("__complete", "--", "ge").out.hasPrefix("get\t"))
        #expect(
            await Run.swkube("__complete", "--", "get", "--output=j").out
                == "--output=json\n--output=jsonpath=\n--output=jsonpath-as-json=\n--output=jsonpath-file=\n")
        #expect(await Run.swkube("__complete", "--", "get", "-o", "n").out == "name\n")
        #expect(await Run.swkube("__complete", "--", "--kubeconfig", "").out == ":files\n")
        #expect(await Run.swkube("__complete", "--", "-n", "x", "cord").out.hasPrefix("cordon\t"))
        #expect(await Run.swkube("__complete", "--", "get", "deploym").out == "deployments\tDeployment\n")
        #expect(await Run.swkube("__complete", "--", "config", "use").out.hasPrefix("use-context\t"))
        #expect(await Run.swkube("__complete", "--", "create", "secret", "").out.split(separator: "\n").count == 3)
        #expect(await Run.swkube("__complete", "--", "apply", "-f", "").out == ":files\n")
    }
}
