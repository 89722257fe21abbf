import API
import Glibc
import Images
import Machinery
import TestSupport
import Testing

@testable import Kubelet

/// Where a container's files and program come from.
@Suite struct ImageChoiceTests {
    private static func facts(
        stored: StoredImage.Origin? = nil, catalogue: Bool = false, program: String? = nil, command: Bool = false, loopback: Bool = false,
        _ policy: String = "IfNotPresent"
    ) -> ImageChoice.Facts {
        ImageChoice.Facts(
            stored: stored, isInCatalogue: catalogue || program != nil, program: program, hasOwnCommand: command, isOnLoopback: loopback,
            policy: policy)
    }

    @Test(arguments: [
        (facts(stored: .loaded, program: "/bin/x", command: true), ImageChoice.stored),
        (facts(stored: .loaded, "Always"), .stored), (facts(stored: .pulled), .stored), (facts(stored: .pulled, "Always"), .pull),
        (facts(stored: .pulled, program: "/bin/x", "Always"), .pull), (facts(stored: .pulled, "Never"), .stored),
        (facts(program: "/bin/x"), .program(path: "/bin/x")), (facts(program: "/bin/x", command: true, "Never"), .program(path: "/bin/x")),
        (facts(catalogue: true), .missingProgram), (facts(catalogue: true, command: true), .ownCommand),
        (facts(command: true), .ownCommand),
        (facts(command: true, "Never"), .ownCommand), (facts(command: true, loopback: true), .pull),
        (facts(command: true, loopback: true, "Never"), .neverPull), (facts(), .pull), (facts("Never"), .neverPull),
        (facts(catalogue: true, "Never"), .neverPull),
    ])
    func `what is on this machine comes first`(facts: ImageChoice.Facts, choice: ImageChoice) { #expect(ImageChoice(facts) == choice) }

    @Test(arguments: [
        ([], [], ["entry", "point", "default"]), (["own"], [], ["own"]), ([], ["args"], ["entry", "point", "args"]),
        (["own"], ["args"], ["own", "args"]),
    ])
    func `command replaces the entry point and args the default arguments`(command: [String], args: [String], result: [String]) {
        var image = ResolvedImage()
        image.entrypoint = ["entry", "point"]
        image.command = ["default"]
        #expect(image.arguments(command: command, args: args) == result)
    }

    @Test(arguments: [
        ("nginx:1.27", "any"), ("docker.io/library/nginx", "any"), ("nginx:1.26.3", "old"), ("nginx/nginx", ""),
        ("quay.io/nginx", ""), ("postgres:16-alpine", "sixteen"), ("postgres:17", ""),
    ])
    func `the catalogue's closest entry is taken`(image: String, entry: String) throws {
        func made(_ name: String, _ images: [String]) -> View<HostImage> {
            HostImage.new(name) {
                var spec = View<HostImageSpec>()
                spec.images = images
                $0.spec = spec
            }
        }
        let catalogue: [View<HostImage>] = [
            made("any", ["nginx"]), made("later", ["nginx"]), made("old", ["docker.io/library/nginx:1.26*"]),
            made("sixteen", ["postgres:16*"]),
        ]
        #expect(HostImageIndex(catalogue).find(try ImageReference(image))?.name ?? "" == entry)
    }

    @Test func `programs are found by name, by path and by pattern, the newest version first`() throws {
        let folder = try TemporaryFolder("programs")
        for version in ["9", "15", "16"] { try folder.write("#!/bin/sh\n", to: "lib/\(version)/bin/tool") }
        chmodAll(folder, ["lib/9/bin/tool", "lib/15/bin/tool"])
        #expect(HostPrograms.find(folder.path + "/lib/*/bin/tool") == folder.path + "/lib/15/bin/tool")
        #expect(HostPrograms.find(folder.path + "/lib/16/bin/tool") == nil)
        #expect(HostPrograms.find("sh")?.hasSuffix("/sh") == true)
        #expect(HostPrograms.find("no-such-program") == nil)
    }

    @Test(arguments: [
        ("app", 1234, 2345, [3456]), ("1234", 1234, 2345, [3456]), ("app:extra", 1234, 3456, [3456]), ("77", 77, 0, []),
        ("77:88", 77, 88, []), ("0", 0, 0, []),
    ])
    func `an image's user is read from its files`(text: String, uid: UInt32, gid: UInt32, more: [UInt32]) throws {
        let accounts = Accounts(
            passwd: Array("root:x:0:0:root:/root:/bin/sh\napp:x:1234:2345::/home/app:/bin/sh\n".utf8),
            group: Array("app:x:2345:\nextra:x:3456:app,other\n".utf8))
        let (user, group) = try accounts.find(text)
        #expect(user.uid == uid)
        #expect(group == gid)
        #expect((user.name.isEmpty ? [] : accounts.groups(of: user.name)) == more)
        #expect(throws: ConfigError("unable to find user nobody: no matching entries in passwd file")) { try accounts.find("nobody") }
        #expect(throws: ConfigError("unable to find group none: no matching entries in group file")) { try accounts.find("app:none") }
    }
}

private func chmodAll(_ folder: TemporaryFolder, _ names: [String]) {
    for name in names { chmod(folder.file(name), 0o755) }
}
