import Testing

@testable import CLI

/// What `cp` makes of its words. Outside source: k8s.io/kubectl/pkg/cmd/cp.
@Suite struct CopyTests {
    @Test(arguments: [
        ("web:/a", "- web /a"), ("ns/web:/a", "ns web /a"), ("web:a b", "- web a b"), ("/a", "- - /a"), ("a/b", "- - a/b"),
        ("./x:y", "- - ./x:y"), ("web:", "- web "), (":/a", "refused"), ("a/b/c:/d", "refused"),
    ]) func `a word is a path here or in a container`(text: String, meaning: String) {
        let found: String
        do {
            let spec = try FileSpec(text)
            found = "\(spec.namespace ?? "-") \(spec.pod ?? "-") \(spec.path)"
        } catch {
            found = "refused"
        }
        #expect(found == meaning)
    }

    @Test(arguments: [
        ("/a/../b/./c/", "/b/c"), ("../../x", "../../x"), ("a/../../b", "../b"), ("/../x", "/x"), ("//a//b", "/a/b"), (".", "."),
        ("a/..", "."),
    ]) func `paths are put in order by their text alone`(path: String, cleaned: String) {
        #expect(FileSpec.cleaned(path) == cleaned)
    }

    @Test(arguments: [("/a/b", "/a", "b"), ("/a", "/", "a"), ("a", ".", "a"), ("a/b", "a", "b"), ("/", "/", "")])
    func `a path has a folder and a name`(path: String, folder: String, name: String) {
        #expect(FileSpec.folder(of: path) == folder)
        #expect(FileSpec.name(of: path) == name)
    }
}
