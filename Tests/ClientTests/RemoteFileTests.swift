import Testing

@testable import Client

@Suite struct RemoteFileTests {
    @Test(arguments: [
        ("https://other/x", "https://other/x"), ("//other/x", "http://other/x"), ("/x?y=1", "http://a:81/x?y=1"),
        ("c.yaml", "http://a:81/one/two/c.yaml"), ("./c.yaml", "http://a:81/one/two/c.yaml"), ("../c.yaml", "http://a:81/one/c.yaml"),
        ("../../../c.yaml", "http://a:81/c.yaml"), ("/x/../y/./z", "http://a:81/y/z"), ("..", "http://a:81/one/"),
        ("?v=2", "http://a:81/one/two/b.yaml?v=2"), ("../c?p=../d", "http://a:81/one/c?p=../d"),
    ])
    func `a server that sends elsewhere may leave out what stays the same`(location: String, url: String) throws {
        #expect(try RemoteFile.url(location, from: "http://a:81/one/two/b.yaml?v=1") == url)
    }
}
